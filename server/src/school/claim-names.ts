import type { Against, Claim, Doubt } from './claims.ts';
import type { Names } from './names.ts';
import type { Span } from './sentences.ts';
import type { Near } from './statements.ts';

/**
 * How near a statement must be once the word in question is left out: for names, and for any other
 * noun, where only a sentence that is otherwise the same can tell. Set on the development part.
 */
const near = { looked: 0.4, name: 0.66, noun: 0.95, elsewhere: 0.85 } as const;
/** Letters the surroundings of two words must share; where a word comes twice, more. */
const alike = { once: 4, twice: 9, noun: 8, better: 3, slot: 2 } as const;
/** A statement that has the word speaks for it, though it be this much farther. */
const benefit = 0.1;

/** How much less a clause says than a sentence. */
const clauseLoss = 0.25;

interface Term extends Span {
  readonly text: string;
}

const term = /[\p{sc=Han}々〆ヶ\u30a1-\u30faー]+|[\p{sc=Latn}\p{M}\p{N}'’-]+|[\p{sc=Thai}]+/gu;

function termsOf(text: string): Term[] {
  const all = [...text.matchAll(term)].filter(([found]) => !/^[a-z0-9]$/.test(found));
  return all.map((match) => ({
    text: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** One word where the statement has another, in the same place of the same sentence. */
export function* swapsOf(claim: Claim, found: readonly Near[], against: Against): Generator<Doubt> {
  const terms = new Map<Near, Term[]>();
  for (const said of termsOf(claim.text)) {
    if (claim.quantities.some(({ start, end }) => start < said.end && said.start < end)) continue;
    const swap = swapOf(said, claim, { found, against, terms });
    if (swap !== undefined) yield swap;
  }
}

function swapOf(
  said: Term,
  claim: Claim,
  { found, against, terms }: { found: readonly Near[]; against: Against; terms: Map<Near, Term[]> },
): Doubt | undefined {
  const rest = `${claim.text.slice(0, said.start)} ${claim.text.slice(said.end)}`;
  for (const candidate of found) {
    if (candidate.frame < near.looked) return undefined;
    const { statement } = candidate;
    if (!terms.has(candidate)) terms.set(candidate, termsOf(statement.text));
    const isThere = statement.text.includes(said.text);
    // Where the statement has the word itself, and how alike that place is.
    const own = Math.max(
      0,
      ...terms
        .get(candidate)!
        .filter((one) => one.text === said.text)
        .map((one) => likeness(claim.text, said, statement.text, one)),
    );
    const others = terms.get(candidate)!.filter((other) => {
      if (other.text === said.text) return false;
      // What comes elsewhere too may be the same thing in another order, but for the same place.
      const isTwice = isThere || claim.text.includes(other.text);
      const least = isTwice ? Math.max(alike.twice, own + alike.better) : alike.once;
      return likeness(claim.text, said, statement.text, other) >= least;
    });
    if (others.length === 0) continue;
    const frame = Math.max(
      against.statements.frame(rest, statement),
      // A clause that is the statement's, among others that are not.
      against.statements.frame(clauseRound(claim.text, said), statement) - clauseLoss,
    );
    if (isThere && frame < near.elsewhere) continue;
    const other = others.find((one) =>
      isSwap(said, one, { claim, statement: statement.text, frame, names: against.names }),
    );
    if (other === undefined) continue;
    if (isSlot(said, other, { claim, found, candidate, terms })) return undefined;
    const isBacked = found.some(
      (one) =>
        one !== candidate && one.statement.text.includes(said.text) && one.frame >= frame - benefit,
    );
    if (isBacked) return undefined;
    const { evidence } = statement;
    return { ...said, kind: 'contradiction.name', instead: other.text, evidence };
  }
  return undefined;
}

/** The clause a word stands in, without the word; empty where it says too little by itself. */
function clauseRound(text: string, { start, end }: Span): string {
  const from = text.lastIndexOf(',', start) + 1;
  const comma = text.indexOf(',', end);
  const clause = `${text.slice(from, start)} ${text.slice(end, comma < 0 ? text.length : comma)}`;
  return termsOf(clause).some((one) => one.text.length >= 2) ? clause : '';
}

/**
 * Whether other statements have yet other words in that place: then the pack says the same of many
 * things (of antiquity, of the middle ages), and one more is no contradiction.
 */
function isSlot(
  said: Term,
  other: Term,
  {
    claim,
    found,
    candidate,
    terms,
  }: { claim: Claim; found: readonly Near[]; candidate: Near; terms: Map<Near, Term[]> },
): boolean {
  const best = likeness(claim.text, said, candidate.statement.text, other);
  const least = Math.max(alike.once, best - alike.slot);
  return found.some((one) => {
    if (one === candidate || one.frame < candidate.frame - benefit) return false;
    if (!terms.has(one)) terms.set(one, termsOf(one.statement.text));
    return terms
      .get(one)!
      .some(
        ({ text, start, end }) =>
          text !== said.text &&
          text !== other.text &&
          likeness(claim.text, said, one.statement.text, { start, end }) >= least,
      );
  });
}

/** Letters that are the same on both sides of two places; three for a common end. */
function likeness(a: string, at: Span, b: string, other: Span): number {
  let left = 0;
  while (left < 8 && at.start > left && a[at.start - left - 1] === b[other.start - left - 1])
    left++;
  let right = 0;
  while (right < 8 && at.end + right < a.length && a[at.end + right] === b[other.end + right]) {
    right++;
  }
  const opens = at.start === 0 && other.start === 0;
  const closes = at.end === a.length && other.end === b.length;
  if (left === 0 && right === 0) return 0;
  if (left === 0 && !opens && right < 4) return 0;
  if (right === 0 && !closes && left < 4) return 0;
  return left + right + (opens || closes ? 3 : 0);
}

function isSwap(
  said: Term,
  other: Term,
  {
    claim,
    statement,
    frame,
    names,
  }: { claim: Claim; statement: string; frame: number; names: Names },
): boolean {
  const [a, b] = trimmed(said.text, other.text);
  const isCapital = said.start > 0 && claim.isCapital(said.start);
  const isNamed = (whole: string, part: string): boolean =>
    names.isName(whole, isCapital) || names.isName(part, false);
  if (frame >= near.name && isNamed(said.text, a) && isNamed(other.text, b)) return true;
  const isNoun = /^[\p{sc=Han}々\u30a1-\u30faー]{2,10}$/u;
  const areNouns = isNoun.test(said.text) && isNoun.test(other.text);
  if (frame < near.noun || !areNouns || shares(said.text, other.text)) return false;
  return likeness(claim.text, said, statement, other) >= alike.noun;
}

function shares(a: string, b: string): boolean {
  for (const letter of a) if (b.includes(letter)) return true;
  return false;
}

/** Two words without what they share at both ends. */
function trimmed(a: string, b: string): [string, string] {
  let from = 0;
  while (from < Math.min(a.length, b.length) && a[from] === b[from]) from++;
  let to = 0;
  while (to < Math.min(a.length, b.length) - from && a.at(-to - 1) === b.at(-to - 1)) to++;
  return [a.slice(from, a.length - to), b.slice(from, b.length - to)];
}
