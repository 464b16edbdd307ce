import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseVerifierKey } from '@sekisho/proof';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readPack } from '../../src/school/pack.ts';
import { diffPacks } from '../../src/school/pack-diff.ts';
import { PackLibrary } from '../../src/school/pack-library.ts';
import { createPackKey, openPackNote, packText, signPack } from '../../src/school/pack-note.ts';
import { readPackSource } from '../../src/school/pack-source.ts';
import { type PackDraft, writePack } from '../../src/school/pack-writer.ts';
import { tinyPack } from './tiny-pack.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pack-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

function changed(change: (draft: PackDraft) => void): PackDraft {
  const draft = structuredClone(tinyPack());
  change(draft);
  return draft;
}

describe('a country pack', () => {
  test('is read back as it was written, and the same draft gives the same hash', async () => {
    const first = await writePack(at('a'), tinyPack());
    const second = await writePack(at('b'), tinyPack());
    expect(second.hash).toBe(first.hash);
    expect(first.items.map(({ code }) => code)).toEqual(['S3', 'S4', 'S6', 'R4']);
    expect(first.manifest.files.items?.rows).toBe(4);
    expect((await readPack(at('a'))).hash).toBe(first.hash);
  });

  test('is refused when a file is not the one its manifest names', async () => {
    await writePack(at('a'), tinyPack());
    appendFileSync(at('a/topics.jsonl'), '\n');
    await expect(readPack(at('a'))).rejects.toMatchObject({ code: 'pack_changed' });
  });

  test('is refused when a file is missing that its manifest names', async () => {
    await writePack(at('a'), tinyPack());
    rmSync(at('a/signs.jsonl'));
    await expect(readPack(at('a'))).rejects.toMatchObject({ code: 'pack_changed' });
  });

  test.each([
    ['a source nobody described', { source: 'nobody' }, 'source'],
    ['a subject that is not there', { subject: 'alchemy' }, 'subject'],
    ['a parent that is not there', { parent: 'S9' }, 'parent'],
  ])('is refused for %s, by file and line, and leaves nothing behind', async (_, member, said) => {
    const draft = tinyPack();
    const [first, ...rest] = draft.rows.items as readonly object[];
    const bad: PackDraft = {
      ...draft,
      rows: { ...draft.rows, items: [{ ...first, ...member }, ...rest] },
    };
    await expect(writePack(at('a'), bad)).rejects.toMatchObject({
      code: 'pack_invalid',
      detail: expect.stringContaining(`items.jsonl:1: ${said}`),
    });
    await expect(readPack(at('a'))).rejects.toMatchObject({ code: 'pack_absent' });
    await expect(readPack(at('a.new'))).rejects.toMatchObject({ code: 'pack_absent' });
  });

  test('refuses members it does not know, so that a misspelt rule is not a lost rule', async () => {
    const draft = tinyPack();
    const [topic] = draft.rows.topics as readonly object[];
    const bad = { ...draft, rows: { ...draft.rows, topics: [{ ...topic, leval: 3 }] } };
    await expect(writePack(at('a'), bad)).rejects.toMatchObject({ code: 'pack_invalid' });
  });

  test('may not have a code twice', async () => {
    const draft = tinyPack();
    const items = draft.rows.items as readonly object[];
    const bad = { ...draft, rows: { ...draft.rows, items: [...items, items[0]] } };
    await expect(writePack(at('a'), bad)).rejects.toMatchObject({ code: 'pack_invalid' });
  });

  test('is read from what people write by hand, with the line of what is no JSON', async () => {
    writeFileSync(at('pack.yaml'), JSON.stringify(tinyPack().manifest));
    const [topic] = tinyPack().rows.topics as readonly object[];
    writeFileSync(at('topics.jsonl'), `${JSON.stringify(topic)}\n\n`);
    const source = await readPackSource(folder);
    expect((await writePack(at('a'), source)).topics).toHaveLength(1);
    appendFileSync(at('topics.jsonl'), '{');
    await expect(readPackSource(folder)).rejects.toMatchObject({
      detail: expect.stringContaining('topics.jsonl:3'),
    });
  });
});

