/** Runs asynchronous work one piece at a time, in the order it was asked for. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** A piece that fails does not keep the next one from its turn. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work);
    // Whoever asked hears of a failure; the queue itself does not.
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
