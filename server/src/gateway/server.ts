import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { limits } from '#base';
import { authenticate } from './authenticate.ts';
import { Caller } from './caller.ts';
import { anthropicMessages, anthropicError } from './dialect-anthropic.ts';
import { openAiChat } from './dialect-openai-chat.ts';
import { openAiEmbeddings } from './dialect-embeddings.ts';
import { openAiResponses } from './dialect-responses.ts';
import type { Dialect } from './dialect.ts';
import { GatewayError, errorBody } from './errors.ts';
import { type ExchangePorts, serveChat } from './exchange.ts';
import type { ApiKey, KeyStore } from './key-store.ts';
import { type McpCheckpoint, isMcpPath, mcpErrorBody } from './mcp/checkpoint.ts';
import { listModels, wireModel, wireModels } from './model-list.ts';
import { RecordedError } from './recorded-error.ts';
import { countTokens } from './token-count.ts';

export interface GatewayOptions extends ExchangePorts {
  readonly keys: KeyStore;
  /** Serves `/mcp`: tools of other servers. */
  readonly mcp: McpCheckpoint;
  /** Knows people by their session; without it there are keys only. */
  readonly sessions?: Sessions;
  /** Serves every path that is not a wire dialect: console, ledger, receipts, administration. */
  readonly elsewhere: (request: IncomingMessage, response: ServerResponse) => void;
}

/** What is asked of a request to know whose session it belongs to. */
export interface AskedBy {
  readonly method: string;
  /** @param name in lower case */
  header(name: string): string | undefined;
}

export interface Sessions {
  /**
   * @returns the key through which a person acts, or undefined where no session is named
   * @throws GatewayError `session_ended` or `cross_site_request`
   */
  keyOf(request: AskedBy): ApiKey | undefined;
}

export interface Gateway {
  readonly server: Server;
  /** Takes no new exchange, and resolves when those under way have ended or the time is up. */
  drain(withinMs: number): Promise<void>;
  /** Resolves when the exchanges that are under way now have ended. */
  settled(): Promise<void>;
  readonly closing: () => boolean;
  readonly inFlight: () => number;
}

/** Where each dialect is spoken. */
const doors: ReadonlyMap<string, Dialect> = new Map([
  ['/v1/chat/completions', openAiChat],
  ['/v1/responses', openAiResponses],
  ['/v1/embeddings', openAiEmbeddings],
  ['/v1/messages', anthropicMessages],
  ['/v1/messages/count_tokens', anthropicMessages],
]);

/**
 * The request path and its doors. Only `/v1/` and `/mcp` are served here; what it answers is in the shape of
 * the dialect that is spoken there, errors included.
 */
export function createGateway(options: GatewayOptions): Gateway {
  const state: State = { underWay: new Set(), bodyBytes: 0, draining: false };
  const server = createServer(
    {
      headersTimeout: limits.requestHeadersMs,
      requestTimeout: limits.requestBodyMs,
      // How often the two above are looked at; the default of half a minute is longer than either.
      connectionsCheckingInterval: limits.requestCheckMs,
      maxHeaderSize: limits.requestHeadersBytes,
      keepAliveTimeout: 30_000,
      noDelay: true,
    },
    (request, response) => {
      const path = pathOf(request);
      if (path === undefined || !(path.startsWith('/v1/') || isMcpPath(path))) {
        response.setHeader('x-content-type-options', 'nosniff');
        options.elsewhere(request, response);
        return;
      }
      const caller = new Caller(request, response, errorShapeOf(path, request));
      const served = serve({ options, state, caller }, path)
        .catch((error: unknown) => tell(caller, error, options))
        .finally(() => state.underWay.delete(served));
      state.underWay.add(served);
    },
  );
  server.maxHeadersCount = limits.requestHeaderCount;
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
    else socket.destroy();
  });
  return {
    server,
    drain: (withinMs) => drain(server, state, withinMs),
    settled: () => settled(state),
    closing: () => state.draining,
    inFlight: () => state.underWay.size,
  };
}

interface State {
  readonly underWay: Set<Promise<void>>;
  /** What the requests under way declared, or may still send. */
  bodyBytes: number;
  draining: boolean;
}

async function settled({ underWay }: State): Promise<void> {
  await Promise.all(underWay);
}

