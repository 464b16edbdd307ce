import { lazily } from '../lexicon.ts';
import type { NormalText } from '../normalise.ts';

/** Weights trained with another way of hashing are refused. */
export const featureVersion = 1;
/** Features are numbered with so many bits; a model with fewer buckets takes the highest. */
export const featureBits = 18;
/** Units of one passage, and from the beginning of one to the beginning of the next. */
export const passageUnits = 256;
export const passageStride = 224;
/** Fewer features say nothing: a word, an address, a number in a list. */
export const fewestFeatures = 24;
/** Longer words are names, keys and noise: what is behind this many units is not hashed. */
const wordUnits = 32;
/** A dense unit counts three times, so that a passage never has more. */
const mostFeatures = 4 * passageUnits;
/** Texts up to here keep their features for the next model; longer ones are hashed again. */
const keptUnits = 32_768;

/** A stretch of a text with the features that stand in it, each once. Indexes are normalised. */
export interface Passage {
  readonly start: number;
  readonly end: number;
  readonly features: Uint32Array;
}

interface Scratch {
  readonly seen: Uint32Array;
  readonly found: Uint32Array;
  /** The script of every unit: one look-up instead of a dozen comparisons. */
  readonly scripts: Uint8Array;
}

const scratch = lazily((): Scratch => ({
  seen: new Uint32Array(2 ** featureBits / 32),
  found: new Uint32Array(mostFeatures),
  scripts: Uint8Array.from({ length: 0x10000 }, (_, code) => scriptOf(code)),
}));

/**
 * 0: between words, whatever it is, so that question marks and brackets are no shortcut.
 * 1: a letter or digit of a script with words. 2: of one written without blanks.
 */
function scriptOf(code: number): 0 | 1 | 2 {
  if (code < 0x80) {
    if (code >= 97 && code <= 122) return 1;
    if (code >= 48 && code <= 57) return 1;
    return code >= 65 && code <= 90 ? 1 : 0;
  }
  if (code >= 0x3041 && code <= 0x30ff) return code === 0x30fb ? 0 : 2;
  if (code >= 0x3400 && code <= 0x9fff) return 2;
  if (code >= 0xac00 && code <= 0xd7a3) return 2;
  if (code >= 0xe00 && code <= 0xeff) return 2;
  if (code >= 0x1000 && code <= 0x109f) return 2;
  if (code >= 0x1780 && code <= 0x17ff) return 2;
  if (code === 0x3005 || (code >= 0xf900 && code <= 0xfaff)) return 2;
  if (code >= 0xc0 && code < 0x2000) return code === 0xd7 || code === 0xf7 ? 0 : 1;
  return code >= 0xd800 && code <= 0xdfff ? 2 : 0;
}

const shift = 32 - featureBits;

/** The last step of a hash: every bit of it decides the bucket. */
function bucketOf(hash: number): number {
  let mixed = hash ^ (hash >>> 15);
  mixed = Math.imul(mixed, 0x2c1b3c6d);
  mixed ^= mixed >>> 12;
  return Math.imul(mixed, 0x297a2d39) >>> shift;
}

/** Adds a feature that is not there yet. @returns how many there are */
function noted(hash: number, count: number, { seen, found }: Scratch): number {
  const bucket = bucketOf(hash);
  const bit = 1 << (bucket & 31);
  const word = bucket >>> 5;
  const before = seen[word] ?? 0;
  if ((before & bit) !== 0 || count === mostFeatures) return count;
  seen[word] = before | bit;
  found[count] = bucket;
  return count + 1;
}

/**
 * Hashed words, pairs of words and four-unit pieces of them; of scripts without blanks, pieces of
 * two, three and four units (Weinberger et al. 2009, feature hashing, without the sign: buckets are
 * many and counts are dropped). Each feature once.
 * @param lower normalised, in lower case
 * @param to at most `passageUnits` behind `from`
 */
