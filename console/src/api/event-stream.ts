export interface ServerEvent {
  /** `message` unless the stream names another. */
  readonly event: string;
  readonly data: string;
}

/** Characters of one event; a stream that never ends a line is not an event stream. */
const maxEventLength = 4 * 1024 * 1024;

/**
 * Reads server-sent events (WHATWG HTML, section 9.2.6) however the network cut them: lines end in
 * LF, CR or CRLF, several data lines make one event, a line that starts with a colon is a comment.
 * It keeps the unfinished event only. EventSource is no help here: it cannot send the key.
 */
export class EventStreamParser {
  readonly #decoder = new TextDecoder();
  #line = '';
  #event = '';
  #data: string[] = [];
  #size = 0;
  #afterReturn = false;

  /** @returns the events that this piece completed, in order */
  push(piece: Uint8Array): readonly ServerEvent[] {
    const text = this.#decoder.decode(piece, { stream: true });
    if (text === '') return [];
    const events: ServerEvent[] = [];
    // A line feed right after a carriage return belongs to it, even in the next piece.
    let start = this.#afterReturn && text.startsWith('\n') ? 1 : 0;
    this.#afterReturn = text.endsWith('\r');
    const lineEnd = /\r\n?|\n/g;
    lineEnd.lastIndex = start;
    for (let end = lineEnd.exec(text); end !== null; end = lineEnd.exec(text)) {
      this.#line += text.slice(start, end.index);
      this.#endLine(events);
      start = lineEnd.lastIndex;
    }
    this.#line += text.slice(start);
    if (this.#line.length + this.#size > maxEventLength) {
      throw new RangeError("couldn't read the stream: an event is too large");
    }
    return events;
  }

  #endLine(events: ServerEvent[]): void {
    const line = this.#line;
    this.#line = '';
    if (line === '') {
      if (this.#data.length > 0) {
        events.push({ event: this.#event || 'message', data: this.#data.join('\n') });
      }
      this.#event = '';
      this.#data = [];
      this.#size = 0;
      return;
    }
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') {
      this.#data.push(value);
      this.#size += value.length;
    } else if (name === 'event') {
      this.#event = value;
    }
  }
}

/** The events of an answer's body. Ends when the body does, throws what the network throws. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  onPiece?: () => void,
): AsyncGenerator<ServerEvent> {
  const parser = new EventStreamParser();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onPiece?.();
      yield* parser.push(value);
    }
  } finally {
    // A body that is already in error has nothing left to cancel.
    await reader.cancel().catch(() => undefined);
  }
}
