import type { Clock } from '#base';
import type { DeclaredUpstream } from '#policy';
import type { Tariff } from './accounts.ts';
import type { Usage } from './chat-response.ts';
import type { UsageBook } from './usage-book.ts';

/** Why an upstream was asked beside the one whose answer the caller got. */
export type AlongsideReason = 'hedge' | 'shadow' | 'guard' | 'rewrite' | 'judge';

/** One call of that kind, as it is recorded. */
export interface Alongside {
  readonly upstream: string;
  readonly model: string;
  readonly jurisdiction: string;
  readonly why: AlongsideReason;
  readonly usage: Usage;
}

/** Stands where the id of a key would; no key has such an id. */
export const institutionKey = 'institution';

/**
 * What is spent by the rule book's own wish: a hedge asks twice for speed, a shadow for comparison, a
 * guard for its opinion, a class for an answer written again or a word in doubt.
 * The person asked once, so no key's budget pays for it; it stands in the sums as use of the
 * institution, with the reason as its project.
 */
export class InstitutionAccount {
  readonly #usage: UsageBook;
  readonly #tariff: () => Tariff;
  readonly #clock: Clock;

  constructor(ports: {
    readonly usage: UsageBook;
    readonly tariff: () => Tariff;
    readonly clock: Clock;
  }) {
    this.#usage = ports.usage;
    this.#tariff = ports.tariff;
    this.#clock = ports.clock;
  }

  /** A call with what it cost, where a price is known. */
  priced(declared: DeclaredUpstream, why: AlongsideReason, usage: Usage): Alongside {
    const { id: upstream, model, jurisdiction } = declared;
    const { prices, calendar } = this.#tariff();
    const cost = prices.cost(upstream, calendar.day(this.#clock.nowMs()), usage);
    const priced = cost === undefined ? usage : { ...usage, cost };
    return { upstream, model, jurisdiction, why, usage: priced };
  }

  /** @param outcome index of the entry that says so, where there is one */
  charge({ why, ...call }: Alongside, outcome?: number): void {
    const { currency } = this.#tariff().prices;
    const { cost } = call.usage;
    const charge = { ...call, key: institutionKey, project: why, cost, currency };
    this.#usage.chargeAlso(charge, outcome);
  }
}
