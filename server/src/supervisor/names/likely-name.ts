import { type After, type Before, after, callingAt } from './evidence.ts';
import { historicGivens, mayEndGiven } from './given-names.ts';
import type { Sighting } from './kanji-name.ts';
import { mostFamily, mostGiven, nameModel } from './name-model.ts';
import { type Reader, isKanji, runEnd } from './reader.ts';
import { mayBeginFamily, surnames } from './surnames.ts';

/** Whole names in kanji that the model is asked about. */
const fewestWhole = 3;
const mostWhole = mostFamily + mostGiven;

/**
 * Logarithms of odds, chosen on the half of an encyclopaedia's sentences that rules may be looked
 * at with. Bare: from here on the shape alone is a name.
 */
const leastBare = 1.5;
/** A label, a role, an honorific or a title says so too. */
const leastEvident = -1;
/** What the lists take for a whole name and the model does not is none: 日本公開. */
const mostUnlikely = -2;
/** Here the model's end of a name goes before that of the lists. */
const sure = 2;

/** A run of kanji and what stands before it. */
export interface KanjiRun {
  readonly reader: Reader;
  readonly start: number;
  readonly end: number;
  readonly context: Before;
}

interface Likely {
  readonly end: number;
  readonly odds: number;
  readonly family: string;
  readonly behind: After;
}

/**
 * What the model of names makes of a run of kanji, and of what the lists found there.
 * @param best by the lists: a whole name, a family name, or undefined
 */
export function likelier(run: KanjiRun, best: Sighting | undefined): Sighting | undefined {
  if (best?.whole === true && best.bare !== true) return best;
  const likely = likelyWhole(run);
  const seen = likely === undefined ? undefined : sightingOf(run, likely);
  if (best?.whole !== true) {
    if (seen !== undefined) return seen;
    return spacedName(run) ?? standing(run, best);
  }
  if (likely !== undefined && best.end === likely.end) {
    if (likely.odds < mostUnlikely) return undefined;
    return seen === undefined || best.score >= seen.score ? best : seen;
  }
  if (likely !== undefined && likely.odds > sure) return seen;
  return isUnlikely(run, best) ? undefined : best;
}

/** 松下電器: a family name of the lists before what no given name is like. */
function isUnlikely({ reader, start, end }: KanjiRun, best: Sighting): boolean {
  if (best.end > end) return false;
  const found = nameModel().divide(reader.text.slice(start, best.end));
  return found !== undefined && found.odds < mostUnlikely;
}

/** The best reading of what begins here as a family name and a given name, and nothing more. */
function likelyWhole({ reader, start, end, context }: KanjiRun): Likely | undefined {
  if (end - start < fewestWhole) return undefined;
  // Most words end here: nothing says that they are names, and they begin as no family name does.
  if (context === 'none' && !mayBeginFamily(reader.text.charCodeAt(start))) return undefined;
  let best: Likely | undefined;
  const last = Math.min(end, start + mostWhole);
  for (let to = start + fewestWhole; to <= last; to++) {
    if (to < end && callingAt(reader, to) === undefined) continue;
    if (context === 'none' && !mayEndGiven(reader.text.charCodeAt(to - 1))) continue;
    const behind = after(reader, to);
    if (behind === 'joined' || behind === 'place') continue;
    best = readingOf(reader.slice(start, to), { end: to, behind, best });
    // What is called something ends there: 佐藤監督 is no name of four characters.
    const called = behind === 'honorific' || behind === 'title';
    if (called && best?.end === to && best.odds > leastEvident) return best;
  }
  return best;
}

/** As the model divides it, unless another reading is likelier. */
function readingOf(
  text: string,
  of: { readonly end: number; readonly behind: After; readonly best: Likely | undefined },
): Likely | undefined {
  const { end, behind, best } = of;
  const found = chances.has(text) ? undefined : nameModel().divide(text);
  if (found === undefined || (best !== undefined && found.odds <= best.odds)) return best;
  return { end, odds: found.odds, family: text.slice(0, found.family), behind };
}

/** Words that are a family name and a given name by chance. */
const chances = new Set(['大西洋', '東海林道', '小林業', '川上流', '中山道', '大野原']);

function sightingOf(
  { start, context }: KanjiRun,
  { end, odds, family, behind }: Likely,
): Sighting | undefined {
  const called = behind === 'honorific' || behind === 'title' || behind === 'reading';
  const evident = context !== 'none' || called;
  if (odds < (evident ? leastEvident : leastBare)) return undefined;
  const score = Math.round(Math.min(94, 46 + 3 * odds + (evident ? 14 : 0) + (called ? 10 : 0)));
  return { start, end, score, family, whole: true, ...(evident ? {} : { bare: true }) };
}

/** 小川 碧唯: a whole name with the blank of a roster in it. */
function spacedName({ reader, start, end }: KanjiRun): Sighting | undefined {
  if (end - start > mostFamily || reader.code(end) !== 0x20) return undefined;
  const last = runEnd(reader, end + 1, { is: isKanji, most: mostGiven + 1 });
  const given = reader.slice(end + 1, last);
  if (given.length === 0 || given.length > mostGiven || end - start + given.length < 3)
    return undefined;
  const behind = after(reader, last);
  if (behind === 'joined' || behind === 'place') return undefined;
  const family = reader.slice(start, end);
  const likely = readingOf(family + given, { end: last, behind, best: undefined });
  if (likely?.family !== family || likely.odds < sure) return undefined;
  const score = Math.round(Math.min(90, 56 + 3 * likely.odds));
  return { start, end: last, score, family, whole: true };
}

/** Behind a family name: all who bear it, their side, their line. */
const houses = '家氏派方';

/** 小野田家, and 信長 without a family name. */
function standing(run: KanjiRun, best: Sighting | undefined): Sighting | undefined {
  const { reader, start, end } = run;
  const units = end - start;
  if (best !== undefined && best.bare !== true) return best;
  if (units > 2 && units < 5 && houses.includes(reader.text.charAt(end - 1))) {
    const family = reader.text.slice(start, end - 1);
    if (surnames().has(family)) return { start, end: end - 1, score: 52, family, bare: true };
  }
  if (best !== undefined || historicGivens.longest(reader, start) !== units) return best;
  const behind = after(reader, end);
  if (behind === 'joined' || behind === 'place') return undefined;
  return { start, end, score: 52, bare: true };
}
