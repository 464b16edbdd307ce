import { z } from 'zod';

const currency = z.string().regex(/^[A-Z]{3}$/, 'use a three-letter currency code (ISO 4217)');
const day = z.iso.date('use a date such as 2026-04-01');

/** An amount of money with at most six decimals, so that it is a whole number of millionths. */
const amount = z
  .number()
  .min(0)
  .max(1_000_000)
  .refine((value) => Number.isInteger(round(value * 1e6)), 'use at most six decimals');

function round(value: number): number {
  // 0.1 * 1e6 is not a whole number in binary; what differs by less than this is meant as one.
  return Math.abs(value - Math.round(value)) < 1e-6 ? Math.round(value) : value;
}

/** What one upstream costs from a day on, until the next price of the same upstream. */
const price = z.strictObject({
  upstream: z.string().min(1).max(64),
  currency,
  inputPerMillion: amount,
  outputPerMillion: amount,
  validFrom: day,
  /** Where the number comes from: a page, a contract. */
  source: z.string().min(1).max(500),
});

/** What one unit of another currency is worth in that of the accounts, from a day on. */
const rate = z.strictObject({
  currency,
  worth: z.number().positive().max(1_000_000),
  validFrom: day,
  source: z.string().min(1).max(500),
});

/** Money: the currency of budgets and reports, what upstreams cost, and since when. */
export const accounting = z.strictObject({
  currency: currency.default('JPY'),
  /** An IANA name: where days and months begin, for budgets and reports. */
  timeZone: z
    .string()
    .max(64)
    .refine(isTimeZone, 'use an IANA name such as Asia/Tokyo')
    .default('UTC'),
  prices: z.array(price).max(1_000).default([]),
  rates: z.array(rate).max(1_000).default([]),
});

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
