import type { CancelSignal } from '#base';
import type { Dispatcher, Pool } from 'undici';
import { UpstreamError } from './errors.ts';

export interface ExchangeRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly firstByteMs: number;
  readonly gapMs: number;
  readonly maxBytes: number;
}

export interface ExchangeResponse {
  readonly status: number;
  /** In lower case; empty when there is none. */
  readonly contentType: string;
  /** The first value of a header, by its name in lower case. */
  readonly header: (name: string) => string | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Gives the answer up: the connection is destroyed and `chunks` fails. */
  readonly cancel: () => void;
  /** Says that enough was read: the rest is thrown away, so that the connection can serve again. */
  readonly release: () => void;
}

/** Bytes that may wait for a slow reader before the connection is paused. */
const highWaterBytes = 256 * 1024;

/** What may still come after an answer's end mark, and for how long, before it is cut off. */
const restBytes = 64 * 1024;
const restMs = 1_000;

/**
 * One POST through an undici pool by `dispatch`, which costs a tenth of `fetch()`. Reading slowly
 * pauses the connection; the abort signal, or leaving the iteration early, destroys it.
 * @throws UpstreamError `connect`, `timeout`, `too_large`, `cut` or `aborted`
 */
export function post(
  pool: Pool,
  request: ExchangeRequest,
  signal: CancelSignal,
): Promise<ExchangeResponse> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(aborted());
      return;
    }
    const receiver = new Receiver(request, signal, resolve, reject);
    pool.dispatch(
      {
        path: request.path,
        method: 'POST',
        headers: request.headers,
        body: request.body,
        headersTimeout: request.firstByteMs,
        bodyTimeout: request.gapMs,
      },
      receiver,
    );
  });
}

class Receiver implements Dispatcher.DispatchHandler {
  readonly #request: ExchangeRequest;
  readonly #signal: CancelSignal;
  readonly #resolve: (response: ExchangeResponse) => void;
  readonly #reject: (error: UpstreamError) => void;
  readonly #onAbort = (): void => this.#stop(aborted());
  #controller: Dispatcher.DispatchController | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #receivedBytes = 0;
  #started = false;
  #ended = false;
  #failure: UpstreamError | undefined;
  /** Who waits for the next piece. */
  #reader: Reader | undefined;
  #paused = false;
  /** Nobody reads any more. */
  #left = false;
  /** Set once nobody reads any more: how many bytes may still come. */
  #restBytes: number | undefined;
  #restTimer: NodeJS.Timeout | undefined;

  constructor(
    request: ExchangeRequest,
    signal: CancelSignal,
    resolve: (response: ExchangeResponse) => void,
    reject: (error: UpstreamError) => void,
  ) {
    this.#request = request;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    // Also while the connection is still being made: a caller who leaves waits for nothing.
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure !== undefined) controller.abort(this.#failure);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#started = true;
    const header = (name: string): string | undefined => {
      const value = headers[name];
      return Array.isArray(value) ? value[0] : value;
    };
    this.#resolve({
      status,
      contentType: header('content-type')?.toLowerCase() ?? '',
      header,
      chunks: this.#chunks(),
      cancel: () => this.#stop(aborted()),
      release: () => this.#release(),
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#receivedBytes += chunk.length;
    if (this.#restBytes !== undefined) {
      this.#restBytes -= chunk.length;
      if (this.#restBytes < 0) this.#stop(aborted());
      return;
    }
    if (this.#receivedBytes > this.#request.maxBytes) {
      this.#stop(
        new UpstreamError(
          'too_large',
          `couldn't read the answer: it exceeds ${this.#request.maxBytes} bytes`,
        ),
      );
      return;
    }
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      reader.resolve({ done: false, value: chunk });
      return;
    }
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes <= highWaterBytes || this.#paused) return;
    this.#paused = true;
    controller.pause();
  }

  onResponseEnd(): void {
    this.#ended = true;
    this.#settle();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#failure ??= translate(error, this.#started);
    this.#settle();
  }

  #stop(failure: UpstreamError): void {
    this.#failure ??= failure;
    this.#controller?.abort(failure);
    this.#settle();
  }

  #release(): void {
    if (this.#ended || this.#failure !== undefined) return;
    this.#restBytes = restBytes;
    this.#waiting = [];
    this.#resume();
    this.#restTimer = setTimeout(() => this.#stop(aborted()), restMs).unref();
  }

  #settle(): void {
    clearTimeout(this.#restTimer);
    this.#signal.removeEventListener('abort', this.#onAbort);
    if (this.#failure !== undefined && !this.#started) this.#reject(this.#failure);
    const reader = this.#reader;
    this.#reader = undefined;
    if (this.#failure !== undefined) reader?.reject(this.#failure);
    else reader?.resolve(over);
  }

  /** By hand and not as a generator, which would pass each piece on several times. */
  #chunks(): AsyncIterableIterator<Uint8Array> {
    const chunks: AsyncIterableIterator<Uint8Array> = {
      [Symbol.asyncIterator]: () => chunks,
      next: () => this.#next(),
      return: () => {
        this.#left = true;
        if (!this.#ended && this.#restBytes === undefined) this.#stop(aborted());
        return Promise.resolve(over);
      },
    };
    return chunks;
  }

  #next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#left) return Promise.resolve(over);
    const value = this.#waiting.shift();
    if (value !== undefined) {
      this.#waitingBytes -= value.length;
      if (this.#paused && this.#waiting.length === 0) this.#resume();
      return Promise.resolve({ done: false, value });
    }
    if (this.#failure !== undefined) {
      this.#left = true;
      return Promise.reject(this.#failure);
    }
    if (this.#ended) return Promise.resolve(over);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  #resume(): void {
    this.#paused = false;
    this.#controller?.resume();
  }
}

const over = { done: true, value: undefined } as const;

interface Reader {
  resolve(next: IteratorResult<Uint8Array>): void;
  reject(error: UpstreamError): void;
}

function aborted(): UpstreamError {
  return new UpstreamError('aborted', "couldn't finish the answer: the caller left");
}

function translate(error: Error, started: boolean): UpstreamError {
  const code = 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ERR_SEKISHO_ADDRESS':
      return new UpstreamError('connect', `couldn't connect: ${error.message}`);
    case 'UND_ERR_HEADERS_TIMEOUT':
      return new UpstreamError('timeout', "couldn't get an answer: no first byte in time", error);
    case 'UND_ERR_BODY_TIMEOUT':
      return new UpstreamError('timeout', "couldn't finish the answer: it fell silent", error);
    case 'UND_ERR_CONNECT_TIMEOUT':
      return new UpstreamError('timeout', "couldn't connect: no answer in time", error);
    default:
      return started
        ? new UpstreamError('cut', "couldn't finish the answer: the connection broke", error)
        : new UpstreamError('connect', "couldn't connect: the connection failed", error);
  }
}
