import { z } from 'zod';

const words = (most: number) => z.string().trim().max(most);
const limit = z.int().min(1).max(1_000_000_000).nullable().default(null);
const budget = z.int().min(1).max(1_000_000_000_000).nullable().default(null);
/** In the currency of the accounts, with at most six decimals. */
const money = z.number().positive().max(1_000_000_000).nullable().default(null);
const list = z.array(z.string().min(1).max(200)).max(64).default([]);

/** A server's id and a tool's name, or a star for all of them. */
export const mcpGrant = /^[a-z0-9][a-z0-9-]{0,31}__(\*|[A-Za-z0-9_.-]{1,128})$/;

/** How a class is called in keys, addresses and the record: never by a name of a person. */
export const classId = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/**
 * What a key may do beyond its role. A member that is null or an empty list sets no bound,
 * except for `mcp`.
 */
export const keyTermsSchema = z.strictObject({
  /** Who answers for the key: a person or an office. */
  owner: words(200).default(''),
  /** What its use is counted under. */
  project: words(100).default(''),
  /** The most sensitive data class it may carry. */
  maxClass: words(64).nullable().default(null),
  /** Model names or upstream ids it may reach. */
  models: list,
  upstreams: list,
  /**
   * Tools it may call: `wiki__search`, or `wiki__*` for all of a server. Nothing that is not named
   * here may be called, so an empty list allows none.
   */
  mcp: z.array(z.string().regex(mcpGrant, 'write server__tool or server__*')).max(200).default([]),
  requestsPerMinute: limit,
  tokensPerMinute: limit,
  tokensPerDay: budget,
  tokensPerMonth: budget,
  moneyPerDay: money,
  moneyPerMonth: money,
  /** The class whose pupil or teacher has the key: what a pupil asks is supervised by its rules. */
  class: z.string().regex(classId).nullable().default(null),
  /** Unix seconds from which it is no longer known. */
  expires: z.int().positive().max(253_402_300_799).nullable().default(null),
});

type DeepReadonly<T> = { readonly [K in keyof T]: T[K] extends (infer E)[] ? readonly E[] : T[K] };
export type KeyTerms = DeepReadonly<z.infer<typeof keyTermsSchema>>;

export const noTerms: KeyTerms = keyTermsSchema.parse({});

/** The terms that set a bound, as they are recorded; names of people stay out of the ledger. */
export function recordedTerms(terms: KeyTerms): Readonly<Record<string, string>> {
  const bounds = Object.entries(terms).filter(([name, value]) => {
    if (name === 'owner' || name === 'project') return false;
    return value !== null && !(Array.isArray(value) && value.length === 0);
  });
  return bounds.length === 0 ? {} : { terms: JSON.stringify(Object.fromEntries(bounds)) };
}
