import { type Policy, type RoutingFacts, declaredCost } from '#policy';
import type { Tariff } from './accounts.ts';

/**
 * What routing compares: the prices that upstreams declare, all of them in one currency, or where
 * none declares any those of the accounts. The two are never mixed.
 */
export function costsOf(tariff: Tariff, policy: Policy, nowMs: () => number): RoutingFacts['cost'] {
  if (policy.document.upstreams.some(({ price }) => price !== undefined)) return declaredCost;
  return ({ id }, tokens) => {
    const found = tariff.prices.cost(id, tariff.calendar.day(nowMs()), tokens);
    return found === undefined ? undefined : { micros: found.micros, currency: found.currency };
  };
}
