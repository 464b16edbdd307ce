import type { Bilingual } from '#base';
import type { NormalText } from './normalise.ts';

/** What one detector saw in one text. */
export interface Finding {
  /** For example `personal.jp_my_number`; the first segment is the family. */
  readonly kind: string;
  /** UTF-16 offsets in the original text, end exclusive. */
  readonly start: number;
  readonly end: number;
  /** 0 to 100: 95 is labelled and checked, 60 is checked and nothing near it says what it is. */
  readonly score: number;
  /** Id and version, such as `jp-my-number@1`. */
  readonly detector: string;
  /** Labelled as such, and its check digit or structure is wrong: a typing or OCR error. */
  readonly malformed?: true;
  /** Other kinds that fit the same characters less well. */
  readonly alternatives?: readonly string[];
  /** The encodings it was read through, such as `base64` or `hex+rot13`; in the clear without. */
  readonly through?: string;
}

/**
 * Where findings may begin and where they may still be growing. Detectors that look for the same
 * thing first (a digit, an @) share one anchor, so that it is looked for once.
 * Indexes are of the normalised text.
 */
export interface Anchor {
  /**
   * May any finding begin at or after `from`? Cheap; a wrong yes costs time, a wrong no is a bug.
   */
  present(text: NormalText, from: number): boolean;
  /**
   * The first index at or after `from` at which a finding may begin that more text could still
   * change: lengthen, shorten, score otherwise, or bring into being. The text's length when none.
   */
  openFrom(text: NormalText, from: number): number;
}

export interface Detector {
  readonly id: string;
  readonly version: number;
  readonly kinds: readonly { readonly kind: string; readonly title: Bilingual }[];
  /** Units of normalised text that a finding and the context it needs after it can span. */
  readonly maxSpan: number;
  /** The one direction in which it is asked at all; absent when in both. */
  readonly only?: 'input' | 'output';
  /** No finding scores more; 100 without it. Where no rule would act on it, nobody is asked. */
  readonly maxScore?: number;
  /** Findings of detectors with the same contest name compete for a span; others never yield. */
  readonly contest?: string;
  /** Without one, any of the last `maxSpan` units may still become a finding. */
  readonly anchor?: Anchor;
  /**
   * Every finding, also overlapping ones. A finding depends on at most `lookBehind` units before
   * its start, so that a stream and a whole text give the same answer.
   */
  detect(text: NormalText): readonly Finding[];
}

/** Units before a finding that its detector may read: context words, and tokens cut as too long. */
export const lookBehind = 256;

export function detectorName(detector: Pick<Detector, 'id' | 'version'>): string {
  return `${detector.id}@${detector.version}`;
}

/** The anchor of a detector that declares none. */
export function boundedAnchor(maxSpan: number): Anchor {
  return {
    present: (text, from) => from < text.text.length,
    openFrom: (text, from) => Math.max(from, text.text.length - maxSpan),
  };
}