async function serve(
  { options, state, caller }: { options: GatewayOptions; state: State; caller: Caller },
  path: string,
): Promise<void> {
  if (isMcpPath(path)) {
    if (state.draining) throw new GatewayError('shutting_down');
    if (caller.request.method !== 'POST') return options.mcp.serve(caller, path);
    return bounded(state, caller, () => options.mcp.serve(caller, path));
  }
  const key = keyOf(options, caller);
  const model = /^\/v1\/models(?:\/(.+))?$/.exec(path);
  const dialect = doors.get(path);
  if (dialect === undefined && model === null) throw new GatewayError('not_found');
  if (caller.request.method !== (dialect === undefined ? 'GET' : 'POST')) {
    throw new GatewayError('method_not_allowed');
  }
  if (dialect === undefined) return tellModels(options, caller, { key, name: model?.[1] });
  if (state.draining) throw new GatewayError('shutting_down');
  const type = caller.header('content-type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) throw new GatewayError('unsupported_media_type');
  if (path.endsWith('/count_tokens')) {
    return bounded(state, caller, () => countTokens(options, caller, dialect));
  }
  return bounded(state, caller, () => serveChat(options, caller, { key, dialect }));
}

/** Does what takes a body in, unless bodies enough are on their way already. */
async function bounded(state: State, caller: Caller, work: () => Promise<void>): Promise<void> {
  if (state.underWay.size >= limits.exchangesInFlight) throw new GatewayError('too_many_requests');
  const bytes = bodyBytes(caller);
  if (state.bodyBytes + bytes > limits.requestBodiesBytes) {
    throw new GatewayError('too_many_requests');
  }
  state.bodyBytes += bytes;
  try {
    await work();
  } finally {
    state.bodyBytes -= bytes;
  }
}

/** A body that does not say how long it is may become as long as any. */
function bodyBytes(caller: Caller): number {
  const declared = Number(caller.header('content-length') ?? limits.requestBodyBytes);
  return Math.min(declared, limits.requestBodyBytes);
}

function tellModels(
  options: GatewayOptions,
  caller: Caller,
  asked: { readonly key: ApiKey; readonly name: string | undefined },
): void {
  const listed = listModels(options.ruleBook().policy, asked.key);
  const anthropic = caller.header('anthropic-version') !== undefined;
  if (asked.name === undefined) return caller.sendJson(200, wireModels(listed, anthropic));
  const name = decode(asked.name);
  const found = listed.find((entry) => entry.id === name);
  if (found === undefined) throw new GatewayError('model_not_found', { param: 'model' });
  caller.sendJson(200, wireModel(found, anthropic));
}

function errorShapeOf(path: string, request: IncomingMessage): typeof errorBody {
  if (isMcpPath(path)) return mcpErrorBody;
  const dialect = doors.get(path);
  if (dialect !== undefined) return dialect.errorBody;
  return request.headers['anthropic-version'] === undefined ? errorBody : anthropicError;
}

/** A key that was sent, else the one through which a person who signed in acts. */
function keyOf({ keys, sessions }: GatewayOptions, caller: Caller): ApiKey {
  const sent = caller.header('authorization') ?? caller.header('x-api-key');
  const person = sent === undefined ? sessions?.keyOf(caller) : undefined;
  return person ?? authenticate(keys, caller);
}

function tell(caller: Caller, error: unknown, { log, observer }: GatewayOptions): void {
  const known = error instanceof RecordedError ? error.error : error;
  const headers = error instanceof RecordedError ? error.headers : {};
  if (known instanceof GatewayError) {
    if (known === error) observer.refused(known.code);
    if (known.code === 'ledger_unavailable') log.error('ledger_unavailable');
    if (caller.answering) caller.abandon();
    else caller.sendError(known, headers);
    return;
  }
  // Neither the message nor the stack is logged: either may quote what the caller sent.
  log.error('unexpected_error', { name: error instanceof Error ? error.name : typeof error });
  if (caller.answering) caller.abandon();
  else caller.sendError(new GatewayError('internal_error'));
}

function pathOf(request: IncomingMessage): string | undefined {
  const target = request.url ?? '';
  const end = target.indexOf('?');
  return end === -1 ? target : target.slice(0, end);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function drain(server: Server, state: State, withinMs: number): Promise<void> {
  state.draining = true;
  server.close();
  server.closeIdleConnections();
  await within(withinMs, settled(state));
  server.closeAllConnections();
  // Whoever was cut off has an outcome, too, and it is written before the ledger closes.
  await within(limits.drainRecordMs, settled(state));
}

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
