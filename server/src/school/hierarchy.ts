import { foldText } from './folded.ts';
import type { Item } from './schema.ts';

/** Deeper than this a hierarchy is a mistake, or a circle. */
const deepest = 12;
/** A unit is the highest statement with no more than these below it. */
const largestUnit = 24;
const labelOf =
  /^(?:\((\d+)\)|([アイウエオカキクケコサシ])\s|\(([アイウエオカキクケコサシ])\)|(\d)\s)/u;
/** `アの(イ)`; `内容の取扱いの(2)のウ`. */
const citation = /([アイウエオ])の\s?\(([アイウエオカキクケコサシ])\)/gu;
const handling = /取扱いの\s?\((\d)\)\s?の([アイウエオカキク])/gu;

/** How the statements of a curriculum stand to one another, by their place in the list. */
export class Hierarchy {
  readonly #items: readonly Item[];
  readonly #place: ReadonlyMap<string, number>;
  readonly #above: readonly (readonly number[])[];
  readonly #unitOf: readonly number[];
  readonly units: readonly (readonly number[])[];
  /** Labels of a statement and of the one above it: `ア/イ`. */
  readonly #labels = new Map<string, number[]>();

  constructor(items: readonly Item[]) {
    this.#items = items;
    this.#place = new Map(items.map(({ code }, at) => [code, at]));
    this.#above = items.map((item) => this.#aboveOf(item));
    const below = new Uint32Array(items.length);
    for (const above of this.#above) for (const at of above) below[at]!++;
    const units = new Map<number, number[]>();
    this.#unitOf = items.map((_item, at) => {
      const head = [at, ...this.#above[at]!].findLast((up) => below[up]! <= largestUnit) ?? at;
      if (!units.has(head)) units.set(head, []);
      units.get(head)!.push(at);
      return head;
    });
    const heads = [...units.keys()];
    const order = new Map(heads.map((head, unit) => [head, unit]));
    this.#unitOf = this.#unitOf.map((head) => order.get(head)!);
    this.units = heads.map((head) => units.get(head)!);
    for (const [at] of items.entries()) this.#addLabel(at);
  }

  place(code: string): number | undefined {
    return this.#place.get(code);
  }

  /** The statements above one, nearest first. */
  above(at: number): readonly number[] {
    return this.#above[at]!;
  }

  unitOf(at: number): number {
    return this.#unitOf[at]!;
  }

  ofYear(year: number): number[] {
    return this.#items.flatMap(({ years }, at) => (years.includes(year) ? [at] : []));
  }

  /** Statements a text names by their labels, as commentaries do. */
  cited(text: string): number[] {
    const found: number[] = [];
    for (const [, outer, inner] of text.matchAll(citation)) {
      found.push(...(this.#labels.get(`${outer}/(${inner})`) ?? []));
    }
    for (const [, outer, inner] of text.matchAll(handling)) {
      found.push(...(this.#labels.get(`(${outer})/${inner}`) ?? []));
    }
    return found;
  }

  #addLabel(at: number): void {
    const [up] = this.#above[at]!;
    if (up === undefined) return;
    const [own, upper] = [labelIn(this.#items[at]!), labelIn(this.#items[up]!)];
    if (own === null || upper === null) return;
    const label = `${upper}/${own}`;
    this.#labels.set(label, [...(this.#labels.get(label) ?? []), at]);
  }

  #aboveOf(item: Item): number[] {
    const above: number[] = [];
    let { parent } = item;
    while (parent !== null && above.length < deepest) {
      const at = this.#place.get(parent);
      if (at === undefined || above.includes(at)) break;
      above.push(at);
      ({ parent } = this.#items[at]!);
    }
    return above;
  }
}

function labelIn({ text }: Item): string | null {
  const found = labelOf.exec(foldText(text.slice(0, 12)).text);
  if (found === null) return null;
  const [, bracketed, letter, inner] = found;
  if (bracketed !== undefined) return `(${bracketed})`;
  return inner === undefined ? (letter ?? null) : `(${inner})`;
}
