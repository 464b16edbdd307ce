import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SupervisionRule } from '../../src/policy/index.ts';
import {
  type Detector,
  allDetectors,
  type Pace,
  createPlaceholders,
  createSupervisor,
} from '../../src/supervisor/index.ts';
import { samples } from './samples.ts';

/** SLOW=1 asks for ten times as many runs. */
const thorough = process.env['SLOW'] === '1' ? 10 : 1;

const words = { en: 'A rule.', ja: '規則' };
const classes = ['public', 'personal'];

function rule(id: string, action: SupervisionRule['action'], ...kinds: string[]): SupervisionRule {
  return { id, direction: 'output', kinds, minScore: 50, action, text: words };
}

function deliver(
  rules: readonly SupervisionRule[],
  pieces: readonly string[],
  vault = createPlaceholders([]),
  pace: Pace = 'stream',
): {
  out: string;
  action: string;
  rules: readonly string[];
  blocked: string | undefined;
  found: string;
} {
  const channel = createSupervisor({ rules, detectors: allDetectors, classes }).stream(
    'output',
    vault,
    { pace },
  );
  let out = '';
  let blocked: string | undefined;
  for (const piece of pieces) {
    const answer = channel.push(piece);
    out += answer.release;
    blocked ??= answer.blocked?.rule;
  }
  const last = channel.end();
  out += last.release;
  blocked ??= last.blocked?.rule;
  const found = JSON.stringify(channel.findings);
  return { out, action: channel.decision.action, rules: channel.decision.rules, blocked, found };
}

const wrapped = (text: string): string =>
  Buffer.from(text).toString('base64').replaceAll(/.{64}/g, '$&\n');
const each = (text: string, write: (byte: number) => string): string =>
  [...Buffer.from(text)].map(write).join('');

/** The same text in signs that mean exactly that. */
const encodings: readonly (readonly [string, (text: string) => string])[] = [
  ['base64', (text) => Buffer.from(text).toString('base64')],
  ['base64url', (text) => Buffer.from(text).toString('base64url')],
  ['base64 twice', (text) => wrapped(wrapped(text))],
  ['wrapped base64', (text) => wrapped(`${text}${' '.repeat(90)}${text}`)],
  ['hex', (text) => Buffer.from(text).toString('hex')],
  ['hex apart', (text) => each(text, (byte) => `${byte.toString(16).padStart(2, '0')} `).trim()],
  ['binary', (text) => each(text, (byte) => `${byte.toString(2).padStart(8, '0')} `).trim()],
  ['percent', (text) => each(text, (byte) => `%${byte.toString(16).padStart(2, '0')}`)],
  [
    'unicode escapes',
    (text) =>
      text
        .split('')
        .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join(''),
  ],
  ['html entities', (text) => [...text].map((char) => `&#${char.codePointAt(0)};`).join('')],
  ['variation selectors', (text) => each(text, selector)],
  ['tags', (text) => each(text, (byte) => String.fromCodePoint(0xe0000 + (byte & 0x7f)))],
  ['full-width base64', (text) => fullWidth(Buffer.from(text).toString('base64'))],
  ['base64 with nothing seen between', (text) => hollow(Buffer.from(text).toString('base64'))],
];

function selector(byte: number): string {
  return String.fromCodePoint(byte < 16 ? 0xfe00 + byte : 0xe0100 + byte - 16);
}

function fullWidth(text: string): string {
  return text.replaceAll(/[!-~]/g, (unit) => String.fromCharCode(unit.charCodeAt(0) + 0xfee0));
}

function hollow(text: string): string {
  return text.split('').join('\u200b');
}

const everything = ['personal.*', 'organisation.*', 'credential.*', 'attack.*', 'exfiltration.*'];
const books: Readonly<Record<string, readonly SupervisionRule[]>> = {
  block: [rule('stop', 'block', ...everything)],
  redact: [rule('mask', 'redact', ...everything)],
  annotate: [rule('note', 'annotate', ...everything)],
  mixed: [
    rule('stop-keys', 'block', 'credential.*'),
    rule('mask-people', 'redact', 'personal.*'),
    rule('note-rest', 'annotate', 'organisation.*', 'attack.*', 'exfiltration.*'),
  ],
  exfiltration: [rule('stop', 'block', 'exfiltration.*'), rule('mark', 'escalate', 'personal.*')],
};

