import { createHash, hash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EntryView, parseEntry, splitBundle, verifyReceipt } from '@sekisho/proof';
import { describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '#base';
import type { CustodyOrder } from '../../src/ledger/custody-order.ts';
import { Derivation } from '../../src/ledger/derivation.ts';
import { stateDraft } from '../../src/ledger/draft.ts';
import type { Engine, Sequenced } from '../../src/ledger/engine.ts';
import { LedgerError } from '../../src/ledger/errors.ts';
import { type Group, fieldsOf, groups } from '../../src/ledger/fields.ts';
import { SqliteVault } from '../../src/ledger/local/sqlite-vault.ts';
import * as local from './fixtures.ts';
import { append, filesUnder, intent, origin, outcome, rootKeyOf } from './fixtures.ts';
import { ledgerStores } from './ledger-stores.ts';

const stores = await ledgerStores();

const everything = { by: 'key-1', authority: 'Data protection office' } as const;

function erasure(
  passageIds: readonly string[],
  of: readonly Group[] = groups,
): CustodyOrder & { kind: 'erase' } {
  return { ...everything, kind: 'erase', passageIds, groups: of, basis: 'gdpr-17' };
}

const secretText = 'The patient Hanako Yamada of Kita ward came on Tuesday about her left knee.';

async function passage(engine: Engine, text: string, nowMs?: number): Promise<Sequenced> {
  return (await append(engine, [intent(text), outcome('#0', `${text} Answered.`)], nowMs))[0];
}

async function refusal(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'none';
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
}

interface KeyRow {
  readonly id: Buffer;
  readonly grp: Group;
  readonly wrapped: Buffer;
}

/** The rows of a closed vault, and the keys themselves as whoever holds the root key sees them. */
async function keysOf(directory: string): Promise<readonly (KeyRow & { readonly key: Buffer })[]> {
  const database: Database = openDatabase(join(directory, 'vault.db'));
  const columns = groups.map(
    (grp) => `SELECT number, record_id AS id, '${grp}' AS grp,
    ${grp} AS wrapped FROM record WHERE ${grp} IS NOT NULL`,
  );
  const rows = database.prepare(`${columns.join(' UNION ALL ')} ORDER BY number`).all() as KeyRow[];
  database.close();
  const rootKey = rootKeyOf(directory);
  const vault = SqliteVault.open(join(directory, 'vault.db'), origin, () => rootKey);
  const all: (KeyRow & { readonly key: Buffer })[] = [];
  for (const { grp, ...row } of rows) {
    const [id, wrapped] = [Buffer.from(row.id), Buffer.from(row.wrapped)];
    const key = await vault.get(id, grp);
    if (key !== undefined) all.push({ grp, id, wrapped, key: Buffer.from(key) });
  }
  await vault.close();
  return all;
}

/** The entries as every stranger may fetch them. */
async function publicEntries(engine: Engine, size: number): Promise<readonly EntryView[]> {
  await engine.publish();
  const bundle = (await engine.tile(`tile/entries/000.p/${size}`))!;
  return splitBundle(bundle)!.map((bytes) => parseEntry(bytes)!);
}

/** How many times any of the needles lies in the haystack, in one pass over it. */
function countFound(haystack: Buffer, needles: readonly Buffer[]): number {
  const byStart = new Map<number, Buffer[]>();
  for (const needle of needles) {
    const start = needle.readUInt32LE(0);
    byStart.set(start, [...(byStart.get(start) ?? []), needle]);
  }
  let count = 0;
  for (let at = 0; at + 4 <= haystack.length; at++) {
    for (const needle of byStart.get(haystack.readUInt32LE(at)) ?? []) {
      if (haystack.subarray(at, at + needle.length).equals(needle)) count++;
    }
  }
  return count;
}

function whereFound(directory: string, needle: Uint8Array): readonly string[] {
  return [...filesUnder(directory)]
    .filter(([, bytes]) => bytes.includes(Buffer.from(needle)))
    .map(([path]) => path);
}

describe.each(stores)('a lawful erasure in $name', ({ inDirectory, openEngine }) => {
  it('is told group by group, and keeps the receipt valid', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const gone = await passage(engine, secretText);
      const kept = await passage(engine, 'something else');
      const before = (await engine.receipt(gone.id, ['ops']))!;
      const [entry] = (await engine.carryOut(erasure([gone.id], ['content', 'identity']), 0))
        .sequenced;
      for (const round of ['before', 'after', 'rebuilt']) {
        const found = (await engine.passage(gone.id, { content: true }))!;
        expect(found.states, round).toEqual({
          identity: 'ERASED',
          content: 'ERASED',
          ops: 'PRESENT',
        });
        expect(found.contentState).toBe('ERASED');
        expect(found.intentFields).not.toHaveProperty('request.messages');
        expect(found.intentFields).not.toHaveProperty('actor.id');
        expect(found.intentFields).toHaveProperty('request.params');
        expect(found.erasures).toEqual([
          {
            index: entry.index,
            time: expect.any(Number) as number,
            groups: ['identity', 'content'],
            basis: 'gdpr-17',
            authority: everything.authority,
          },
        ]);
        expect((await engine.passages({ limit: 5 }))[1].contentState).toBe('ERASED');
        expect((await engine.passage(kept.id, { content: true }))!.contentState).toBe('PRESENT');
        for (const receipt of [before, (await engine.receipt(gone.id, groups))!]) {
          const report = await verifyReceipt(receipt, { verifierKeys: [engine.verifierKey] });
          expect(report.verdict).toBe('UNANCHORED');
        }
        await engine.close();
        if (round === 'after') rmSync(join(directory, 'index.db'));
        engine = await openEngine(directory);
      }
      await engine.close();
    });
  });

  it('is refused for what is unknown, under way, gone already or not named', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const done = await passage(engine, 'a');
      const [open] = await append(engine, [intent('b')]);
      const order = erasure([done.id]);
      const ask = (more: object): Promise<string> =>
        refusal(() => engine.carryOut({ ...order, ...more }, 0));
      expect(await ask({ passageIds: ['0'.repeat(32)] })).toBe('unknown_passage');
      expect(await ask({ passageIds: [open.id] })).toBe('under_way');
      expect(await ask({ passageIds: [] })).toBe('order_invalid');
      expect(await ask({ groups: [] })).toBe('order_invalid');
      expect(await ask({ basis: 'Art. 17' })).toBe('order_invalid');
      expect(await ask({ basis: 'retention' })).toBe('order_invalid');
      expect(await ask({ authority: ' ' })).toBe('order_invalid');
      expect(engine.published!.size + engine.unsigned).toBe(4);
      expect(await ask({})).toBe('none');
      expect(await ask({})).toBe('already_erased');
      expect(await ask({ groups: ['ops'] })).toBe('already_erased');
      await engine.close();
    });
  });
});

