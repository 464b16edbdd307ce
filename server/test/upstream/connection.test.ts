import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UpstreamError, canonicalChat, createOpenAiCompatibleUpstream } from '#upstream';
import { type ResolveName, namesPrivateNetwork } from '../../src/upstream/connection.ts';
import { type ScriptedUpstream, say, startScriptedUpstream } from '../fakes/scripted-upstream.ts';

let server: ScriptedUpstream;
let port: string;
beforeAll(async () => {
  server = await startScriptedUpstream(say('Hello.'));
  ({ port } = new URL(server.baseUrl));
});
afterAll(() => server.close());

/** Somebody's name server: every name leads to these addresses. */
const leadsTo =
  (...addresses: string[]): ResolveName =>
  (_name, _options, callback) => {
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };

const never = new AbortController().signal;

async function ask(
  host: string,
  {
    declared,
    resolve,
    signal,
  }: { declared?: boolean; resolve?: ResolveName; signal?: AbortSignal },
): Promise<UpstreamError | undefined> {
  const upstream = createOpenAiCompatibleUpstream({
    id: 'fake',
    baseUrl: `http://${host}:${port}/v1`,
    keyMissing: false,
    ...(declared === undefined ? {} : { private: declared }),
    ...(resolve === undefined ? {} : { resolve }),
  });
  const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
  const bytes = Buffer.from(JSON.stringify(body));
  const request = {
    model: 'm',
    chat: canonicalChat(body),
    messages: [],
    body: bytes,
    stream: true,
  };
  try {
    for await (const event of upstream.chat(request, signal ?? never)) void event;
    return undefined;
  } catch (error) {
    if (error instanceof UpstreamError) return error;
    throw error;
  } finally {
    await upstream.close();
  }
}

describe('the address of an upstream', () => {
  test('may be private when it says so itself', async () => {
    for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f.1']) {
      expect(await ask(host, { resolve: leadsTo('127.0.0.1') }), host).toBeUndefined();
    }
    for (const host of ['vllm', 'ollama.internal', '10.0.0.5', '::1', 'a.localhost']) {
      expect(namesPrivateNetwork(host), host).toBe(true);
    }
    for (const host of ['api.example.org', '8.8.8.8', '::ffff:8.8.8.8']) {
      expect(namesPrivateNetwork(host), host).toBe(false);
    }
  });

  test('may not lead into a private network behind a public name, unless that is declared', async () => {
    const resolve = leadsTo('127.0.0.1');
    const before = server.seen.length;
    const refused = await ask('llm.example.org', { resolve });
    expect(refused?.code).toBe('connect');
    expect(refused?.message).toBe(
      "couldn't connect: the name leads into a private network, and it is not declared so",
    );
    // One private address among public ones is enough.
    const mixed = leadsTo('203.0.114.7', '::ffff:10.0.0.1');
    expect((await ask('llm.example.org', { resolve: mixed }))?.code).toBe('connect');
    expect(server.seen).toHaveLength(before);
    expect(await ask('llm.example.org', { resolve, declared: true })).toBeUndefined();
  });

  test('is never one at which a cloud gives out credentials', async () => {
    const message = "couldn't connect: link-local and multicast addresses are never asked";
    for (const host of ['169.254.169.254', '[fe80::1]', '[::ffff:169.254.169.254]']) {
      expect((await ask(host, { declared: true }))?.message, host).toBe(message);
    }
    const resolve = leadsTo('169.254.169.254');
    expect((await ask('vllm', { declared: true, resolve }))?.message).toBe(message);
  });

  test('that is not found in time keeps nobody who leaves waiting', async () => {
    const stop = new AbortController();
    let answer = (): void => undefined;
    const resolve: ResolveName = (...[, , callback]) => {
      answer = () => callback(Object.assign(new Error('late'), { code: 'ENOTFOUND' }), []);
      stop.abort();
    };
    setTimeout(() => answer(), 200);
    const { signal } = stop;
    expect((await ask('llm.example.org', { resolve, signal }))?.code).toBe('aborted');
  });

  test('that nobody has is an error of its own', async () => {
    const resolve: ResolveName = (_name, _options, callback) => {
      callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
    };
    expect((await ask('llm.example.org', { resolve }))?.message).toBe(
      "couldn't connect: the connection failed",
    );
  });
});
