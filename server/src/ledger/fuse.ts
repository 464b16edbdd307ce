import { LedgerError } from './errors.ts';

/**
 * Blows with the first failure of a write, a sync or an assertion, and once the ledger is closed.
 * Nothing is tried again after that: the disk may lie, and what it holds is known only after a new
 * start.
 */
export class Fuse {
  #blown: LedgerError | undefined;

  /** Whether a write failed, after which only closing is left. */
  get failed(): boolean {
    return this.#blown !== undefined && this.#blown.code !== 'closed';
  }

  get isWhole(): boolean {
    return this.#blown === undefined;
  }

  /** @throws LedgerError what it blew with */
  assertWhole(): void {
    if (this.#blown !== undefined) throw this.#blown;
  }

  blow(error: LedgerError): void {
    this.#blown = error;
  }

  /** @throws LedgerError what it blew with: before the work, or by it */
  async guard<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.assertWhole();
    try {
      return await work();
    } catch (cause) {
      const known = cause instanceof LedgerError ? cause : undefined;
      this.#blown ??= known ?? new LedgerError('failed', what, { cause });
      throw this.#blown;
    }
  }
}
