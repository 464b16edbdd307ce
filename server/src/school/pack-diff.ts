import type { Pack } from './pack.ts';
import { type FileName, fileNames } from './schema.ts';

/** What changed in one file between two versions of a pack, or between two packs. */
export interface FileDiff {
  readonly file: FileName;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly {
    readonly row: string;
    readonly members: readonly {
      readonly name: string;
      readonly from: unknown;
      readonly to: unknown;
    }[];
  }[];
}

/** Files without a difference are left out. Order does not count. */
export function diffPacks(from: Pack, to: Pack): readonly FileDiff[] {
  return fileNames.flatMap((file) => {
    const before = byName(file, from);
    const after = byName(file, to);
    const added = [...after.keys()].filter((row) => !before.has(row));
    const removed = [...before.keys()].filter((row) => !after.has(row));
    const changed = [...before].flatMap(([row, old]) => {
      const now = after.get(row);
      const members = now === undefined ? [] : membersOf(old, now);
      return members.length === 0 ? [] : [{ row, members }];
    });
    const same = added.length + removed.length + changed.length === 0;
    return same ? [] : [{ file, added, removed, changed }];
  });
}

type Row = Readonly<Record<string, unknown>>;

/** What a row is known by in its file; rows of one name are told apart by their order. */
function byName(file: FileName, pack: Pack): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>();
  for (const row of pack[file]) {
    const members: Row = row;
    const { code, id, word, codes, year } = members;
    const name = String(code ?? id ?? word ?? codes ?? year);
    let free = name;
    for (let next = 2; rows.has(free); next++) free = `${name} #${next}`;
    rows.set(free, members);
  }
  return rows;
}

function membersOf(from: Row, to: Row): FileDiff['changed'][number]['members'] {
  const names = new Set([...Object.keys(from), ...Object.keys(to)]);
  return [...names].flatMap((name) => {
    if (JSON.stringify(from[name]) === JSON.stringify(to[name])) return [];
    return [{ name, from: from[name], to: to[name] }];
  });
}
