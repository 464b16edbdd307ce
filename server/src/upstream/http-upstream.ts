import { limits } from '#base';
import type { Pool } from 'undici';
import { AnswerEvents, type AnswerReader } from './answer-reader.ts';
import { type Explain, refuse } from './answer.ts';
import { type PoolOptions, type ResolveName, createPool, knock } from './connection.ts';
import { embed } from './embeddings.ts';
import { UpstreamError } from './errors.ts';
import type { ChatEvent } from './event.ts';
import { type ExchangeResponse, post } from './exchange.ts';
import { probeModels } from './model-probe.ts';
import type { ChatRequest, Upstream } from './upstream.ts';

/** What every upstream behind an address is told. */
export interface HttpOptions {
  readonly id: string;
  /** Of the endpoint; the dialect adds its own path. */
  readonly baseUrl: string;
  /** Whether the name may lead into a private network. */
  readonly private?: boolean;
  /** True when the policy names a credential that the environment does not hold. */
  readonly keyMissing: boolean;
  /** Time limits of this upstream; `limits` where left out. */
  readonly times?: {
    readonly connectMs?: number;
    readonly firstByteMs?: number;
    readonly gapMs?: number;
    readonly quietMs?: number;
  };
  /** The system's own way when left out. */
  readonly resolve?: ResolveName;
}

/** A request as it goes out. */
export interface Outgoing {
  /** With the query, without the origin. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Names of what the dialect could not carry. */
  readonly lost: readonly string[];
}

/** One wire dialect: how a request is written and how an answer is read. */
export interface Dialect {
  /** @throws UpstreamError `refused_input` when content cannot be said in this dialect */
  readonly write: (request: ChatRequest, base: URL) => Outgoing;
  /** How an answer with status 200 is read. */
  readonly reader: (response: ExchangeResponse) => AnswerReader;
  readonly explain?: Explain;
  /** Where the list of models is, if the dialect has one. */
  readonly models?: (base: URL) => Pick<Outgoing, 'path' | 'headers'>;
  /** Where texts become vectors, for a dialect that has a place for it. */
  readonly embed?: (base: URL) => Pick<Outgoing, 'path' | 'headers'>;
}

/** An upstream that speaks a dialect over HTTP. */
export function createHttpUpstream(options: HttpOptions, dialect: Dialect): Upstream {
  const base = new URL(options.baseUrl);
  // Made at the first request: a rule book may declare more than is ever asked.
  let pool: Pool | undefined;
  const connections = (): Pool => (pool ??= createPool(base, poolOptions(options)));
  const place = dialect.embed?.(base);
  return {
    id: options.id,
    available: () => !options.keyMissing,
    close: async () => pool?.close(),
    probe: (how, signal) =>
      how === 'models' && dialect.models !== undefined
        ? probeModels(connections(), dialect.models(base), signal)
        : knock(base, poolOptions(options), signal),
    ...(place === undefined
      ? {}
      : {
          embed: (request, signal) => embed(connections(), place, request, signal),
        }),
    chat: (request, signal) =>
      new AnswerEvents(async () => {
        if (options.keyMissing) {
          throw new UpstreamError('unavailable', "couldn't ask the upstream: it has no key");
        }
        const { path, headers, body, lost } = dialect.write(request, base);
        const response = await post(
          connections(),
          {
            path,
            headers: { 'user-agent': 'sekisho', ...headers },
            body,
            firstByteMs: options.times?.firstByteMs ?? limits.upstreamFirstByteMs,
            gapMs: options.times?.gapMs ?? limits.upstreamGapMs,
            maxBytes: limits.upstreamAnswerBytes,
          },
          signal,
        );
        if (response.status !== 200) return refuse(response, dialect.explain);
        const first: ChatEvent[] = lost.length === 0 ? [] : [{ type: 'lost', names: lost }];
        try {
          const quietMs = options.times?.quietMs ?? limits.upstreamQuietMs;
          return { response, reader: dialect.reader(response), first, quietMs };
        } catch (error) {
          response.cancel();
          throw error;
        }
      }),
  };
}

function poolOptions({ private: mayBePrivate, times, resolve }: HttpOptions): PoolOptions {
  return {
    mayBePrivate: mayBePrivate === true,
    connectMs: times?.connectMs ?? limits.upstreamConnectMs,
    resolve,
  };
}

/** The path of the endpoint without a slash at its end. */
export function basePath(base: URL): string {
  return base.pathname.replace(/\/+$/, '');
}

export const jsonHeaders = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
} as const;

export function jsonBody(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value), 'utf8');
}
