import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddings, say, speak, toolCall } from '../fakes/scripted-upstream.ts';
import { secret, withCheckpoint } from './dialect-fixture.ts';
import { temporaryDirectory } from './running-checkpoint.ts';

const on = withCheckpoint();
const scratch = temporaryDirectory();
const python = join(scratch.path, 'venv', 'bin', 'python');
const packages = ['openai==3.57.0', 'anthropic==2.13.0'];
/** Why the clients are not there, as a sentence. */
let absence: string | undefined;

beforeAll(() => {
  if (process.env['SLOW'] !== '1') {
    absence = 'the Python clients are fetched from PyPI and tried with SLOW=1 only';
    return;
  }
  const run = (program: string, args: readonly string[]): boolean => {
    const { status } = spawnSync(program, args, { stdio: 'ignore', timeout: 240_000 });
    return status === 0;
  };
  if (!run('python3', ['-m', 'venv', join(scratch.path, 'venv')])) {
    absence = 'no python3 that can make a virtual environment on this machine';
    return;
  }
  const quiet = ['--quiet', '--disable-pip-version-check', '--retries', '0', '--timeout', '20'];
  if (!run(python, ['-m', 'pip', 'install', ...quiet, ...packages])) {
    absence = `the Python packages ${packages.join(' and ')} could not be installed`;
  }
}, 300_000);

afterAll(() => scratch.remove());

/** Runs a program, whose clients are set up before it, and gives what it prints. */
async function runPython(program: string): Promise<readonly string[]> {
  const { url, key } = on.checkpoint;
  // The upstream answers from this process, so it must not be blocked.
  const { stdout } = await promisify(execFile)(python, ['-c', program], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      OPENAI_BASE_URL: `${url}/v1`,
      OPENAI_API_KEY: key,
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: key,
    },
    timeout: 60_000,
  });
  return stdout.trimEnd().split('\n');
}

describe('the official Python clients', () => {
  test('chat, stream and get structured output through OpenAI', async ({ skip }) => {
    if (absence !== undefined) skip(absence);
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
    if (absence !== undefined) skip(absence);
    on.upstream.play(embeddings);
    const lines = await runPython(`
from openai import OpenAI
print(OpenAI().embeddings.create(model='auto', input=['Hello']).data[0].embedding)
`);
    expect(lines).toEqual(['[5.0, 36.0, 0.5]']);
  });

  test('chat, stream and call tools through Anthropic', async ({ skip }) => {
    if (absence !== undefined) skip(absence);
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
    if (absence !== undefined) skip(absence);
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
