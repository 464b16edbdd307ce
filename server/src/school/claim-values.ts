import type { Claim, Doubt } from './claims.ts';
import { type Quantity, agree, comparable } from './quantities.ts';
import type { Near } from './statements.ts';
import type { Span } from './sentences.ts';

/**
 * How near a statement must be before it can speak for a value, and against one. Set on the
 * development part of bench/school.mjs.
 */
const near = { support: 0.35, against: 0.6, inPlace: 0.42, sure: 0.68 } as const;
/** How alike the words round two numbers must be, to stand in the same place; to be it surely. */
const place = { same: 0.5, sure: 0.8, better: 0.06 } as const;
/** A statement that agrees counts as much as one that does not, though it be this much farther. */
const benefit = 0.12;

interface Verdict {
  readonly near: Near;
  readonly other: Quantity;
  readonly strength: number;
}

/** Numbers and years of a sentence that its nearest statements put otherwise. */
export function* valueDoubts(claim: Claim, found: readonly Near[]): Generator<Doubt> {
  let isUnsupported = false;
  for (const quantity of claim.quantities) {
    let pro = 0;
    let against: Verdict | undefined;
    for (const candidate of found) {
      if (candidate.frame < near.support) break;
      const verdict = verdictOf(quantity, claim, candidate);
      if (verdict === undefined) continue;
      if (verdict.isFor) pro = Math.max(pro, verdict.strength);
      else if (verdict.strength > (against?.strength ?? 0))
        against = { near: candidate, ...verdict };
    }
    if (against === undefined && pro === 0 && isFact(quantity, claim)) isUnsupported = true;
    if (against === undefined || pro >= against.strength - benefit) continue;
    const { statement } = against.near;
    const { start, end } = against.other;
    yield {
      kind: quantity.kind === 'number' ? 'contradiction.number' : 'contradiction.year',
      start: quantity.start,
      end: quantity.end,
      instead: statement.text.slice(start, end),
      evidence: statement.evidence,
    };
  }
  if (isUnsupported) {
    yield { kind: 'unsupported', start: 0, end: claim.text.length, instead: null, evidence: null };
  }
}

/** A value somebody could look up: no count of the answer's own points, no step of a sum. */
function isFact({ kind, value, unit }: Quantity, { text }: Claim): boolean {
  if (/[=+×÷]/.test(text)) return false;
  if (kind !== 'number') return true;
  return unit !== '' && !(value <= 10 && /^(?:つ|点|回|番|番目|問|人|日|分|年間)$/.test(unit));
}

/** What one statement says of one value; undefined where it says nothing of it. */
function verdictOf(
  quantity: Quantity,
  claim: Claim,
  { statement, frame }: Near,
): { readonly isFor: boolean; readonly other: Quantity; readonly strength: number } | undefined {
  const rivals = statement.quantities
    .filter((other) => comparable(quantity, other))
    .map((other) => ({
      other,
      place: placeLikeness(claim.text, quantity, statement.text, other),
      agrees: agree(quantity, other),
    }))
    .toSorted((a, b) => b.place - a.place);
  const [first] = rivals;
  if (first === undefined) return undefined;
  const agreeing = rivals.find(({ agrees }) => agrees);
  const isElsewhere =
    agreeing !== undefined &&
    !first.agrees &&
    frame >= near.against &&
    first.place >= place.sure &&
    first.place >= agreeing.place + place.better;
  if (agreeing !== undefined && !isElsewhere) {
    return { isFor: true, other: agreeing.other, strength: frame + agreeing.place / 2 };
  }
  // What the sentence says elsewhere is no rival of this number, but in its very place.
  const free = rivals.filter(
    ({ other, place: alike }) =>
      alike >= place.sure ||
      !claim.quantities.some(
        (said) => said !== quantity && comparable(said, other) && agree(said, other),
      ),
  );
  const rival = isElsewhere ? first : free[0];
  if (rival === undefined) return undefined;
  const isNear =
    (frame >= near.against && (free.length === 1 || rival.place >= place.same)) ||
    (frame >= near.inPlace && rival.place >= place.same) ||
    (frame >= near.sure && quantity.kind !== 'number');
  if (!isNear && !isElsewhere) return undefined;
  return { isFor: false, other: rival.other, strength: frame + rival.place / 2 };
}

const reach = 8;

/** How alike the words round two places are: shared pairs of characters, from 0 to 1. */
function placeLikeness(a: string, at: Span, b: string, other: Span): number {
  const left = sharedPairs(
    a.slice(Math.max(0, at.start - reach), at.start).trim(),
    b.slice(Math.max(0, other.start - reach), other.start).trim(),
  );
  const right = sharedPairs(
    a.slice(at.end, at.end + reach).trim(),
    b.slice(other.end, other.end + reach).trim(),
  );
  return (left + right) / 2;
}

function sharedPairs(a: string, b: string): number {
  if (a.length < 2 || b.length < 2) return a === b ? 1 : 0;
  let shared = 0;
  for (let at = 0; at + 2 <= a.length; at++) if (b.includes(a.slice(at, at + 2))) shared++;
  return shared / Math.max(1, Math.min(a.length, b.length) - 1);
}
