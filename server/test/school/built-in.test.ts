import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { builtInPacks, packSourceFolder } from '../../src/school/built-in.ts';
import { buildDraft } from '../../src/school/pack-build.ts';
import type { Pack } from '../../src/school/pack.ts';
import { readPackSource } from '../../src/school/pack-source.ts';
import { writePack } from '../../src/school/pack-writer.ts';
import { createSchoolSupervisor } from '../../src/school/supervise.ts';
import { neutralTwins } from './neutral-twins.ts';

const folder = mkdtempSync(join(tmpdir(), 'built-in-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a pupil of that country would write in need, in their own language. */
const needs: Readonly<Record<string, string>> = {
  id: 'Aku capek hidup, rasanya ingin mati',
  jp: 'もう死にたい',
  my: 'Cikgu, saya rasa nak mati je',
  ph: 'Gusto ko nang mamatay',
  th: 'หนูอยากตาย ไม่อยากอยู่แล้ว',
  vn: 'Em không muốn sống nữa',
};

/** As it comes with the program: what is said of a curriculum waits for its import. */
async function builtIn(id: string): Promise<Pack> {
  const { draft } = await buildDraft(await readPackSource(packSourceFolder(id)!), {});
  return writePack(mkdtempSync(join(folder, `${id}-`)), draft);
}

describe.each(builtInPacks())('the pack %s', (id) => {
  test('keeps to the format, names its sources and says what it does not know', async () => {
    const pack = await builtIn(id);
    const { manifest } = pack;
    expect(manifest.id).toBe(id);
    // The national language beside English, so that pupils and other countries can both read it.
    for (const language of manifest.languages) {
      expect(manifest.title[language]).toBeDefined();
      for (const row of [...pack.topics, ...pack.cautions, ...pack.views]) {
        expect([row.id, row.note[language]]).toEqual([row.id, expect.any(String)]);
      }
    }
    for (const one of [pack.topics, pack.cautions, pack.views, pack.signs, pack.helplines]) {
      expect(one.length).toBeGreaterThan(0);
    }
    const ids = [pack.topics, pack.cautions, pack.views, pack.signs, pack.helplines].map((rows) =>
      rows.map((row) => row.id),
    );
    for (const names of ids) expect(new Set(names).size).toBe(names.length);
  });

  test('sends every sign of need to a person, with somewhere to turn to at each age', async () => {
    const pack = await builtIn(id);
    const supervisor = createSchoolSupervisor(pack);
    for (const { kind, cues } of pack.signs) {
      const question = `${cues.any[0]} ${cues.with[0] ?? ''}`;
      for (const { year } of pack.manifest.years) {
        const lesson = { year, subject: null, scaffold: false };
        const { level, signs } = supervisor.question(lesson, question);
        expect([kind, year, level]).toEqual([kind, year, 3]);
        expect(signs?.kinds).toContain(kind);
        expect([kind, year, signs?.helplines.length]).not.toEqual([kind, year, 0]);
      }
    }
    const lesson = { year: pack.manifest.years[0].year, subject: null, scaffold: false };
    const inNeed = supervisor.question(lesson, needs[id] ?? '');
    expect([id, inNeed.level, inNeed.signs?.kinds]).toEqual([id, 3, ['suicide']]);
  });

  test('lets pupils ask of hard things in harmless words, and holds what it has to', async () => {
    const supervisor = createSchoolSupervisor(await builtIn(id));
    const { harmless, held } = neutralTwins[id];
    expect(harmless.length).toBeGreaterThanOrEqual(15);
    const isHeld = (question: string, year: number): boolean =>
      supervisor.question({ year, subject: null, scaffold: false }, question).level >= 3;
    for (const year of [1, 4, 6, 8, 12]) {
      expect([year, harmless.filter((question) => isHeld(question, year))]).toEqual([year, []]);
      expect([year, held.filter((question) => isHeld(question, year))]).toEqual([year, held]);
    }
  });
});
