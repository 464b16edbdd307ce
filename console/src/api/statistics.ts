import type { Client } from './client.ts';
import { list, number, numberOrNull, shape, text } from './shape.ts';

/** Null where a count is too small to be told, or would give such a one away. */
export interface Counts {
  readonly passages: number | null;
  readonly blocks: number | null;
  readonly overturned: number | null;
}

export interface CountedMonth extends Counts {
  /** Such as 2026-11. */
  readonly month: string;
  /** It is not over: counts are rounded down to tens. */
  readonly open: boolean;
  readonly rules: readonly (Counts & { readonly rule: string })[];
}

export interface Statistics {
  readonly institution: string;
  /** Counts below this are not told. */
  readonly least: number;
  readonly months: readonly CountedMonth[];
}

export async function fetchStatistics(client: Client): Promise<Statistics> {
  const found = shape(await client.json('/statistics'));
  return {
    institution: text(found['institution']),
    least: number(found['least'], 10),
    months: list(found['months'], (value) => {
      const month = shape(value);
      return {
        month: text(month['month']),
        open: month['open'] === true,
        ...readCounts(month),
        rules: list(month['rules'], (rule) => {
          return { rule: text(shape(rule)['rule']), ...readCounts(rule) };
        }),
      };
    }),
  };
}

function readCounts(value: unknown): Counts {
  const { passages, blocks, overturned } = shape(value);
  return {
    passages: numberOrNull(passages),
    blocks: numberOrNull(blocks),
    overturned: numberOrNull(overturned),
  };
}
