import type { NormalText } from '../normalise.ts';
import { base32Runs } from './base32.ts';
import { base64Runs } from './base64.ts';
import { ciphersIn } from './cipher-words.ts';
import { exchangeLetters, reverse } from './ciphers.ts';
import { escapeRuns } from './escapes.ts';
import { binaryRuns, hexRuns } from './hex.ts';
import { hidesText, openHidden } from './hidden.ts';
import { type Layer, LayerBuilder, type Source, type View, sourceOf } from './layer.ts';
import { openLeetspeak } from './leetspeak.ts';
import { openLookAlikes } from './look-alikes.ts';
import { morseRuns } from './morse.ts';
import type { Run } from './run.ts';
import { type Signs, signsOf } from './signs.ts';
import { closeSpacing } from './spacing.ts';

/** A text read otherwise. */
export interface Reading {
  readonly layer: Layer;
  /**
   * `exact`: what it says is what was written. `likely`: one way to read it, which also turns
   * ordinary words into others, so that only words of attacks mean something in it.
   */
  readonly kind: 'exact' | 'likely';
}

/** Encodings within encodings that are opened. */
const depth = 2;

/**
 * What a text says once its encodings are undone. Every reading is of the whole text with the
 * encoded pieces replaced where they stand, so there are at most nine however many pieces there
 * are, and the time is linear.
 */
export function readingsOf(text: NormalText): readonly Reading[] {
  const { readings, source, signs } = exactly(text);
  const guesses = [...likely(source, signs)].map((layer): Reading => ({ layer, kind: 'likely' }));
  return [...readings, ...guesses];
}

/** Only what is written in signs that mean exactly one text. */
export function exactReadingsOf(text: NormalText): readonly Reading[] {
  return exactly(text).readings;
}

function exactly(text: NormalText): {
  readonly readings: readonly Reading[];
  /** The last of them, or the text itself. */
  readonly source: Source;
  readonly signs: Signs;
} {
  const readings: Reading[] = [];
  let source: Source = sourceOf(text);
  let signs = signsOf(text.text);
  for (let level = 0; level < depth; level++) {
    const opened = open(source, signs);
    if (opened === undefined) break;
    readings.push({ layer: opened, kind: 'exact' });
    source = opened;
    signs = signsOf(opened.text.text);
  }
  return { readings, source, signs };
}

/** What is written in signs that mean exactly one text. */
function open(source: Source, signs: Signs): Layer | undefined {
  const hidden = hidesText(source.text.original) ? openHidden(source.raw) : undefined;
  const { normal } = hidden ?? source;
  const { packed, bytes, escaped, morse } = hidden === undefined ? signs : signsOf(normal.text);
  const runs: Run[] = [];
  const take = (found: Iterable<Run>): void => {
    for (const run of found) runs.push(run);
  };
  if (bytes) {
    take(hexRuns(normal.text));
    take(binaryRuns(normal.text));
  }
  if (packed) {
    take(base32Runs(normal.text));
    take(base64Runs(normal.text));
  }
  if (escaped) take(escapeRuns(normal.text));
  if (morse) take(morseRuns(normal.text));
  return runs.length === 0 ? hidden : (replaceRuns(normal, runs) ?? hidden);
}

/** Of runs that overlap, the one that begins first, and of those the one looked for first. */
function replaceRuns(view: View, runs: readonly Run[]): Layer | undefined {
  const builder = new LayerBuilder(view);
  let done = 0;
  for (const { from, to, text, encoding } of runs.toSorted((a, b) => a.from - b.from)) {
    if (from < done) continue;
    builder.replace(from, to, text, encoding);
    done = to;
  }
  return builder.finish();
}

function* likely(source: Source, signs: Signs): Generator<Layer> {
  const clear = signs.strange ? openLookAlikes(source.normal) : undefined;
  if (clear !== undefined) yield clear;
  let deepest: Source = clear ?? source;
  const closed = signs.apart ? closeSpacing(deepest.normal) : undefined;
  if (closed !== undefined) yield closed;
  deepest = closed ?? deepest;
  const mixed = signs.mixed || closed !== undefined;
  const plain = mixed ? openLeetspeak(deepest.normal) : undefined;
  if (plain !== undefined) yield plain;
  const used = ciphersIn(deepest.text.lower);
  for (const encoding of ['rot13', 'atbash'] as const) {
    const layer = used.has(encoding) ? exchangeLetters(deepest.normal, encoding) : undefined;
    if (layer !== undefined) yield layer;
  }
  if (!used.has('reversed')) return;
  for (const what of ['text', 'words'] as const) {
    const layer = reverse(deepest.normal, what);
    if (layer !== undefined) yield layer;
  }
}
