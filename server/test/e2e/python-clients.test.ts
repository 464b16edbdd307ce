import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddings, say, speak, toolCall } from '../fakes/scripted-upstream.ts';
import { secret, withCheckpoint } from './dialect-fixture.ts';
import { temporaryDirectory } from './running-checkpoint.ts';

const on = withCheckpoint();
const scratch = temporaryDirectory();
/** The vendors' own clients, and one that many put before them and that holds back an old one. */
const clients = {
  official: ['openai==3.57.0', 'anthropic==2.13.0'],
  litellm: ['litellm==1.106.5'],
} as const;
type Clients = keyof typeof clients;
const pythonOf = (which: Clients): string => join(scratch.path, which, 'bin', 'python');
/** Why clients are not there, as a sentence. */
const absences: Partial<Record<Clients, string>> = {};

/** @returns why they could not be installed */
function install(which: Clients): string | undefined {
  if (process.env['SLOW'] !== '1') {
    return 'the Python clients are fetched from PyPI and tried with SLOW=1 only';
  }
  const run = (program: string, args: readonly string[]): boolean => {
    const { status } = spawnSync(program, args, { stdio: 'ignore', timeout: 600_000 });
    return status === 0;
  };
  if (!run('python3', ['-m', 'venv', join(scratch.path, which)])) {
    return 'no python3 that can make a virtual environment on this machine';
  }
  const quiet = ['--quiet', '--disable-pip-version-check', '--retries', '0', '--timeout', '20'];
  const packages = clients[which];
  return run(pythonOf(which), ['-m', 'pip', 'install', ...quiet, ...packages])
    ? undefined
    : `the Python packages ${packages.join(' and ')} could not be installed`;
}

beforeAll(() => {
  for (const which of ['official', 'litellm'] as const) {
    const absence = install(which);
    if (absence !== undefined) absences[which] = absence;
  }
}, 1_500_000);

afterAll(() => scratch.remove());

/** Runs a program, whose clients are set up before it, and gives what it prints. */
async function runPython(program: string, which: Clients = 'official'): Promise<readonly string[]> {
  const { url, key } = on.checkpoint;
  // The upstream answers from this process, so it must not be blocked.
  const { stdout } = await promisify(execFile)(pythonOf(which), ['-c', program], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      OPENAI_BASE_URL: `${url}/v1`,
      OPENAI_API_KEY: key,
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: key,
    },
    timeout: 120_000,
  });
  return stdout.trimEnd().split('\n');
}

describe('the official Python clients', () => {
  test('chat, stream and get structured output through OpenAI', async ({ skip }) => {
    if (absences.official !== undefined) skip(absences.official);
    on.upstream.play(say('Good morning to you.', ['Good ', 'morning ', 'to you.']));
    const lines = await runPython(`
from openai import OpenAI
c = OpenAI(max_retries=0)
m = [{'role': 'user', 'content': 'Good morning.'}]
print(c.chat.completions.create(model='auto', messages=m).choices[0].message.content)
s = c.chat.completions.create(model='auto', messages=m, stream=True)
print(''.join(e.choices[0].delta.content or '' for e in s if e.choices))
print(c.responses.create(model='auto', input='Good morning.').output_text)
with c.responses.stream(model='auto', input='Good morning.') as s:
    for e in s: pass
    print(s.get_final_response().output_text)
`);
    expect(lines).toEqual(Array.from({ length: 4 }, () => 'Good morning to you.'));
  });

  test('embed through OpenAI', async ({ skip }) => {
    if (absences.official !== undefined) skip(absences.official);
    on.upstream.play(embeddings);
    const lines = await runPython(`
from openai import OpenAI
print(OpenAI().embeddings.create(model='auto', input=['Hello']).data[0].embedding)
`);
    expect(lines).toEqual(['[5.0, 36.0, 0.5]']);
  });

  test('chat, stream and call tools through Anthropic', async ({ skip }) => {
    if (absences.official !== undefined) skip(absences.official);
    on.upstream.play(speak([{ tool_calls: [toolCall(0, 'f', '{"city":"Nara"}')] }], 'tool_calls'));
    const lines = await runPython(`
from anthropic import Anthropic
c = Anthropic(max_retries=0)
a = dict(model='auto', max_tokens=100, messages=[{'role': 'user', 'content': 'Weather?'}],
         tools=[{'name': 'f', 'input_schema': {'type': 'object'}}])
print(c.messages.create(**a).content[0].input)
with c.messages.stream(**a) as s:
    print(s.get_final_message().content[0].input)
print(c.messages.count_tokens(model='auto', messages=a['messages']).input_tokens)
`);
    expect(lines).toEqual(["{'city': 'Nara'}", "{'city': 'Nara'}", '2']);
  });

  test('raise their own errors where a rule stops a request, and stop where it stops an answer', async ({
    skip,
  }) => {
    if (absences.official !== undefined) skip(absences.official);
    on.upstream.play(say(`The key is ${secret}.`));
    const lines = await runPython(`
import anthropic, openai
o, a = openai.OpenAI(max_retries=0), anthropic.Anthropic(max_retries=0)
m = [{'role': 'user', 'content': '私のマイナンバーは 1234 5678 9018 です。'}]
try: o.chat.completions.create(model='auto', messages=m)
except openai.BadRequestError as e: print(e.code)
try: a.messages.create(model='auto', max_tokens=9, messages=m)
except anthropic.BadRequestError as e: print(e.body['error']['code'])
m = [{'role': 'user', 'content': 'Key?'}]
print(o.chat.completions.create(model='auto', messages=m).choices[0].finish_reason)
print(a.messages.create(model='auto', max_tokens=9, messages=m).stop_reason)
`);
    expect(lines).toEqual(['content_blocked', 'content_blocked', 'content_filter', 'refusal']);
  });
});

