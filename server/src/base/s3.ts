import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, Pool } from 'undici';
import {
  type AwsCredentials,
  canonicalQuery,
  emptySha256,
  encodeAwsPath,
  sha256,
  signAwsRequest,
} from './aws-signature.ts';
import { limits } from './limits.ts';
import { S3Error, mayPass, s3Failure } from './s3-error.ts';
import { type ListedObject, readErrorCode, readListing } from './s3-listing.ts';

export interface S3Settings {
  /** Scheme, host, port and perhaps a path, as `https://s3.example.org`. */
  readonly endpoint: string;
  /** What the service calls its region; it is never guessed. */
  readonly region: string;
  readonly bucket: string;
  /** Goes before every key; empty, or ends with a slash. */
  readonly prefix: string;
  /** `https://endpoint/bucket/key` and not `https://bucket.endpoint/key`. */
  readonly pathStyle: boolean;
  readonly credentials: AwsCredentials;
}

/** What a test decides. Times in milliseconds. */
export interface S3Times {
  readonly nowMs: () => number;
  /** 0 to 1. */
  readonly random: () => number;
  /** One attempt, from the request to the last byte of the answer. */
  readonly attemptMs: number;
  /** Before the second attempt at most; doubles with each. */
  readonly pauseMs: number;
}

export interface StoredAs {
  readonly contentType: string;
  readonly cacheControl: string;
}

export interface ObjectRange {
  readonly offset: number;
  readonly bytes: number;
}

/** Bytes of an object, and how many it has in all. */
export interface ObjectBytes {
  readonly bytes: Buffer;
  readonly totalBytes: number;
}

/**
 * - `created`: it was not there, and is now
 * - `same`: it was there with these bytes, from before or from an attempt whose answer was lost
 * - `different`: it is there with other bytes and was left alone
 */
export type Created = 'created' | 'same' | 'different';

interface Ask {
  readonly method: 'GET' | 'PUT' | 'HEAD' | 'DELETE';
  /** Completes "couldn't …". */
  readonly what: string;
  readonly key?: string;
  readonly query?: readonly (readonly [string, string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Statuses that answer the question. */
  readonly expected: readonly number[];
  /** Of the answer. */
  readonly maxBytes: number;
}

interface Answer {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly bytes: Buffer;
}

const times: S3Times = {
  nowMs: () => Date.now(),
  random: () => Math.random(),
  attemptMs: limits.objectAttemptMs,
  pauseMs: limits.objectRetryMs,
};

/**
 * One bucket of an object store that speaks the S3 protocol, under one prefix. Every operation can
 * be repeated without harm, so what fails for a passing reason is tried again a few times. Nothing
 * is followed: a redirection, or another region than the one that is set, is an error.
 * @throws S3Error by every method
 */
export class S3Bucket {
  readonly #settings: S3Settings;
  readonly #times: S3Times;
  readonly #pool: Pool;
  readonly #host: string;
  readonly #root: string;

  constructor(settings: S3Settings, given: Partial<S3Times> = {}) {
    const { origin, host, root } = addressOf(settings);
    this.#settings = settings;
    this.#times = { ...times, ...given };
    this.#host = host;
    this.#root = root;
    this.#pool = new Pool(origin, {
      connections: limits.objectRequestsAtOnce,
      pipelining: 1,
      connect: { timeout: limits.objectConnectMs },
      headersTimeout: this.#times.attemptMs,
      bodyTimeout: this.#times.attemptMs,
    });
  }

  /** Writes the object, whatever was there. */
  async put(key: string, bytes: Uint8Array, as: StoredAs): Promise<void> {
    await this.#ask(this.#putting(key, bytes, as, {}));
  }

  /**
   * Writes the object unless there is one (`If-None-Match: *`). An answer may be lost after the
   * object was stored, and the next attempt is then told that it exists: so what exists is read
   * and compared, and only the comparison decides.
   */
  async create(key: string, bytes: Uint8Array, as: StoredAs): Promise<Created> {
    const ask = this.#putting(key, bytes, as, { 'if-none-match': '*' });
    const { status } = await this.#ask({ ...ask, expected: [200, 412] });
    if (status === 200) return 'created';
    const found = await this.get(key, { maxBytes: bytes.length }).catch((error: unknown) => {
      if (error instanceof S3Error && error.code === 'too_large') return 'larger' as const;
      throw error;
    });
    if (found === undefined) {
      throw new S3Error('malformed', `couldn't ${ask.what}: it exists and cannot be read`);
    }
    return found !== 'larger' && found.bytes.equals(bytes) ? 'same' : 'different';
  }

