import type { Finding } from './finding.ts';

/** What is replaced, and whether it is replaced for good. */
export type Mask = Finding & { readonly final?: true };

/** Gives a value of one kind its number. */
export interface Numbering {
  /** @param isFree whether no other value has this number in the exchange */
  issue(name: string, value: string, isFree: (number: number) => boolean): number;
}

/**
 * Stand-ins for what must not reach a model: `[EMAIL_1]`. One vault per exchange; restoring what
 * was redacted gives the original byte for byte, but for what a rule replaces for good: `[EMAIL]`.
 */
export interface Placeholders {
  /** Replaces the spans of the findings; overlapping ones become one stand-in. */
  redact(text: string, findings: readonly Mask[]): string;
  /** Puts the values back, once: a value that looks like a stand-in is left as it is. */
  restore(text: string): string;
  /** Where a stand-in may be growing at the end of the text; the text's length when nowhere. */
  openFrom(text: string): number;
  /** Different values replaced so far. */
  readonly count: number;
}

const pattern = /\[[A-Z][A-Z0-9_]{0,63}_[0-9]{1,6}\]/g;
const longest = 74;

/** The name a kind has inside a stand-in: `personal.jp_my_number` becomes JP_MY_NUMBER. */
export function placeholderName(kind: string): string {
  const name = (kind.split('.').at(-1) ?? '').toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_');
  return /^[A-Z]/.test(name) ? name.slice(0, 60) : `X_${name.slice(0, 58)}`;
}

/**
 * @param texts every text of the exchange: what already looks like a stand-in there is never issued
 */
export function createPlaceholders(
  texts: readonly string[],
  numbering: Numbering = new OrderOfAppearance(),
): Placeholders {
  const taken = new Set<string>();
  for (const text of texts) for (const [found] of text.matchAll(pattern)) taken.add(found);
  return new Vault(taken, numbering);
}

/** The first of a kind is 1. */
class OrderOfAppearance implements Numbering {
  readonly #last = new Map<string, number>();

  issue(name: string, _value: string, isFree: (number: number) => boolean): number {
    let number = this.#last.get(name) ?? 0;
    do number++;
    while (!isFree(number));
    this.#last.set(name, number);
    return number;
  }
}

class Vault implements Placeholders {
  readonly #taken: ReadonlySet<string>;
  readonly #byValue = new Map<string, string>();
  readonly #byName = new Map<string, string>();
  readonly #numbering: Numbering;

  constructor(taken: ReadonlySet<string>, numbering: Numbering) {
    this.#taken = taken;
    this.#numbering = numbering;
  }

  get count(): number {
    return this.#byName.size;
  }

  redact(text: string, findings: readonly Mask[]): string {
    const finals = findings.filter(({ final }) => final === true);
    let out = '';
    let at = 0;
    for (const { start, end, kind } of joinSpans(findings)) {
      const gone = finals.some((final) => final.start < end && final.end > start);
      const value = text.slice(start, end);
      out += text.slice(at, start);
      out += gone ? `[${placeholderName(kind)}]` : this.#placeholder(kind, value);
      at = end;
    }
    return out + text.slice(at);
  }

  restore(text: string): string {
    if (this.#byName.size === 0) return text;
    return text.replaceAll(pattern, (found) => this.#byName.get(found) ?? found);
  }

  openFrom(text: string): number {
    if (this.#byName.size === 0) return text.length;
    const open = text.lastIndexOf('[');
    if (open < 0 || text.length - open > longest) return text.length;
    return /^\[(?:[A-Z][A-Z0-9_]*)?$/.test(text.slice(open)) ? open : text.length;
  }

  #placeholder(kind: string, value: string): string {
    const known = this.#byValue.get(value);
    if (known !== undefined) return known;
    const name = placeholderName(kind);
    const number = this.#numbering.issue(name, value, (candidate) => {
      const wanted = `[${name}_${candidate}]`;
      return !this.#taken.has(wanted) && !this.#byName.has(wanted);
    });
    const placeholder = `[${name}_${number}]`;
    this.#byValue.set(value, placeholder);
    this.#byName.set(placeholder, value);
    return placeholder;
  }
}

/** Spans in order, those that overlap made one under the kind of the first. */
export function joinSpans<T extends { readonly start: number; readonly end: number }>(
  spans: readonly T[],
): readonly T[] {
  const joined: T[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = joined.at(-1);
    if (last === undefined || span.start >= last.end) joined.push(span);
    else if (span.end > last.end) joined.splice(-1, 1, { ...last, end: span.end });
  }
  return joined;
}