describe('a lawful erasure', () => {
  const { inDirectory, openEngine } = local;

  it('is told apart from a loss', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const kept = await passage(engine, 'something else');
      await engine.close();
      // A key that goes without an entry is a loss.
      const all = (await keysOf(directory)).filter(({ id }) => id.toString('hex') === kept.id);
      const vault = openDatabase(join(directory, 'vault.db'));
      vault.prepare('DELETE FROM record WHERE record_id = ?').run([all[0].id]);
      vault.close();
      engine = await openEngine(directory);
      expect((await engine.passage(kept.id, { content: true }))!.contentState).toBe('MISSING');
      await engine.close();
    });
  });

  it('leaves no byte of key, salt or plaintext under the data directory', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const count = process.env['SLOW'] === '1' ? 2_000 : 150;
      const passages: Sequenced[] = [];
      for (let i = 0; i < count; i++) passages.push(await passage(engine, `${secretText} ${i}`));
      await engine.close();
      const everyKey = await keysOf(directory);
      expect(everyKey.length).toBeGreaterThan(4 * count);
      // Spread over all pages, in several orders, and not only the newest.
      const erased = passages.filter((_, i) => i % 3 === 0).map(({ id }) => id);
      engine = await openEngine(directory);
      for (let at = 0; at < erased.length; at += 20) {
        await engine.carryOut(erasure(erased.slice(at, at + 20).toReversed()), 0);
      }
      const check = (state: string): void => {
        const haystack = Buffer.concat([...filesUnder(directory).values()]);
        // Rows lie in the order of the log: behind each intent comes its outcome.
        const ids = [...new Set(everyKey.map(({ id }) => id.toString('hex')))];
        const gone = new Set(erased.flatMap((id) => [id, ids[ids.indexOf(id) + 1]]));
        const found = everyKey.filter(({ id }) => gone.has(id.toString('hex')));
        expect(found.length, state).toBe(5 * erased.length);
        const secrets = found.flatMap(({ wrapped, key, grp }) => {
          const length = 16 * fieldsOf('intent', grp).length;
          const salts = new Derivation(key).expand('ledger/v1/salt', length);
          // The wrapped form by its parts: nonce, and the key under it.
          const forms = [wrapped.subarray(0, 12), wrapped.subarray(12, 44), key];
          return [...forms, salts.subarray(0, 16), Buffer.from(salts.toString('base64url', 0, 15))];
        });
        for (let i = 0; i + 12 <= secretText.length; i += 4) {
          secrets.push(Buffer.from(secretText.slice(i, i + 12)));
        }
        expect(countFound(haystack, secrets), state).toBe(0);
        const living = everyKey.filter(({ id }) => !gone.has(id.toString('hex')));
        const wrappedForms = living.map(({ wrapped }) => wrapped);
        expect(countFound(haystack, wrappedForms), state).toBe(living.length);
      };
      check('running');
      await engine.close();
      check('closed');
      // What was not asked for is still there, and a key that lives is found by this search.
      const other = everyKey.find(({ id }) => id.toString('hex') === passages[1].id)!;
      expect(whereFound(directory, other.wrapped)).toEqual(['vault.db']);
      engine = await openEngine(directory);
      expect((await engine.passage(passages[1].id, { content: true }))!.contentState).toBe(
        'PRESENT',
      );
      await engine.close();
      check('reopened');
    });
  });

  it('that was recorded and not carried out is finished by the next start', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const gone = await passage(engine, secretText);
      const second = await passage(engine, 'kept');
      await engine.close();
      const keys = await keysOf(directory);
      engine = await openEngine(directory);
      // As if the process had died between the entry and the destruction.
      const fields = {
        'erasure.indexes': [gone.index, gone.index + 1],
        'erasure.groups': ['content'],
        'erasure.basis': 'gdpr-17',
        'erasure.authority': 'court',
        'erasure.tombstone': 'x',
      };
      const draft = stateDraft({
        type: 'erasure',
        decision: 'allow',
        evidenceClass: 'r3',
        refs: {},
        fields,
      });
      await engine.append([[draft]], 0);
      await engine.abandon();
      const ofGone = keys.filter(
        ({ id, grp }) => id.toString('hex') === gone.id && grp === 'content',
      );
      expect(whereFound(directory, ofGone[0].wrapped)).not.toEqual([]);
      engine = await openEngine(directory);
      expect(whereFound(directory, ofGone[0].wrapped)).toEqual([]);
      expect((await engine.passage(gone.id, { content: true }))!.states).toEqual({
        identity: 'PRESENT',
        content: 'ERASED',
        ops: 'PRESENT',
      });
      expect((await engine.passage(second.id, { content: true }))!.contentState).toBe('PRESENT');
      await engine.close();
    });
  });

  it('is carried out again when an old copy of the vault brings the keys back', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const gone = await passage(engine, secretText);
      await engine.close();
      const copy = readFileSync(join(directory, 'vault.db'));
      const [{ wrapped }] = (await keysOf(directory)).filter(
        ({ id }) => id.toString('hex') === gone.id,
      );
      engine = await openEngine(directory);
      await engine.carryOut(erasure([gone.id]), 0);
      await engine.close();
      for (const suffix of ['-wal', '-shm']) {
        rmSync(join(directory, `vault.db${suffix}`), { force: true });
      }
      writeFileSync(join(directory, 'vault.db'), copy);
      expect(whereFound(directory, wrapped)).toEqual(['vault.db']);
      engine = await openEngine(directory);
      expect((await engine.passage(gone.id, { content: true }))!.contentState).toBe('ERASED');
      expect(whereFound(directory, wrapped)).toEqual([]);
      await engine.close();
    });
  });
});

