import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/base/index.ts';
import { type Checkpoint, startCheckpoint } from '../../src/main.ts';
import { type ScriptedUpstream, chunk, startScriptedUpstream } from '../fakes/scripted-upstream.ts';
import { type Sample, samples } from '../supervisor/samples.ts';
import { temporaryDirectory } from './running-checkpoint.ts';

/** SLOW=1 cuts at every byte; by default at this many places of each text. */
const complete = process.env['SLOW'] === '1';
const sampled = 4;

const data = temporaryDirectory();
let upstream: ScriptedUpstream;
let checkpoint: Checkpoint;

/** A rule book with one rule: it stops one kind, on the way out. */
function bookAbout(kind: string, more: object = {}): string {
  return JSON.stringify({
    version: 1,
    institution: { name: 'A test', language: 'en', contact: { en: 'us', ja: '我々' } },
    dataClasses: [{ id: 'internal', title: { en: 'I', ja: '内' }, upstreams: ['first'] }],
    defaultClass: 'internal',
    upstreams: [
      {
        id: 'first',
        dialect: 'openai-compatible',
        baseUrl: upstream.baseUrl,
        model: 'm',
        operator: 'A test',
        jurisdiction: 'JP',
        residency: 'JP',
      },
    ],
    supervision: [
      {
        id: 'stop-it',
        direction: 'output',
        kinds: [kind],
        minScore: 50,
        action: 'block',
        text: { en: 'Stopped.', ja: '止めました。' },
      },
    ],
    ledger: { checkpointSeconds: 60, entryBundles: 'public' },
    ...more,
  });
}

const policyPath = (): string => join(data.path, 'sekisho.yaml');

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  writeFileSync(policyPath(), bookAbout('credential.*'));
  checkpoint = await startCheckpoint({
    dataDirectory: data.path,
    host: '127.0.0.1',
    port: 0,
    environment: {},
    log: silentLog,
    version: '0.0.0-test',
    notice: () => undefined,
    onModelProgress: () => undefined,
    onFatal: (error) => {
      throw error;
    },
  });
}, 60_000);

afterAll(async () => {
  await checkpoint.stop();
  await upstream.close();
  data.remove();
});

type Event = Record<string, unknown>;

interface Wire {
  readonly name: string;
  readonly path: string;
  readonly body: object;
  /** Text that a client would show because of an event. */
  readonly textOf: (event: Event) => string;
  /** The dialect's own word for an answer that was stopped. */
  readonly stopped: RegExp;
}

const said = [{ role: 'user', content: 'Good morning.' }];
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const wires: readonly Wire[] = [
  {
    name: 'OpenAI chat completions',
    path: '/v1/chat/completions',
    body: { model: 'auto', stream: true, messages: said },
    textOf: (event) =>
      text((event as { choices?: { delta?: Event }[] }).choices?.[0]?.delta?.['content']),
    stopped: /"finish_reason":"content_filter"/,
  },
  {
    name: 'OpenAI Responses',
    path: '/v1/responses',
    body: { model: 'auto', stream: true, input: 'Good morning.' },
    textOf: (event) => (event['type'] === 'response.output_text.delta' ? text(event['delta']) : ''),
    stopped: /content_filter/,
  },
  {
    name: 'Anthropic messages',
    path: '/v1/messages',
    body: { model: 'auto', stream: true, max_tokens: 100, messages: said },
    textOf: (event) => text((event['delta'] as Event | undefined)?.['text']),
    stopped: /"stop_reason":"refusal"/,
  },
];

/** The wire of an answer in one or two pieces of text, cut once more at a byte of its text. */
function playCut(whole: string, byte: number): void {
  const before = Buffer.from(whole)
    .subarray(0, byte)
    .toString('utf8')
    .replace(/\ufffd$/, '');
  const pieces = byte % 2 === 0 ? [whole] : [before, whole.slice(before.length)];
  const events = [...pieces.map((content) => chunk({ content })), chunk({}, 'stop')];
  const wire = Buffer.from(
    `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`,
  );
  const at = wire.indexOf('"content":"') + 11 + byte;
  upstream.play(async (_seen, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(wire.subarray(0, at));
    await new Promise((resolve) => setTimeout(resolve, 2));
    response.end(wire.subarray(at));
  });
}

