import { type NormalText, kanjiDigits } from './normalise.ts';

/** Digits that belong together without a blank: `090-1234-5678` is one word of three groups. */
interface Word {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
  readonly groups: readonly number[];
  /** The marks between its groups, each once: `-`, `-.`, `()`. */
  readonly marks: string;
}

/** A digit string that some detector may claim. Indexes are of the normalised text. */
export interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
  /** Lengths of its groups: `4-4-4`, or `12` when written together. */
  readonly shape: string;
  readonly marks: string;
  /** Made of words with blanks between them, and more words stand beside them: a table perhaps. */
  readonly crowded: boolean;
  /** An ASCII letter or underscore stands directly before it. */
  readonly glued: boolean;
}

const minDigits = 7;
const maxDigits = 19;
const maxWords = 6;
/** Units after a candidate that may still change it: separator, neighbour, words of context. */
export const digitLookAhead = 24;
/** The longest candidate: every digit on its own, with the longest separator between them. */
const maxLength = maxDigits + (maxDigits - 1) * 3;

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

export function isAsciiWord(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (
    (code >= 48 && code <= 57) ||
    (code >= 65 && code <= 90) ||
    (code >= 97 && code <= 122) ||
    code === 95
  );
}

/** Kanji digits are also ordinary words, so a change of script ends a group: 5678一番. */
function isKanji(text: NormalText, at: number): boolean {
  return kanjiDigits.includes(text.original.charAt(text.start(at)));
}

function groupEnd(text: NormalText, from: number): number {
  const kanji = isKanji(text, from);
  let at = from + 1;
  while (isDigit(text.text, at) && isKanji(text, at) === kanji) at++;
  return at;
}

interface Separator {
  readonly end: number;
  /** Empty for a blank or a line break. */
  readonly mark: string;
}

/**
 * What stands between two groups: at most one mark, with at most a blank or line break around it.
 */
function separatorAt(text: string, from: number): Separator | undefined {
  let at = from;
  const blank = text[at] === ' ';
  if (blank) at++;
  const mark = '-ー./()'.includes(text[at] ?? '') ? (text[at] ?? '') : '';
  if (mark === '') {
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
  } else {
    at++;
    const tight = mark === '.' || mark === '/' || mark === '(';
    if (tight && blank) return undefined;
    if (mark === ')' && (text[at] === '-' || text[at] === ' ')) at++;
    else if (!tight && text[at] === ' ') at++;
    else if (!tight && text[at] === '\n') at++;
  }
  return at > from && isDigit(text, at) ? { end: at, mark } : undefined;
}

/** Words in runs: the words of one run have a blank or a line break between them. */
function scanRuns(text: NormalText): readonly (readonly Word[])[] {
  const runs: Word[][] = [];
  let run: Word[] = [];
  let at = 0;
  const close = (): void => {
    if (run.length > 0) runs.push(run);
    run = [];
  };
  for (const place of text.once(digitPlaces)) {
    if (place < at) continue;
    const { word, next, joined } = readWord(text, place);
    if (word !== undefined) run.push(word);
    if (word === undefined || !joined) close();
    at = next;
  }
  close();
  return runs;
}

/**
 * One word. A chain of groups that is too long is read to its end and yields nothing, so that
 * where a scan begins inside it makes no difference.
 * @returns `joined` when another word follows in the same run
 */
function readWord(
  text: NormalText,
  from: number,
): { word: Word | undefined; next: number; joined: boolean } {
  const groups: number[] = [];
  let digits = '';
  let marks = '';
  let long = false;
  let at = from;
  for (;;) {
    const end = groupEnd(text, at);
    long ||= digits.length + end - at > maxDigits;
    if (!long) {
      groups.push(end - at);
      digits += text.text.slice(at, end);
    }
    const separator = separatorAt(text.text, end);
    if (separator === undefined || separator.mark === '') {
      const word = long ? undefined : { start: from, end, digits, groups, marks };
      const joined = separator !== undefined && !long;
      return { word, next: separator === undefined ? end : separator.end, joined };
    }
    if (!marks.includes(separator.mark)) marks += separator.mark;
    at = separator.end;
  }
}

