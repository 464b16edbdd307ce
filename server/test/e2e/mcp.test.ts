import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpTools, startHttpTools } from '../fakes/http-tools.ts';
import {
  type DeskFiles,
  type Life,
  connect,
  deskIn,
  lives,
  metaOf,
  policyWithMcp,
  texts,
  tool,
} from './mcp-fixture.ts';
import {
  type RunningCheckpoint,
  build,
  startCheckpoint,
  temporaryDirectory,
  verifyOffline,
} from './running-checkpoint.ts';

const data = temporaryDirectory();
let desk: DeskFiles;
let wiki: HttpTools;
let checkpoint: RunningCheckpoint;

beforeAll(async () => {
  build();
  wiki = await startHttpTools();
  wiki.tools = [tool('search', 'Searches the wiki.') as never];
  wiki.answer = (_name, args) => ({ content: [{ type: 'text', text: JSON.stringify(args) }] });
  desk = deskIn(data.path);
  desk.offer(
    ['echo', 'remember', 'environment', 'fail', 'die', 'work', 'wait'].map((name) =>
      tool(name, `It can ${name}.`),
    ),
  );
  const declared = `${desk.yaml}    - id: wiki
      url: ${wiki.url}
      tokenEnv: WIKI_TOKEN
      operator: A wiki
      jurisdiction: US
      residency: US
      maxClass: internal
`;
  checkpoint = await startCheckpoint(data.path, policyWithMcp(declared), {
    WIKI_TOKEN: 'wiki-secret',
    DESK_TOKEN: 'desk-secret',
    OTHER_SECRET: 'never-passed-on',
  });
}, 60_000);

afterAll(async () => {
  expect(await checkpoint.end('SIGTERM')).toBe(0);
  await wiki.close();
  data.remove();
});

async function call(key: string, method: string, path: string, body?: object) {
  const response = await fetch(`${checkpoint.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function issue(mcp: readonly string[], more: object = {}): Promise<string> {
  const made = await call(checkpoint.key, 'POST', '/api/keys', { name: 'A key', mcp, ...more });
  expect(made.status, made.text).toBe(201);
  return (JSON.parse(made.text) as { secret: string }).secret;
}

describe.each(Object.keys(lives) as Life[])('the official client, %s', (life) => {
  test('lists and calls tools of local and remote servers, each with a receipt', async () => {
    const key = await issue(['desk__*', 'wiki__search']);
    const { client, headers, close } = await connect(checkpoint, key, { life });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('desk__echo');
    expect(tools.map(({ name }) => name)).toContain('wiki__search');
    const said = await client.callTool({ name: 'desk__echo', arguments: { text: 'Good day' } });
    expect(texts(said)).toBe('You said: Good day');
    const found = await client.callTool({ name: 'wiki__search', arguments: { q: 'tea' } });
    expect(texts(found)).toBe('{"q":"tea"}');
    const receipt = metaOf(found)['sekisho/receipt'] as string;
    expect(headers.at(-1)?.get('x-sekisho-receipt')).toBe(receipt);
    expect(headers.at(-1)?.get('x-evidence-promise')).toBeTruthy();
    await close();
    await expect
      .poll(async () => (await call(key, 'GET', `/receipts/${receipt}`)).status)
      .toBe(200);
    const file = (await call(key, 'GET', `/receipts/${receipt}`)).text;
    expect(verifyOffline(file, checkpoint.vkey)).toMatchObject({ code: 0 });
  });
});
