import type { RoutingFacts } from '#policy';
import type { Tariff } from './accounts.ts';

/** What routing compares: the prices of the day, in the currency of the accounts. */
export function costsOf(tariff: Tariff, nowMs: () => number): RoutingFacts['cost'] {
  return ({ id }, tokens) => {
    const found = tariff.prices.cost(id, tariff.calendar.day(nowMs()), tokens);
    return found === undefined ? undefined : { micros: found.micros, currency: found.currency };
  };
}