/** Every digit string that a detector may claim, in order of start. */
export function digitCandidates(text: NormalText): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const run of text.once(scanRuns)) {
    for (let first = 0; first < run.length; first++) {
      pushCandidate(found, text, { run, first, last: first });
      // Beyond a few words a run is a table; its cells are looked at one by one only.
      if (first > 2) continue;
      const most = Math.min(run.length, first + maxWords);
      for (let last = first + 1; last < most; last++) {
        pushCandidate(found, text, { run, first, last });
      }
    }
    pushSpelled(found, text, run);
  }
  return found;
}

/** Digits written one by one, as in the boxes of a form. */
function pushSpelled(found: Candidate[], text: NormalText, run: readonly Word[]): void {
  if (run.length <= maxWords || run.length > maxDigits) return;
  if (run.every((word) => word.digits.length === 1)) {
    pushCandidate(found, text, { run, first: 0, last: run.length - 1 });
  }
}

function pushCandidate(
  found: Candidate[],
  text: NormalText,
  { run, first, last }: { run: readonly Word[]; first: number; last: number },
): void {
  let digits = '';
  let marks = '';
  const groups: number[] = [];
  for (let index = first; index <= last; index++) {
    const word = run[index];
    if (word === undefined) return;
    digits += word.digits;
    if (digits.length > maxDigits) return;
    marks += word.marks;
    groups.push(...word.groups);
  }
  const start = run[first]?.start ?? 0;
  const end = run[last]?.end ?? 0;
  if (digits.length < minDigits || isLetterAfter(text.text, end)) return;
  found.push({
    start,
    end,
    digits,
    shape: groups.join('-'),
    marks,
    crowded: last > first && (first > 0 || last < run.length - 1),
    glued: start > 0 && isAsciiWord(text.text, start - 1) && !isDigit(text.text, start - 1),
  });
}

function isLetterAfter(text: string, at: number): boolean {
  return isAsciiWord(text, at) && !isDigit(text, at);
}

/** Where the digits of a text stand, found once for all who look for digits first. */
export function digitPlaces({ text }: NormalText): readonly number[] {
  const first = text.search(/[0-9]/);
  const places: number[] = [];
  for (let at = first; at >= 0 && at < text.length; at++) if (isDigit(text, at)) places.push(at);
  return places;
}

/** Whether so many digits stand at or after an index. */
export function hasDigits(text: NormalText, from: number, least: number): boolean {
  return (text.once(digitPlaces).at(-least) ?? -1) >= from;
}

/** The anchor of all detectors whose findings are digits. */
export const digitAnchor = {
  present: (text: NormalText, from: number): boolean => hasDigits(text, from, minDigits),

  openFrom(text: NormalText, from: number): number {
    const { length } = text.text;
    const reach = Math.max(from, length - maxLength - digitLookAhead);
    const open = openLead(text.text, from);
    let at = reach;
    while (at < length && !isDigit(text.text, at)) at++;
    if (at === length) return open;
    for (const run of text.once(scanRuns)) {
      const tail = run.at(-1);
      if (tail === undefined || tail.end <= reach) continue;
      const growing = tail.end + 4 > length;
      const digits = run.reduce((sum, word) => sum + word.digits.length, 0);
      if (!growing && (digits < minDigits || tail.end + digitLookAhead <= length)) continue;
      const first = run.find((word) => word.end + maxLength + digitLookAhead > length);
      return Math.min(open, Math.max(reach, lead(text.text, first?.start ?? length)));
    }
    return Math.min(open, openGroup(text, reach));
  },
};

/** Telephone numbers begin with what stands before their first digit: + or (+ or ( */
function lead(text: string, start: number): number {
  let at = start;
  while (at > 0 && start - at < 2 && '+('.includes(text[at - 1] ?? ' ')) at--;
  return at;
}

function openLead(text: string, from: number): number {
  return Math.max(from, lead(text, text.length));
}

/** A word that ends the text and is too long already yields nothing; a shorter one may grow. */
function openGroup(text: NormalText, reach: number): number {
  const { length } = text.text;
  let at = length;
  while (at > reach && isDigit(text.text, at - 1)) at--;
  return length - at > maxDigits ? length : at;
}
