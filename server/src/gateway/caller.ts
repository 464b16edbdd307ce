import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Language, limits, preferredLanguage } from '#base';
import { type GatewayError, errorBody, gatewayErrors } from './errors.ts';

/**
 * The HTTP side of one request: bounded writes, one error shape, and knowing when the client left.
 */
export class Caller {
  readonly request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #left = new AbortController();

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.#response = response;
    response.on('close', () => {
      if (!response.writableFinished) this.#left.abort();
    });
  }

  /** Fires when the client hung up or stopped reading before the answer was whole. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  get answering(): boolean {
    return this.#response.headersSent;
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  sendJson(status: number, body: object, headers: Readonly<Record<string, string>> = {}): void {
    if (this.#response.headersSent || this.#response.destroyed) return;
    const bytes = Buffer.from(JSON.stringify(body), 'utf8');
    this.#response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(bytes.length),
      'cache-control': 'no-store',
      ...headers,
    });
    if (this.request.complete) this.#response.end(bytes);
    else this.#answerEarly(bytes);
  }

  /**
   * Answers a request that is still arriving. Closing at once would make the system throw the
   * answer away with the unread rest, and the client would see a broken connection instead of the
   * reason; so the rest is read and dropped for a moment.
   */
  #answerEarly(bytes: Uint8Array): void {
    const { request } = this;
    this.#response.write(bytes);
    const finish = (): void => {
      clearTimeout(timer);
      request.off('end', finish).off('close', finish);
      this.#response.end();
    };
    const timer = setTimeout(finish, limits.requestLingerMs);
    request.on('end', finish).on('close', finish).resume();
  }

  /** OpenAI's error shape, in the language the client asks for. */
  sendError(error: GatewayError, headers: Readonly<Record<string, string>> = {}): void {
    const { status } = gatewayErrors[error.code];
    const retry = status === 429 || status === 503 ? { 'retry-after': '1' } : {};
    // A body that was not read to its end would be taken for the next request.
    const close = this.request.complete ? {} : { connection: 'close' };
    this.sendJson(status, errorBody(error, this.errorLanguage()), {
      ...retry,
      ...close,
      ...error.headers,
      ...headers,
    });
  }

  errorLanguage(): Language {
    return preferredLanguage(this.header('accept-language'), 'en');
  }

  startStream(headers: Readonly<Record<string, string>>): void {
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      ...headers,
    });
  }

  /**
   * One server-sent event. Waits while the client reads slowly; gives it up after a bounded time.
   */
  async sendEvent(data: string): Promise<void> {
    const response = this.#response;
    if (response.destroyed || this.#left.signal.aborted) return;
    if (response.write(`data: ${data}\n\n`)) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        response.off('drain', finish).off('close', finish);
        resolve();
      };
      const timer = setTimeout(() => {
        response.destroy();
        finish();
      }, limits.clientStallMs);
      response.on('drain', finish).on('close', finish);
    });
  }

  endStream(): void {
    this.#response.end();
  }

  /** Breaks the connection, so that what was sent cannot be taken for a whole answer. */
  abandon(): void {
    this.#response.destroy();
  }
}
