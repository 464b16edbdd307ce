import { describe, expect, test } from 'vitest';
import { systemClock } from '#base';
import { defaultPolicyYaml, parsePolicy } from '#policy';
import { type RemoteDeclaration, canonicalChat, createRemoteUpstream } from '#upstream';
import { startScriptedUpstream } from '../fakes/scripted-upstream.ts';

/** An upstream as a rule book declares it; members stand in a row here. */
function declare(lines: string): RemoteDeclaration {
  const at = '\nupstreams:\n';
  const common = { model: 'm', operator: 'o', jurisdiction: 'JP', residency: 'JP' };
  const rest = Object.entries(common)
    .map(([name, value]) => `    ${name}: ${value}\n`)
    .join('');
  const own = lines.split('; ').map((line) => `    ${line}\n`);
  const entry = `  - id: u\n${own.join('')}${rest}`;
  const { document } = parsePolicy(defaultPolicyYaml().replace(at, `${at}${entry}`));
  const [declared] = document.upstreams;
  if (declared === undefined || declared.dialect === 'embedded') throw new Error('not there');
  return declared;
}

const missing = (lines: string, environment: Record<string, string> = {}): readonly string[] =>
  createRemoteUpstream(declare(lines), { environment, clock: systemClock }).missing;

describe('an upstream in the rule book', () => {
  test.each([
    ['dialect: openai; baseUrl: https://api.example.org/v1', []],
    ['dialect: openai-compatible; baseUrl: http://127.0.0.1:8000/v1; apiKeyEnv: K', ['K']],
    [
      'dialect: azure-openai; baseUrl: https://r.example.org; deployment: d; apiVersion: "2024-10-21"; apiKeyEnv: K',
      ['K'],
    ],
    ['dialect: azure-openai; baseUrl: https://r.example.org; deployment: d; auth: bearer', []],
    ['dialect: anthropic; apiKeyEnv: K; betas: [a-1]; maxTokens: 9; reasoning: effort', ['K']],
    ['dialect: gemini; apiKeyEnv: K; reasoning: budget', ['K']],
    ['dialect: bedrock; region: ap-northeast-1', ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']],
    [
      'dialect: bedrock; region: us-gov-west-1; accessKeyIdEnv: A; secretAccessKeyEnv: B',
      ['A', 'B'],
    ],
    ['dialect: bedrock; region: us-east-1; apiKeyEnv: K; private: true', ['K']],
  ])('is made, and says which variables it misses: %s', (lines, expected) => {
    expect(missing(lines)).toEqual(expected);
    const environment = Object.fromEntries(expected.map((name) => [name, 'secret']));
    expect(missing(lines, environment)).toEqual([]);
    const blank = Object.fromEntries(expected.map((name) => [name, ' \n']));
    expect(missing(lines, blank)).toEqual(expected);
  });

  test.each([
    'dialect: openai',
    'dialect: openai; baseUrl: https://user:pass@example.org/v1',
    'dialect: openai; baseUrl: ftp://example.org',
    'dialect: anthropic; apiKey: secret',
    'dialect: anthropic; betas: ["a\\r\\nx-api-key: b"]',
    'dialect: azure-openai; baseUrl: https://r.example.org; deployment: ../x',
    'dialect: bedrock; region: example.org/',
    'dialect: gemini; reasoning: sometimes',
    'dialect: cohere; baseUrl: https://example.org',
  ])('is refused when it is not of its dialect: %s', (lines) => {
    expect(() => declare(lines)).toThrow(/couldn't use the policy/);
  });

  test('is unavailable, and sends nothing, without its key', async () => {
    const server = await startScriptedUpstream();
    const { origin } = new URL(server.baseUrl);
    const declared = declare(`dialect: anthropic; baseUrl: ${origin}; apiKeyEnv: K`);
    const { upstream } = createRemoteUpstream(declared, { environment: {}, clock: systemClock });
    expect(upstream.available()).toBe(false);
    const chat = canonicalChat({});
    const request = { model: 'm', chat, messages: [], body: new Uint8Array(), stream: false };
    const [first] = [upstream.chat(request, new AbortController().signal)];
    await expect(first[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(server.seen).toEqual([]);
    await upstream.close();
    await server.close();
  });

  test('takes the request of a caller who speaks its dialect as it is', async () => {
    const server = await startScriptedUpstream((_seen, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const content = [{ type: 'text', text: 'Yes.' }];
      const message = { type: 'message', content, stop_reason: 'end_turn' };
      response.end(JSON.stringify(message));
    });
    const { origin } = new URL(server.baseUrl);
    const declared = declare(`dialect: anthropic; baseUrl: ${origin}; apiKeyEnv: K`);
    const environment = { K: 'secret\n' };
    const { upstream } = createRemoteUpstream(declared, { environment, clock: systemClock });
    const text = '{ "model": "m", "max_tokens": 1, "messages": [], "new_member": 1.0 }';
    const native = {
      dialect: 'anthropic' as const,
      body: Buffer.from(text),
      headers: { 'anthropic-beta': 'b-1', 'anthropic-version': '2024-01-01', 'x-api-key': 'mine' },
    };
    const chat = canonicalChat({});
    const body = new Uint8Array();
    const request = { model: 'm', chat, messages: [], body, native, stream: false };
    const events = [];
    for await (const event of upstream.chat(request, new AbortController().signal)) {
      events.push(event);
    }
    expect(events).toMatchObject([{ type: 'delta', text: 'Yes.' }, { reason: 'stop' }]);
    expect(server.seen[0]?.text).toBe(text);
    expect(server.seen[0]?.headers).toMatchObject({
      'anthropic-beta': 'b-1',
      'anthropic-version': '2024-01-01',
      'x-api-key': 'secret',
    });
    await upstream.close();
    await server.close();
  });
});
