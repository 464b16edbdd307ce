import { type NormalText, normalise } from '../normalise.ts';
import { type Encoding, bitOf, namesOf } from './encoding.ts';

/** A text whose units know where in the original they come from. Offsets are UTF-16 units. */
export interface View {
  readonly text: string;
  /** What the detectors read where this is looked at. */
  readonly like: NormalText;
  /** Original offsets of the unit at an index: where it begins, and just after it. */
  start(index: number): number;
  end(index: number): number;
  /** Bits of the encodings the unit was read through; 0 when it stands there in the clear. */
  bits(index: number): number;
}

/** Something to read: as it was written, and as the detectors read it. */
export interface Source {
  readonly raw: View;
  readonly normal: View;
  readonly text: NormalText;
}

export interface Place {
  readonly start: number;
  readonly end: number;
  readonly through: string;
}

export function sourceOf(text: NormalText): Source {
  return {
    raw: {
      text: text.original,
      like: text,
      start: (index) => index,
      end: (index) => index + 1,
      bits: () => 0,
    },
    normal: {
      text: text.text,
      like: text,
      start: (index) => text.start(index),
      end: (index) => text.end(index),
      bits: () => 0,
    },
    text,
  };
}

/** A text made of another by decoding some of it, with the way back to the original. */
export class Layer implements Source {
  readonly raw: View;
  readonly normal: View;
  readonly text: NormalText;

  constructor(
    text: string,
    map: {
      readonly starts: readonly number[];
      readonly ends: readonly number[];
      readonly bits: readonly number[];
    },
    like: NormalText,
  ) {
    const normal = normalise(text, like);
    this.raw = {
      text,
      like: normal,
      start: (index) => map.starts[index] ?? 0,
      end: (index) => map.ends[index] ?? 0,
      bits: (index) => map.bits[index] ?? 0,
    };
    this.text = normal;
    this.normal = {
      text: normal.text,
      like: normal,
      start: (index) => this.raw.start(normal.start(index)),
      end: (index) => this.raw.end(normal.end(index) - 1),
      bits: (index) => this.raw.bits(normal.start(index)),
    };
  }

  /** Where in the original something of this layer stands; undefined when none of it is encoded. */
  placeOf({ start, end }: { readonly start: number; readonly end: number }): Place | undefined {
    let bits = 0;
    let from = Infinity;
    let to = 0;
    for (let at = start; at < end; at++) {
      bits |= this.raw.bits(at);
      from = Math.min(from, this.raw.start(at));
      to = Math.max(to, this.raw.end(at));
    }
    return bits === 0 ? undefined : { start: from, end: to, through: namesOf(bits) };
  }
}

/** Puts a layer together: pieces of a view taken over, and pieces read otherwise. */
export class LayerBuilder {
  readonly #view: View;
  readonly #parts: string[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #bits: number[] = [];
  /** Up to here the view has been taken over. */
  #copied = 0;
  #changed = false;

  constructor(view: View) {
    this.#view = view;
  }

  /** What stands between two indexes means this text. Calls go from left to right. */
  replace(from: number, to: number, text: string, encoding: Encoding): void {
    this.#copy(from);
    this.put(from, to, text, encoding);
    this.#copied = to;
  }

  /** Adds a text in whatever order; what is not added is left out once `finish` says so. */
  put(from: number, to: number, text: string, encoding: Encoding): void {
    this.#changed = true;
    const start = this.#view.start(from);
    const end = this.#view.end(to - 1);
    const bits = this.#view.bits(from) | bitOf(encoding);
    this.#parts.push(text);
    for (let unit = 0; unit < text.length; unit++) {
      this.#starts.push(start);
      this.#ends.push(end);
      this.#bits.push(bits);
    }
  }

  /** @param rest `drop` when everything was put by hand @returns undefined when nothing changed */
  finish(rest: 'copy' | 'drop' = 'copy'): Layer | undefined {
    if (!this.#changed) return undefined;
    if (rest === 'copy') this.#copy(this.#view.text.length);
    const map = { starts: this.#starts, ends: this.#ends, bits: this.#bits };
    return new Layer(this.#parts.join(''), map, this.#view.like);
  }

  #copy(to: number): void {
    if (to <= this.#copied) return;
    this.#parts.push(this.#view.text.slice(this.#copied, to));
    for (let at = this.#copied; at < to; at++) {
      this.#starts.push(this.#view.start(at));
      this.#ends.push(this.#view.end(at));
      this.#bits.push(this.#view.bits(at));
    }
    this.#copied = to;
  }
}
