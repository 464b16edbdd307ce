import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ScriptedUpstream,
  echo,
  embeddings,
  say,
  speak,
  startScriptedUpstream,
  toolCall,
} from '../fakes/scripted-upstream.ts';
import { policyOf } from '../policy/routing-document.ts';
import { pixel } from './dialect-fixture.ts';
import {
  type RunningCheckpoint,
  build,
  startCheckpoint,
  temporaryDirectory,
} from './running-checkpoint.ts';

const folder = temporaryDirectory();
let abroad: ScriptedUpstream;
let home: ScriptedUpstream;
let checkpoint: RunningCheckpoint;

const mask = {
  id: 'mask',
  direction: 'input',
  kinds: ['personal.*'],
  minScore: 55,
  action: 'redact',
  text: { en: 'x', ja: 'x' },
};
const mark = { ...mask, id: 'mark', direction: 'output', minScore: 70, action: 'escalate' };
const stop = { ...mark, id: 'stop', kinds: ['credential.*'], action: 'block' };

function rules(extra: readonly object[] = []): string {
  return policyOf({
    upstreams: [
      { id: 'abroad', jurisdiction: 'US', residency: 'US', baseUrl: abroad.baseUrl, probe: 'none' },
      { id: 'home', baseUrl: home.baseUrl, probe: 'none' },
    ],
    dataClasses: [
      { id: 'open', upstreams: ['abroad', 'home'], images: 'allow' },
      { id: 'loose', upstreams: ['abroad', 'home'] },
      { id: 'kept', residencies: ['JP'] },
      { id: 'never', upstreams: ['home'] },
    ],
    supervision: [mask, mark, stop, ...extra],
    cache: {
      classes: [
        { id: 'open', seconds: 600, semantic: {} },
        { id: 'loose', seconds: 600, maxTemperature: 2 },
        { id: 'kept', seconds: 600 },
      ],
    },
  }).text;
}

beforeAll(async () => {
  build();
  abroad = await startScriptedUpstream();
  home = await startScriptedUpstream();
  checkpoint = await startCheckpoint(folder.path, rules());
}, 120_000);

afterAll(async () => {
  expect(await checkpoint.end('SIGINT')).toBe(0);
  await Promise.all([abroad.close(), home.close()]);
  folder.remove();
});

beforeEach(() => {
  abroad.play(say('From abroad.', ['From ', 'abroad.']));
  home.play(say('From home.'));
});

let questions = 0;
/** Nobody asked this before. */
const fresh = (): string => `Question number ${++questions}, is it new?`;

interface Told {
  readonly status: number;
  readonly cache: string | null;
  readonly receipt: string;
  readonly text: string;
}

