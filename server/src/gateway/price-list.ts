import type { PackedPrice, PricePack } from '#pack';
import type { DeclaredUpstream, Policy } from '#policy';

/** In millionths of the currency of the accounts. */
export interface Cost {
  readonly micros: number;
  readonly currency: string;
  /** The price it was computed with: currency, a million tokens in and out, since when. */
  readonly price: string;
}

interface DatedPrice {
  readonly currency: string;
  readonly input: number;
  readonly output: number;
  readonly validFrom: string;
}

interface Tokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What exchanges cost under one rule book. Prices are dated; the one of the day counts. */
export class PriceList {
  readonly currency: string;
  readonly #byUpstream = new Map<string, readonly DatedPrice[]>();
  readonly #rates: Policy['document']['accounting']['rates'];

  constructor({ document }: Policy, pack: PricePack) {
    const { currency, prices, rates } = document.accounting;
    this.currency = currency;
    this.#rates = newestFirst(rates);
    for (const upstream of document.upstreams) {
      const declared = prices.filter((entry) => entry.upstream === upstream.id).map(dated);
      const published = pack.prices.filter((entry) => isAbout(entry, upstream)).map(dated);
      // What the operator declares goes before what somebody once published.
      const known = declared.length > 0 ? declared : published;
      this.#byUpstream.set(
        upstream.id,
        upstream.dialect === 'embedded' ? free : newestFirst(known),
      );
    }
  }

  /**
   * @param day such as 2026-11-24, in the time zone of the accounts
   * @returns undefined when no price, or no rate of its currency, is known for that day
   */
  cost(upstream: string, day: string, tokens: Tokens): Cost | undefined {
    const price = this.#byUpstream.get(upstream)?.find(({ validFrom }) => validFrom <= day);
    const worth = price === undefined ? undefined : this.#worth(price.currency, day);
    if (price === undefined || worth === undefined) return undefined;
    const { currency, input, output, validFrom } = price;
    return {
      micros: micros(tokens, price, worth),
      currency: this.currency,
      price: `${currency} ${input}/${output} ${validFrom}`,
    };
  }

  #worth(currency: string, day: string): number | undefined {
    if (currency === this.currency || currency === '') return 1;
    return this.#rates.find((rate) => rate.currency === currency && rate.validFrom <= day)?.worth;
  }
}

/** Before every day. */
const always = '0000-00-00';
const free: readonly DatedPrice[] = [{ currency: '', input: 0, output: 0, validFrom: always }];

function dated(price: {
  readonly currency: string;
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
  readonly validFrom: string;
}): DatedPrice {
  const { currency, inputPerMillion: input, outputPerMillion: output, validFrom } = price;
  return { currency, input, output, validFrom };
}

function newestFirst<Entry extends { readonly validFrom: string }>(
  list: readonly Entry[],
): readonly Entry[] {
  return list.toSorted((a, b) => (a.validFrom < b.validFrom ? 1 : -1));
}

function isAbout(price: PackedPrice, upstream: DeclaredUpstream): boolean {
  const address = ('baseUrl' in upstream ? upstream.baseUrl : undefined) ?? '';
  if (!URL.canParse(address)) return false;
  return new URL(address).hostname === price.host && new RegExp(price.model).test(upstream.model);
}

/** Whole millionths, rounded up for each exchange, in integers all the way. */
function micros(tokens: Tokens, price: DatedPrice, worth: number): number {
  const scale = (value: number): bigint => BigInt(Math.round(value * 1e6));
  const exact =
    (BigInt(tokens.inputTokens) * scale(price.input) +
      BigInt(tokens.outputTokens) * scale(price.output)) *
    scale(worth);
  const unit = 1_000_000_000_000n;
  return Number((exact + unit - 1n) / unit);
}
