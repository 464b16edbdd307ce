import { UpstreamError } from './errors.ts';

/**
 * Reads `data:` payloads out of an event stream (WHATWG HTML, section 9.2.6), however it was cut
 * into reads: lines end in LF, CR or CRLF, several data lines make one event, comments are skipped.
 * One instance per stream; it keeps the unfinished event only.
 */
export class ServerSentEventReader {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  readonly #maxEventBytes: number;
  #line = '';
  #data: string[] = [];
  #size = 0;
  #afterCarriageReturn = false;

  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes;
  }

  /**
   * @returns the payloads of the events that this piece completed, in order
   * @throws UpstreamError `malformed` for invalid UTF-8, `too_large` for an event past the limit
   */
  push(piece: Uint8Array): string[] {
    let text: string;
    try {
      text = this.#decoder.decode(piece, { stream: true });
    } catch (cause) {
      throw new UpstreamError('malformed', "couldn't read the answer: invalid UTF-8", cause);
    }
    const complete: string[] = [];
    let start = 0;
    if (this.#afterCarriageReturn && text.length > 0) {
      if (text.charCodeAt(0) === 10) start = 1;
      this.#afterCarriageReturn = false;
    }
    // Each is searched for once per find: nearly every stream has line feeds only, and one without
    // them must not be searched to its end at every line.
    let carriageReturn = text.indexOf('\r', start);
    let lineFeed = text.indexOf('\n', start);
    for (;;) {
      const crFirst = carriageReturn !== -1 && (lineFeed === -1 || carriageReturn < lineFeed);
      const end = crFirst ? carriageReturn : lineFeed;
      if (end === -1) break;
      const rest = text.slice(start, end);
      this.#endLine(this.#line === '' ? rest : this.#line + rest, complete);
      this.#line = '';
      start = end + 1;
      if (crFirst) {
        if (start === text.length) this.#afterCarriageReturn = true;
        else if (lineFeed === start) start++;
        carriageReturn = text.indexOf('\r', start);
      }
      if (lineFeed !== -1 && lineFeed < start) lineFeed = text.indexOf('\n', start);
    }
    this.#line += text.slice(start);
    this.#bound(this.#line.length);
    return complete;
  }

  #endLine(line: string, complete: string[]): void {
    if (line === '') {
      if (this.#data.length > 0) complete.push(this.#data.join('\n'));
      this.#data = [];
      this.#size = 0;
      return;
    }
    if (!line.startsWith('data:')) return;
    const value = line.charCodeAt(5) === 32 ? line.slice(6) : line.slice(5);
    this.#data.push(value);
    this.#size += value.length + 1;
    this.#bound(0);
  }

  #bound(pending: number): void {
    if (this.#size + pending > this.#maxEventBytes) {
      throw new UpstreamError(
        'too_large',
        `couldn't read the answer: one event exceeds ${this.#maxEventBytes} bytes`,
      );
    }
  }
}