  /**
   * @param range undefined: the whole object
   * @returns undefined when there is no such object, or nothing of it at that offset
   */
  async get(
    key: string,
    { range, maxBytes }: { readonly range?: ObjectRange; readonly maxBytes: number },
  ): Promise<ObjectBytes | undefined> {
    const what = `read ${key}`;
    const last = range === undefined ? 0 : range.offset + range.bytes - 1;
    const { status, headers, bytes } = await this.#ask({
      method: 'GET',
      what,
      key,
      ...(range === undefined ? {} : { headers: { range: `bytes=${range.offset}-${last}` } }),
      expected: range === undefined ? [200, 404] : [206, 404, 416],
      maxBytes: range === undefined ? maxBytes : Math.min(maxBytes, range.bytes),
    });
    if (status === 404 || status === 416) return undefined;
    if (range === undefined) return { bytes, totalBytes: bytes.length };
    const [, first, end, total] =
      /^bytes ([0-9]{1,15})-([0-9]{1,15})\/([0-9]{1,15})$/.exec(one(headers['content-range'])) ??
      [];
    const isAsked = Number(first) === range.offset && Number(end) <= last;
    if (!isAsked || Number(end) - Number(first) + 1 !== bytes.length) {
      throw new S3Error('malformed', `couldn't ${what}: another range was sent than asked for`);
    }
    return { bytes, totalBytes: Number(total) };
  }

  /** @returns its length in bytes; undefined when there is no such object */
  async head(key: string): Promise<number | undefined> {
    const { status, headers } = await this.#ask({
      method: 'HEAD',
      what: `look for ${key}`,
      key,
      expected: [200, 404],
      maxBytes: 0,
    });
    const length = one(headers['content-length']);
    if (status === 404) return undefined;
    if (/^[0-9]{1,15}$/.test(length)) return Number(length);
    throw new S3Error('malformed', `couldn't look for ${key}: its length was not sent`);
  }

  /** It is gone afterwards, whether it was there or not. */
  async delete(key: string): Promise<void> {
    await this.#ask({
      method: 'DELETE',
      what: `delete ${key}`,
      key,
      expected: [200, 204, 404],
      maxBytes: limits.objectErrorBytes,
    });
  }

  /** Every object whose key begins so, by its key without the bucket's prefix. */
  async *list(prefix: string): AsyncGenerator<ListedObject> {
    const whole = this.#settings.prefix + prefix;
    const what = `list ${prefix}`;
    let token: string | undefined;
    for (let page = 0; page < limits.objectListPages; page++) {
      // oxlint-disable-next-line no-await-in-loop -- each page names the next
      const { bytes } = await this.#ask({
        method: 'GET',
        what,
        query: [
          ['list-type', '2'],
          ['prefix', whole],
          ...(token === undefined ? [] : [['continuation-token', token] as const]),
        ],
        expected: [200],
        maxBytes: limits.objectListBytes,
      });
      const listing = readListing(bytes.toString('utf8'), whole);
      if (listing === undefined || (token !== undefined && listing.next === token)) {
        throw new S3Error('malformed', `couldn't ${what}: the answer is no list of objects`);
      }
      for (const { key, bytes: length } of listing.objects) {
        yield { key: key.slice(this.#settings.prefix.length), bytes: length };
      }
      token = listing.next;
      if (token === undefined) return;
    }
    throw new S3Error('too_large', `couldn't ${what}: there are too many objects`);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #putting(
    key: string,
    bytes: Uint8Array,
    { contentType, cacheControl }: StoredAs,
    condition: Readonly<Record<string, string>>,
  ): Ask {
    return {
      method: 'PUT',
      what: `write ${key}`,
      key,
      headers: { 'content-type': contentType, 'cache-control': cacheControl, ...condition },
      body: bytes,
      expected: [200],
      maxBytes: limits.objectErrorBytes,
    };
  }

  /** Asks until there is an answer, the reason is not one that passes, or the attempts are over. */
  async #ask(ask: Ask): Promise<Answer> {
    const payloadSha256 = ask.body === undefined ? emptySha256 : sha256(ask.body);
    for (let attempt = 1; ; attempt++) {
      // oxlint-disable-next-line no-await-in-loop -- the next attempt depends on this one
      const outcome = await this.#attempt(ask, payloadSha256).catch((error: unknown) => {
        if (error instanceof S3Error) throw error;
        return new S3Error('unreachable', `couldn't ${ask.what}: ${reasonOf(error)}`);
      });
      if (outcome instanceof S3Error) {
        if (attempt === limits.objectAttempts) throw outcome;
      } else {
        const { status, bytes } = outcome;
        const code = status < 300 ? '' : readErrorCode(bytes);
        // A missing bucket must not pass for a missing object.
        if (ask.expected.includes(status) && code !== 'NoSuchBucket') return outcome;
        const isLast = attempt === limits.objectAttempts;
        if (isLast || !mayPass(status, code)) throw s3Failure(ask.what, status, code);
      }
      const longestMs = Math.min(this.#times.pauseMs * 2 ** attempt, limits.objectRetryMaxMs);
      // oxlint-disable-next-line no-await-in-loop -- a pause is what a busy store asks for
      await sleep(this.#times.random() * longestMs);
    }
  }

  /** @throws S3Error for what another attempt cannot mend; anything else for what it may */
  async #attempt(ask: Ask, payloadSha256: string): Promise<Answer> {
    const { prefix, region, credentials } = this.#settings;
    const { method, query = [], key, body } = ask;
    const path = encodeAwsPath(this.#root + (key === undefined ? '' : prefix + key));
    const headers = signAwsRequest(
      {
        method,
        host: this.#host,
        path,
        query,
        headers: { ...ask.headers, 'x-amz-content-sha256': payloadSha256 },
        payloadSha256,
      },
      { credentials, region, service: 's3' },
      this.#times.nowMs(),
    );
    const response = await this.#pool.request({
      method,
      path: query.length === 0 ? path : `${path}?${canonicalQuery(query)}`,
      headers,
      body: body ?? null,
      signal: AbortSignal.timeout(this.#times.attemptMs),
    });
    const isExpected = ask.expected.includes(response.statusCode);
    const isWanted = isExpected && response.statusCode < 300;
    const maxBytes = isWanted ? ask.maxBytes : limits.objectErrorBytes;
    const bytes = await readBounded(response.body, maxBytes);
    if (isWanted && bytes === undefined) {
      throw new S3Error('too_large', `couldn't ${ask.what}: it is larger than ${maxBytes} bytes`);
    }
    const { statusCode: status, headers: received } = response;
    return { status, headers: received, bytes: bytes ?? Buffer.alloc(0) };
  }
}

/** Where the bucket is asked for: in the path, or in the name of the host. */
export function addressOf({
  endpoint,
  bucket,
  pathStyle,
}: Pick<S3Settings, 'endpoint' | 'bucket' | 'pathStyle'>): {
  readonly origin: string;
  readonly host: string;
  /** Of every key's path; ends with a slash. */
  readonly root: string;
} {
  const { protocol, host: service, pathname } = new URL(endpoint);
  const host = pathStyle ? service : `${bucket}.${service}`;
  const root = `${pathname.replace(/\/+$/, '')}/${pathStyle ? `${bucket}/` : ''}`;
  return { origin: `${protocol}//${host}`, host, root };
}

async function readBounded(
  body: Dispatcher.ResponseData['body'],
  maxBytes: number,
): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    length += piece.length;
    // Leaving the loop destroys the rest.
    if (length > maxBytes) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}

/** Node's and undici's own code, which says enough and holds nothing of the request. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the connection failed';
  if (error.name === 'TimeoutError') return 'no whole answer in time';
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return `the connection failed${code}`;
}

function one(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header) ?? '';
}
