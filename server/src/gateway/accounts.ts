import type { Clock } from '#base';
import type { Sequenced } from '#ledger';
import type { DeclaredUpstream, Policy } from '#policy';
import type { Calendar } from './calendar.ts';
import type { Usage } from './chat-response.ts';
import { GatewayError } from './errors.ts';
import { InstitutionAccount } from './institution-account.ts';
import type { ApiKey } from './key-store.ts';
import type { Cost, PriceList } from './price-list.ts';
import { may, rolesWith } from './roles.ts';
import type { Candidate, Route } from './route.ts';
import type { TokenBucket } from './token-bucket.ts';
import type { RecentUse } from './recent-use.ts';
import type { UsageBook } from './usage-book.ts';

export { type Alongside, institutionKey } from './institution-account.ts';
export { PriceList } from './price-list.ts';
export { RecentUse } from './recent-use.ts';

/** What must be known of a request before anything is done for it. */
export interface KeyRequest {
  readonly model: string;
  /** Estimates: what is reserved until the real figures are known. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What money needs of the rule book in force. Replaced whole with it. */
export interface Tariff {
  readonly prices: PriceList;
  readonly calendar: Calendar;
}

interface Account {
  requests: TokenBucket | undefined;
  tokens: TokenBucket | undefined;
  reservedTokens: number;
  reservedMicros: number;
}

export interface AccountPorts {
  readonly usage: UsageBook;
  readonly recent: RecentUse;
  readonly tariff: () => Tariff;
  readonly clock: Clock;
}

/**
 * What keys may still use. Limits are exact in this process: reserved when a request comes in,
 * settled when its real use is known, given back when it used nothing.
 */
export class Accounts {
  /** Pays for what the rule book asks for beside the answer. */
  readonly institution: InstitutionAccount;
  readonly #ports: AccountPorts;
  readonly #accounts = new Map<string, Account>();

  constructor(ports: AccountPorts) {
    this.#ports = ports;
    this.institution = new InstitutionAccount(ports);
  }

  /**
   * Lets a request in, or says why not. Whoever calls must `close()` what it returns.
   * @throws GatewayError `role_not_permitted`, `key_model_not_allowed`, `key_rate_limited` or
   * `key_budget_exhausted`
   */
  admitKey(key: ApiKey, request: KeyRequest): KeyPass {
    if (!may(key, 'exchange')) {
      throw new GatewayError('role_not_permitted', { detail: rolesWith('exchange').join(', ') });
    }
    const account = this.#accountOf(key);
    const tokens = request.inputTokens + request.outputTokens;
    this.#checkBudget(key, account, tokens);
    this.#checkRate(account, tokens);
    account.reservedTokens += tokens;
    return new KeyPass(this.#ports, { key, account, request });
  }

  /** Lets in what is answered without a model, whatever the key has used. */
  admitAnyway(key: ApiKey, request: KeyRequest): KeyPass {
    const account = this.#accountOf(key);
    // Nothing was taken from the bucket, so nothing may flow back into it.
    const nothing = { ...request, inputTokens: 0, outputTokens: 0 };
    return new KeyPass(this.#ports, { key, account, request: nothing });
  }

  #accountOf(key: ApiKey): Account {
    const { requestsPerMinute, tokensPerMinute } = key.terms;
    const { recent } = this.#ports;
    let account = this.#accounts.get(key.id);
    if (account === undefined) {
      account = { requests: undefined, tokens: undefined, reservedTokens: 0, reservedMicros: 0 };
      this.#accounts.set(key.id, account);
    }
    account.requests = bucketFor(account.requests, requestsPerMinute, (perMinute) =>
      recent.bucketOf(key.id, perMinute, 'requests'),
    );
    account.tokens = bucketFor(account.tokens, tokensPerMinute, (perMinute) =>
      recent.bucketOf(key.id, perMinute, 'tokens'),
    );
    return account;
  }

  #checkBudget(key: ApiKey, account: Account, tokens: number): void {
    const { tokensPerDay, tokensPerMonth } = key.terms;
    if (tokensPerDay === null && tokensPerMonth === null) return;
    const { day, month } = this.#ports.usage.spent(key.id);
    const wanted = account.reservedTokens + tokens;
    for (const [period, spent, most] of [
      ['day', day.tokens, tokensPerDay],
      ['month', month.tokens, tokensPerMonth],
    ] as const) {
      if (most !== null && spent + wanted > most) throw exhausted(this.#ports, period);
    }
  }

  #checkRate(account: Account, tokens: number): void {
    const nowMs = this.#ports.clock.monotonicMs();
    const forRequests = account.requests?.take(1, nowMs) ?? 0;
    const forTokens = forRequests > 0 ? 0 : (account.tokens?.take(tokens, nowMs) ?? 0);
    if (forTokens > 0) account.requests?.settle(-1, nowMs);
    const waitMs = Math.max(forRequests, forTokens);
    if (waitMs === 0) return;
    throw new GatewayError('key_rate_limited', {
      headers: { ...rateHeaders(account, nowMs), ...retryHeaders(waitMs) },
    });
  }
}

/** One request's claim on the account of its key. */
export class KeyPass {
  readonly key: ApiKey;
  readonly #ports: AccountPorts;
  readonly #account: Account;
  readonly #request: KeyRequest;
  readonly #reservedTokens: number;
  #reservedMicros = 0;
  #intent: number | undefined;
  #closed = false;

