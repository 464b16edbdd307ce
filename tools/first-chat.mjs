// Sends one chat through a running checkpoint with the official OpenAI client, and verifies the
// receipt with the verifier a stranger would use. usage: node tools/first-chat.mjs DATA_DIR
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';

const [directory = 'data'] = process.argv.slice(2);
const running = JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8'));
const client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: running.key, maxRetries: 0 });

const { data, response } = await client.chat.completions
  .create({
    model: 'auto',
    temperature: 0,
    max_tokens: 60,
    messages: [{ role: 'user', content: 'What is the capital of Japan?' }],
  })
  .withResponse();
const answer = data.choices[0]?.message.content ?? '';
const id = response.headers.get('x-sekisho-receipt');
process.stdout.write(
  `answer: ${answer}\nupstream: ${response.headers.get('x-sekisho-upstream')}\n`,
);
if (answer.trim() === '' || id === null) throw new Error('the answer or its receipt is missing');

const receipt = await fetch(response.headers.get('x-sekisho-receipt-url'), {
  headers: { authorization: `Bearer ${running.key}` },
});
const path = join(directory, 'first-receipt.json');
writeFileSync(path, await receipt.text());
process.stdout.write(
  execFileSync(process.execPath, ['proof/bin/sekisho-verify.js', path, '--key', running.vkey], {
    encoding: 'utf8',
  }),
);
