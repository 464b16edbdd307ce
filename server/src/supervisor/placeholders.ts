import type { Finding } from './finding.ts';

/**
 * Stand-ins for what must not reach a model: `[EMAIL_1]`. One vault per exchange; restoring what
 * was redacted gives the original byte for byte.
 */
export interface Placeholders {
  /** Replaces the spans of the findings; overlapping ones become one stand-in. */
  redact(text: string, findings: readonly Finding[]): string;
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
export function createPlaceholders(texts: readonly string[]): Placeholders {
  const taken = new Set<string>();
  for (const text of texts) for (const [found] of text.matchAll(pattern)) taken.add(found);
  return new Vault(taken);
}

class Vault implements Placeholders {
  readonly #taken: ReadonlySet<string>;
  readonly #byValue = new Map<string, string>();
  readonly #byName = new Map<string, string>();
  readonly #last = new Map<string, number>();

  constructor(taken: ReadonlySet<string>) {
    this.#taken = taken;
  }

  get count(): number {
    return this.#byName.size;
  }

  redact(text: string, findings: readonly Finding[]): string {
    let out = '';
    let at = 0;
    for (const { start, end, kind } of joinSpans(findings)) {
      out += text.slice(at, start) + this.#placeholder(kind, text.slice(start, end));
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
    let number = this.#last.get(name) ?? 0;
    let placeholder: string;
    do placeholder = `[${name}_${++number}]`;
    while (this.#taken.has(placeholder));
    this.#last.set(name, number);
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
