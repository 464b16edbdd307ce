import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ScriptedUpstream, echo, startScriptedUpstream } from '../fakes/scripted-upstream.ts';
import { policyOf } from '../policy/routing-document.ts';
import {
  type RunningCheckpoint,
  build,
  startCheckpoint,
  temporaryDirectory,
} from './running-checkpoint.ts';

const folder = temporaryDirectory();
let model: ScriptedUpstream;
let checkpoint: RunningCheckpoint;

const mask = {
  id: 'mask',
  direction: 'input',
  kinds: ['personal.*'],
  except: ['personal.phone'],
  minScore: 55,
  action: 'redact',
  text: { en: 'x', ja: 'x' },
};
const forGood = { ...mask, id: 'for-good', kinds: ['personal.phone'], reversible: false };

beforeAll(async () => {
  build();
  model = await startScriptedUpstream();
  checkpoint = await startCheckpoint(
    folder.path,
    policyOf({
      upstreams: [{ id: 'home', baseUrl: model.baseUrl, probe: 'none' }],
      dataClasses: [{ id: 'open', upstreams: ['home'] }],
      supervision: [mask, { ...forGood, except: undefined }],
    }).text,
  );
}, 120_000);

afterAll(async () => {
  expect(await checkpoint.end('SIGINT')).toBe(0);
  await model.close();
  folder.remove();
});

beforeEach(() => model.play(echo));

/** What the model was sent, and what came back, for the last message of a conversation. */
async function turn(
  contents: readonly string[],
  conversation?: string,
): Promise<{ sent: string; answer: string }> {
  const client = new OpenAI({ baseURL: `${checkpoint.url}/v1`, apiKey: checkpoint.key });
  const messages = contents.map((content) => ({ role: 'user' as const, content }));
  const headers = conversation === undefined ? {} : { 'x-sekisho-conversation': conversation };
  const answered = await client.chat.completions.create(
    { model: 'auto', messages },
    { headers, maxRetries: 0 },
  );
  const sent = model.seen.at(-1)?.text ?? '';
  return { sent, answer: answered.choices[0]?.message.content ?? '' };
}

const first = 'Write to hanako@example.jp.';
const second = 'And to taro@example.jp, please.';

test('an address has the same stand-in at the next turn, also when the turn before is left out', async () => {
  const whole = await turn([first, second], 'a');
  expect(whole.sent).toContain('[EMAIL_1]');
  expect(whole.sent).toContain('to [EMAIL_2], please');
  const later = await turn([second], 'a');
  expect(later.sent).toContain('to [EMAIL_2], please');
  expect(later.sent).not.toContain('[EMAIL_1]');
  expect(later.answer).toContain('taro@example.jp');
  expect((await turn([second], 'b')).sent).toContain('to [EMAIL_1], please');
});

test('a rule that replaces for good gives nothing back', async () => {
  const { sent, answer } = await turn(['Call 090-1234-5678, or write to hanako@example.jp.']);
  expect(sent).toContain('Call [PHONE], or write to [EMAIL_1].');
  expect(answer).toContain('[PHONE]');
  expect(answer).toContain('hanako@example.jp');
  expect(answer).not.toContain('090-1234-5678');
});