/** Fragments that nearly are, are, or stand beside what detectors look for. */
const fragments = [
  ...samples.map(({ text: sample }) => sample),
  ...samples.map(({ found }) => found),
  ...samples.map(({ text: sample }) => sample.slice(0, Math.ceil(sample.length / 2))),
  '123456789018',
  '0312345678',
  '佐藤健太',
  '佐藤',
  '氏名:',
  '担任の',
  'さん',
  '部長',
  '(さとう',
  'ジョン・',
  'F・ケネディ',
  'Ahmad bin ',
  'Mr. ',
  'นางสาว',
  '長野県松本市',
  '丸の内',
  '3丁目',
  '〒390-8620',
  'ハイツ山田',
  'Jl. ',
  '198.18.',
  '2400:4050:',
  'GB82 WEST ',
  'がそのマイナンバー',
  ' (my number)',
  ' is the NRIC',
  '、電話',
  'の在留カード',
  '円',
  'マイナンバー',
  '注文番号',
  ' は彼の個人番号',
  '生まれ',
  '生年月日',
  '本日の会議は三時からです。',
  'The meeting starts at 3 p.m. ',
  '\n',
  ' ',
  '-',
  '.',
  '@',
  '[',
  '](',
  '1',
  '12',
  '1234 ',
  '5678-',
  'ー',
  'ﾊ',
  'ﾞ',
  'e',
  '\u0301',
  '👨‍👩‍👧',
  '\u200b',
  '\u{e0041}',
  'sk-',
  'password: ',
  '![',
  '一',
  '番号',
  '2024年5月1日',
  '1234567890123456789012345',
  'A'.repeat(30),
  'a.b-c_d',
  '[EMAIL_1]',
  '[EMAIL_',
  '1]',
  '://',
  '（',
  '\ud83d',
  ...encodings.map(([, encode]) => encode('電話 090-1234-5678、taro@example.jp')),
  ...encodings.map(([, encode]) => encode('password=Hn7!kd2#Qz').slice(0, 20)),
  'camelCaseWord',
  'x86_64',
  '100%',
  '%4',
  '0\\u00',
  '30 39 ',
  '00110000 ',
  `${'QUJD'.repeat(16)}\n`,
  '\u{e0030}',
  '\ufe01',
];

const script = fc
  .array(fc.constantFrom(...fragments), { maxLength: 14 })
  .map((parts) => parts.join(''));

function cut(whole: string, places: readonly number[]): string[] {
  const sorted = [...new Set(places.map((place) => place % (whole.length + 1)))].toSorted(
    (a, b) => a - b,
  );
  const pieces: string[] = [];
  let at = 0;
  for (const place of [...sorted, whole.length]) {
    pieces.push(whole.slice(at, place));
    at = place;
  }
  return pieces;
}

describe.each(Object.entries(books))('under a book that says %s', (_name, rules) => {
  test('the same text leaves and the same is found, however the stream is cut', () => {
    fc.assert(
      fc.property(script, fc.array(fc.nat(), { maxLength: 30 }), (whole, places) => {
        expect(deliver(rules, cut(whole, places))).toEqual(deliver(rules, [whole]));
      }),
      { numRuns: 300 * thorough },
    );
  });

  test('long answers too, where what is settled is forgotten', () => {
    const long = fc.array(fc.constantFrom(...fragments), { minLength: 100, maxLength: 300 });
    fc.assert(
      fc.property(long, fc.array(fc.nat(), { maxLength: 300 }), (parts, places) => {
        const whole = parts.join('');
        expect(deliver(rules, cut(whole, places))).toEqual(deliver(rules, [whole]));
      }),
      { numRuns: 25 * thorough },
    );
  });

  test('an answer that nobody reads before its end is looked at less often, not otherwise', () => {
    const long = fc.array(fc.constantFrom(...fragments), { minLength: 1, maxLength: 2_000 });
    fc.assert(
      fc.property(long, fc.array(fc.nat(), { maxLength: 30 }), (parts, places) => {
        const pieces = cut(parts.join(''), places);
        expect(deliver(rules, pieces, undefined, 'whole')).toEqual(deliver(rules, pieces));
      }),
      { numRuns: 25 * thorough },
    );
  });

  test('unit by unit gives the same as all at once', () => {
    fc.assert(
      fc.property(script, (whole) => {
        expect(deliver(rules, whole.split(''))).toEqual(deliver(rules, [whole]));
      }),
      { numRuns: 150 * thorough },
    );
  });

  test('a stream decides what the whole text would decide', () => {
    const supervisor = createSupervisor({ rules, detectors: allDetectors, classes });
    fc.assert(
      fc.property(script, (whole) => {
        const inspected = supervisor.inspect('output', [{ path: 'answer', text: whole }]);
        expect(deliver(rules, whole.split('')).action).toBe(inspected.decision.action);
      }),
      { numRuns: 200 * thorough },
    );
  });
});

