import { foldText } from './folded.ts';
import type { Names } from './names.ts';
import type { Evidence, NoteKind } from './note.ts';
import { isDenied, oppositeIn } from './polarity.ts';
import { type Quantity, agree, comparable, quantitiesOf } from './quantities.ts';
import type { Span } from './sentences.ts';
import type { Near, Statements } from './statements.ts';

/** Something an answer says that the pack's text does not bear out; offsets into the sentence. */
export interface Doubt extends Span {
  readonly kind: Extract<NoteKind, `contradiction.${string}` | 'unsupported'>;
  /** What the pack says instead; null where it says nothing. */
  readonly instead: string | null;
  readonly evidence: Evidence | null;
}

/** How near a statement must be before it can speak for or against something. */
const near = {
  support: 0.35,
  value: 0.6,
  valueInPlace: 0.42,
  place: 0.5,
  name: 0.6,
  polarity: 0.72,
} as const;
const looked = 12;

/** @returns doubts about one sentence, in order of their beginning */
export function doubtsOf(
  sentence: string,
  against: { readonly statements: Statements; readonly names: Names; readonly comma: ',' | '.' },
): Doubt[] {
  const folded = foldText(sentence);
  const claim: Claim = {
    original: sentence,
    text: folded.text,
    quantities: quantitiesOf(folded.text, against.comma),
  };
  const found = against.statements.near(masked(claim), looked);
  const doubts: Doubt[] = [];
  const at = (start: number, end: number): Span => ({
    start: folded.start(start),
    end: folded.end(end),
  });
  for (const quantity of claim.quantities) {
    const doubt = valueDoubt(quantity, claim, found);
    if (doubt !== undefined) doubts.push({ ...doubt, ...at(quantity.start, quantity.end) });
  }
  if (isSaid(claim, found)) return doubts;
  for (const swap of swapsOf(claim, found, against.names)) {
    doubts.push({ ...swap, ...at(swap.start, swap.end) });
  }
  const denial = denialOf(claim, found);
  if (denial !== undefined) doubts.push({ ...denial, ...at(denial.start, denial.end) });
  return doubts.toSorted((a, b) => a.start - b.start);
}

