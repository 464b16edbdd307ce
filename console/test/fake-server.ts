import { readFile } from 'node:fs/promises';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { error, fakeChat, sendJson } from './fake-chat.ts';
import { fates } from './fake-fates.ts';
import { type FakeKeys, createFakeKeys, fakeUsage, serveKeys } from './fake-keys.ts';
import { type FakePassages, createFakePassages } from './fake-passages.ts';
import { fakeUpstreams } from './fake-upstreams.ts';
import { dataClasses, detectors, institution, rules, upstreams } from './fake-rule-book.ts';

/** A checkpoint that is only what the console can see of one. */
export interface FakeServer {
  readonly url: string;
  readonly passages: FakePassages;
  /** Cuts every open event stream. */
  dropListeners(): void;
  close(): Promise<void>;
}

export const operatorKey = 'sk-operator-test';
export const userKey = 'sk-user-test';

const securityPolicy = [
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:",
  "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly key: string;
}

/** @param dist the built console */
export async function startFakeServer(dist: string): Promise<FakeServer> {
  const passages = createFakePassages();
  for (const [age, fate] of Object.values(fates).entries()) {
    const dated = { ...fate, ageSeconds: (20 - age) * 61 };
    passages.finish(passages.begin(dated), dated);
  }
  const listeners = new Set<ServerResponse>();
  const keys = createFakeKeys();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://checkpoint.invalid');
    const key = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const call = { request, response, url, key };
    const served = url.pathname.startsWith('/console/')
      ? serveFile(dist, call)
      : serveApi({ passages, listeners, keys }, call);
    served.catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dropListeners = (): void => {
    for (const listener of listeners) listener.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passages,
    dropListeners,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serveFile(dist: string, { response, url }: Call): Promise<void> {
  const name = url.pathname.slice('/console/'.length) || 'index.html';
  const bytes = await readFile(join(dist, name)).catch(() => undefined);
  if (bytes === undefined || name.includes('..')) return sendJson(response, 404, {});
  response.writeHead(200, {
    'content-type': types[extname(name)] ?? 'application/octet-stream',
    'content-security-policy': securityPolicy,
  });
  response.end(bytes);
}

interface State {
  readonly keys: FakeKeys;
  readonly passages: FakePassages;
  readonly listeners: Set<ServerResponse>;
}

async function serveApi(state: State, call: Call): Promise<void> {
  const { response, url, key } = call;
  const { passages } = state;
  const { name: institutionName, contact } = institution;
  if (url.pathname === '/api/rules') {
    const sha256 = '3f8a1c0e5b7d92466a0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69';
    const book = { institution: institutionName, sha256, rules, dataClasses, upstreams, detectors };
    return sendJson(response, 200, { ...book, contact });
  }
  const receiptId = /^\/receipts\/([0-9a-f]+)$/.exec(url.pathname)?.[1];
  if (receiptId !== undefined) {
    const receipt = passages.receipt(receiptId, key === operatorKey);
    if (receipt === undefined) return sendJson(response, 404, error('', 'not_found', 'Nothing.'));
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
    return void response.end(receipt);
  }
  if (key !== operatorKey && key !== userKey) {
    return sendJson(response, 401, error('', 'invalid_api_key', 'The key is not known here.'));
  }
  if (url.pathname === '/api/session') {
    return sendJson(response, 200, {
      institution: institutionName,
      language: 'ja',
      contact,
      vkey: passages.vkey,
      version: '0.1.0',
      role: key === operatorKey ? 'operator' : 'user',
      rights:
        key === operatorKey
          ? ['exchange', 'incidents', 'passages', 'keys.read', 'keys']
          : ['exchange'],
      keyName: 'Test key',
      upstreams,
      defaultClass: 'internal',
      dataClasses: dataClasses.map(({ id, title }) => ({ id, title })),
      models: ['auto', ...upstreams.map((upstream) => upstream.model)],
    });
  }
  if (url.pathname === '/v1/chat/completions') return chat(passages, call);
  if (url.pathname === '/api/usage') {
    return sendJson(response, 200, fakeUsage(url, key !== operatorKey));
  }
  if (key !== operatorKey) return sendJson(response, 401, error('', 'invalid_api_key', 'No.'));
  if (url.pathname === '/api/upstreams') return sendJson(response, 200, fakeUpstreams());
  if (url.pathname.startsWith('/api/keys')) return serveKeys(state.keys, call);
  return servePassages(state, call);
}

async function chat(passages: FakePassages, { request, response }: Call): Promise<void> {
  let body = '';
  for await (const piece of request.setEncoding('utf8')) body += String(piece);
  const { messages } = JSON.parse(body) as { messages: { content: string }[] };
  const stated = request.headers['x-sekisho-data-class'];
  await fakeChat(passages, {
    question: messages.at(-1)?.content ?? '',
    dataClass: typeof stated === 'string' ? stated : 'internal',
    language: request.headers['accept-language'] === 'ja' ? 'ja' : 'en',
    request,
    response,
  });
}

function servePassages({ passages, listeners }: State, { request, response, url }: Call): void {
  if (url.pathname === '/api/passages/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(': welcome\n\n');
    listeners.add(response);
    const stop = passages.onChange((row) => {
      response.write(`event: passage\ndata: ${JSON.stringify(row)}\n\n`);
    });
    response.on('close', () => {
      stop();
      listeners.delete(response);
    });
    return;
  }
  if (url.pathname === '/api/passages') {
    const before = url.searchParams.get('before');
    const limit = Number(url.searchParams.get('limit') ?? 50);
    const page = passages.page(limit, before === null ? undefined : Number(before));
    return sendJson(response, 200, page);
  }
  const [, id = '', open] = /^\/api\/passages\/([0-9a-f]+)(\/open)?$/.exec(url.pathname) ?? [];
  const found =
    open === undefined
      ? passages.detail(id)
      : request.method === 'POST'
        ? passages.text(id)
        : undefined;
  if (found === undefined) return sendJson(response, 404, error('', 'not_found', 'Nothing.'));
  sendJson(response, 200, found);
}
