import type { CancelSignal } from '#base';
import { UpstreamError } from './errors.ts';

/** One at a time, in the order of arrival, with a bounded line. */
export class OneAtATime {
  readonly #longest: number;
  readonly #patienceMs: number;
  #line: { admit: () => void; refuse: (error: UpstreamError) => void }[] = [];
  #busy = false;

  /** @param patienceMs how long one may stand in the line */
  constructor(longest: number, patienceMs: number) {
    this.#longest = longest;
    this.#patienceMs = patienceMs;
  }

  /**
   * Waits for its turn.
   * @returns to be called once, when the turn is over
   * @throws UpstreamError `unavailable`, `timeout` or `aborted`
   */
  async enter(signal: CancelSignal): Promise<() => void> {
    if (signal.aborted) throw left();
    if (this.#busy) await this.#wait(signal);
    this.#busy = true;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#busy = false;
      this.#line.shift()?.admit();
    };
  }

  /** Sends everyone in the line away. */
  clear(error: UpstreamError): void {
    for (const place of this.#line.splice(0)) place.refuse(error);
  }

  #wait(signal: CancelSignal): Promise<void> {
    if (this.#line.length >= this.#longest) {
      throw new UpstreamError(
        'unavailable',
        "couldn't answer: the embedded model has a full queue",
      );
    }
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#line = this.#line.filter((other) => other !== place);
      };
      const refuse = (error: UpstreamError): void => {
        settle();
        reject(error);
      };
      const onAbort = (): void => refuse(left());
      const timer = setTimeout(
        () => refuse(new UpstreamError('timeout', "couldn't answer: the queue did not move")),
        this.#patienceMs,
      );
      const place = {
        admit: () => {
          // Taken here and not by the awakened one, so that no newcomer slips in between.
          this.#busy = true;
          settle();
          resolve();
        },
        refuse,
      };
      this.#line.push(place);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

export function left(): UpstreamError {
  return new UpstreamError('aborted', "couldn't finish the answer: the caller left");
}