/** Labels, counter-words and joints, which change what stands before or behind them. */
const neighbours = [
  'がそのマイナンバー',
  ' (my number)',
  ' is the NRIC',
  '、電話',
  'の在留カード',
  'は免許証',
  '円',
  '注文番号',
  'マイナンバー',
  '生まれ',
  '。',
  ' 1234',
  '-',
  'あ',
  ' and ',
  'しないで',
  'さん',
  '会',
  '氏名:',
  '様',
];

describe.each(samples)('$kind in a stream', ({ kind, text: sample, found }) => {
  // Alone, because the most cautious of several detectors would cover for a careless one.
  test('is found alike however short the pieces are', () => {
    const rules = [rule('mask', 'redact', kind)];
    const near = fc.array(fc.constantFrom(sample, found, ...neighbours), { maxLength: 8 });
    const padding = fc.constantFrom('', '本日は晴れです。'.repeat(140), 'It is fine. '.repeat(95));
    fc.assert(
      fc.property(padding, near, fc.integer({ min: 1, max: 12 }), (before, parts, size) => {
        const whole = before + parts.join('');
        const pieces = [before];
        for (let at = before.length; at < whole.length; at += size) {
          pieces.push(whole.slice(at, at + size));
        }
        expect(deliver(rules, pieces)).toEqual(deliver(rules, [whole]));
      }),
      { numRuns: 60 * thorough },
    );
  });

  const around = `本日は晴れです。${sample} そして後の文が続きます。`;

  test('never leaves under a rule that blocks, split at every unit', () => {
    const rules = [rule('stop', 'block', kind)];
    for (let at = 0; at <= around.length; at++) {
      const { out, blocked, action } = deliver(rules, [around.slice(0, at), around.slice(at)]);
      expect({ blocked, action }).toEqual({ blocked: 'stop', action: 'block' });
      expect(around.startsWith(out)).toBe(true);
      expect(out.length).toBeLessThanOrEqual(around.indexOf(found));
    }
  });

  test('is replaced under a rule that redacts, unit by unit', () => {
    const { out } = deliver([rule('mask', 'redact', kind)], around.split(''));
    expect(out).not.toContain(found);
    expect(out).toMatch(/\[[A-Z_]+\]/);
    expect(out.startsWith('本日は晴れです。')).toBe(true);
    expect(out.endsWith('そして後の文が続きます。')).toBe(true);
  });
});

describe.each(encodings)('in %s', (_name, encode) => {
  const secret = '090-1234-5678';
  const coded = encode(`Call ${secret} (taro@example.jp) today, please.`);
  const around = `本日は晴れです。 ${coded} そして後の文が続きます。`;
  const rules = [rule('stop', 'block', 'personal.*')];

  test('personal data never leaves under a rule that blocks, split at every unit', () => {
    for (let at = 0; at <= around.length; at++) {
      const answer = deliver(rules, [around.slice(0, at), around.slice(at)]);
      expect(answer).toMatchObject({ blocked: 'stop', action: 'block' });
      expect(around.startsWith(answer.out)).toBe(true);
      expect(answer.out.length).toBeLessThan(around.indexOf(coded) + coded.length / 2);
    }
  });

  test('is replaced under a rule that masks, and what follows leaves as it came', () => {
    const whole = deliver([rule('mask', 'redact', 'personal.*')], [around]);
    const byUnit = deliver([rule('mask', 'redact', 'personal.*')], around.split(''));
    expect(byUnit).toEqual(whole);
    expect(whole.out).toMatch(/\[PHONE\]|\[EMAIL\]/);
    expect(whole.out.startsWith('本日は晴れです。 ')).toBe(true);
    expect(whole.out.endsWith('そして後の文が続きます。')).toBe(true);
    expect(whole.found).toContain('"through":');
  });

  test('is told as it is in a whole text', () => {
    const supervisor = createSupervisor({ rules, detectors: allDetectors, classes });
    const { decision, findings } = supervisor.inspect('output', [{ path: 'p', text: around }]);
    expect(decision.action).toBe('block');
    expect(findings.some(({ through }) => through !== undefined)).toBe(true);
  });
});

