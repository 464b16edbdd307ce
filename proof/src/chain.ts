import type { EntryView } from './entry.ts';

/**
 * What may be wrong between entries that are each well formed. `counter` and `back_link`: something
 * of this writer was left out or put in. `outcome_unknown`: no earlier intent has this leaf hash.
 * `outcome_again`: the intent already had its outcome. `time`: a writer's clock went back.
 */
export type ChainFaultKind = 'counter' | 'back_link' | 'outcome_unknown' | 'outcome_again' | 'time';

export interface ChainFault {
  readonly kind: ChainFaultKind;
  readonly index: number;
}

interface Last {
  readonly sequence: number;
  readonly leafHash: string;
  readonly time: number;
}

/**
 * Follows the entries of a log from its first one: each writer's counter and chain, and the
 * outcomes of intents. A Merkle tree proves that nothing was changed; this shows that nothing was
 * left out.
 */
export class EntryChain {
  readonly #last = new Map<string, Last>();
  readonly #open = new Map<string, number>();
  readonly #ended = new Set<string>();
  #intents = 0;
  #outcomes = 0;

  /** @param leafHash of the entry, base64url @returns what is wrong with the entry at its place */
  add(entry: EntryView, { index, leafHash }: { index: number; leafHash: string }): ChainFault[] {
    const faults: ChainFault[] = [];
    const fault = (kind: ChainFaultKind): void => void faults.push({ kind, index });
    const last = this.#last.get(entry.writer);
    if (entry.writerSequence !== (last?.sequence ?? -1) + 1) fault('counter');
    if (entry.previous !== (last?.leafHash ?? '')) fault('back_link');
    if (entry.time < (last?.time ?? 0)) fault('time');
    const { writerSequence: sequence, time } = entry;
    this.#last.set(entry.writer, { sequence, leafHash, time });
    if (entry.type === 'intent') {
      this.#intents++;
      this.#open.set(leafHash, index);
    } else if (entry.type === 'outcome') {
      this.#outcomes++;
      const intent = entry.refs.intent ?? '';
      if (this.#open.delete(intent)) this.#ended.add(intent);
      else fault(this.#ended.has(intent) ? 'outcome_again' : 'outcome_unknown');
    }
    return faults;
  }

  get writers(): number {
    return this.#last.size;
  }

  get intents(): number {
    return this.#intents;
  }

  get outcomes(): number {
    return this.#outcomes;
  }

  /** Indexes of the intents that have no outcome, the oldest first. */
  openIntents(): readonly number[] {
    return [...this.#open.values()];
  }
}
