import type { JsonValue } from './draft.ts';
import type { FieldName, Group } from './fields.ts';
import type { Entry } from './record.ts';

/** Who may open which groups of which entries, and until when. */
export interface Grant {
  /** Id of an API key. */
  readonly reader: string;
  /** Of intents and outcomes. */
  readonly indexes: ReadonlySet<number>;
  readonly groups: readonly Group[];
  /** Unix seconds: from this second on it opens nothing. */
  readonly until: number;
}

type Values = Readonly<Partial<Record<FieldName, JsonValue>>>;

/** The grants in force: a fold over the `access.grant` entries, which also withdraw them. */
export class Grants {
  readonly #byReader = new Map<string, Map<string, Grant>>();

  has(id: string): boolean {
    return [...this.#byReader.values()].some((grants) => grants.has(id));
  }

  /** The groups of an entry that a reader may open at a time in Unix seconds. */
  groupsFor(reader: string, index: number, now: number): readonly Group[] {
    const grants = [...(this.#byReader.get(reader)?.values() ?? [])];
    const valid = grants.filter(({ indexes, until }) => now < until && indexes.has(index));
    return [...new Set(valid.flatMap(({ groups }) => groups))];
  }

  /** Takes in one `access.grant` entry. @param values its opened fields, written by this ledger */
  apply({ id }: Pick<Entry, 'id'>, values: Values): void {
    const withdrawn = values['grant.withdraws'] as string | undefined;
    if (withdrawn !== undefined) {
      for (const grants of this.#byReader.values()) grants.delete(withdrawn);
      return;
    }
    const reader = values['grant.reader'] as string;
    const grants = this.#byReader.get(reader) ?? new Map<string, Grant>();
    grants.set(id, {
      reader,
      indexes: new Set(values['grant.indexes'] as readonly number[]),
      groups: values['grant.groups'] as readonly Group[],
      until: values['grant.until'] as number,
    });
    this.#byReader.set(reader, grants);
  }
}