async function ask(
  content: unknown,
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const response = await fetch(`${checkpoint.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${checkpoint.key}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify({
      model: 'auto',
      temperature: 0,
      messages: [{ role: 'user', content }],
      ...more,
    }),
  });
  return {
    status: response.status,
    cache: response.headers.get('x-sekisho-cache'),
    receipt: response.headers.get('x-sekisho-receipt') ?? '',
    text: await response.text(),
  };
}

/** What the tests look at of the console's answers. */
interface Answer {
  readonly id: string;
  readonly secret: string;
  readonly cache: unknown;
  readonly rows: readonly { readonly key: string }[];
}

async function api(method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`${checkpoint.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${checkpoint.key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Answer;
}

async function metrics(): Promise<string> {
  const headers = { authorization: `Bearer ${checkpoint.key}` };
  return (await fetch(`${checkpoint.url}/metrics`, { headers })).text();
}

/** Asks twice. @returns what the second answer says of itself */
async function second(content: unknown, more: object = {}, headers = {}): Promise<string | null> {
  await ask(content, more, headers);
  return (await ask(content, more, headers)).cache;
}

describe('an answer that is given again', () => {
  test('asks no upstream, is a passage of its own, and names where it comes from', async () => {
    const text = fresh();
    const first = await ask(text);
    const before = abroad.seen.length;
    const again = await ask(text);
    expect([first.cache, again.cache]).toEqual(['miss', 'hit']);
    expect(abroad.seen.length).toBe(before);
    expect(again.receipt).not.toBe(first.receipt);
    expect(JSON.parse(again.text).choices).toEqual(JSON.parse(first.text).choices);
    expect(JSON.parse(again.text).usage).toEqual(JSON.parse(first.text).usage);
    expect(await api('GET', `/api/passages/${again.receipt}`)).toMatchObject({
      cache: { answer: 'hit', passage: first.receipt },
      upstream: 'abroad',
      attempts: [],
      end: 'complete',
      usage: { inputTokens: 0, outputTokens: 0, cost: { micros: 0 } },
    });
    expect((await api('GET', `/api/passages/${first.receipt}`)).cache).toBeNull();
  });

  test('comes as a stream where one is asked for, and the other way round', async () => {
    const text = fresh();
    const whole = await ask(text);
    const stream = await ask(text, { stream: true, stream_options: { include_usage: true } });
    expect(stream.cache).toBe('hit');
    expect(stream.text).toMatch(/"finish_reason":"stop"[^]*"prompt_tokens":7[^]*\[DONE\]\n\n$/);
    const other = fresh();
    await ask(other, { stream: true });
    const back = await ask(other);
    expect(back.cache).toBe('hit');
    expect(JSON.parse(back.text).choices).toEqual(JSON.parse(whole.text).choices);
  });

  test('comes in every dialect, each with its own', async () => {
    const text = fresh();
    const openai = new OpenAI({ baseURL: `${checkpoint.url}/v1`, apiKey: checkpoint.key });
    const anthropic = new Anthropic({ baseURL: checkpoint.url, apiKey: checkpoint.key });
    // The client's newest types know no temperature; the wire still does.
    const messages = [{ role: 'user', content: text }];
    const asked: object = { model: 'auto', temperature: 0, max_tokens: 9, messages };
    const words: (string | null)[] = [];
    const said: string[] = [];
    for (let i = 0; i < 2; i++) {
      const one = await openai.responses
        .create({ model: 'auto', temperature: 0, input: text })
        .withResponse();
      words.push(one.response.headers.get('x-sekisho-cache'));
      said.push(one.data.output_text);
      const two = await anthropic.messages
        .create(asked as Anthropic.MessageCreateParamsNonStreaming)
        .withResponse();
      words.push(two.response.headers.get('x-sekisho-cache'));
      said.push((two.data.content[0] as { text: string }).text);
    }
    expect(words).toEqual(['miss', 'miss', 'hit', 'hit']);
    // To the letter what was sent in Anthropic's form, and another question in this one.
    expect((await ask(text, { max_tokens: 9 })).cache).toBe('miss');
    expect(new Set(said)).toEqual(new Set(['From abroad.']));
    const stream = anthropic.messages.stream(asked as Anthropic.MessageStreamParams);
    const { response } = await stream.withResponse();
    expect((await stream.finalMessage()).content).toMatchObject([{ text: 'From abroad.' }]);
    expect(response.headers.get('x-sekisho-cache')).toBe('hit');
  });

  test('may be vectors, of the same length only', async () => {
    abroad.play(embeddings);
    const openai = new OpenAI({ baseURL: `${checkpoint.url}/v1`, apiKey: checkpoint.key });
    const embed = async (more: object): Promise<[string | null, unknown]> => {
      const { data, response } = await openai.embeddings
        .create({ model: 'auto', input: 'A text.', ...more })
        .withResponse();
      return [response.headers.get('x-sekisho-cache'), data.data[0]?.embedding];
    };
    const [miss, vector] = await embed({});
    expect(miss).toBe('miss');
    expect(await embed({})).toEqual(['hit', vector]);
    expect((await embed({ dimensions: 3 }))[0]).toBe('miss');
  });

  test('is found for a question that is put more politely, and for no other', async () => {
    await ask('What is the capital of Mie?');
    expect((await ask("Please, what's the capital of Mie?")).cache).toBe('semantic-hit');
    expect((await ask('What is the capital of Gifu?')).cache).toBe('miss');
    expect((await ask('What is not the capital of Mie?')).cache).toBe('miss');
    expect((await ask('what is the capital of Mie', { max_tokens: 9 })).cache).toBe('miss');
    const politely = await ask('what is the capital of Mie');
    expect(politely.cache).toBe('semantic-hit');
    expect(await api('GET', `/api/passages/${politely.receipt}`)).toMatchObject({
      cache: { answer: 'semantic-hit' },
    });
  });

  test('counts as a request and costs nothing', async () => {
    const issued = await api('POST', '/api/keys', { name: 'meter', tokensPerDay: 2_000 });
    const mine = { authorization: `Bearer ${issued.secret}` };
    const text = fresh();
    const day = new Date().toISOString().slice(0, 10);
    for (let i = 0; i < 3; i++) await ask(text, {}, mine);
    const { rows } = await api('GET', `/api/usage?from=${day}&to=${day}&by=key`);
    expect(rows.find((row) => row.key === issued.id)).toMatchObject({
      exchanges: 3,
      inputTokens: 7,
      outputTokens: 11,
    });
  });

  test('is counted by class', async () => {
    const count = async (result: string): Promise<number> => {
      const text = await metrics();
      const line = `sekisho_cache_total{class="loose",result="${result}"} `;
      return Number(new RegExp(`^${line.replaceAll(/[{}]/g, '\\$&')}(\\d+)$`, 'm').exec(text)?.[1]);
    };
    await second(fresh(), {}, { 'x-sekisho-data-class': 'loose' });
    const [hits, misses] = [await count('hit'), await count('miss')];
    await second(fresh(), {}, { 'x-sekisho-data-class': 'loose' });
    expect(await count('hit')).toBe(hits + 1);
    expect(await count('miss')).toBe(misses + 1);
  });
});

describe('while the upstream that made it is gone', () => {
  test('an answer is still given, but not in a drill of that loss', async () => {
    const text = fresh();
    expect(await second(text)).toBe('hit');
    abroad.play((_seen, response) => void response.writeHead(500).end('{}'));
    expect((await ask(text)).text).toContain('From abroad.');
    const { id } = await api('POST', '/api/drills', { lose: 'abroad', minutes: 1 });
    const told = await ask(text);
    await api('DELETE', `/api/drills/${id}`);
    expect(told.cache).toBe('miss');
    expect(told.text).toContain('From home.');
  });
});

describe('an answer is not given again', () => {
  test.each<[string, object]>([
    ['a temperature above the rule', { temperature: 0.1 }],
    ['no temperature, which is a high one', { temperature: undefined }],
    ['more than one choice', { n: 2 }],
    ['a tool', { tools: [{ type: 'function', function: { name: 'pay' } }] }],
    ['a member nobody knows', { web_search_options: {} }],
  ])('to a request with %s', async (_what, more) => {
    abroad.play(speak([{ content: 'a' }, { content: 'b' }]));
    expect(await second(fresh(), more)).toBeNull();
  });

  test('to a class the rule book does not name, and with a looser rule it is', async () => {
    expect(await second(fresh(), {}, { 'x-sekisho-data-class': 'never' })).toBeNull();
    const more = { temperature: undefined };
    expect(await second(fresh(), more, { 'x-sekisho-data-class': 'loose' })).toBe('hit');
  });

  test('to a picture at an address, nor to one beside a similar question', async () => {
    const picture = (url: string, text: string): object[] => [
      { type: 'text', text },
      { type: 'image_url', image_url: { url } },
    ];
    const inline = `data:image/png;base64,${pixel}`;
    expect(await second(picture('https://x.example/a.png', 'What is it?'))).toBeNull();
    expect(await second(picture(inline, 'What is this?'))).toBe('hit');
    expect((await ask(picture(inline, 'Please, what is this?'))).cache).toBe('miss');
  });

  test.each<[string, () => void]>([
    ['was stopped by a rule', () => abroad.play(say('Take password: Tr0ub4dor&3-horse now.'))],
    ['was marked by a rule', () => abroad.play(say('Write to taro@example.jp, e-mail.'))],
    ['was declined', () => abroad.play(speak([{ refusal: 'I would rather not.' }]))],
    ['was cut by its length', () => abroad.play(speak([{ content: 'Once' }], 'length'))],
    [
      'calls a tool nobody offered',
      () => abroad.play(speak([{ tool_calls: [toolCall(0, 'pay', '{}')] }], 'tool_calls')),
    ],
  ])('when it %s', async (_what, play) => {
    play();
    expect(await second(fresh())).toBe('miss');
  });

  test('when its stream was cut, or its caller left', async () => {
    const text = fresh();
    abroad.play((_seen, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"choices":[{"index":0,"delta":{"content":"Half an "}}]}\n\n');
      setTimeout(() => response.destroy(), 50);
    });
    expect((await ask(text, { stream: true })).text).not.toContain('[DONE]');
    abroad.play(say('From abroad.'));
    expect((await ask(text, { stream: true })).cache).toBe('miss');
  });

  test('when a fallback made it', async () => {
    const text = fresh();
    abroad.play((_seen, response) => void response.writeHead(500).end('{}'));
    expect((await ask(text)).text).toContain('From home.');
    abroad.play(say('From abroad.'));
    const after = await ask(text);
    expect(after.cache).toBe('miss');
    expect(after.text).toContain('From abroad.');
  });

  test.each(['cache-control', 'x-sekisho-cache'])('where %s says no', async (header) => {
    const text = fresh();
    expect((await ask(text, {}, { [header]: 'no-store' })).cache).toBeNull();
    expect((await ask(text)).cache).toBe('miss');
    abroad.play(say('Newer.'));
    const renewed = await ask(text, {}, { [header]: 'no-cache' });
    expect(renewed).toMatchObject({ cache: 'miss' });
    expect(renewed.text).toContain('Newer.');
    const later = await ask(text);
    expect(later.cache).toBe('hit');
    expect(later.text).toContain('Newer.');
    expect((await ask(text, {}, { [header]: 'max-age=0' })).cache).toBe('miss');
  });
});

describe('nothing crosses', () => {
  test('from one key to another', async () => {
    const text = fresh();
    expect(await second(text)).toBe('hit');
    const { secret } = await api('POST', '/api/keys', { name: 'stranger' });
    const before = abroad.seen.length;
    const stranger = { authorization: `Bearer ${secret}` };
    expect((await ask(text, {}, stranger)).cache).toBe('miss');
    expect((await ask(`Please, ${text}`, {}, stranger)).cache).toBe('semantic-hit');
    expect(abroad.seen.length).toBe(before + 1);
  });

  test('from one person behind a key to another', async () => {
    const text = fresh();
    expect(await second(text, { user: 'one' })).toBe('hit');
    expect((await ask(text, { user: 'two' })).cache).toBe('miss');
  });

  test('from one age to another', async () => {
    const text = fresh();
    expect(await second(text)).toBe('hit');
    expect((await ask(text, {}, { 'x-sekisho-age-group': 'under13' })).cache).toBe('miss');
  });

  test('from one class to another, nor from a country the class may not reach', async () => {
    const text = fresh();
    expect(await second(text)).toBe('hit');
    const told = await ask(text, {}, { 'x-sekisho-data-class': 'kept' });
    expect(told.cache).toBe('miss');
    expect(told.text).toContain('From home.');
    expect((await ask(text, {}, { 'x-sekisho-data-class': 'loose' })).cache).toBe('miss');
  });

  test('by way of a stand-in: each gets their own values, and the text alone gets none', async () => {
    abroad.play(echo);
    const n = ++questions;
    const first = await ask(`E-mail ${n}: hanako@example.jp please.`);
    expect(first.text).toContain('hanako@example.jp');
    const before = abroad.seen.length;
    const other = await ask(`E-mail ${n}: taro@example.jp please.`);
    expect(other.cache).toBe('hit');
    expect(other.text).toContain('taro@example.jp');
    expect(other.text).not.toContain('hanako');
    const literal = await ask(`E-mail ${n}: [EMAIL_1] please.`);
    expect(literal.cache).toBe('hit');
    expect(literal.text).toContain('[EMAIL_1]');
    expect(literal.text).not.toMatch(/hanako|taro/);
    expect(abroad.seen.length).toBe(before);
    for (const { text } of abroad.seen) expect(text).not.toMatch(/hanako|taro/);
    expect((await ask(`E-mail ${n}: hanako@example.jp`)).cache).toBe('miss');
  });

  test('to a key that may no longer reach the upstream that made it', async () => {
    const made = await api('POST', '/api/keys', { name: 'narrowed' });
    const mine = { authorization: `Bearer ${made.secret}` };
    const text = fresh();
    expect(await second(text, {}, mine)).toBe('hit');
    await api('PATCH', `/api/keys/${made.id}`, { upstreams: ['home'] });
    const told = await ask(text, {}, mine);
    expect(told.cache).toBe('miss');
    expect(told.text).toContain('From home.');
  });
});

describe('everything is forgotten', () => {
  test('of a key that gets a new secret', async () => {
    const made = await api('POST', '/api/keys', { name: 'turning' });
    const text = fresh();
    const mine = { authorization: `Bearer ${made.secret}` };
    expect(await second(text, {}, mine)).toBe('hit');
    await api('POST', `/api/keys/${made.id}/rotate`, { overlapSeconds: 60 });
    expect((await ask(text, {}, mine)).cache).toBe('miss');
  });

  test('when a passage or a person is erased', async () => {
    const text = fresh();
    const { receipt } = await ask(text, { user: 'erased-person' });
    expect((await ask(text, { user: 'erased-person' })).cache).toBe('hit');
    const order = { groups: ['content'], basis: 'request', authority: 'The office' };
    await api('POST', `/api/passages/${receipt}/erase`, order);
    expect((await ask(text, { user: 'erased-person' })).cache).toBe('miss');
    expect((await ask(text, { user: 'erased-person' })).cache).toBe('hit');
    await api('POST', '/api/people/erase', { subject: 'erased-person', ...order });
    expect((await ask(text, { user: 'erased-person' })).cache).toBe('miss');
    expect(await metrics()).toMatch(/^sekisho_cache_entries 1$/m);
  });

  test('when the rules change, and what is asked again is looked at by the new ones', async () => {
    const text = fresh();
    abroad.play(say('Call password: Tr0ub4dor&3-horse never.'.replace('password: ', '')));
    expect(await second(text)).toBe('hit');
    const strict = { ...mask, id: 'strict', kinds: ['attack.*'], action: 'block' };
    writeFileSync(join(folder.path, 'sekisho.yaml'), rules([strict]));
    expect(await api('POST', '/api/reload')).toMatchObject({ changed: true });
    expect((await ask(text)).cache).toBe('miss');
  });
});
