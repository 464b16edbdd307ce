import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { defaultPolicyYaml, parsePolicy } from '#policy';
import { type Supervisor, allDetectors, createPlaceholders, createSupervisor } from '#supervisor';
import type { ChatEvent } from '#upstream';
import { type Released, SupervisedAnswer } from '../../src/gateway/supervised-answer.ts';

const secret = 'sk-proj-A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8';
let supervisor: Supervisor;

beforeAll(() => {
  const policy = parsePolicy(defaultPolicyYaml());
  supervisor = createSupervisor({
    rules: policy.document.supervision,
    detectors: allDetectors,
    classes: policy.classIds,
  });
});

interface Outcome {
  readonly released: readonly Released[];
  readonly texts: Readonly<Record<string, string>>;
  readonly blockedBy: string | undefined;
}

const keyOf = (piece: Released): string =>
  piece.type === 'text'
    ? `${piece.choice} ${piece.channel}`
    : `${piece.choice} ${piece.type === 'arguments' ? `call ${piece.index}` : piece.type}`;

function run(events: readonly ChatEvent[]): Outcome {
  const answer = new SupervisedAnswer(supervisor, createPlaceholders([]));
  const released = events.flatMap((event) => answer.accept(event));
  const texts: Record<string, string> = {};
  for (const piece of released) {
    if ('text' in piece) texts[keyOf(piece)] = (texts[keyOf(piece)] ?? '') + piece.text;
  }
  return { released, texts, blockedBy: answer.blockedBy };
}

const say = (
  text: string,
  channel: 'content' | 'reasoning' = 'content',
  choice = 0,
): ChatEvent => ({
  type: 'delta',
  choice,
  channel,
  text,
});
const call = (text: string, index = 0): ChatEvent => ({
  type: 'tool',
  choice: 0,
  index,
  arguments: text,
  id: `c${index}`,
  name: 'f',
});
const finish = (choice = 0): ChatEvent => ({ type: 'finish', choice, reason: 'stop' });

/** A text cut at these places. */
function cut(text: string, places: readonly number[]): readonly string[] {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].toSorted(
    (a, b) => a - b,
  );
  return [0, ...at].map((from, i) => text.slice(from, [...at, text.length][i]));
}

const places = fc.array(fc.nat(), { maxLength: 12 });
const clean = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.constantFrom(
    '関所で止める。',
    'Write to hanako@example.jp or 090-1234-5678.',
    '👩‍👩‍👧 \ud83d\ude00',
  ),
);
const forbidden = fc
  .tuple(clean, clean)
  .map(([before, after]) => `${before} the key is ${secret} ${after}`);