test('a run without end is held back in pieces, and what stands across two of them is found', () => {
  const supervisor = createSupervisor({
    rules: [rule('mask', 'redact', 'personal.*')],
    detectors: allDetectors,
    classes,
  });
  for (const filler of [1_500, 1_520, 1_533, 1_536, 1_540, 4_600]) {
    const text = `${'x'.repeat(filler)} taro@example.jp ${'y'.repeat(5_000)}`;
    const coded = Buffer.from(text).toString('base64');
    const channel = supervisor.stream('output', createPlaceholders([]));
    let most = 0;
    for (let at = 0; at < coded.length; at += 7) {
      channel.push(coded.slice(at, at + 7));
      most = Math.max(most, channel.heldUnits);
    }
    channel.end();
    expect(channel.findings.map(({ kind }) => kind)).toContain('personal.email');
    expect(most).toBeLessThan(3_000);
  }
});

test('ordinary prose waits for no more than the word that is being written', () => {
  const supervisor = createSupervisor({
    rules: books['redact'] ?? [],
    detectors: allDetectors,
    classes,
  });
  const channel = supervisor.stream('output', createPlaceholders([]));
  let most = 0;
  for (const unit of '本日の会議では、来年度の予算案について話し合いました。提出期限は金曜日までです。'.repeat(
    20,
  )) {
    channel.push(unit);
    most = Math.max(most, channel.heldUnits);
  }
  expect(most).toBeLessThanOrEqual(16);
});

test('stand-ins come back as the caller wrote them, at every split, and are no findings', () => {
  const input = 'Mail taro@example.co.jp or call 090-1234-5678.';
  const vault = createPlaceholders([input]);
  const supervisor = createSupervisor({
    rules: [{ ...rule('mask', 'redact', 'personal.*'), direction: 'both' }],
    detectors: allDetectors,
    classes,
  });
  const { findings } = supervisor.inspect('input', [{ path: 'p', text: input }]);
  const masked = vault.redact(input, findings);
  expect(masked).toBe('Mail [EMAIL_1] or call [PHONE_1].');
  const rules = books['redact'] ?? [];
  for (let at = 0; at <= masked.length; at++) {
    const answer = deliver(rules, [masked.slice(0, at), masked.slice(at)], vault);
    expect(answer).toMatchObject({ out: input, action: 'allow', found: '[]' });
  }
});

test('a value the model invents beside a stand-in is still withheld', () => {
  const vault = createPlaceholders([]);
  vault.redact('a@b.jp', [
    { kind: 'personal.email', start: 0, end: 6, score: 95, detector: 'email@1' },
  ]);
  const { out } = deliver(
    books['redact'] ?? [],
    '[EMAIL_1] and hanako@example.jp here'.split(''),
    vault,
  );
  expect(out).toBe('a@b.jp and [EMAIL] here');
});

test('nothing leaves after a channel was stopped', () => {
  const supervisor = createSupervisor({
    rules: books['block'] ?? [],
    detectors: allDetectors,
    classes,
  });
  const channel = supervisor.stream('output', createPlaceholders([]));
  channel.push('call 090-1234-5678 now, please, all of you, today');
  expect(channel.push('more')).toEqual({ release: '', blocked: { rule: 'stop' } });
  expect(channel.end()).toEqual({ release: '', blocked: { rule: 'stop' } });
});

test('a detector that throws stops the channel and is named', () => {
  const broken: Detector = {
    id: 'broken',
    version: 1,
    kinds: [{ kind: 'personal.x', title: words }],
    maxSpan: 10,
    detect: () => {
      throw new Error('a bug');
    },
  };
  const supervisor = createSupervisor({
    rules: books['block'] ?? [],
    detectors: [broken],
    classes,
  });
  const channel = supervisor.stream('output', createPlaceholders([]));
  const { release } = channel.push('a text of more than ten units');
  expect(channel.end().blocked).toEqual({ rule: '' });
  expect(release).toBe('');
  expect(channel.failed).toEqual(['broken@1']);
  expect(channel.decision).toEqual({ action: 'block', rules: [] });
});

test('half a surrogate pair is never released while the other half may come', () => {
  const channel = createSupervisor({ rules: [], detectors: allDetectors, classes }).stream(
    'output',
    createPlaceholders([]),
  );
  const [high = '', low = ''] = '😀'.split('');
  expect(channel.push(`ok ${high}`).release).toBe('ok ');
  expect(channel.push(low).release + channel.end().release).toBe('😀');
});