  constructor(
    ports: AccountPorts,
    from: { readonly key: ApiKey; readonly account: Account; readonly request: KeyRequest },
  ) {
    this.key = from.key;
    this.#ports = ports;
    this.#account = from.account;
    this.#request = from.request;
    this.#reservedTokens = from.request.inputTokens + from.request.outputTokens;
  }

  /** What OpenAI's clients read: what is left of the minute. */
  headers(): Readonly<Record<string, string>> {
    return rateHeaders(this.#account, this.#ports.clock.monotonicMs());
  }

  /** A ceiling that the rule book no longer knows lets nothing pass. */
  mayCarry(policy: Policy, dataClass: string): boolean {
    const { maxClass } = this.key.terms;
    if (maxClass === null) return true;
    if (policy.dataClass(maxClass) === undefined) return false;
    return policy.higherClass(maxClass, dataClass) === maxClass;
  }

  /**
   * What is left of a route for this key. An upstream whose price is unknown, or which the money
   * left does not pay for, is not asked; so the last of a budget goes to cheaper or free ones.
   * @throws GatewayError `key_budget_exhausted`, or `key_model_not_allowed` when a model was named
   * that this key may not reach
   */
  narrow(route: Route, asked: string, automatic: string): Route {
    const { key } = this;
    const allowed = route.candidates.filter(({ declared }) => mayReach(key, declared));
    const first = route.candidates[0]?.declared;
    const named = asked !== automatic && first !== undefined && isNamed(first, asked);
    if (named && !allowed.some(({ declared }) => isNamed(declared, asked))) {
      throw new GatewayError('key_model_not_allowed', { param: 'model' });
    }
    return { ...route, candidates: this.#affordable(allowed) };
  }

  /** The exchange is on record and under way. */
  begin(intent: Sequenced): void {
    this.#intent = intent.index;
    this.#ports.usage.begin(intent.index);
  }

  /** @returns the usage with what it cost, as it is recorded */
  priced(usage: Usage | undefined, upstream: string | undefined): Usage | undefined {
    if (usage === undefined || upstream === undefined) return usage;
    const cost = this.#costOf(upstream, usage);
    return cost === undefined ? usage : { ...usage, cost };
  }

  /** An answer that is given again: it counts as a request, and nobody pays for it. */
  unpaid(): Usage {
    const { currency } = this.#ports.tariff().prices;
    const cost = { micros: 0, currency, price: '' };
    return { inputTokens: 0, outputTokens: 0, estimated: false, cost };
  }

  /** The outcome is durable: what it says is what is counted. */
  charge(
    outcome: Sequenced,
    used: { readonly usage: Usage | undefined; readonly declared: DeclaredUpstream | undefined },
  ): void {
    const { usage, declared } = used;
    if (this.#closed || this.#intent === undefined) return;
    if (usage === undefined || declared === undefined) return;
    const { prices } = this.#ports.tariff();
    this.#ports.usage.charge(
      { intent: this.#intent, outcome: outcome.index },
      {
        key: this.key.id,
        project: this.key.terms.project,
        upstream: declared.id,
        model: declared.model,
        jurisdiction: declared.jurisdiction,
        usage,
        cost: usage.cost,
        currency: prices.currency,
      },
    );
    this.#settle(usage.inputTokens + usage.outputTokens);
  }

  /** Gives back what was reserved and not used. */
  close(): void {
    if (this.#intent !== undefined) this.#ports.usage.drop(this.#intent);
    this.#settle(0);
  }

  #settle(usedTokens: number): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#account.reservedTokens -= this.#reservedTokens;
    this.#account.reservedMicros -= this.#reservedMicros;
    const nowMs = this.#ports.clock.monotonicMs();
    this.#account.tokens?.settle(usedTokens - this.#reservedTokens, nowMs);
  }

  #affordable(candidates: readonly Candidate[]): readonly Candidate[] {
    const { moneyPerDay, moneyPerMonth } = this.key.terms;
    if (moneyPerDay === null && moneyPerMonth === null) return candidates;
    const { day, month } = this.#ports.usage.spent(this.key.id);
    const left = Math.min(
      moneyPerDay === null ? Infinity : toMicros(moneyPerDay) - day.micros,
      moneyPerMonth === null ? Infinity : toMicros(moneyPerMonth) - month.micros,
    );
    const priced = candidates.flatMap((candidate) => {
      const cost = this.#costOf(candidate.declared.id, this.#request);
      return cost === undefined ? [] : [{ candidate, micros: cost.micros }];
    });
    const free = left - this.#account.reservedMicros;
    const within = priced.filter(({ micros }) => micros === 0 || micros <= free);
    if (within.length === 0 && priced.length > 0) {
      const monthGone = moneyPerMonth !== null && toMicros(moneyPerMonth) - month.micros <= left;
      throw exhausted(this.#ports, monthGone ? 'month' : 'day');
    }
    this.#reservedMicros = Math.max(0, ...within.map(({ micros }) => micros));
    this.#account.reservedMicros += this.#reservedMicros;
    return within.map(({ candidate }) => candidate);
  }

  #costOf(
    upstream: string,
    tokens: { readonly inputTokens: number; readonly outputTokens: number },
  ): Cost | undefined {
    const { prices, calendar } = this.#ports.tariff();
    return prices.cost(upstream, calendar.day(this.#ports.clock.nowMs()), tokens);
  }
}

/** Whether the terms of a key let it reach an upstream at all. */
export function mayReach({ terms }: ApiKey, declared: DeclaredUpstream): boolean {
  const { models, upstreams } = terms;
  const model = models.length === 0 || models.some((name) => isNamed(declared, name));
  return model && (upstreams.length === 0 || upstreams.includes(declared.id));
}

function isNamed(declared: DeclaredUpstream, name: string): boolean {
  return declared.id === name || declared.model === name;
}

function bucketFor(
  bucket: TokenBucket | undefined,
  perMinute: number | null,
  create: (perMinute: number) => TokenBucket,
): TokenBucket | undefined {
  if (perMinute === null) return undefined;
  return bucket?.perMinute === perMinute ? bucket : create(perMinute);
}

function toMicros(amount: number): number {
  return Math.round(amount * 1e6);
}

function exhausted(ports: AccountPorts, period: 'day' | 'month'): GatewayError {
  const leftMs = ports.tariff().calendar.left(ports.clock.nowMs(), period);
  return new GatewayError('key_budget_exhausted', {
    detail: period === 'day' ? 'Per day.' : 'Per month.',
    // Trying again at once cannot help, and clients that honour this do not.
    headers: { ...retryHeaders(leftMs), 'x-should-retry': 'false' },
  });
}

function retryHeaders(waitMs: number): Readonly<Record<string, string>> {
  // More than a whole minute holds: no wait is long enough.
  if (waitMs === Infinity) return { 'retry-after': '60', 'x-should-retry': 'false' };
  return { 'retry-after': String(Math.ceil(waitMs / 1_000)), 'retry-after-ms': String(waitMs) };
}

function rateHeaders(account: Account, nowMs: number): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, bucket] of [
    ['requests', account.requests],
    ['tokens', account.tokens],
  ] as const) {
    if (bucket === undefined) continue;
    headers[`x-ratelimit-limit-${name}`] = String(bucket.perMinute);
    headers[`x-ratelimit-remaining-${name}`] = String(bucket.remaining(nowMs));
    headers[`x-ratelimit-reset-${name}`] = duration(bucket.resetMs(nowMs));
  }
  return headers;
}

/** As Go writes a duration, which is what these headers hold elsewhere: 20ms, 1.5s, 6m0s. */
function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${milliseconds}ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return `${seconds}s`;
  return `${Math.floor(seconds / 60)}m${Math.round(seconds % 60)}s`;
}