describe.each(stores)('what an outsider can learn from $name', ({ inDirectory, openEngine }) => {
  it('is no link between two records of one subject: they share no 16 bytes', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      await passage(engine, secretText);
      await passage(engine, secretText);
      const intents = (await publicEntries(engine, 5)).filter(({ type }) => type === 'intent');
      await engine.close();
      const digests = intents.map(({ digests: all, sealed }) =>
        [...all, ...sealed.map((group) => group.hash)].map((d) => Buffer.from(d, 'base64url')),
      );
      expect(digests.map((list) => list.length)).toEqual([19, 19]);
      const seen = new Set(
        digests[0].flatMap((d) => [...Array(17).keys()].map((i) => d.toString('hex', i, i + 16))),
      );
      for (const digest of digests[1]) {
        for (let i = 0; i <= 16; i++)
          expect(seen.has(digest.toString('hex', i, i + 16))).toBe(false);
      }
    });
  });
});

describe('what an outsider can learn', () => {
  const { inDirectory, openEngine } = local;

  it('is nothing from a dictionary once the salt is gone, and everything with it', async () => {
    await inDirectory(async (directory) => {
      const candidates = process.env['SLOW'] === '1' ? 1_000_000 : 100_000;
      let engine = await openEngine(directory);
      const number = 73_519;
      const draft = intent('', { fields: { 'actor.id': `citizen-${number}` } });
      const [entry] = await append(engine, [draft, outcome('#0', 'x')]);
      await engine.close();
      const { key } = (await keysOf(directory)).find(
        ({ id, grp }) => id.toString('hex') === entry.id && grp === 'identity',
      )!;
      engine = await openEngine(directory);
      const digests = new Set((await publicEntries(engine, 3))[1].digests);
      expect(digests.size).toBe(16);
      await engine.carryOut(erasure([entry.id]), 0);
      await engine.close();
      const salt = new Derivation(key).expand('ledger/v1/salt', 48).subarray(16, 32);
      const digest = (under: string, candidate: number): string => {
        const disclosure = `["${under}","actor.id","citizen-${candidate}"]`;
        const encoded = Buffer.from(disclosure).toString('base64url');
        return hash('sha256', encoded, 'base64url');
      };
      const search = (under: string): number[] => {
        const hits: number[] = [];
        for (let i = 0; i < candidates; i++) if (digests.has(digest(under, i))) hits.push(i);
        return hits;
      };
      const guess = createHash('sha256').update(entry.id).digest().toString('base64url', 0, 16);
      expect(search(guess)).toEqual([]);
      expect(search('')).toEqual([]);
      expect(search(salt.toString('base64url'))).toEqual([number]);
    });
  });
});
