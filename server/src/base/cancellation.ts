/** What of an `AbortSignal` tells somebody that nobody wants their work any more. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(
    type: 'abort',
    listener: () => void,
    options?: { readonly once?: boolean },
  ): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * Such a signal, with who fires it. Every request has several, and the platform's own cost more
 * than what is done with them: an event target, an event and a weak list for each.
 */
export class Cancellation implements CancelSignal {
  #aborted = false;
  #listeners: readonly (() => void)[] = [];
  #signal: AbortSignal | undefined;

  get aborted(): boolean {
    return this.#aborted;
  }

  /** Fires once. Whoever listens is told in the order of their coming, and never again. */
  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.#aborted && !this.#listeners.includes(listener)) {
      this.#listeners = [...this.#listeners, listener];
    }
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const rest = this.#listeners.filter((one) => one !== listener);
    if (rest.length < this.#listeners.length) this.#listeners = rest;
  }

  /** The same as the platform's own, for who must have that. */
  get signal(): AbortSignal {
    if (this.#signal !== undefined) return this.#signal;
    const controller = new AbortController();
    this.#signal = controller.signal;
    if (this.#aborted) controller.abort();
    else this.addEventListener('abort', () => controller.abort());
    return this.#signal;
  }
}