interface Claim {
  readonly original: string;
  readonly text: string;
  readonly quantities: readonly Quantity[];
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
function isSaid({ text }: Claim, found: readonly Near[]): boolean {
  const bare = text.replaceAll(/[\s。.]/gu, '');
  return found.some(({ statement }) => statement.text.replaceAll(/[\s。.]/gu, '').includes(bare));
}

function valueDoubt(
  quantity: Quantity,
  claim: Claim,
  found: readonly Near[],
): Omit<Doubt, 'start' | 'end'> | undefined {
  let against:
    | { readonly near: Near; readonly other: Quantity; readonly nearness: number }
    | undefined;
  for (const candidate of found) {
    if (candidate.frame < near.support) continue;
    const others = candidate.statement.quantities.filter((other) => comparable(quantity, other));
    if (others.some((other) => agree(quantity, other))) return undefined;
    // What the answer says elsewhere in the sentence is no rival of this number.
    const free = others.filter(
      (other) =>
        !claim.quantities.some(
          (said) => said !== quantity && comparable(said, other) && agree(said, other),
        ),
    );
    for (const other of free) {
      const place = placeLikeness(claim.text, quantity, candidate.statement.text, other);
      const isNear =
        (candidate.frame >= near.value && (free.length === 1 || place >= near.place)) ||
        (candidate.frame >= near.valueInPlace && place >= near.place);
      const nearness = candidate.frame + place;
      if (isNear && nearness > (against?.nearness ?? 0)) {
        against = { near: candidate, other, nearness };
      }
    }
  }
  if (against === undefined) return undefined;
  const { statement } = against.near;
  return {
    kind: quantity.kind === 'number' ? 'contradiction.number' : 'contradiction.year',
    instead: statement.text.slice(against.other.start, against.other.end),
    evidence: statement.evidence,
  };
}

/** How alike the words round two places are: shared pairs of characters, from 0 to 1. */
function placeLikeness(a: string, at: Span, b: string, other: Span): number {
  const reach = 8;
  const left = sharedPairs(
    a.slice(Math.max(0, at.start - reach), at.start),
    b.slice(Math.max(0, other.start - reach), other.start),
  );
  const right = sharedPairs(a.slice(at.end, at.end + reach), b.slice(other.end, other.end + reach));
  return (left + right) / 2;
}

function sharedPairs(a: string, b: string): number {
  if (a.length < 2 || b.length < 2) return a === b ? 1 : 0;
  let shared = 0;
  for (let at = 0; at + 2 <= a.length; at++) if (b.includes(a.slice(at, at + 2))) shared++;
  return shared / Math.max(1, Math.min(a.length, b.length) - 1);
}

const term = /[\p{sc=Han}々〆]+|[\u30a1-\u30faー]+|[\p{L}\p{M}\p{N}'’-]+/gu;

interface Term extends Span {
  readonly text: string;
}

function termsOf(text: string): Term[] {
  return [...text.matchAll(term)]
    .filter(([found]) => !/^[\u3041-\u309f]+$/.test(found))
    .map((match) => ({ text: match[0], start: match.index, end: match.index + match[0].length }));
}

/** One word where the statement has another, in the same place of the same sentence. */
function* swapsOf(claim: Claim, found: readonly Near[], names: Names): Generator<Doubt> {
  for (const said of termsOf(claim.text)) {
    if (
      found.some(
        ({ frame, statement }) => frame >= near.support && statement.text.includes(said.text),
      )
    ) {
      continue;
    }
    for (const { statement, frame } of found) {
      if (frame < near.name) break;
      const other = termsOf(statement.text).find(
        (candidate) =>
          !claim.text.includes(candidate.text) &&
          isSamePlace(claim.text, said, statement.text, candidate, frame),
      );
      if (other === undefined) continue;
      const kind = swapKind(said.text, other.text, claim, said, names);
      if (kind === undefined) continue;
      yield {
        kind,
        start: said.start,
        end: said.end,
        instead: other.text,
        evidence: statement.evidence,
      };
      break;
    }
  }
}

function isSamePlace(a: string, at: Span, b: string, other: Span, frame: number): boolean {
  let left = 0;
  while (left < 8 && at.start > left && a[at.start - left - 1] === b[other.start - left - 1])
    left++;
  let right = 0;
  while (right < 8 && at.end + right < a.length && a[at.end + right] === b[other.end + right])
    right++;
  const opens = at.start === 0 && other.start === 0;
  const closes = at.end === a.length && other.end === b.length;
  if (!(left > 0 || opens || right >= 4) || !(right > 0 || closes)) return false;
  return left + right + (opens || closes ? 3 : 0) >= (frame >= 0.8 ? 3 : 5);
}

function swapKind(
  said: string,
  other: string,
  claim: Claim,
  at: Span,
  names: Names,
): 'contradiction.name' | undefined {
  const [a, b] = trimmed(said, other);
  const initial = claim.original.charAt(at.start);
  const isCapital = at.start > 0 && initial !== initial.toLowerCase();
  const isNamed = (whole: string, part: string): boolean =>
    names.isName(whole, isCapital) || names.isName(part, false);
  return isNamed(said, a) && isNamed(other, b) ? 'contradiction.name' : undefined;
}

/** Two words without what they share at both ends. */
function trimmed(a: string, b: string): [string, string] {
  let from = 0;
  while (from < Math.min(a.length, b.length) && a[from] === b[from]) from++;
  let to = 0;
  while (to < Math.min(a.length, b.length) - from && a.at(-to - 1) === b.at(-to - 1)) to++;
  return [a.slice(from, a.length - to), b.slice(from, b.length - to)];
}

/** The statement affirms what the sentence denies, or says its opposite. */
function denialOf(claim: Claim, found: readonly Near[]): Doubt | undefined {
  const close = found.filter(({ frame }) => frame >= near.polarity);
  const isNo = isDenied(claim.text);
  const agreeing = close.filter(({ statement }) => isDenied(statement.text) === isNo);
  const [first] = close;
  if (first === undefined) return undefined;
  const kind = 'contradiction.polarity';
  if (agreeing.length === 0) {
    const { evidence } = first.statement;
    return { kind, start: 0, end: claim.text.length, instead: null, evidence };
  }
  const opposed = agreeing.map(({ statement }) => ({
    evidence: statement.evidence,
    place: oppositeIn(claim.text, statement.text),
  }));
  // One statement that says it so is enough.
  const [one] = opposed;
  if (one?.place === undefined || opposed.some(({ place }) => place === undefined))
    return undefined;
  return { kind, ...one.place, evidence: one.evidence };
}
