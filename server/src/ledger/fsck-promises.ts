import { type EntryPromise, type VerifierKey, openPromise } from '@sekisho/proof';
import type { Findings } from './fsck-findings.ts';

interface Pending extends EntryPromise {
  readonly name: string;
}

/** Compares promises the log signed with the entries that stand at their places. */
export class PromiseCheck {
  readonly #findings: Findings;
  readonly #pending: Map<number, Pending[]>;

  private constructor(findings: Findings, pending: Map<number, Pending[]>) {
    this.#findings = findings;
    this.#pending = pending;
  }

  /** @param key of the log; without it no promise can be told from a forged one */
  static async open(
    promises: ReadonlyMap<string, string>,
    key: VerifierKey | undefined,
    findings: Findings,
  ): Promise<PromiseCheck> {
    const pending = new Map<number, Pending[]>();
    for (const [name, note] of promises) {
      const promise = key === undefined ? undefined : await openPromise(note, [key]);
      if (promise === undefined) {
        findings.add('promise_form', name);
        continue;
      }
      const list = pending.get(promise.index) ?? [];
      list.push({ ...promise, name });
      pending.set(promise.index, list);
    }
    return new PromiseCheck(findings, pending);
  }

  add(index: number, leafHash: Uint8Array): void {
    for (const promise of this.#pending.get(index) ?? []) {
      if (Buffer.from(promise.leafHash).equals(leafHash)) continue;
      this.#findings.add('promise_broken', `${promise.name}: entry ${index}`);
    }
    this.#pending.delete(index);
  }

  /** What is left lies beyond the last entry. */
  finish(): void {
    for (const [index, promises] of this.#pending) {
      for (const { name } of promises) {
        this.#findings.add('promise_missing', `${name}: entry ${index}`);
      }
    }
  }
}
