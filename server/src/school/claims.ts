import { denialOf } from './claim-polarity.ts';
import { swapsOf } from './claim-names.ts';
import { valueDoubts } from './claim-values.ts';
import { foldText } from './folded.ts';
import type { Names } from './names.ts';
import type { Evidence, NoteKind } from './note.ts';
import { type Quantity, quantitiesOf } from './quantities.ts';
import type { Span } from './sentences.ts';
import { type Near, type Statements, comparable } from './statements.ts';

/** Something an answer says that the pack's text does not bear out; offsets into the sentence. */
export interface Doubt extends Span {
  readonly kind: Extract<NoteKind, `contradiction.${string}` | 'unsupported'>;
  /** What the pack says instead; null where it says nothing of the kind. */
  readonly instead: string | null;
  readonly evidence: Evidence | null;
}

/** A sentence of an answer, made ready: indices are of `text`. */
export interface Claim {
  /** Comparable: folded, with one kind of comma. */
  readonly text: string;
  readonly quantities: readonly Quantity[];
  /** Whether the letter at an index was a capital. */
  isCapital(index: number): boolean;
}

export interface Against {
  readonly statements: Statements;
  readonly names: Names;
  readonly comma: ',' | '.';
}

/** Statements looked at for one sentence. */
const looked = 12;

/** @returns doubts about one sentence, in order of their beginning */
export function doubtsOf(sentence: string, against: Against): Doubt[] {
  const folded = foldText(sentence);
  const text = comparable(sentence);
  const claim: Claim = {
    text,
    quantities: quantitiesOf(text, against.comma),
    isCapital: (index) => /\p{Lu}/u.test(sentence.charAt(folded.start(index))),
  };
  const found = against.statements.near(masked(claim), looked);
  const isSaid = saysIt(claim, found);
  const doubts = isSaid
    ? []
    : [
        ...valueDoubts(claim, found),
        ...swapsOf(claim, found, against),
        ...denialOf(claim, found, against.statements),
      ];
  return doubts
    .map((doubt) => ({ ...doubt, start: folded.start(doubt.start), end: folded.end(doubt.end) }))
    .toSorted((a, b) => a.start - b.start);
}

function masked({ text, quantities }: Claim): string {
  let out = '';
  let from = 0;
  for (const { start, end } of quantities) {
    if (start < from) continue;
    out += `${text.slice(from, start)} `;
    from = end;
  }
  return out + text.slice(from);
}

/** Word for word what a statement says: nothing can be held against it. */
function saysIt({ text }: Claim, found: readonly Near[]): boolean {
  const bare = text.replaceAll(/[\s。.]/gu, '');
  return found.some(({ statement }) => statement.text.replaceAll(/[\s。.]/gu, '').includes(bare));
}
