import { type Anchor, type Detector, type Finding, detectorName } from '../finding.ts';
import { type NormalText, normalise } from '../normalise.ts';
import { spanOf } from '../number.ts';
import { isLetter } from '../decoding/spacing.ts';
import { leak } from './prompt-leak.ts';

const name = detectorName({ id: 'prompt-overlap', version: 1 });
const overlapScore = 75;
/** Letters and digits by which a place in the instructions is recognised, and places apart. */
const gram = 8;
const stride = 32;
/** So much word for word is no chance: some twenty words, or two sentences of Japanese. */
const enough = 120;
const widestSpan = 512;
/** Of the instructions; one place a stride stays under the limit on findings. */
const mostUnits = 30_000;
const mostPlaces = 4;

/** The letters and digits of a text, and where each of them stands. */
interface Compact {
  readonly units: string;
  readonly at: readonly number[];
}

function compactOf({ lower }: NormalText): Compact {
  const at: number[] = [];
  let units = '';
  for (let index = 0; index < lower.length; index++) {
    const code = lower.charCodeAt(index);
    if (!isLetter(lower, index) && (code < 48 || code > 57)) continue;
    units += lower.charAt(index);
    at.push(index);
  }
  return { units, at };
}

function weightOf(units: string, at: number): number {
  return units.charCodeAt(at) < 0x80 ? 1 : 2;
}

/**
 * Long stretches of the instructions of a request, word for word in the answer. Where a stretch
 * begins counts from the instructions, so that a stream cut anywhere gives the same findings.
 * @returns undefined when the instructions are too short to be told from ordinary speech
 */
export function promptOverlap(instructions: readonly string[]): Detector | undefined {
  const whole = compactOf(normalise(instructions.join('\n'))).units.slice(0, mostUnits);
  const places = new Map<string, number[]>();
  const beginnings = new Set<string>();
  // Nearly every place of an answer is dismissed by one look at a bit.
  const bits = new Uint32Array(2_048);
  for (let at = 0; at + gram <= whole.length; at += stride) {
    const units = whole.slice(at, at + gram);
    const known = places.get(units) ?? [];
    const hash = hashAt(whole, at);
    bits[hash >>> 5] = (bits[hash >>> 5] ?? 0) | (1 << (hash & 31));
    if (known.length < mostPlaces) places.set(units, [...known, at]);
    for (let length = 1; length < gram; length++) beginnings.add(units.slice(0, length));
  }
  if (places.size < 2) return undefined;
  const told = { whole, places, bits };
  return {
    id: 'prompt-overlap',
    version: 1,
    kinds: [
      {
        kind: leak,
        title: { en: 'Instructions of the model in its answer', ja: 'モデルへの指示の漏えい' },
      },
    ],
    maxSpan: widestSpan,
    maxScore: overlapScore,
    anchor: {
      present: ({ text }, from) => from < text.length,
      openFrom(text, from) {
        const { units, at } = text.once(compactOf);
        let first = at.length;
        while (
          first > 0 &&
          (at[first - 1] ?? 0) >= Math.max(from, text.lower.length - widestSpan)
        ) {
          first--;
        }
        for (let place = first; place < units.length; place++) {
          const open =
            place + gram > units.length
              ? beginnings.has(units.slice(place))
              : readFrom(text, told, place) === 'open';
          if (open) return at[place] ?? text.lower.length;
        }
        return text.lower.length;
      },
    } satisfies Anchor,
    detect(text) {
      const found: Finding[] = [];
      const { units, at } = text.once(compactOf);
      for (let place = 0; place + gram <= units.length; place++) {
        const end = readFrom(text, told, place);
        if (typeof end !== 'number') continue;
        const span = spanOf(text, { start: at[place] ?? 0, end: (at[end - 1] ?? 0) + 1 });
        found.push({ ...span, kind: leak, score: overlapScore, detector: name });
      }
      return found;
    },
  };
}

/** The instructions by their places. */
interface Told {
  readonly whole: string;
  readonly places: ReadonlyMap<string, readonly number[]>;
  readonly bits: Uint32Array;
}

function hashAt(units: string, at: number): number {
  let hash = 0;
  for (let unit = at; unit < at + gram; unit++) hash = (hash << 2) ^ units.charCodeAt(unit);
  return hash & 0xffff;
}

/** The end of a stretch of enough units that begins at a place, or `open` when it may become one. */
function readFrom(text: NormalText, told: Told, place: number): number | 'open' | undefined {
  const { units, at } = text.once(compactOf);
  const hash = hashAt(units, place);
  if (((told.bits[hash >>> 5] ?? 0) & (1 << (hash & 31))) === 0) return undefined;
  let open = false;
  for (const from of told.places.get(units.slice(place, place + gram)) ?? []) {
    let weight = 0;
    let length = 0;
    const begins = at[place] ?? 0;
    for (; weight < enough; length++) {
      if (place + length >= units.length || from + length >= told.whole.length) break;
      if (units.charCodeAt(place + length) !== told.whole.charCodeAt(from + length)) break;
      if ((at[place + length] ?? 0) - begins >= widestSpan) break;
      weight += weightOf(units, place + length);
    }
    if (weight >= enough) return place + length;
    open ||= place + length >= units.length && from + length < told.whole.length;
  }
  return open ? 'open' : undefined;
}