describe('the litellm client', () => {
  test('chats, streams, calls tools and embeds through OpenAI', async ({ skip }) => {
    if (absences.litellm !== undefined) skip(absences.litellm);
    on.upstream.play(say('Good morning to you.', ['Good ', 'morning ', 'to you.']));
    const said = await runPython(
      `${litellm}
print(litellm.completion(**chat).choices[0].message.content)
s = litellm.completion(**chat, stream=True)
print(''.join(e.choices[0].delta.content or '' for e in s if e.choices))
async def later():
    s = await litellm.acompletion(**chat, stream=True)
    return ''.join([e.choices[0].delta.content or '' async for e in s if e.choices])
print(asyncio.run(later()))
`,
      'litellm',
    );
    expect(said).toEqual(Array.from({ length: 3 }, () => 'Good morning to you.'));
    on.upstream.play(speak([{ tool_calls: [toolCall(0, 'f', '{"city":"Nara"}')] }], 'tool_calls'));
    const called = await runPython(
      `${litellm}
f = [{'type': 'function', 'function': {'name': 'f', 'parameters': {'type': 'object'}}}]
print(litellm.completion(**chat, tools=f).choices[0].message.tool_calls[0].function.arguments)
s = list(litellm.completion(**chat, tools=f, stream=True))
m = litellm.stream_chunk_builder(s).choices[0].message
print(m.tool_calls[0].function.arguments)
`,
      'litellm',
    );
    expect(called).toEqual(['{"city":"Nara"}', '{"city":"Nara"}']);
    on.upstream.play(embeddings);
    const embedded = await runPython(
      `${litellm}
print(litellm.embedding(model='openai/auto', input=['Hello']).data[0]['embedding'])
`,
      'litellm',
    );
    expect(embedded).toEqual(['[5.0, 36.0, 0.5]']);
  }, 300_000);

  test('chats and streams through Anthropic', async ({ skip }) => {
    if (absences.litellm !== undefined) skip(absences.litellm);
    on.upstream.play(say('Good morning to you.', ['Good ', 'morning ', 'to you.']));
    const said = await runPython(
      `${litellm}
chat['model'] = 'anthropic/auto'
print(litellm.completion(**chat, max_tokens=50).choices[0].message.content)
s = litellm.completion(**chat, max_tokens=50, stream=True)
print(''.join(e.choices[0].delta.content or '' for e in s if e.choices))
`,
      'litellm',
    );
    expect(said).toEqual(Array.from({ length: 2 }, () => 'Good morning to you.'));
  }, 300_000);

  test('raises its own error where a rule stops a request', async ({ skip }) => {
    if (absences.litellm !== undefined) skip(absences.litellm);
    const said = await runPython(
      `${litellm}
chat['messages'][0]['content'] = '私のマイナンバーは 1234 5678 9018 です。'
try: litellm.completion(**chat)
except litellm.BadRequestError as e: print(e.status_code, 'content_blocked' in str(e.body))
`,
      'litellm',
    );
    expect(said).toEqual(['400 True']);
  }, 300_000);
});

/** What its programs begin with. It asks its own house for prices unless it is told not to. */
const litellm = `
import asyncio, os
os.environ['LITELLM_LOCAL_MODEL_COST_MAP'] = 'True'
import litellm
litellm.num_retries = 0
litellm.suppress_debug_info = True
chat = dict(model='openai/auto', messages=[{'role': 'user', 'content': 'Good morning.'}])
`;