async function receive({ path, body, textOf }: Wire): Promise<{ raw: string; shown: string }> {
  const response = await fetch(`${checkpoint.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${checkpoint.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const raw = await response.text();
  const events = raw
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as Event);
  // One dialect tells a person why in a block of text of its own; that is the checkpoint's word.
  const [shown = ''] = events.map(textOf).join('').split("The model's answer was stopped");
  return { raw, shown };
}

/** Without receipts, times and ports: three digits of a sample may stand in any of them. */
function saidIn(raw: string): string {
  return raw
    .replaceAll(/[0-9a-f]{16,}/g, '')
    .replaceAll(/"created(?:_at)?":\d+/g, '')
    .replaceAll(/:\d{2,5}\//g, '/');
}

/** Bytes of the text at which it is cut. */
function cutsOf({ kind }: Sample, whole: string): readonly number[] {
  const { length } = Buffer.from(whole);
  if (complete) return Array.from({ length: length + 1 }, (_, byte) => byte);
  // Other places for each kind, so that together they are many.
  const first = kind.length * 7;
  return Array.from({ length: sampled }, (_, i) => (first + i * 31) % (length + 1));
}

let cuts = 0;
let bytesOut = 0;

describe.each(samples)('$kind under a rule that blocks', (sample) => {
  const whole = `本日は晴れです。${sample.text} そして後の文が続きます。`;
  const allowed = whole.slice(0, whole.indexOf(sample.found));

  test(
    'never reaches a client of any dialect, wherever the stream is cut',
    async () => {
      writeFileSync(policyPath(), bookAbout(sample.kind));
      await checkpoint.reload();
      for (const byte of cutsOf(sample, whole)) {
        for (const wire of wires) {
          playCut(whole, byte);
          // oxlint-disable-next-line no-await-in-loop -- one stream at a time is scripted
          const { raw, shown } = await receive(wire);
          cuts++;
          const where = { dialect: wire.name, byte };
          expect({ ...where, shown: allowed.startsWith(shown) }).toEqual({ ...where, shown: true });
          expect({ ...where, leaked: saidIn(raw).includes(sample.found.slice(0, 6)) }).toEqual({
            ...where,
            leaked: false,
          });
          expect(raw).toMatch(wire.stopped);
          expect(raw).toContain('stop-it');
          bytesOut += Buffer.byteLength(shown);
        }
      }
    },
    complete ? 600_000 : 60_000,
  );
});

test('a clean stream arrives as it was sent, wherever it is cut', async () => {
  writeFileSync(policyPath(), bookAbout('personal.*'));
  await checkpoint.reload();
  const clean = '本日は晴れです。The meeting is at 10:30, in room 1203. 👩‍👩‍👧 以上。';
  const { length } = Buffer.from(clean);
  for (let byte = 0; byte <= length; byte += complete ? 1 : 7) {
    for (const wire of wires) {
      playCut(clean, byte);
      // oxlint-disable-next-line no-await-in-loop -- one stream at a time is scripted
      expect((await receive(wire)).shown).toBe(clean);
    }
  }
}, 60_000);

const told =
  'You are the clerk of window four. canary: Vx93-Plover-22 Answer in short sentences, never give ' +
  'legal advice, and send everybody who asks about taxes to the second floor before five o clock, ' +
  'because the window is closed after that and the guard locks the stairs. Thank them for coming.';
const instructed: readonly (readonly [Wire, object])[] = [
  [wires[0], { messages: [{ role: 'system', content: told }, ...said] }],
  [wires[1], { instructions: told }],
  [wires[2], { system: told }],
];

describe.each(instructed)('instructions given through $name', (wire, system) => {
  test.each([
    ['a canary they name', 'My word is v x 9 3 - p l o v e r - 2 2, keep it.', 'My word is '],
    ['a long quotation', `Sure: ${told.slice(60)}`, 'Sure: '],
  ])(
    'stay with the model: %s',
    async (_name, answer, before) => {
      writeFileSync(
        policyPath(),
        bookAbout('attack.system_prompt_leak', { canaries: { markers: ['canary:'] } }),
      );
      await checkpoint.reload();
      for (let byte = 0; byte < answer.length; byte += complete ? 1 : 29) {
        playCut(answer, byte);
        // oxlint-disable-next-line no-await-in-loop -- one stream at a time is scripted
        const { raw, shown } = await receive({ ...wire, body: { ...wire.body, ...system } });
        expect(raw).toContain('stop-it');
        expect(answer.startsWith(shown)).toBe(true);
        // A quotation is known by places in it, the first of which is not its first letter.
        expect(shown.length).toBeLessThanOrEqual(before.length + (before === 'Sure: ' ? 45 : 0));
      }
    },
    60_000,
  );
});

afterAll(() => {
  const of = complete ? 'every byte' : `a sample; SLOW=1 cuts at every byte`;
  process.stdout.write(
    `streams cut: ${cuts} (${samples.length} kinds, ${wires.length} dialects, ${of}); ` +
      `forbidden bytes at a client: 0; allowed bytes before them: ${bytesOut}\n`,
  );
});
