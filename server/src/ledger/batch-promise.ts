import { hash } from 'node:crypto';
import { formatBatchBody } from '@sekisho/proof';
import type { LogSigner } from './key-files.ts';

/** An entry as far as a promise speaks of it. */
export interface PromisedLeaf {
  readonly index: number;
  /** 32 bytes. */
  readonly leafHash: Buffer;
}

/**
 * The log's promise of the entries of one batch: one signature over the root of the tree over their
 * leaf hashes, and for each entry its path in that tree. A signature for each entry was the dearest
 * part of an entry (measured: a quarter of all it cost).
 */
export class BatchPromiser {
  readonly #first: number;
  /** Base64 of the hashes of each level, from the leaves up. */
  readonly #levels: readonly (readonly string[])[];
  readonly #note: string;

  /** @param leaves of the whole batch, one behind the other */
  constructor(signer: LogSigner, origin: string, leaves: readonly PromisedLeaf[]) {
    this.#first = leaves[0]!.index;
    this.#levels = levelsOver(leaves.map(({ leafHash }) => leafHash.toString('base64')));
    const root = Buffer.from(this.#levels.at(-1)![0]!, 'base64');
    const body = { origin, first: this.#first, count: leaves.length, root };
    this.#note = signer.sign(formatBatchBody(body));
  }

  /** @returns what `formatBatchPromise` of the proof package writes, out of parts in base64 */
  promise(index: number): string {
    let place = index - this.#first;
    let text = `sekisho.promise/v2\nindex ${index}\nleaf ${this.#levels[0]![place]}\n`;
    for (const level of this.#levels) {
      const sibling = level[place % 2 === 0 ? place + 1 : place - 1];
      // The last one of an odd row has none, and goes up as it is.
      if (sibling !== undefined) text += `${sibling}\n`;
      place = Math.floor(place / 2);
    }
    return `${text}\n${this.#note}`;
  }
}

/** RFC 6962 section 2.1, row by row: pairs are hashed, and an odd one goes up unchanged. */
function levelsOver(leaves: readonly string[]): readonly (readonly string[])[] {
  const levels = [leaves];
  for (let row = leaves; row.length > 1;) {
    const above: string[] = [];
    for (let at = 0; at + 1 < row.length; at += 2) above.push(hashPair(row[at]!, row[at + 1]!));
    if (row.length % 2 === 1) above.push(row.at(-1)!);
    levels.push(above);
    row = above;
  }
  return levels;
}

const pairInput = Buffer.alloc(1 + 2 * 32, 1);

function hashPair(left: string, right: string): string {
  pairInput.write(left, 1, 'base64');
  pairInput.write(right, 33, 'base64');
  return hash('sha256', pairInput, 'base64');
}
