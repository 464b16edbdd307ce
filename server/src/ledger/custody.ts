import type { EvidenceClass, JsonValue } from './draft.ts';
import type { FieldName, Group } from './fields.ts';
import { Grants } from './grants.ts';
import { dayOf } from './index-rebuild.ts';
import type { Entry } from './record.ts';

/** What became of the sealed fields of one group. Erased: lawfully, by an entry that says so. */
export type GroupState = 'PRESENT' | 'ERASED' | 'MISSING';

/** An `erasure` entry, as far as it explains why something cannot be read. */
export interface Erasure {
  /** Of the erasure entry. */
  readonly index: number;
  /** Unix seconds. */
  readonly time: number;
  readonly groups: readonly Group[];
  /** Code of the legal basis. */
  readonly basis: string;
  readonly authority: string;
}

/** The entries of one day, one class and one group, less those a hold kept. */
export interface ErasedRange {
  readonly from: number;
  readonly to: number;
  readonly class: EvidenceClass;
  /** UTC day, counted from 1970-01-01. */
  readonly day: number;
  readonly except: readonly number[];
}

export interface Hold {
  readonly indexes: readonly number[];
}

interface ErasedDay extends ErasedRange {
  readonly group: Group;
  readonly erasure: Erasure;
}

type Values = Readonly<Partial<Record<FieldName, JsonValue>>>;

/**
 * What the log says was erased, is held and may be opened: a fold over the `erasure`, `incident`,
 * `hold.release` and `access.grant` entries, so that it comes back with every rebuild. What they
 * say lies under keys that come from the root key, so it outlives any copy of the vault.
 */
export class Custody {
  readonly grants: Grants = new Grants();
  readonly #erased = new Map<number, Map<Group, Erasure>>();
  readonly #days = new Map<string, ErasedDay[]>();
  readonly #holds = new Map<string, Hold>();
  readonly #holdsOn = new Map<number, number>();
  /** Entries that were held once. */
  readonly #released = new Set<number>();

  erasureOf(index: number, entry: Pick<Entry, 'cls' | 'iat'>, group: Group): Erasure | undefined {
    const alone = this.#erased.get(index)?.get(group);
    if (alone !== undefined) return alone;
    const days = this.#days.get(dayName(group, entry.cls, dayOf(entry.iat)));
    return days?.find(({ from, to, except }) => {
      return index >= from && index <= to && !except.includes(index);
    })?.erasure;
  }

  isHeld(index: number): boolean {
    return this.#holdsOn.has(index);
  }

  hold(id: string): Hold | undefined {
    return this.#holds.get(id);
  }

  /** Entries erased one by one. */
  *erasedEntries(): Generator<{ readonly index: number; readonly group: Group }> {
    for (const [index, groups] of this.#erased) {
      for (const group of groups.keys()) yield { index, group };
    }
  }

  erasedDays(): readonly { readonly group: Group; readonly range: ErasedRange }[] {
    return [...this.#days.values()].flat().map((day) => ({ group: day.group, range: day }));
  }

  heldEntries(): readonly number[] {
    return [...this.#holdsOn.keys()];
  }

  /** Entries that were held once and are not now. */
  releasedEntries(): readonly number[] {
    return [...this.#released].filter((index) => !this.isHeld(index));
  }

  /** Takes in one entry. @param values its opened fields, which this ledger wrote itself */
  apply(index: number, entry: Entry, values: Values): void {
    if (entry.t === 'erasure') this.#applyErasure(index, entry, values);
    else if (entry.t === 'incident') this.#applyHold(entry, values);
    else if (entry.t === 'hold.release') this.#applyRelease(values);
    else if (entry.t === 'access.grant') this.grants.apply(entry, values);
  }

  #applyErasure(index: number, entry: Entry, values: Values): void {
    const groups = values['erasure.groups'] as readonly Group[];
    const erasure: Erasure = {
      index,
      time: entry.iat,
      groups,
      basis: values['erasure.basis'] as string,
      authority: values['erasure.authority'] as string,
    };
    for (const target of (values['erasure.indexes'] ?? []) as readonly number[]) {
      const known = this.#erased.get(target) ?? new Map<Group, Erasure>();
      for (const group of groups) if (!known.has(group)) known.set(group, erasure);
      this.#erased.set(target, known);
    }
    const range = values['erasure.range'] as unknown as ErasedRange | undefined;
    if (range === undefined) return;
    for (const group of groups) {
      const name = dayName(group, range.class, range.day);
      this.#days.set(name, [...(this.#days.get(name) ?? []), { ...range, group, erasure }]);
    }
  }

  #applyHold(entry: Entry, values: Values): void {
    const indexes = values['hold.indexes'] as readonly number[] | undefined;
    if (indexes === undefined) return;
    this.#holds.set(entry.id, { indexes });
    for (const held of indexes) this.#holdsOn.set(held, (this.#holdsOn.get(held) ?? 0) + 1);
  }

  #applyRelease(values: Values): void {
    const id = values['hold.id'] as string;
    for (const held of this.#holds.get(id)?.indexes ?? []) {
      const left = (this.#holdsOn.get(held) ?? 1) - 1;
      if (left > 0) this.#holdsOn.set(held, left);
      else this.#holdsOn.delete(held);
      this.#released.add(held);
    }
    this.#holds.delete(id);
  }
}

function dayName(group: Group, evidenceClass: EvidenceClass, day: number): string {
  return `${group}/${evidenceClass}/${day}`;
}