describe('an answer under supervision', () => {
  test('leaves the same however its text is cut', () => {
    fc.assert(
      fc.property(fc.oneof(clean, forbidden), places, (text, at) => {
        const whole = run([say(text), finish()]);
        const pieces = run([...cut(text, at).map((piece) => say(piece)), finish()]);
        expect(pieces.texts).toEqual(whole.texts);
        expect(pieces.blockedBy).toBe(whole.blockedBy);
      }),
    );
  });

  test('leaves the same however the arguments of a call are cut', () => {
    const json = fc.oneof(
      fc
        .dictionary(clean, fc.oneof(clean, forbidden, fc.jsonValue()))
        .map((v) => JSON.stringify(v)),
      clean,
      fc.constant(String.raw`{"a":"\u0073k-proj-A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"}`),
    );
    fc.assert(
      fc.property(json, places, (text, at) => {
        const attempt = (pieces: readonly string[]): Outcome | 'malformed' => {
          try {
            return run([...pieces.map((piece) => call(piece)), finish()]);
          } catch {
            // Text after the end of the JSON.
            return 'malformed';
          }
        };
        const whole = attempt([text]);
        const pieces = attempt(cut(text, at));
        if (whole === 'malformed' || pieces === 'malformed') return;
        expect(pieces.texts).toEqual(whole.texts);
        expect(pieces.blockedBy).toBe(whole.blockedBy);
      }),
    );
  });

  test('gives arguments that mean what the model meant, where no rule has anything to say', () => {
    const quiet = createSupervisor({ rules: [], detectors: allDetectors, classes: ['public'] });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), places, (value, at) => {
        const answer = new SupervisedAnswer(quiet, createPlaceholders([]));
        for (const piece of cut(JSON.stringify(value), at)) answer.accept(call(piece));
        answer.accept(finish());
        expect(JSON.parse(answer.finished()[0].toolCalls[0].arguments)).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
    );
  });

  test('never gives out a forbidden text, in whatever pieces and between whatever else', () => {
    const other = fc.constantFrom<ChatEvent>(
      say('Meanwhile. ', 'reasoning'),
      say('Elsewhere. ', 'content', 1),
      call('{"a":"b"', 3),
      { type: 'delta', choice: 0, channel: 'reasoning', text: '', signature: 'c2ln' },
      { type: 'usage', inputTokens: 1, outputTokens: 1, estimated: false },
    );
    fc.assert(
      fc.property(forbidden, places, fc.array(other, { maxLength: 6 }), (text, at, others) => {
        const pieces = cut(text, at);
        const events = pieces.flatMap((piece, i) => [
          say(piece),
          ...(others[i] ? [others[i]] : []),
        ]);
        const { texts, blockedBy } = run([...events, finish(), finish(1)]);
        expect(texts['0 content'] ?? '').not.toContain('sk-proj-A1b2');
        expect(blockedBy).toBe('secrets-stay-here');
      }),
    );
  });

  test.each([
    ['in a string', `{"a":"${secret}"}`],
    ['in a name', `{"${secret}":1}`],
    ['escaped', String.raw`{"a":"\u0073k-proj-A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"}`],
    ['outside of strings', `{"a":${secret}}`],
    ['in no JSON at all', `key is ${secret}`],
    [
      'in no JSON and escaped',
      String.raw`{'a':'\u0073k-proj-A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8'}`,
    ],
    ['in a string without an end', `{"a":"${secret}`],
    ['in a name that stands twice', `{"a":"${secret}","a":1}`],
  ])('never gives out a forbidden text in arguments: %s', (_name, text) => {
    const { texts, blockedBy } = run([...[...text].map((piece) => call(piece)), finish()]);
    expect(blockedBy).toBeDefined();
    expect(texts['0 call 0'] ?? '').not.toMatch(/k-proj-A1b2/);
  });

  test('lets arguments leave while they grow, and tells when a call is whole', () => {
    const answer = new SupervisedAnswer(supervisor, createPlaceholders([]));
    const first = answer.accept(call(`{"text":"${'many words, '.repeat(30)}`));
    expect(first.map(({ type }) => type)).toEqual(['call', 'arguments']);
    const last = answer.accept(call('the end."}'));
    expect(last.map(({ type }) => type)).toEqual(['arguments', 'call_end']);
    expect(() => answer.accept(call('{"more":1}'))).toThrow('arguments after their end');
  });

  test('puts reasoning that comes late behind the rest, when nothing spans the gap', () => {
    const think = (text: string): ChatEvent => say(text, 'reasoning');
    const late = run([think('Let me look. '), say('Hello.'), think('And so on.'), finish()]);
    expect(late.texts['0 reasoning']).toBe('Let me look. And so on.');
    const [half, rest] = [secret.slice(0, 20), secret.slice(20)];
    const spanning = run([think(`Key: ${half}`), say('Hm.'), think(`${rest} end`), finish()]);
    expect(spanning.blockedBy).toBe('secrets-stay-here');
    expect(spanning.texts['0 reasoning'] ?? '').not.toContain(secret);
  });

  test('keeps a signature only of reasoning that left as it came', () => {
    const placeholders = createPlaceholders([]);
    const mail = 'hanako@example.jp';
    const finding = { kind: 'personal.email', detector: 'x', start: 0, end: mail.length, score: 9 };
    const standIn = placeholders.redact(mail, [finding]);
    const signed = (text: string): readonly Released[] => {
      const answer = new SupervisedAnswer(supervisor, placeholders);
      const signature = { type: 'delta', choice: 0, channel: 'reasoning', text: '' } as const;
      answer.accept(say(text, 'reasoning'));
      return answer.accept({ ...signature, signature: 'c2ln' });
    };
    expect(signed('Hm.').at(-1)).toMatchObject({ type: 'signature', signature: 'c2ln' });
    expect(signed(`Hm, ${standIn}.`).some(({ type }) => type === 'signature')).toBe(false);
  });

  test('gives a call an id of our own when the upstream says more in it than it should', () => {
    const { released } = run([
      {
        type: 'tool',
        choice: 0,
        index: 0,
        id: 'an id with words in it',
        name: 'f',
        arguments: '{}',
      },
      finish(),
    ]);
    expect(released[0]).toMatchObject({
      type: 'call',
      id: expect.stringMatching(/^call_[0-9a-f]{24}$/),
    });
  });

  test('is cut when a choice has no end', () => {
    const answer = new SupervisedAnswer(supervisor, createPlaceholders([]));
    answer.accept(say('Half'));
    expect(() => answer.end()).toThrow('no finish reason');
  });
});

test('what is withheld has not left: it is recorded as said, and delivered as nothing', () => {
  const answer = new SupervisedAnswer(supervisor, createPlaceholders([]));
  answer.withhold();
  for (const event of [say('Good day.'), call('{"a":"b"}'), finish()]) answer.accept(event);
  expect(answer.transcript()).toEqual({
    raw: [{ content: 'Good day.', tool_calls: [{ index: 0, arguments: '{"a":"b"}' }] }],
    delivered: [],
    calls: [],
  });
  expect(answer.deliveredCharacters).toBe(0);
  expect(answer.finished()).toMatchObject([{ content: '', toolCalls: [] }]);
  answer.letGo();
  expect(answer.transcript()).toMatchObject({
    raw: undefined,
    delivered: [{ content: 'Good day.' }],
    calls: [{ id: 'c0' }],
  });
  expect(answer.deliveredCharacters).toBeGreaterThan(0);
  expect(answer.finished()).toMatchObject([{ content: 'Good day.', toolCalls: [{ id: 'c0' }] }]);
});
