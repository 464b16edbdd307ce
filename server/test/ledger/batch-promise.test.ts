import {
  formatBatchPromise,
  openPromise,
  parseBatchBody,
  parseBatchPromise,
  parseNote,
  parseVerifierKey,
} from '@sekisho/proof';
import { describe, expect, it } from 'vitest';
import { append, inDirectory, intent, openEngine, origin, outcome } from './fixtures.ts';

describe('the promises of one batch', () => {
  it('rest on one signature, and each opens for its own entry in batches of every shape', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const key = (await parseVerifierKey(engine.verifierKey))!;
      for (const count of [1, 2, 3, 6, 17]) {
        const drafts = Array.from({ length: count }, (_, i) => intent(`text ${count} ${i}`));
        // An entry that is promised nothing has its place among them.
        // oxlint-disable-next-line no-await-in-loop -- one batch after another
        const said = await append(engine, [...drafts, outcome('#0', 'an answer')]);
        expect(said.at(-1)!.promise).toBeUndefined();
        const notes = new Set<string>();
        for (const { index, leafHash, promise } of said.slice(0, -1)) {
          // oxlint-disable-next-line no-await-in-loop -- a handful
          expect(await openPromise(promise!, [key])).toEqual({
            origin,
            index,
            leafHash: new Uint8Array(Buffer.from(leafHash, 'base64url')),
          });
          const parsed = parseBatchPromise(promise!)!;
          expect(formatBatchPromise(parsed)).toBe(promise);
          notes.add(parsed.note);
        }
        expect(notes.size).toBe(1);
        const [note] = notes;
        expect(parseBatchBody(parseNote(note)!.text)).toMatchObject({
          origin,
          first: said[0].index,
          count: count + 1,
        });
      }
      await engine.close();
    });
  });
});
