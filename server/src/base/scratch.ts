/** What is kept for the next time; a larger buffer is made for one use. */
const keptBytes = 8 << 20;

/** A buffer that is used again and again: fresh memory costs more than what is written into it. */
export class Scratch {
  #buffer: Buffer = Buffer.alloc(0);

  /** @returns bytes of any content, good until the next call */
  take(length: number): Buffer {
    if (length > keptBytes) return Buffer.allocUnsafe(length);
    if (length > this.#buffer.length) {
      this.#buffer = Buffer.allocUnsafeSlow(Math.min(keptBytes, 2 * length));
    }
    return this.#buffer.subarray(0, length);
  }
}
