import { type Detector, type Finding, detectorName } from '../finding.ts';
import { roleEndsAt } from '../names/evidence.ts';
import { hiraganaNameAt, katakanaNameAt } from '../names/kana-name.ts';
import { type Sighting, kanjiNameAt } from '../names/kanji-name.ts';
import { latinNameAt } from '../names/latin-name.ts';
import { isMainlandScript, scriptNameAt, titleEndsAt } from '../names/script-name.ts';
import { Reader, isHiragana, isKanji, isKatakana, isLatin, nameText } from '../names/reader.ts';
import { spanOf } from '../number.ts';

/** Five words in Latin letters, and what is read behind them. */
const longest = 112;
const kind = 'personal.name';
const name = detectorName({ id: 'person-name', version: 1 });
/** A family name counts again this far behind its full name. */
const mentionUnits = 160;
/** Measured on sentences of an encyclopaedia: below it, more is taken for names than is one. */
const leastBare = 45;
const leastScore = 40;

export const personName: Detector = {
  id: 'person-name',
  version: 1,
  kinds: [{ kind, title: { en: 'Name of a person', ja: '人の氏名' } }],
  maxSpan: longest,
  contest: 'name',
  anchor: {
    present: (text, from) => from < text.text.length,
    openFrom(text, from) {
      const reader = new Reader(text.once(nameText));
      const { length } = text.text;
      for (let at = Math.max(from, length - longest); at < length; at++) {
        if (!mayBegin(reader.text, at)) continue;
        reader.rewind();
        sightingAt(reader, at);
        if (reader.atEnd) return at;
      }
      return length;
    },
  },
  detect(text) {
    const findings: Finding[] = [];
    const reader = new Reader(text.once(nameText));
    for (let at = 0; at < reader.text.length; at++) {
      if (isPassedOver(reader.text, at) || !mayBegin(reader.text, at)) continue;
      const sighting = sightingAt(reader, at);
      const score = sighting === undefined ? 0 : scoreOf(sighting);
      if (sighting === undefined || score < leastScore) continue;
      findings.push({ ...spanOf(text, sighting), kind, score, detector: name });
    }
    return findings;
  },
};

/** Most of all text: small Latin letters and marks, with which no name begins. */
function isPassedOver(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < 0x80 && (code < 65 || code > 90);
}

/** Decided by what stands before alone: where a run of one script begins, or a role ends. */
function mayBegin(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  const previous = text.charCodeAt(at - 1);
  if (isKanji(code)) return !isKanji(previous) || roleEndsAt(text, at);
  if (isHiragana(code)) return !isHiragana(previous) && !isKatakana(previous);
  if (isKatakana(code)) return !isKatakana(previous) && previous !== 0x30fb && previous !== 0x3d;
  if (isMainlandScript(code)) return titleEndsAt(text, at);
  return isLatin(code) && !isLatin(previous);
}

function sightingAt(reader: Reader, at: number): Sighting | undefined {
  const code = reader.text.charCodeAt(at);
  if (isHiragana(code)) return hiraganaNameAt(reader, at, (bracket) => endsName(reader, bracket));
  if (isKatakana(code)) return katakanaNameAt(reader, at);
  if (isMainlandScript(code)) return scriptNameAt(reader, at);
  if (!isKanji(code)) return latinNameAt(reader, at);
  const sighting = kanjiNameAt(reader, at);
  if (sighting?.family === undefined || sighting.whole === true) return sighting;
  if (sighting.score >= 70 || sighting.score < 10) return sighting;
  const full = mentionedBefore(reader, at, sighting.family);
  if (full === undefined) return sighting;
  const { bare: _bare, ...mention } = sighting;
  return { ...mention, score: 72, ...(full.bare === true ? { bare: true } : {}) };
}

/**
 * From 55 on something beside the name says so; 50 to 54 is the shape of a name alone, which the
 * names of authors and statesmen have too.
 */
function scoreOf({ score, bare }: Sighting): number {
  if (bare !== true || score < leastBare) return score;
  return Math.min(54, 50 + Math.floor((score - leastBare) / 5));
}

/** The full name of this family, when it stands a little before. */
function mentionedBefore(reader: Reader, at: number, family: string): Sighting | undefined {
  // Cut out, because a search backwards through all of a long text would be made for every name.
  const from = Math.max(0, at - mentionUnits);
  const behind = reader.text.slice(from, at);
  let place = behind.lastIndexOf(family);
  for (let tries = 0; tries < 4 && place >= 0; tries++) {
    const earlier = from + place;
    if (mayBegin(reader.text, earlier)) {
      const full = kanjiNameAt(reader, earlier);
      const sure = full?.family === family && full.whole === true && full.score >= 55;
      if (sure && full.end <= at) return full;
    }
    place = place === 0 ? -1 : behind.lastIndexOf(family, place - 1);
  }
  return undefined;
}

/** Whether what ends at the bracket is a name in kanji. */
function endsName(reader: Reader, bracket: number): boolean {
  for (let at = bracket - 1; at >= 0 && bracket - at <= 10; at--) {
    if (!mayBegin(reader.text, at)) continue;
    const found = kanjiNameAt(reader, at);
    if (found?.end === bracket && found.score >= 50) return true;
  }
  return false;
}
