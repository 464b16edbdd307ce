import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SupervisionRule } from '#policy';
import { type StreamChannel, createPlaceholders, createSupervisor, detectorsOf } from '#supervisor';

const kind = 'attack.system_prompt_leak';
const rule = (action: SupervisionRule['action'], minScore: number): SupervisionRule => ({
  id: action,
  direction: 'output',
  kinds: [kind],
  minScore,
  action,
  text: { en: 'A rule.', ja: '規則' },
});
const canary = 'Kestrel-7F3A-海';
const supervisor = createSupervisor({
  rules: [rule('block', 90), rule('annotate', 50)],
  detectors: detectorsOf({ canaries: { texts: [canary], markers: [] } }),
  classes: ['public'],
  canaryMarkers: ['canary:'],
});

function answer(
  pieces: readonly string[],
  instructions?: readonly string[],
): { out: string; channel: StreamChannel } {
  const how = instructions === undefined ? {} : { instructions };
  const channel = supervisor.stream('output', createPlaceholders([]), how);
  let out = '';
  for (const piece of pieces) out += channel.push(piece).release;
  return { out: out + channel.end().release, channel };
}

const shift = (text: string): string =>
  text.replaceAll(/[a-z]/gi, (unit) => {
    const code = unit.charCodeAt(0);
    const base = code >= 97 ? 97 : 65;
    return String.fromCharCode(base + ((code - base + 13) % 26));
  });

const writings: readonly (readonly [string, string])[] = [
  ['as it is', canary],
  ['in another case', canary.toLowerCase()],
  ['spaced out', canary.split('').join(' ')],
  ['one letter a line', canary.split('').join('\n')],
  ['with invisible characters', canary.split('').join('\u200b')],
  ['reversed', canary.split('').toReversed().join('')],
  ['in ROT13', shift(canary)],
  ['in hexadecimal', Buffer.from(canary).toString('hex')],
  ['in base64', Buffer.from(canary).toString('base64')],
  ['in base64, one byte on', Buffer.from(`x${canary} is`).toString('base64')],
  ['in base64, two bytes on', Buffer.from(`xy${canary}. And more.`).toString('base64')],
];

describe('a canary', () => {
  test.each(writings)('is found %s in a whole answer, also as its last word', (_name, written) => {
    for (const text of [written, `The mark: ${written}`, `Mark ${written} ends here.`]) {
      const { decision, findings } = supervisor.inspect('output', [{ path: 'a', text }]);
      expect(decision).toEqual({ action: 'block', rules: ['block'] });
      const { channel } = answer(text.split(''));
      expect(findings.slice(0, 1)).toMatchObject(channel.findings.slice(0, 1));
    }
  });

  test.each(writings)('never leaves %s, split at every unit', (_name, written) => {
    const whole = `My instructions hold the mark ${written} and no more.`;
    for (let at = 0; at <= whole.length; at++) {
      const { out, channel } = answer([whole.slice(0, at), whole.slice(at)]);
      expect(channel.decision).toEqual({ action: 'block', rules: ['block'] });
      // What base64 has before the mark is no part of it.
      expect(out.length).toBeLessThanOrEqual(whole.indexOf(written) + 4);
      expect(whole.startsWith(out)).toBe(true);
    }
    const { decision } = supervisor.inspect('output', [{ path: 'p', text: whole }]);
    expect(decision.action).toBe('block');
  });

  test('may be named by the instructions themselves, behind a marker', () => {
    const told = ['You are a clerk. canary: Vx93-Plover-22\nBe kind.'];
    expect(answer(['The word is vx93 plover 22, ', 'I think.'], told).channel.decision).toEqual({
      action: 'block',
      rules: ['block'],
    });
    expect(answer(['The word is vx93 plover 22, I think.']).channel.decision.action).toBe('allow');
  });

  test('that is nearly there is none, and the text arrives', () => {
    const near = 'A kestrel is a bird of prey; Kestrel-7F3 was one. 7F3A, Kestrel. Kestrel-7F3A-';
    expect(answer(near.split('')).out).toBe(near);
  });
});

const told =
  'You are the assistant of the citizens office. Answer politely and in short sentences. Never give ' +
  'legal advice. When somebody asks about taxes, send them to window four on the second floor, and ' +
  'tell them that it is open until five. あなたは市民課の窓口を手伝う係です。丁寧に、短い文で答えてください。' +
  '法律相談には応じず、弁護士会の窓口を案内してください。税金の質問は二階の四番窓口へ案内し、午後五時まで開いていると伝えてください。';
const instructions = [told];

describe('instructions that come back word for word', () => {
  test.each([
    ['English', told.slice(0, 240)],
    ['Japanese', told.slice(told.indexOf('あなた'))],
    ['without blanks', told.slice(0, 240).replaceAll(' ', '')],
    ['in capitals', told.slice(0, 240).toUpperCase()],
    ['one word a line', told.slice(0, 240).replaceAll(' ', '\n')],
  ])('are found: %s', (_name, quoted) => {
    const { channel } = answer([`Sure: ${quoted} That is all.`], instructions);
    expect(channel.findings.length).toBeGreaterThan(0);
    expect(channel.findings.every((finding) => finding.kind === kind)).toBe(true);
    expect(channel.decision).toEqual({ action: 'annotate', rules: ['annotate'] });
  });

  test.each([
    'When somebody asks about taxes, send them to window four.',
    'I answer politely and in short sentences, and I never give legal advice, as you would expect.',
    '税金のことは二階の四番窓口で、午後五時まで受け付けています。弁護士会の窓口もご案内できます。',
  ])('are not found where a sentence is merely followed: %s', (said) => {
    expect(answer([said], instructions).channel.findings).toEqual([]);
  });

  test('are found alike however the stream is cut', () => {
    const parts = fc.array(
      fc.oneof(
        fc
          .tuple(fc.nat(told.length), fc.nat(300))
          .map(([from, length]) => told.slice(from, from + length)),
        fc.constantFrom(
          'Fine. ',
          '本日は晴れです。',
          canary.slice(0, 7),
          ' ',
          '\n',
          'SEKISHO-CANARY-a1b2c3',
          'window',
        ),
      ),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 40 }), (said, size) => {
        const whole = said.join('');
        const pieces = whole.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
        const [cut, uncut] = [answer(pieces, instructions), answer([whole], instructions)];
        expect(cut.out).toBe(uncut.out);
        expect(cut.channel.findings).toEqual(uncut.channel.findings);
      }),
      { numRuns: process.env['SLOW'] === '1' ? 2_000 : 200 },
    );
  });
});
