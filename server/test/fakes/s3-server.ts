import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Settings } from '#base';
import { type Secret, signatureFault } from './s3-signature.ts';

export interface StoredObject {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly cacheControl: string;
}

export interface SeenS3Request {
  readonly method: string;
  /** Without the bucket; empty for the bucket itself. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

/** What goes wrong with one request. */
export type S3Fault =
  | { readonly kind: 'status'; readonly status: number; readonly code: string }
  /** The connection is reset, and nothing was stored. */
  | { readonly kind: 'reset-before' }
  /** It was carried out, and the connection is reset instead of an answer. */
  | { readonly kind: 'reset-after' }
  /** It was carried out, and no answer ever comes. */
  | { readonly kind: 'silent' }
  /** Half of the body, then the connection is reset. */
  | { readonly kind: 'truncated' }
  /** One bit of the body is wrong. */
  | { readonly kind: 'corrupt' }
  /** This instead of the body. */
  | { readonly kind: 'body'; readonly text: string }
  /** It is kept waiting until this resolves, then served. */
  | { readonly kind: 'held'; readonly until: Promise<unknown> };

/** A store that is not what it should be. */
export interface S3Habits {
  readonly ignoresCondition?: boolean;
  /** Looks whether the object exists, and writes a moment later. */
  readonly looksThenWrites?: boolean;
  readonly ignoresRange?: boolean;
  /** Answers reads with what was there before the last write. */
  readonly isStale?: boolean;
  /** Methods, and `LIST`, that the credentials have no right to. */
  readonly denies?: readonly string[];
  readonly pageSize?: number;
  readonly sessionToken?: string;
  readonly region?: string;
}

export interface FakeS3 {
  readonly settings: S3Settings;
  /** By key, the prefix included. */
  readonly objects: Map<string, StoredObject>;
  readonly seen: readonly SeenS3Request[];
  /** The most requests that were under way at once. */
  readonly mostAtOnce: () => number;
  /** Asked about each request before it is served; undefined: nothing goes wrong. */
  play(fault: (request: SeenS3Request) => S3Fault | undefined): void;
  close(): Promise<void>;
}

const bucket = 'records';
const prefix = 'tenant/a/';

/** An object store that speaks as much S3 as the ledger uses, keeps it in memory, and can fail. */
export async function startFakeS3(habits: S3Habits = {}): Promise<FakeS3> {
  const { region = 'jp-test-1', sessionToken } = habits;
  const secret: Secret = {
    accessKeyId: 'AKTEST0000EXAMPLE',
    secretAccessKey: 'not/a+secret/but-it-must-not-be-printed',
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
  const objects = new Map<string, StoredObject>();
  const seen: SeenS3Request[] = [];
  const store = new Store(objects, habits);
  let fault: (request: SeenS3Request) => S3Fault | undefined = () => undefined;
  let underWay = 0;
  let mostAtOnce = 0;

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    mostAtOnce = Math.max(mostAtOnce, ++underWay);
    response.on('close', () => underWay--);
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const body = Buffer.concat(pieces);
    const url = new URL(request.url ?? '', 'http://fake');
    const [, named, ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const { method = '', headers } = request;
    const asked = { method, key: rest.join('/'), query: url.searchParams, headers };
    const unsigned = signatureFault(request, body, { region, secret, nowMs: Date.now() });
    if (unsigned !== undefined) return fail(response, 403, unsigned);
    if (named !== bucket) return fail(response, 404, 'NoSuchBucket');
    seen.push(asked);
    await answer(response, { asked, body, store, fault: fault(asked) });
  };
  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    settings: {
      endpoint: `http://127.0.0.1:${port}`,
      region,
      bucket,
      prefix,
      pathStyle: true,
      credentials: secret,
    },
    objects,
    seen,
    mostAtOnce: () => mostAtOnce,
    play: (next) => {
      fault = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
}

async function answer(
  response: ServerResponse,
  {
    asked,
    body,
    store,
    fault,
  }: { asked: SeenS3Request; body: Buffer; store: Store; fault: S3Fault | undefined },
): Promise<void> {
  if (fault?.kind === 'reset-before') return void response.destroy();
  if (fault?.kind === 'status') return fail(response, fault.status, fault.code);
  if (fault?.kind === 'held') await fault.until;
  const { status, headers = {}, body: whole = Buffer.alloc(0) } = await store.serve(asked, body);
  if (fault?.kind === 'reset-after') return void response.destroy();
  if (fault?.kind === 'silent') return;
  const sent = fault?.kind === 'body' ? Buffer.from(fault.text) : Buffer.from(whole);
  if (fault?.kind === 'corrupt' && sent.length > 0) sent[sent.length >> 1] ^= 1;
  response.writeHead(status, {
    ...(asked.method === 'HEAD' ? {} : { 'content-length': sent.length }),
    ...headers,
  });
  if (fault?.kind !== 'truncated') return void response.end(sent);
  response.write(sent.subarray(0, sent.length >> 1), () => response.destroy());
}

class Store {
  readonly #objects: Map<string, StoredObject>;
  readonly #habits: S3Habits;
  readonly #before = new Map<string, StoredObject | undefined>();

  constructor(objects: Map<string, StoredObject>, habits: S3Habits) {
    this.#objects = objects;
    this.#habits = habits;
  }

  async serve(asked: SeenS3Request, body: Buffer): Promise<Reply> {
    const { method, key, headers } = asked;
    const action = method === 'GET' && key === '' ? 'LIST' : method;
    if (this.#habits.denies?.includes(action) === true) return failure(403, 'AccessDenied');
    switch (action) {
      case 'LIST':
        return this.#list(asked.query);
      case 'PUT':
        return this.#put(key, headers, body);
      case 'GET':
        return this.#get(key, headers.range);
      case 'HEAD': {
        const found = this.#objects.get(key);
        if (found === undefined) return { status: 404 };
        return { status: 200, headers: { 'content-length': String(found.bytes.length) } };
      }
      case 'DELETE':
        this.#objects.delete(key);
        return { status: 204 };
      default:
        return failure(501, 'NotImplemented');
    }
  }

  async #put(key: string, headers: SeenS3Request['headers'], bytes: Buffer): Promise<Reply> {
    const isConditional =
      headers['if-none-match'] === '*' && this.#habits.ignoresCondition !== true;
    if (isConditional && this.#objects.has(key)) return failure(412, 'PreconditionFailed');
    if (this.#habits.looksThenWrites === true) {
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
    }
    this.#before.set(key, this.#objects.get(key));
    this.#objects.set(key, {
      bytes,
      contentType: headers['content-type'] ?? '',
      cacheControl: headers['cache-control'] ?? '',
    });
    return { status: 200, headers: { etag: '"0"' } };
  }

  #get(key: string, range: string | undefined): Reply {
    const found = this.#habits.isStale === true ? this.#before.get(key) : this.#objects.get(key);
    if (found === undefined) return failure(404, 'NoSuchKey');
    const { bytes, contentType, cacheControl } = found;
    const headers = { 'content-type': contentType, 'cache-control': cacheControl };
    if (range === undefined || this.#habits.ignoresRange === true) {
      return { status: 200, headers, body: bytes };
    }
    const [, first, last] = (/^bytes=(\d+)-(\d+)$/.exec(range) ?? []).map(Number);
    if (first >= bytes.length) return failure(416, 'InvalidRange');
    const end = Math.min(last, bytes.length - 1);
    return {
      status: 206,
      headers: { ...headers, 'content-range': `bytes ${first}-${end}/${bytes.length}` },
      body: bytes.subarray(first, end + 1),
    };
  }

  #list(query: URLSearchParams): Reply {
    const { pageSize = 1_000 } = this.#habits;
    const after = query.get('continuation-token') ?? '';
    const keys = [...this.#objects.keys()]
      .filter((key) => key.startsWith(query.get('prefix') ?? ''))
      .toSorted()
      .filter((key) => key > after);
    const page = keys.slice(0, pageSize);
    const isTruncated = keys.length > pageSize;
    const contents = page.map((key) => {
      const size = this.#objects.get(key)?.bytes.length;
      return `<Contents><Key>${key}</Key><LastModified>2026-11-24T00:00:00.000Z</LastModified><ETag>&quot;0&quot;</ETag><Size>${size}</Size></Contents>`;
    });
    const next = isTruncated ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    const text = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucket}</Name><IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`;
    return { status: 200, headers: { 'content-type': 'application/xml' }, body: Buffer.from(text) };
  }
}

function failure(status: number, code: string): Reply {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>AKTEST0000EXAMPLE may not</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(text) };
}

function fail(response: ServerResponse, status: number, code: string): void {
  const { headers, body } = failure(status, code);
  response.writeHead(status, headers);
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