describe('a note on a pack', () => {
  test('is signed by several institutions, each of whom vouches for it alone', async () => {
    const pack = await writePack(at('a'), tinyPack());
    const city = await createPackKey('city.example/school');
    const ministry = await createPackKey('ministry.example');
    const once = await signPack(pack, city.signingKey, undefined);
    const twice = await signPack(pack, ministry.signingKey, once);
    const again = await signPack(pack, city.signingKey, twice);
    expect(again.split('\n').filter((line) => line.startsWith('— '))).toHaveLength(2);
    for (const { verifierKey } of [city, ministry]) {
      const key = (await parseVerifierKey(verifierKey))!;
      const opened = await openPackNote(pack, again, [key]);
      expect(opened.verified.map((line) => line.key.name)).toEqual([key.name]);
    }
    expect(again.startsWith(packText(pack))).toBe(true);
  });

  test('holds for its own pack alone', async () => {
    const pack = await writePack(at('a'), tinyPack());
    const { signingKey, verifierKey } = await createPackKey('city.example');
    const note = await signPack(pack, signingKey, undefined);
    const key = (await parseVerifierKey(verifierKey))!;
    const other = { ...pack, hash: pack.hash.replace(/^./, (c) => (c === '0' ? '1' : '0')) };
    await expect(openPackNote(other, note, [key])).rejects.toMatchObject({ code: 'pack_unsigned' });
    await expect(signPack(other, signingKey, note)).rejects.toMatchObject({ code: 'pack_invalid' });
    const stranger = (await parseVerifierKey((await createPackKey('x.example')).verifierKey))!;
    await expect(openPackNote(pack, note, [stranger])).rejects.toMatchObject({
      code: 'pack_unsigned',
    });
  });
});

describe('two versions', () => {
  test('differ by rows and members, whatever their order', async () => {
    const from = await writePack(at('a'), tinyPack());
    const to = await writePack(
      at('b'),
      changed(({ rows }) => {
        const items = rows.items as { code: string; text: string }[];
        items.reverse();
        items[0].text = '電流と電池。';
        (rows.signs as object[]).pop();
        (rows.words as object[]).push({ word: '開国', reading: 'かいこく', source: 'own' });
      }),
    );
    expect(diffPacks(from, from)).toEqual([]);
    expect(diffPacks(from, to)).toEqual([
      {
        file: 'items',
        added: [],
        removed: [],
        changed: [
          {
            row: 'R4',
            members: [
              {
                name: 'text',
                from: '電池の数やつなぎ方を変えると電流の大きさが変わること。',
                to: '電流と電池。',
              },
            ],
          },
        ],
      },
      { file: 'words', added: ['開国'], removed: [], changed: [] },
      { file: 'signs', added: [], removed: ['wish-to-die'], changed: [] },
    ]);
  });
});

describe('the packs of an institution', () => {
  test('are kept by version, the newest first, and none is replaced', async () => {
    const library = new PackLibrary(at('packs'));
    for (const version of ['1.9', '1.10', '1.10-draft', '1.2']) {
      const draft = tinyPack();
      // oxlint-disable-next-line no-await-in-loop
      await writePack(at(version), { ...draft, manifest: { ...draft.manifest, version } });
      // oxlint-disable-next-line no-await-in-loop
      expect((await library.add(at(version))).isNew).toBe(true);
    }
    expect(await library.versions('tiny')).toEqual(['1.10', '1.10-draft', '1.9', '1.2']);
    expect((await readPack(await library.find('tiny'))).manifest.version).toBe('1.10');
    expect((await library.add(at('1.9'))).isNew).toBe(false);
    const other = changed(({ rows }) => void (rows.words as object[]).pop());
    await writePack(at('other'), { ...other, manifest: { ...other.manifest, version: '1.9' } });
    await expect(library.add(at('other'))).rejects.toMatchObject({ code: 'pack_changed' });
    await expect(library.find('nobody')).rejects.toMatchObject({ code: 'pack_absent' });
  });

  test('hold what was checked, with the signatures beside it', async () => {
    const pack = await writePack(at('a'), tinyPack());
    const library = new PackLibrary(at('packs'));
    await library.add(at('a'));
    const { signingKey } = await createPackKey('city.example');
    writeFileSync(at('a/pack.note'), await signPack(pack, signingKey, undefined));
    await library.add(at('a'));
    const kept = await library.find('tiny', '1.0');
    expect(readFileSync(join(kept, 'pack.note'), 'utf8')).toContain('city.example');
  });
});
