import { limits } from '#base';
import { decodeUtf8, parseJson } from './answer.ts';
import { UpstreamError, malformed } from './errors.ts';
import type { ChatEvent, ChatEventIterator } from './event.ts';
import type { ExchangeResponse } from './exchange.ts';
import { ServerSentEventReader } from './server-sent-events.ts';

/**
 * How an answer is read, as it arrives. Synchronous, because a stream has many small events and
 * each turn of the event loop between a byte and its event would cost more than the reading.
 */
export interface AnswerReader {
  /** @returns the events that this piece completed, in order */
  push(bytes: Uint8Array): Iterable<ChatEvent>;
  /**
   * The last byte was there.
   * @throws UpstreamError `cut` unless the answer is whole
   */
  end(): Iterable<ChatEvent>;
  /** True once the dialect's end mark was read: what follows is not part of the answer. */
  readonly done: boolean;
}

/** What is said in server-sent events, one JSON value in each. */
export interface EventParser {
  /** @param data the text of one event */
  event(data: string): Iterable<ChatEvent>;
  end(): Iterable<ChatEvent>;
  readonly done: boolean;
}

export function isEventStream(response: ExchangeResponse): boolean {
  return response.contentType.startsWith('text/event-stream');
}

export class EventStreamAnswer implements AnswerReader {
  readonly #events = new ServerSentEventReader(limits.upstreamEventBytes);
  readonly #parser: EventParser;

  constructor(parser: EventParser) {
    this.#parser = parser;
  }

  get done(): boolean {
    return this.#parser.done;
  }

  *push(bytes: Uint8Array): Generator<ChatEvent> {
    for (const data of this.#events.push(bytes)) {
      yield* this.#parser.event(data);
      if (this.#parser.done) return;
    }
  }

  end(): Iterable<ChatEvent> {
    return this.#parser.end();
  }
}

/** An answer that is one JSON value. */
export class JsonAnswer implements AnswerReader {
  readonly #pieces: Uint8Array[] = [];
  readonly #read: (value: unknown) => Iterable<ChatEvent>;
  #size = 0;
  readonly done = false;

  /** @throws UpstreamError `malformed` for another content type */
  constructor(response: ExchangeResponse, read: (value: unknown) => Iterable<ChatEvent>) {
    if (!response.contentType.includes('json')) throw malformed('wrong content type');
    this.#read = read;
  }

  push(bytes: Uint8Array): Iterable<ChatEvent> {
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    if (this.#size > limits.upstreamAnswerBytes) {
      throw new UpstreamError('too_large', "couldn't read the answer: it exceeds the limit");
    }
    return [];
  }

  end(): Iterable<ChatEvent> {
    return this.#read(parseJson(decodeUtf8(Buffer.concat(this.#pieces, this.#size))));
  }
}

/** An answer that has begun to arrive. */
export interface BegunAnswer {
  readonly response: ExchangeResponse;
  readonly reader: AnswerReader;
  /** Said before everything that arrives. */
  readonly first: readonly ChatEvent[];
  /** How long bytes may come that say nothing. */
  readonly quietMs: number;
}

/**
 * The events of one answer. Nothing happens before the first `next()`; leaving early, or a failure,
 * destroys the connection. Written by hand, for a chain of asynchronous generators passes each
 * event on several times (measured: a third of the cost of a stream).
 */
export class AnswerEvents implements AsyncIterableIterator<ChatEvent>, ChatEventIterator {
  readonly #begin: () => Promise<BegunAnswer>;
  #answer: BegunAnswer | undefined;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #waiting: readonly ChatEvent[] = [];
  #next = 0;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;
  /** When something was said last, on the monotonic clock. */
  #heardMs = 0;

  constructor(begin: () => Promise<BegunAnswer>) {
    this.#begin = begin;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ChatEvent>> {
    const value = this.#waiting[this.#next];
    if (value === undefined) return this.#more();
    this.#next++;
    return Promise.resolve({ done: false, value });
  }

  take(): readonly ChatEvent[] {
    const rest = this.#waiting.slice(this.#next);
    this.#next = this.#waiting.length;
    return rest;
  }

  async return(): Promise<IteratorResult<ChatEvent>> {
    this.#waiting = [];
    await this.#leave();
    return { done: true, value: undefined };
  }

  async #more(): Promise<IteratorResult<ChatEvent>> {
    for (;;) {
      if (this.#failure !== undefined) {
        const { error } = this.#failure;
        this.#failure = undefined;
        // oxlint-disable-next-line no-await-in-loop -- the loop ends here
        await this.#leave();
        throw error;
      }
      if (this.#ended) return { done: true, value: undefined };
      // oxlint-disable-next-line no-await-in-loop -- the next piece cannot be asked for earlier
      await this.#fill();
      this.#next = 1;
      const [value] = this.#waiting;
      if (value !== undefined) return { done: false, value };
    }
  }

  /** Takes one piece of the answer in. What it said before it failed is still said. */
  async #fill(): Promise<void> {
    const events: ChatEvent[] = [];
    this.#waiting = events;
    try {
      if (this.#answer === undefined) {
        this.#answer = await this.#begin();
        this.#chunks = this.#answer.response.chunks[Symbol.asyncIterator]();
        events.push(...this.#answer.first);
        this.#heardMs = performance.now();
        return;
      }
      const { reader, response, quietMs } = this.#answer;
      const piece = await this.#chunks?.next();
      const whole = piece === undefined || piece.done === true;
      for (const event of whole ? reader.end() : reader.push(piece.value)) events.push(event);
      // Looked at as bytes arrive: where none do, the limit on the gap between them holds.
      const nowMs = performance.now();
      if (events.length > 0) this.#heardMs = nowMs;
      else if (!whole && !reader.done && nowMs - this.#heardMs > quietMs) throw quiet();
      if (reader.done) response.release();
      if (reader.done || whole) await this.#leave();
    } catch (error) {
      this.#failure = { error };
    }
  }

  async #leave(): Promise<void> {
    this.#ended = true;
    await this.#chunks?.return?.();
  }
}

function quiet(): UpstreamError {
  return new UpstreamError('timeout', "couldn't finish the answer: it says nothing any more");
}

/** Reads an answer that is there. */
export function readAnswer(
  response: ExchangeResponse,
  readerOf: (response: ExchangeResponse) => AnswerReader,
): AnswerEvents {
  return new AnswerEvents(() =>
    Promise.resolve({
      response,
      reader: readerOf(response),
      first: [],
      quietMs: limits.upstreamQuietMs,
    }),
  );
}
