import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseEntry, verifyReceipt } from '@sekisho/proof';
import { stateDraft } from '../../src/ledger/draft.ts';
import { accepted, append, intent, origin, outcome, plain, startMs } from './fixtures.ts';
import { ledgerStores } from './ledger-stores.ts';

const stores = await ledgerStores();

describe.each(stores)('the ledger in $name', ({ inDirectory, openEngine, everything }) => {
  it('starts a new log with its genesis entry under a published checkpoint', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      expect(engine.published!.size).toBe(1);
      expect(engine.published!.note.startsWith(`${origin}\n1\n`)).toBe(true);
      await engine.close();
      for (const name of ['log.key', 'root.key']) {
        expect(statSync(join(directory, 'keys', name)).mode & 0o777).toBe(0o600);
      }
    });
  });

  it('opens a passage exactly as it was recorded, also after a restart', async () => {
    await inDirectory(async (directory) => {
      const large = 'あ🙂"\\ \u2028'.repeat(500);
      const params = { temperature: 0.25, stop: ['\n'], seed: 12, '1': null, b: -1.5e-7 };
      const draft = intent(large, {
        fields: {
          'actor.id': 'half a pair: \ud83d',
          'request.messages': [{ role: 'user', content: large }],
          'request.params': params,
        },
      });
      let engine = await openEngine(directory);
      const [first, last] = await append(engine, [draft, outcome('#0', large)]);
      for (const restart of [false, true]) {
        if (restart) {
          await engine.close();
          engine = await openEngine(directory);
        }
        const passage = await engine.passage(first.id, { content: true });
        expect(passage).toMatchObject({
          id: first.id,
          intentIndex: 1,
          outcomeIndex: 2,
          end: 'complete',
          decision: 'allow',
          contentState: 'PRESENT',
          leafHashes: { intent: first.leafHash, outcome: last.leafHash },
          intentFields: draft.fields,
          outcomeFields: {
            'response.delivered': large,
            usage: { inputTokens: 3, outputTokens: 5 },
          },
        });
        expect(await engine.passages({ limit: 5 })).toHaveLength(1);
        expect((await engine.passages({ limit: 5 }))[0].intentFields).toEqual({
          'actor.id': 'half a pair: \ud83d',
          'request.params': params,
        });
        expect(await engine.passages({ limit: 5, before: 1 })).toHaveLength(0);
      }
      await engine.close();
    });
  });

  it('gives a receipt that a stranger verifies, with the fields it discloses and no others', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const [policy] = await append(engine, [
        {
          type: 'policy.change',
          decision: 'allow',
          evidenceClass: 'r1',
          refs: {},
          fields: { 'policy.sha256': 'ab'.repeat(32), 'policy.document': 'rules '.repeat(1_000) },
        },
      ]);
      const refs = { policy: policy.leafHash };
      const [first] = await append(engine, [
        intent('hello', { refs }),
        outcome('#0', 'there', { refs: { ...refs, intent: '#0' } }),
      ]);
      expect(engine.unsigned).toBe(3);
      const receipt = (await engine.receipt(first.id, ['ops']))!;
      expect(engine.unsigned).toBe(0);
      const report = await verifyReceipt(receipt, { verifierKeys: [engine.verifierKey] });
      expect(report.checks.filter((check) => !check.ok)).toEqual([]);
      expect(report.verdict).toBe('UNANCHORED');
      expect(receipt.length).toBeLessThan(12_000);
      expect(receipt).not.toContain(Buffer.from('hello').toString('base64url'));
      const roles = (JSON.parse(receipt) as { entries: { role: string; disclosures: string[] }[] })
        .entries;
      expect(roles.map(({ role, disclosures }) => [role, disclosures.length])).toEqual([
        ['intent', 1],
        ['outcome', 1],
        ['policy', 2],
      ]);
      expect(await engine.receipt('0'.repeat(32), [])).toBeUndefined();
      await engine.close();
    });
  });

  it('gives receipts of old and new exchanges in a log of many tiles, from memory and from disk', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const drafts = Array.from({ length: 350 }, (_, i) =>
        [intent(`question ${i}`), outcome('#0', `answer ${i}`)].map(stateDraft),
      );
      const ids = (await engine.append(drafts, startMs)).map((result) => accepted(result)[0].id);
      for (const restart of [false, true]) {
        if (restart) {
          await engine.close();
          engine = await openEngine(directory);
        }
        for (const i of [0, 1, 126, 127, 128, 129, 255, 256, 300, 349]) {
          const receipt = (await engine.receipt(ids[i], ['identity', 'content', 'ops']))!;
          const report = await verifyReceipt(receipt, { verifierKeys: [engine.verifierKey] });
          expect(report.verdict).toBe('UNANCHORED');
          expect(JSON.stringify(report.facts)).toContain(`question ${i}"`);
          const passage = (await engine.passage(ids[i], { content: true }))!;
          expect(passage.outcomeFields['response.delivered']).toBe(`answer ${i}`);
        }
      }
      expect(await engine.passages({ limit: 1_000 })).toHaveLength(256);
      await engine.close();
    });
  });

  it('gives a receipt of an exchange that is still under way', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const [open] = await append(engine, [intent('hello')]);
      const receipt = (await engine.receipt(open.id, []))!;
      const report = await verifyReceipt(receipt, { verifierKeys: [engine.verifierKey] });
      expect(report.verdict).toBe('UNANCHORED');
      await engine.close();
    });
  });

  it('records all drafts of a request or none, and goes on without a gap', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const [open] = await append(engine, [intent('a')]);
      const twice = outcome(open.leafHash, 'b');
      const results = await engine.append(
        [
          [intent('x'), { ...plain, id: 'not an id' }],
          [twice, twice],
          [outcome('A'.repeat(43), 'no such intent')],
          [plain, outcome('#0', 'of no intent')],
          [{ ...plain, fields: { 'no.such': 1 } as never }],
          [{ ...plain, id: open.id }],
          [twice],
        ].map((drafts) => drafts.map(stateDraft)),
        startMs,
      );
      expect(results.map((result) => 'error' in result && result.error.code)).toEqual([
        ...Array.from({ length: 6 }, () => 'draft_invalid'),
        false,
      ]);
      expect('sequenced' in results[6] && results[6].sequenced[0].index).toBe(2);
      await engine.close();
    });
  });

  it('ends interrupted exchanges at the next start', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const [done] = await append(engine, [intent('a'), outcome('#0', 'b')]);
      const [open] = await append(engine, [intent('c', { evidenceClass: 'r2' })]);
      await engine.close();
      engine = await openEngine(directory, startMs + 5_000);
      const passage = (await engine.passage(open.id, { content: false }))!;
      expect(passage).toMatchObject({ end: 'interrupted', decision: 'error', outcomeIndex: 4 });
      expect((await engine.passage(done.id, { content: false }))!.end).toBe('complete');
      await engine.close();
      engine = await openEngine(directory, startMs + 9_000);
      expect(engine.published!.size).toBe(5);
      await engine.close();
    });
  });

  it('chains the entries of its writer without gaps and never turns the clock back', async () => {
    await inDirectory(async (directory) => {
      const times: number[] = [];
      for (const nowMs of [startMs, startMs + 60_000, startMs - 86_400_000]) {
        const engine = await openEngine(directory, nowMs);
        await append(engine, [plain, plain], nowMs);
        await engine.close();
      }
      const engine = await openEngine(directory, startMs);
      const entries = bundleEntries((await engine.tile('tile/entries/000.p/7'))!);
      for (const [i, entry] of entries.entries()) {
        const view = parseEntry(entry);
        if (view === undefined || view instanceof Error) throw new Error('not an entry');
        expect(view.writerSequence).toBe(i);
        times.push(view.time);
      }
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times.at(-1)).toBe(Math.floor((startMs + 60_000) / 1_000));
      await engine.close();
    });
  });

  it('keeps no plaintext of any field in any file', async () => {
    await inDirectory(async (directory) => {
      const secrets = ['Ichiyo-Higuchi', 'takekurabe', 'wakaremichi', 'ootsugomori', 'yamizakura'];
      const [who = '', asked = '', raw = '', told = '', params = ''] = secrets;
      const engine = await openEngine(directory);
      for (let i = 0; i < 300; i++) {
        await append(engine, [
          intent('', {
            fields: {
              'subject.ref': who,
              'actor.id': who,
              'request.messages': asked.repeat(i % 2 === 0 ? 1 : 300),
              'request.params': { params },
            },
          }),
          outcome('#0', '', {
            fields: { 'response.raw': raw.repeat(200), 'response.delivered': told, usage: params },
          }),
        ]);
      }
      await engine.publish();
      await engine.close();
      const files = await everything(directory);
      expect(files.size).toBeGreaterThan(8);
      for (const [path, bytes] of files) {
        for (const secret of secrets) {
          const spellings = [
            secret,
            Buffer.from(secret).toString('base64url').slice(1, -2),
            secret.slice(3),
          ];
          for (const spelling of spellings) {
            expect(bytes.includes(spelling), `${spelling} in ${path}`).toBe(false);
          }
        }
      }
    });
  }, 120_000);

  it('shows nothing of the number of fields in an entry', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      await append(engine, [plain, intent('a')]);
      await engine.publish();
      const [, few, many] = bundleEntries((await engine.tile('tile/entries/000.p/3'))!).map(
        (bytes) => JSON.parse(Buffer.from(bytes).toString('utf8')) as { _sd: string[] },
      );
      expect(few._sd).toHaveLength(16);
      expect(many._sd).toHaveLength(16);
      expect(new Set([...few._sd, ...many._sd]).size).toBe(32);
      await engine.close();
    });
  });
});

function bundleEntries(bytes: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at] * 256 + bytes[at + 1];
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}
