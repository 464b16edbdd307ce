import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CancelSignal, Cancellation, type Language, limits, preferredLanguage } from '#base';
import type { ErrorShape } from './dialect.ts';
import { type GatewayError, errorBody, gatewayErrors } from './errors.ts';

// Headers are told to `writeHead` all at once: one that was set before makes Node put every other
// through a slower way (measured: a twentieth of a small request).

/** Text that waits for the end of the event loop's turn is sent earlier when it is this long. */
const coalescedUnits = 64 * 1024;

/**
 * The HTTP side of one request: bounded writes, its dialect's errors, and knowing when the client left.
 */
export class Caller {
  readonly request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #left = new Cancellation();
  readonly #errorShape: ErrorShape;
  /** Events of this turn of the event loop: they leave in one write. */
  #waiting = '';
  #flushSoon: NodeJS.Immediate | undefined;
  #draining: Promise<void> | undefined;

  /** @param errorShape how errors are told to this caller, who expects one dialect's own */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    errorShape: ErrorShape = errorBody,
  ) {
    this.request = request;
    this.#response = response;
    this.#errorShape = errorShape;
    response.on('close', () => {
      clearImmediate(this.#flushSoon);
      if (!response.writableFinished) this.#left.abort();
    });
  }

  /** Fires when the client hung up or stopped reading before the answer was whole. */
  get left(): CancelSignal {
    return this.#left;
  }

  /** The same as the platform's own, which costs more. */
  get leftSignal(): AbortSignal {
    return this.#left.signal;
  }

  get answering(): boolean {
    return this.#response.headersSent;
  }

  get method(): string {
    return this.request.method ?? '';
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  sendJson(status: number, body: object, headers: Readonly<Record<string, string>> = {}): void {
    if (this.#response.headersSent || this.#response.destroyed) return;
    // As text it leaves in one write with the head; as bytes in two.
    const text = JSON.stringify(body);
    this.#response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(text, 'utf8')),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    });
    if (this.request.complete) this.#response.end(text, 'utf8');
    else this.#answerEarly(text);
  }

  /** A status that says it all. */
  sendEmpty(status: number): void {
    if (this.#response.headersSent || this.#response.destroyed) return;
    const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
    this.#response.writeHead(status, headers).end();
  }

  /**
   * Answers a request that is still arriving. Closing at once would make the system throw the
   * answer away with the unread rest, and the client would see a broken connection instead of the
   * reason; so the rest is read and dropped for a moment.
   */
  #answerEarly(text: string): void {
    const { request } = this;
    this.#response.write(text, 'utf8');
    const finish = (): void => {
      clearTimeout(timer);
      request.off('end', finish).off('close', finish);
      this.#response.end();
    };
    const timer = setTimeout(finish, limits.requestLingerMs);
    request.on('end', finish).on('close', finish).resume();
  }

  /** In the shape of the caller's dialect and the language the client asks for. */
  sendError(error: GatewayError, headers: Readonly<Record<string, string>> = {}): void {
    const { status } = gatewayErrors[error.code];
    const retry = status === 429 || status === 503 ? { 'retry-after': '1' } : {};
    // A body that was not read to its end would be taken for the next request.
    const close = this.request.complete ? {} : { connection: 'close' };
    this.sendJson(status, this.#errorShape(error, this.errorLanguage()), {
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
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
      ...headers,
    });
  }

  /**
   * One server-sent event, with its line ends. Events of one turn of the event loop leave together.
   * @returns a promise while the client reads slowly, who is given up after a bounded time
   */
  sendEvent(event: string): Promise<void> | undefined {
    if (this.#response.destroyed || this.#left.aborted) return undefined;
    this.#waiting += event;
    if (this.#waiting.length > coalescedUnits) this.#flush();
    else this.#flushSoon ??= setImmediate(() => this.#flush());
    return this.#response.writableNeedDrain ? this.#drained() : undefined;
  }

  #flush(): void {
    const text = this.#take();
    if (text !== '' && !this.#response.destroyed) this.#response.write(text);
  }

  #take(): string {
    clearImmediate(this.#flushSoon);
    this.#flushSoon = undefined;
    const text = this.#waiting;
    this.#waiting = '';
    return text;
  }

  /** One promise for all who wait for the same client at once. */
  #drained(): Promise<void> {
    const response = this.#response;
    return (this.#draining ??= new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        response.off('drain', finish).off('close', finish);
        this.#draining = undefined;
        resolve();
      };
      const timer = setTimeout(() => {
        response.destroy();
        finish();
      }, limits.clientStallMs);
      response.on('drain', finish).on('close', finish);
    }));
  }

  endStream(): void {
    this.#response.end(this.#take());
  }

  /** Breaks the connection, so that what was sent cannot be taken for a whole answer. */
  abandon(): void {
    this.#response.destroy();
  }
}
