import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChatEvent } from '../../src/upstream/event.ts';
import { cutAsItCame, joined, readBatches } from '../../src/gateway/event-batch.ts';

const delta = (text: string, more: object = {}): ChatEvent => ({
  type: 'delta',
  choice: 0,
  channel: 'content',
  text,
  ...more,
});
const event = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 4 }).map((text) => delta(text)) },
  { weight: 1, arbitrary: fc.constant(delta('r', { channel: 'reasoning' })) },
  { weight: 1, arbitrary: fc.constant(delta('c', { choice: 1 })) },
  { weight: 1, arbitrary: fc.constant(delta('w', { logprobs: [] })) },
  { weight: 1, arbitrary: fc.constant(delta('', { signature: 's' })) },
  {
    weight: 1,
    arbitrary: fc.constant<ChatEvent>({ type: 'finish', choice: 0, reason: 'stop' }),
  },
);

test('events that are joined say the same in the same order', () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 20 }), (batch) => {
      const apart = joined(batch).flatMap((one) =>
        one.pieces === undefined
          ? [one.event]
          : one.pieces.map((text) => ({ ...one.event, text }) as ChatEvent),
      );
      expect(apart).toEqual(batch);
      for (const one of joined(batch)) {
        if (one.pieces !== undefined)
          expect(one.event).toMatchObject({ text: one.pieces.join('') });
      }
    }),
  );
});

test('a text that leaves is cut where it was cut when it came, and no character is lost', () => {
  const pieces = fc.array(fc.string({ maxLength: 6, unit: 'grapheme' }), { minLength: 1 });
  fc.assert(
    fc.property(pieces, fc.nat(20), fc.nat(20), (came, before, held) => {
      const all = came.join('');
      const end = Math.max(0, all.length - held);
      const text = 'x'.repeat(before) + all.slice(0, end);
      const cuts = cutAsItCame(text, came, all.length - end);
      expect(cuts.join('')).toBe(text);
      expect(cuts.length).toBeLessThanOrEqual(came.length);
      if (text !== '') expect(cuts).not.toContain('');
      for (const cut of cuts) expect(cut.charCodeAt(0) >> 10).not.toBe(0xdc00 >> 10);
    }),
  );
});

test('pieces leave as they came when nothing is held back', () => {
  expect(cutAsItCame('abcdef', ['ab', 'cd', 'ef'], 0)).toEqual(['ab', 'cd', 'ef']);
  expect(cutAsItCame('abcd', ['ab', 'cd', 'ef'], 2)).toEqual(['ab', 'cd']);
  expect(cutAsItCame('xabc', ['ab', 'cd'], 1)).toEqual(['xab', 'c']);
  expect(cutAsItCame('', ['ab'], 2)).toEqual([]);
});

/** Says batches, each of which is there at once, and remembers whether it was cancelled. */
function source(batches: readonly (readonly ChatEvent[])[], failure?: Error) {
  const state = { cancelled: false };
  let next = 0;
  let rest: readonly ChatEvent[] = [];
  return {
    state,
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const batch = batches[next++];
        if (batch === undefined) {
          if (failure !== undefined) throw failure;
          return { done: true as const, value: undefined };
        }
        rest = batch.slice(1);
        return { done: false as const, value: batch[0] };
      },
      take: () => rest,
      return: async () => {
        state.cancelled = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
}

test('what is there at once is read at once', async () => {
  const batches = [[delta('a'), delta('b')], [delta('c')]];
  const seen: (readonly ChatEvent[])[] = [];
  const events = source(batches);
  await readBatches(events, (batch) => seen.push(batch) > 0);
  expect(seen).toEqual(batches);
  expect(events.state.cancelled).toBe(false);
});

test('who stops reading, and who fails at it, cancels who speaks', async () => {
  const stopped = source([[delta('a')], [delta('b')]]);
  await readBatches(stopped, () => Promise.resolve(false));
  expect(stopped.state.cancelled).toBe(true);
  const failed = source([[delta('a')]]);
  const reading = readBatches(failed, () => {
    throw new Error('cannot write');
  });
  await expect(reading).rejects.toThrow('cannot write');
  expect(failed.state.cancelled).toBe(true);
});

test('a speaker who fails is not cancelled too', async () => {
  const events = source([[delta('a')]], new Error('cut'));
  await expect(readBatches(events, () => true)).rejects.toThrow('cut');
  expect(events.state.cancelled).toBe(false);
});
