import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendJson } from './fake-chat.ts';

interface FakeKey {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly project: string;
  readonly maxClass: string | null;
  readonly tokensPerDay: number | null;
}

export type FakeKeys = Map<string, FakeKey>;

export function createFakeKeys(): FakeKeys {
  return new Map([
    [
      'aa11',
      {
        id: 'aa11',
        name: 'Class 3-B',
        role: 'user',
        project: 'school',
        maxClass: 'internal',
        tokensPerDay: 100_000,
      },
    ],
  ]);
}

/** Use of the month that is asked for: two days of it, by whatever it is asked by. */
export function fakeUsage(url: URL, own: boolean): object {
  const by = url.searchParams.get('by') ?? 'day';
  const month = (url.searchParams.get('from') ?? '2026-11').slice(0, 7);
  const row = (name: string, tokens: number, unpriced: number): object => ({
    [by]: name,
    ...(by === 'key' ? { keyName: 'Class 3-B' } : {}),
    exchanges: 3,
    inputTokens: tokens,
    outputTokens: tokens * 2,
    estimated: 1,
    cost: tokens / 1_000,
    currency: 'JPY',
    unpriced,
  });
  const names =
    by === 'day' ? [`${month}-03`, `${month}-24`] : by === 'key' ? ['aa11'] : ['school'];
  return {
    from: `${month}-01`,
    to: `${month}-30`,
    by: [by],
    timeZone: 'Asia/Tokyo',
    currency: 'JPY',
    own,
    rows: names.map((name, i) => row(name, 1_500 * (i + 1), i)),
  };
}

export async function serveKeys(
  keys: FakeKeys,
  from: { request: IncomingMessage; response: ServerResponse; url: URL },
): Promise<void> {
  const { request, response, url } = from;
  const [, id = '', deed] = /^\/api\/keys\/(\w+)(\/rotate)?$/.exec(url.pathname) ?? [];
  let body = '';
  for await (const piece of request.setEncoding('utf8')) body += String(piece);
  const known = keys.get(id);
  if (request.method === 'GET') return sendJson(response, 200, { keys: [...keys.values()] });
  if (request.method === 'DELETE') {
    keys.delete(id);
    return sendJson(response, 200, { id, revoked: true });
  }
  if (deed !== undefined)
    return sendJson(response, 200, { ...known, secret: 'sk-sekisho-renewed' });
  const given = JSON.parse(body) as Partial<FakeKey>;
  const key = { maxClass: null, tokensPerDay: null, project: '', role: 'user', name: '', ...given };
  keys.set('bb22', { ...key, id: 'bb22' });
  return sendJson(response, 201, { ...key, id: 'bb22', secret: 'sk-sekisho-new' });
}
