import type { Client } from './client.ts';
import { list, number, shape, text } from './shape.ts';

export const dimensions = ['key', 'project', 'model', 'upstream', 'jurisdiction'] as const;
export type Dimension = (typeof dimensions)[number];

export interface UsageSum {
  /** A day, or whatever the sum was asked by. */
  readonly name: string;
  /** Of a key, what people call it. */
  readonly title: string;
  readonly exchanges: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly estimated: number;
  readonly cost: number;
  readonly unpriced: number;
}

export interface Usage {
  readonly currency: string;
  readonly timeZone: string;
  /** Whether only the use of the key in use is shown. */
  readonly own: boolean;
  readonly from: string;
  readonly to: string;
  readonly sums: readonly UsageSum[];
}

/** @param month such as 2026-11; the present one when absent */
export async function fetchUsage(
  client: Client,
  by: Dimension | 'day',
  month?: string,
): Promise<Usage> {
  const span = month === undefined ? '' : `&from=${month}-01&to=${month}-${lastDay(month)}`;
  const found = shape(await client.json(`/api/usage?by=${by}${span}`));
  return {
    currency: text(found['currency']),
    timeZone: text(found['timeZone']),
    own: found['own'] === true,
    from: text(found['from']),
    to: text(found['to']),
    sums: list(found['rows'], (value) => readSum(value, by)),
  };
}

/** Two digits. */
export function lastDay(month: string): string {
  const [year = 0, of = 0] = month.split('-').map(Number);
  return String(new Date(Date.UTC(year, of, 0)).getUTCDate());
}

function readSum(value: unknown, by: string): UsageSum {
  const found = shape(value);
  const name = text(found[by]);
  return {
    name,
    title: by === 'key' ? text(found['keyName'], name) : name,
    exchanges: number(found['exchanges']),
    inputTokens: number(found['inputTokens']),
    outputTokens: number(found['outputTokens']),
    estimated: number(found['estimated']),
    cost: number(found['cost']),
    unpriced: number(found['unpriced']),
  };
}
