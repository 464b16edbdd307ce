import { type CancelSignal, Cancellation } from '#base';

/**
 * A signal that fires with the caller's, or when a stretch of time has lasted too long. One timer
 * serves all stretches, since an answer has hundreds and nearly all of them are short.
 */
export class Stopwatch {
  readonly #caller: CancelSignal;
  readonly #controller = new Cancellation();
  readonly #forward = (): void => this.#controller.abort();
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires, and when the stretch under way is over: infinite between two. */
  #timerAtMs = Number.POSITIVE_INFINITY;
  #overAtMs = Number.POSITIVE_INFINITY;
  isOver = false;

  constructor(caller: CancelSignal) {
    this.#caller = caller;
    if (caller.aborted) this.#controller.abort();
    else caller.addEventListener('abort', this.#forward, { once: true });
  }

  get signal(): CancelSignal {
    return this.#controller;
  }

  start(limitMs: number): void {
    this.#overAtMs = performance.now() + limitMs;
    if (this.#overAtMs < this.#timerAtMs) this.#arm(limitMs);
  }

  stop(): void {
    this.#overAtMs = Number.POSITIVE_INFINITY;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#caller.removeEventListener('abort', this.#forward);
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer);
    this.#timerAtMs = performance.now() + ms;
    this.#timer = setTimeout(() => this.#look(), ms);
  }

  /** A later stretch may have begun since the timer was set: then it is set anew, for the rest. */
  #look(): void {
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const leftMs = this.#overAtMs - performance.now();
    if (leftMs === Number.POSITIVE_INFINITY) return;
    if (leftMs > 0) {
      this.#arm(Math.ceil(leftMs));
      return;
    }
    this.isOver = true;
    this.#controller.abort();
  }
}
