// Asks over sockets of its own and reads no more of an answer than where it ends, so that what is
// measured is the other side. One request at a time on each connection.
import { connect } from 'node:net';

/** How far an answer has been read. */
class Answer {
  status = 0;
  #head = '';
  #left = -1;
  #chunked = false;
  /** Bytes of the chunk that is being read, with the line end behind it; -1 in its size line. */
  #inChunk = -1;
  #size = '';
  #last = false;
  begun = false;
  whole = false;

  read(bytes) {
    let at = 0;
    if (this.#left === -1 && !this.#chunked) {
      const before = this.#head.length;
      this.#head += bytes.toString('latin1');
      const end = this.#head.indexOf('\r\n\r\n');
      if (end === -1) return;
      at = end + 4 - before;
      this.#readHead(this.#head.slice(0, end).toLowerCase());
    }
    if (at < bytes.length) this.begun = true;
    if (this.#chunked) this.#readChunks(bytes, at);
    else {
      this.#left -= bytes.length - at;
      this.whole = this.#left <= 0;
    }
  }

  #readHead(head) {
    this.status = Number(head.slice(9, 12));
    this.#chunked = /\r\ntransfer-encoding:\s*chunked/.test(head);
    this.#left = this.#chunked ? -1 : Number(/\r\ncontent-length:\s*(\d+)/.exec(head)?.[1] ?? 0);
  }

  #readChunks(bytes, from) {
    let at = from;
    while (at < bytes.length) {
      if (this.#inChunk > 0) {
        const taken = Math.min(this.#inChunk, bytes.length - at);
        this.#inChunk -= taken;
        at += taken;
        if (this.#inChunk === 0) {
          this.#inChunk = -1;
          if (this.#last) this.whole = true;
        }
        continue;
      }
      const end = bytes.indexOf(10, at);
      this.#size += bytes.latin1Slice(at, end === -1 ? bytes.length : end + 1);
      if (end === -1) return;
      at = end + 1;
      const size = Number.parseInt(this.#size, 16);
      this.#size = '';
      this.#last = size === 0;
      this.#inChunk = size + 2;
    }
  }
}

/** So many hundredths of a second, at least, for a stream to begin. */
const beginWaits = 1_500;

/** A connection that is opened again when the other side closes it between two requests. */
export class Connection {
  #url;
  #socket;
  #answer;
  #done;
  #startMs = 0;
  #firstMs;

  constructor(url) {
    this.#url = new URL(url);
  }

  /** @returns milliseconds to the first byte of the body, and to the last of all */
  ask(bytes) {
    return new Promise((resolve, reject) => {
      this.#done = { resolve, reject };
      this.#answer = new Answer();
      this.#firstMs = undefined;
      if (this.#socket === undefined || this.#socket.destroyed) this.#open();
      this.#startMs = performance.now();
      this.#socket.write(bytes);
    });
  }

  /** Resolves at the first byte of an answer that may never end; rejects when none comes. */
  async begin(bytes) {
    const asked = this.ask(bytes);
    asked.catch(() => undefined);
    for (let waits = 0; this.#firstMs === undefined; waits++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (this.#done === undefined) return asked;
      if (waits > beginWaits) throw new Error('it does not begin');
    }
    return { firstMs: this.#firstMs };
  }

  close() {
    this.#socket?.destroy();
  }

  #open() {
    this.#socket = connect(Number(this.#url.port), this.#url.hostname);
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (bytes) => this.#read(bytes));
    const gone = (error) => this.#fail(error ?? new Error('the connection was closed'));
    this.#socket.on('error', gone);
    this.#socket.on('close', () => gone());
  }

  #read(bytes) {
    if (this.#done === undefined) return;
    this.#answer.read(bytes);
    if (this.#answer.begun) this.#firstMs ??= performance.now() - this.#startMs;
    if (!this.#answer.whole) return;
    const { resolve, reject } = this.#done;
    this.#done = undefined;
    const { status } = this.#answer;
    if (status === 200)
      resolve({ firstMs: this.#firstMs, totalMs: performance.now() - this.#startMs });
    else reject(new Error(`status ${status}: ${bytes.toString('utf8').slice(0, 600)}`));
  }

  #fail(error) {
    const { reject } = this.#done ?? {};
    this.#done = undefined;
    reject?.(error);
  }
}

/** A whole request, ready to be sent. */
export function requestBytes(target, key, { stream, text }) {
  const messages = [{ role: 'user', content: text }];
  const { model = 'bench' } = target;
  const body = JSON.stringify({ model, ...(stream ? { stream: true } : {}), messages });
  const { host } = new URL(target.url);
  const headers = {
    host,
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...target.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

export const quantile = (values, q) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))];

/**
 * Keeps so many connections busy until the time is up, or so many answers are there.
 * @param what.requests taken in turn @returns what clients saw
 */
export async function load(url, { connections, requests, seconds, count = Infinity }) {
  const taken = [];
  let sent = 0;
  const start = performance.now();
  const until = start + seconds * 1_000;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const connection = new Connection(url);
      while (performance.now() < until && sent < count) {
        taken.push(await connection.ask(requests[sent++ % requests.length]));
      }
      connection.close();
    }),
  );
  const total = taken.map(({ totalMs }) => totalMs);
  const first = taken.map(({ firstMs }) => firstMs);
  return {
    count: taken.length,
    perSecond: taken.length / ((performance.now() - start) / 1_000),
    p50: quantile(total, 0.5),
    p99: quantile(total, 0.99),
    first50: quantile(first, 0.5),
    first99: quantile(first, 0.99),
  };
}
