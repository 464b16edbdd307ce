import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FakeAnswer, type FakeBlock, meant, understand } from '../fakes/fake-answer.ts';
import { type DialectName, collect, cutAt, dialects, response } from './wire.ts';

const text = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' });
const pieces = fc.array(text, { minLength: 1, maxLength: 4 });
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);
const signature = fc.base64String({ minLength: 4, maxLength: 40 });

/** JSON text of an object, in pieces. */
const args = fc
  .tuple(fc.dictionary(text, fc.jsonValue(), { maxKeys: 3 }), fc.array(fc.nat(), { maxLength: 4 }))
  .map(([value, cuts]) => {
    const json = JSON.stringify(value);
    const places = [...new Set(cuts.map((cut) => cut % json.length))].toSorted((a, b) => a - b);
    return [...places, json.length]
      .map((to, at) => json.slice(at === 0 ? 0 : places[at - 1], to))
      .filter((piece) => piece !== '');
  });

/** What each dialect can say of an answer. */
const words: Readonly<Record<DialectName, readonly string[]>> = {
  openai: ['content', 'refusal', 'reasoning', 'tool', 'signed tool', 'choices', 'reasoning tokens'],
  anthropic: ['content', 'signed reasoning', 'sealed', 'tool', 'stop sequence', 'written tokens'],
  gemini: ['content', 'reasoning', 'signed reasoning', 'tool', 'signed tool', 'choices'].concat(
    'reasoning tokens',
  ),
  bedrock: ['content', 'reasoning', 'signed reasoning', 'sealed', 'tool', 'written tokens'],
};

function blocks(has: (word: string) => boolean): fc.Arbitrary<FakeBlock> {
  const kinds: fc.Arbitrary<FakeBlock>[] = [
    fc.record({ type: fc.constant('content' as const), pieces }),
    fc.record({ type: fc.constant('tool' as const), id, name: id, pieces: args }),
  ];
  if (has('refusal')) kinds.push(fc.record({ type: fc.constant('refusal' as const), pieces }));
  if (has('reasoning')) kinds.push(fc.record({ type: fc.constant('reasoning' as const), pieces }));
  if (has('sealed')) kinds.push(fc.record({ type: fc.constant('sealed' as const), signature }));
  if (has('signed reasoning')) {
    kinds.push(fc.record({ type: fc.constant('reasoning' as const), pieces, signature }));
  }
  if (has('signed tool')) {
    const type = fc.constant('tool' as const);
    kinds.push(fc.record({ type, id, name: id, pieces: args, signature }));
  }
  return fc.oneof(...kinds);
}

/** Ids tell calls apart, so no two calls of one choice share one. */
function withOwnIds(found: readonly FakeBlock[]): FakeBlock[] {
  return found.map((block, place) =>
    block.type === 'tool' ? { ...block, id: `${block.id}_${place}` } : block,
  );
}

function answers(...spoken: readonly DialectName[]): fc.Arbitrary<FakeAnswer> {
  const has = (word: string): boolean => spoken.every((name) => words[name].includes(word));
  const choice = fc
    .record({
      found: fc.array(blocks(has), { minLength: 1, maxLength: 5 }),
      end: fc.constantFrom('natural' as const, 'length' as const, 'content_filter' as const),
      stopSequence: fc.option(text, { nil: undefined }),
    })
    .map(({ found, end, stopSequence }) => {
      const calls = found.some((block) => block.type === 'tool');
      const natural = calls ? ('tool_calls' as const) : ('stop' as const);
      const reason = end === 'natural' ? natural : end;
      const stopped = has('stop sequence') && reason === 'stop' && stopSequence !== undefined;
      return { blocks: withOwnIds(found), reason, ...(stopped ? { stopSequence } : {}) };
    });
  const count = fc.nat({ max: 100_000 });
  return fc.record({
    choices: fc.array(choice, { minLength: 1, maxLength: has('choices') ? 3 : 1 }),
    usage: fc.tuple(count, count, count, count, count).map(([a, b, c, d, e]) => {
      const written = has('written tokens') ? c : 0;
      const reasoning = has('reasoning tokens') ? e : 0;
      return { input: a + b + written, cached: b, written, output: d + reasoning, reasoning };
    }),
  });
}

const names = Object.keys(dialects) as DialectName[];

describe.each(names)('an answer in the dialect of %s', (name) => {
  const { read, stream, whole, contentType } = dialects[name];

  test('is understood as it was meant, streamed and whole', async () => {
    await fc.assert(
      fc.asyncProperty(answers(name), async (answer) => {
        const expected = meant(answer);
        const streamed = await collect(read(response(stream(answer), contentType)));
        expect(understand(streamed)).toEqual(expected);
        const body = Buffer.from(JSON.stringify(whole(answer)));
        const json = await collect(read(response([body], 'application/json')));
        expect(understand(json)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('gives the same events wherever its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        answers(name),
        fc.array(fc.nat(), { maxLength: 12 }),
        async (answer, cuts) => {
          const sent = stream(answer);
          const bytes = Buffer.concat(sent);
          const expected = await collect(read(response(sent, contentType)));
          expect(await collect(read(response(cutAt(bytes, cuts), contentType)))).toEqual(expected);
          const alone = [...bytes].map((byte) => Uint8Array.of(byte));
          expect(await collect(read(response(alone, contentType)))).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('is cut, and never a clean end, when any of its end is missing', async () => {
    await fc.assert(
      fc.asyncProperty(answers(name), fc.nat(), async (answer, place) => {
        const bytes = Buffer.concat(stream(answer));
        // The figures that come after the last word may be lost without it.
        const enough = await collect(read(response([bytes], contentType)));
        const part = bytes.subarray(0, place % bytes.length);
        const events: unknown[] = [];
        let code: unknown;
        try {
          for await (const event of read(response([part], contentType))) events.push(event);
        } catch (error) {
          ({ code } = error as { code: unknown });
        }
        if (code === undefined) expect(events.length).toBeGreaterThanOrEqual(enough.length - 1);
        else expect(code).toBe('cut');
      }),
      { numRuns: 60 },
    );
  });

  test.each(names.filter((other) => other !== name))(
    'means the same in the dialect of %s, in all that both can say',
    async (other) => {
      await fc.assert(
        fc.asyncProperty(answers(name, other), async (answer) => {
          const here = await collect(read(response(stream(answer), contentType)));
          const there = dialects[other];
          const body = there.stream(answer);
          const away = await collect(there.read(response(body, there.contentType)));
          expect(understand(away)).toEqual(understand(here));
        }),
        { numRuns: 25 },
      );
    },
  );
});
