import type { Caller } from '../caller.ts';
import { type GatewayError, type GatewayErrorCode, gatewayErrors } from '../errors.ts';
import { type JsonObject, isObject } from '../json.ts';
import type { ToolProgress } from './connection.ts';
import { type Life, serverInfoKey } from './life.ts';
import { type RequestId, rpcError } from './message.ts';

/** Errors that answer a call: they come with status 200, as JSON-RPC's own, in both lives. */
const inBand: ReadonlySet<GatewayErrorCode> = new Set([
  'invalid_value',
  'unknown_parameter',
  'missing_required_parameter',
  'data_class_unknown',
  'key_class_exceeded',
  'mcp_tool_not_allowed',
  'mcp_tool_unknown',
  'mcp_tool_withheld',
  'mcp_class_not_permitted',
  'mcp_server_unavailable',
  'mcp_server_failed',
  'mcp_server_timeout',
]);

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  /** What programs read in `_meta` of a result and in `data` of an error. */
  readonly meta?: JsonObject;
}

/**
 * The answer to one request: a JSON document, or a stream of events once something is to be told
 * before the end.
 */
export class McpReply {
  readonly #caller: Caller;
  readonly #id: RequestId;
  readonly #life: Life | undefined;
  readonly #serverInfo: JsonObject;
  #streaming = false;

  constructor(
    caller: Caller,
    of: {
      readonly id: RequestId;
      /** Undefined while it is not known: what is wrong then is no answer to a call. */
      readonly life: Life | undefined;
      readonly serverInfo: JsonObject;
    },
  ) {
    this.#caller = caller;
    this.#id = of.id;
    this.#life = of.life;
    this.#serverInfo = of.serverInfo;
  }

  result(result: JsonObject, { headers = {}, meta = {} }: Sent = {}): void {
    const stateless = this.#life === 'stateless';
    const foreign = result['_meta'];
    const said = {
      ...(isObject(foreign) ? foreign : {}),
      ...meta,
      ...(stateless ? { [serverInfoKey]: this.#serverInfo } : {}),
    };
    this.#send(200, headers, {
      result: {
        ...result,
        ...(stateless ? { resultType: 'complete' } : {}),
        ...(Object.keys(said).length === 0 ? {} : { _meta: said }),
      },
    });
  }

  error(error: GatewayError, { headers = {}, meta = {} }: Sent = {}): void {
    const { code } = error;
    const { status } = gatewayErrors[code];
    // An unknown method is an answer like any other to those who speak in sessions.
    const sessions = this.#life === 'session';
    const answers =
      (this.#life !== undefined && inBand.has(code)) || (code === 'mcp_method_unknown' && sessions);
    const retry = status === 429 || status === 503 ? { 'retry-after': '1' } : {};
    this.#send(
      answers ? 200 : status,
      { ...retry, ...error.headers, ...headers },
      { error: rpcError(error, this.#caller.errorLanguage(), meta) },
    );
  }

  /** @param headers of the answer, should this be the first of it */
  progress(
    progressToken: RequestId,
    { progress, total, message }: ToolProgress,
    headers: () => Readonly<Record<string, string>>,
  ): void {
    if (!this.#streaming) {
      if (this.#caller.answering) return;
      this.#caller.startStream(headers());
      this.#streaming = true;
    }
    const params = {
      progressToken,
      progress,
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message }),
    };
    void this.#event({ jsonrpc: '2.0', method: 'notifications/progress', params });
  }

  /** Nobody waits for an answer any more. */
  none(): void {
    if (this.#streaming) this.#caller.endStream();
    else this.#caller.sendEmpty(202);
  }

  #send(status: number, headers: Readonly<Record<string, string>>, answer: object): void {
    const message = { jsonrpc: '2.0', id: this.#id, ...answer };
    if (!this.#streaming) {
      this.#caller.sendJson(status, message, headers);
      return;
    }
    void this.#event(message);
    this.#caller.endStream();
  }

  #event(message: object): Promise<void> | undefined {
    return this.#caller.sendEvent(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }
}
