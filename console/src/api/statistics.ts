import type { Client } from './client.ts';
import { list, number, numberOrNull, shape, text } from './shape.ts';

/** Null where a count is too small to be told, or would give such a one away. */
export interface Counts {
  readonly blocks: number | null;
  readonly overturned: number | null;
}

export interface RuleCounts extends Counts {
  readonly rule: string;
  /** Passages that it marked, masked or escalated, and let go on. */
  readonly marked: number | null;
}

export interface CountedMonth extends Counts {
  /** Such as 2026-11. */
  readonly month: string;
  readonly passages: number | null;
  readonly rules: readonly RuleCounts[];
}

export interface Statistics {
  readonly institution: string;
  /** Counts below this are not told. */
  readonly least: number;
  readonly months: readonly CountedMonth[];
}

export async function fetchStatistics(client: Client): Promise<Statistics> {
  const statistics = shape(await client.json('/statistics'));
  return {
    institution: text(statistics['institution']),
    least: number(statistics['least'], 10),
    months: list(statistics['months'], (value) => {
      const month = shape(value);
      return {
        month: text(month['month']),
        passages: numberOrNull(month['passages']),
        ...readCounts(month),
        rules: list(month['rules'], (rule) => {
          const found = shape(rule);
          const marked = numberOrNull(found['marked']);
          return { rule: text(found['rule']), marked, ...readCounts(rule) };
        }),
      };
    }),
  };
}

function readCounts(value: unknown): Counts {
  const { blocks, overturned } = shape(value);
  return {
    blocks: numberOrNull(blocks),
    overturned: numberOrNull(overturned),
  };
}