export function featuresOf(lower: string, from: number, to: number): Uint32Array {
  const into = scratch();
  const { seen, found, scripts } = into;
  let count = 0;
  // The last three units; between words stands one blank, however much is there.
  let a = 0;
  let b = 0;
  let c = 32;
  // Hashes of a and b, and of b and c: each is needed three times and made once.
  let ab = 0;
  let bc = pairHash(b, c);
  // How many units of a script without blanks stand in a row.
  let run = 0;
  let wordHash = 0;
  let wordLength = 0;
  let lastWord = 0;
  for (let at = from; at <= to; at++) {
    const code = at < to ? lower.charCodeAt(at) : 32;
    const script = at < to ? scripts[code] : 0;
    if (script === 1) {
      if (wordLength < wordUnits) {
        wordHash = (Math.imul(wordHash ^ code, 0x01000193) + wordLength) | 0;
      }
      wordLength++;
    } else if (wordLength > 0) {
      count = noted(wordHash ^ 0x5bd1e995, count, into);
      if (lastWord !== 0) count = noted(Math.imul(lastWord, 0x9e3779b1) ^ wordHash, count, into);
      lastWord = wordHash;
      wordHash = 0;
      wordLength = 0;
    }
    const unit = script === 0 ? 32 : code;
    if (script === 0 && c === 32) {
      run = 0;
      continue;
    }
    const pair = pairHash(c, unit);
    if (script === 2) {
      run++;
      if (run > 1) count = noted(pair ^ 0x1b873593, count, into);
      if (run > 2) count = noted(tripleHash(bc, unit) ^ 0x3c6ef372, count, into);
      if (run > 3) count = noted(quadHash(ab, pair), count, into);
      lastWord = 0;
    } else {
      run = 0;
      if (a !== 0) count = noted(quadHash(ab, pair), count, into);
    }
    a = b;
    b = c;
    c = unit;
    ab = bc;
    bc = pair;
  }
  const features = found.slice(0, count);
  for (const bucket of features) seen[bucket >>> 5] = 0;
  return features;
}

function pairHash(a: number, b: number): number {
  return (Math.imul(a, 0x85ebca6b) + Math.imul(b, 0xc2b2ae35)) | 0;
}

/** @param pair the hash of the two units before it */
function tripleHash(pair: number, unit: number): number {
  return Math.imul(pair ^ 0x165667b1, 0x27d4eb2f) + Math.imul(unit, 0x9e3779b1);
}

/** Of four units, by the hashes of the first two and of the last two. */
function quadHash(first: number, last: number): number {
  return Math.imul(first, 0x27d4eb2f) ^ (last + 0x7f4a7c15);
}

/** Where the passages of a text begin and end: the whole of it, when it is short. */
export function* passageEdges(length: number): Generator<{ start: number; end: number }> {
  let start = 0;
  for (; start + passageUnits < length; start += passageStride) {
    yield { start, end: start + passageUnits };
  }
  if (length > 0) yield { start, end: length };
}

function* passages({ lower, like }: NormalText): Generator<Passage> {
  const known = like !== undefined && like.lower.length <= keptUnits ? like.once(byStart) : none;
  for (const { start, end } of passageEdges(lower.length)) {
    const same = known.get(start);
    if (same !== undefined && same.end === end && holdsSame(lower, like?.lower ?? '', same)) {
      yield same;
      continue;
    }
    const features = featuresOf(lower, start, end);
    if (features.length >= fewestFeatures) yield { start, end, features };
  }
}

/** A reading of a text has most passages in common with it: they are not hashed again. */
function byStart(text: NormalText): ReadonlyMap<number, Passage> {
  return new Map(text.once(keptPassages).map((passage) => [passage.start, passage]));
}

const none: ReadonlyMap<number, Passage> = new Map();

function holdsSame(a: string, b: string, { start, end }: Passage): boolean {
  for (let at = start; at < end; at++) if (a.charCodeAt(at) !== b.charCodeAt(at)) return false;
  return true;
}

function keptPassages(text: NormalText): readonly Passage[] {
  return [...passages(text)];
}

/** The passages of a text that say something, hashed once however many models read them. */
export function passagesOf(text: NormalText): Iterable<Passage> {
  return text.lower.length <= keptUnits ? text.once(keptPassages) : passages(text);
}
