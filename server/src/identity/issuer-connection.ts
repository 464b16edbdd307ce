import { limits } from '#base';
import { type ResolveName, createPool, namesPrivateNetwork } from '#upstream';
import { SignInError } from './errors.ts';

type Pool = ReturnType<typeof createPool>;

export interface IssuerConnectionOptions {
  readonly issuer: string;
  /** Whether it was declared to stand in a private network. */
  readonly private: boolean;
  /** The system's own way when left out. */
  readonly resolve?: ResolveName | undefined;
}

export interface IssuerQuestion {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Questions to an issuer, held to what upstreams are held to: no private network that was not
 * declared, whatever a name resolves to; no redirect; a bounded answer in a bounded time. The
 * issuer's own description names further addresses, and they are no more trusted than it is.
 */
export class IssuerConnection {
  readonly #mayBePrivate: boolean;
  readonly #mayBePlain: boolean;
  readonly #resolve: ResolveName | undefined;
  readonly #pools = new Map<string, Pool>();

  constructor({ issuer, private: isPrivate, resolve }: IssuerConnectionOptions) {
    const { protocol, hostname } = new URL(issuer);
    this.#mayBePrivate = isPrivate || namesPrivateNetwork(bare(hostname));
    this.#mayBePlain = protocol === 'http:';
    this.#resolve = resolve;
  }

  /** @throws SignInError `issuer` for an address that this issuer may not send anybody to */
  permitted(address: unknown): URL {
    const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : undefined;
    if (url === undefined || url.username !== '' || url.password !== '' || url.hash !== '') {
      throw new SignInError('issuer', 'the issuer names an address that is none');
    }
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && this.#mayBePlain)) {
      throw new SignInError('issuer', 'the issuer names an address without https');
    }
    if (!this.#mayBePrivate && namesPrivateNetwork(bare(url.hostname))) {
      throw new SignInError('issuer', 'the issuer names an address in a private network');
    }
    return url;
  }

  /** @returns what the answer says as JSON. @throws SignInError `issuer` */
  async askJson(address: URL, question: IssuerQuestion): Promise<AnsweredJson> {
    const { status, text } = await this.#ask(address, question);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new SignInError('issuer', `status ${status}, and not JSON`, cause);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new SignInError('issuer', `status ${status}, and no JSON object`);
    }
    return { status, value: value as Readonly<Record<string, unknown>> };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }

  async #ask(
    address: URL,
    { method, headers, body }: IssuerQuestion,
  ): Promise<{ readonly status: number; readonly text: string }> {
    try {
      const response = await this.#poolOf(address).request({
        method,
        path: `${address.pathname}${address.search}`,
        headers: { accept: 'application/json', 'user-agent': 'sekisho', ...headers },
        headersTimeout: limits.issuerAnswerMs,
        bodyTimeout: limits.issuerAnswerMs,
        signal: AbortSignal.timeout(limits.issuerAnswerMs),
        ...(body === undefined ? {} : { body }),
      });
      return { status: response.statusCode, text: await readBounded(response.body) };
    } catch (cause) {
      if (cause instanceof SignInError) throw cause;
      throw new SignInError('issuer', 'the issuer does not answer', cause);
    }
  }

  #poolOf(address: URL): Pool {
    const known = this.#pools.get(address.origin);
    if (known !== undefined) return known;
    if (this.#pools.size >= limits.issuerHosts) {
      throw new SignInError('issuer', 'the issuer names too many hosts');
    }
    const pool = createPool(address, {
      mayBePrivate: this.#mayBePrivate,
      connectMs: limits.issuerAnswerMs,
      resolve: this.#resolve,
    });
    this.#pools.set(address.origin, pool);
    return pool;
  }
}

export interface AnsweredJson {
  readonly status: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Leaving the loop early destroys the connection. */
async function readBounded(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > limits.issuerAnswerBytes) {
      throw new SignInError('issuer', 'the answer of the issuer is too large');
    }
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
