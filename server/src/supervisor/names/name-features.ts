/** Weights trained with another way of hashing are refused. */
export const nameFeatureVersion = 2;
/** A name model has 2^18 buckets: 256 KB. */
export const nameFeatureBits = 18;

/**
 * What a string is asked for: the family name of a whole name in kanji, the given name behind it,
 * or a part of a foreign name in katakana.
 */
export type NamePart = 'family' | 'given' | 'foreign';

const seeds: Readonly<Record<NamePart, number>> = {
  family: 0x811c9dc5,
  given: 0x2f0b4c47,
  foreign: 0x1b873593,
};

/** Units of the longest piece that is hashed, its edges counted. */
const longestPiece = 5;
/** Longer strings are asked about by their beginning. */
export const mostNameUnits = 16;
/** Room for the buckets of one part: pieces of one to five units, and the part itself. */
export const mostNameFeatures = (mostNameUnits + 2) * longestPiece + 1;

const shift = 32 - nameFeatureBits;
const opens = 1;
const closes = 2;

function bucketOf(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) >>> shift;
}

/**
 * Buckets of every piece of one to five units of `text` from `from` to `to`, where the edges count
 * as units, so that the whole of a short name is a piece too; and one bucket for the part itself.
 * @returns how many there are in `into` now
 */
export function nameFeatures(
  { text, from, to, part }: NameStretch,
  into: Int32Array,
  count: number,
): number {
  const seed = seeds[part];
  const last = Math.min(to, from + mostNameUnits);
  let at = count;
  into[at++] = bucketOf(seed);
  for (let start = from - 1; start < last; start++) {
    const end = Math.min(start + longestPiece, last + 1);
    let hash = seed;
    for (let unit = start; unit < end; unit++) {
      const code = unit < from ? opens : unit === last ? closes : text.charCodeAt(unit);
      hash = Math.imul(hash ^ code, 0x01000193);
      // An edge alone says nothing.
      if (unit >= from && (unit > start || unit < last)) into[at++] = bucketOf(hash);
    }
  }
  return at;
}

export interface NameStretch {
  readonly text: string;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly part: NamePart;
}
