import type { Clock, Log } from '#base';
import { limits } from '#base';
import type { Policy, RoutingFacts } from '#policy';
import type { Upstream } from '#upstream';
import { Conversations } from './conversation.ts';
import { StandIns } from './stand-ins.ts';
import { beginHedged } from './hedge.ts';
import type { Attempt } from './passage.ts';
import { startProbing } from './probe.ts';
import { type Candidate, type Route, type Wanted, route } from './route.ts';
import { type Shadow, type ShadowPorts, type Shadowed, Shadows } from './shadow.ts';
import { type UpstreamState, type WatchRules, WatchedUpstream } from './watched-upstream.ts';

export interface ContinuityPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** At least 0 and less than 1. */
  readonly random: () => number;
  /** Ids whose loss is being rehearsed: a drill outlives a change of the rule book. */
  readonly lost: ReadonlySet<string>;
  readonly cost: RoutingFacts['cost'];
  readonly recordShadow: ShadowPorts['record'];
  readonly chargeShadow: ShadowPorts['charge'];
}

/** One exchange's way through its candidates. */
export interface Turn extends Shadowed {
  /** What was tried so far; what is skipped is added here. */
  readonly attempts: Attempt[];
}

/** Outcomes that cost no upstream anything: nothing was sent. */
const unsent: ReadonlySet<string> = new Set([
  'not_permitted',
  'unavailable',
  'drill',
  'retry_after',
  'breaker_open',
  'retry_budget',
  // Sent, and to nobody's account: its end does not matter to this exchange.
  'shadow',
]);

/** Keeps the work going: knows the health of every upstream, and who is asked next. */
export class Continuity {
  readonly upstreams: ReadonlyMap<string, WatchedUpstream>;
  readonly conversations: Conversations;
  readonly standIns: StandIns;
  readonly #clock: Clock;
  readonly #facts: RoutingFacts;
  readonly #sticky: boolean;
  readonly #shadows: Shadows;
  readonly #stopProbing: () => void;

  /**
   * @param upstreams those that are set up here
   * @param before of the rule book before this one: what it knows of upstreams that stay goes on
   */
  constructor(
    policy: Policy,
    upstreams: ReadonlyMap<string, Upstream>,
    ports: ContinuityPorts,
    before?: Continuity,
  ) {
    const { document } = policy;
    const watched = document.upstreams.flatMap((declared) => {
      const inner = upstreams.get(declared.id);
      const rules = { declared, continuity: document.continuity };
      if (inner === undefined) return [];
      const known = before?.upstreams.get(declared.id);
      return [isSame(known, inner, rules) ? known : new WatchedUpstream(inner, rules, ports)];
    });
    this.#clock = ports.clock;
    this.upstreams = new Map(watched.map((one) => [one.id, one]));
    this.conversations = before?.conversations ?? new Conversations(ports.clock);
    this.standIns = before?.standIns ?? new StandIns(ports.clock);
    this.#sticky = document.routing?.some(({ sticky }) => sticky) ?? false;
    this.#facts = {
      inFlight: (id) => this.upstreams.get(id)?.inFlight ?? 0,
      firstTokenMs: (id) => this.upstreams.get(id)?.latency.quantile(0.5),
      random: ports.random,
      sticksTo: (conversation) => this.conversations.upstreamOf(conversation),
      cost: ports.cost,
    };
    this.#shadows = new Shadows({
      ...ports,
      record: ports.recordShadow,
      charge: ports.chargeShadow,
    });
    this.#stopProbing = startProbing(watched, document.continuity.probeSeconds * 1_000, ports);
  }

  /** Whether a rule keeps conversations with their upstream, so that their names are needed. */
  get namesConversations(): boolean {
    return this.#sticky;
  }

  get facts(): RoutingFacts {
    return this.#facts;
  }

  route(policy: Policy, wanted: Wanted): Route {
    return route(policy, this.upstreams, wanted, this.#facts);
  }

  states(): readonly UpstreamState[] {
    return [...this.upstreams.values()].map((upstream) => upstream.state());
  }

  /**
   * The candidates of a route one after another, as far as it makes sense to ask them: one that is
   * known to fail is skipped, and a failure leads to another call only while the budget lasts.
   * Skipped ones are added to the attempts.
   */
  async *inTurn(way: Route, turn: Turn): AsyncGenerator<Candidate> {
    const { attempts } = turn;
    const waiting = [...way.candidates];
    const doubtful: Candidate[] = [];
    let shadow: Shadow | undefined;
    let asked = false;
    try {
      for (;;) {
        const next = this.#next(waiting, { turn, doubtful });
        if (next === undefined) break;
        if (!asked) shadow = this.#shadow(way, next, turn);
        asked = true;
        // oxlint-disable-next-line no-await-in-loop -- the next is asked when this one has failed
        const begun = await this.#begin(next, { way, turn, waiting, doubtful });
        yield shadow?.watch(begun) ?? begun;
        if (this.#isOccupied(next, turn)) doubtful.push(next);
      }
      // Where all have failed of late, asking one again is better than to fail for certain.
      const sent = attempts.some(({ outcome }) => !unsent.has(outcome));
      const last = sent ? undefined : doubtful.find((one) => this.#take(one));
      if (last !== undefined) yield this.#insisting(last);
    } finally {
      const end = attempts.at(-1);
      const answered = end?.outcome === 'answered';
      shadow?.conclude(answered);
      if (way.conversation !== undefined && answered) {
        this.conversations.remember(way.conversation, end.upstream);
      }
    }
  }

  stop(): void {
    this.#stopProbing();
    this.#shadows.stop();
  }

  /** It has seen the request, so it stands among the attempts. */
  #shadow(way: Route, asked: Candidate, turn: Turn): Shadow | undefined {
    const shadow = this.#shadows.begin(way, asked, turn);
    if (shadow !== undefined) turn.attempts.push({ upstream: shadow.upstream, outcome: 'shadow' });
    return shadow;
  }

  /** Takes the next that may be asked from those that are waiting. */
  #next(
    waiting: Candidate[],
    { turn, doubtful }: { turn: Turn; doubtful: Candidate[] },
  ): Candidate | undefined {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { id } = next.declared;
      const absence = this.upstreams.get(id)?.absence;
      if (absence !== undefined) {
        turn.attempts.push({ upstream: id, outcome: absence });
        if (absence === 'breaker_open') doubtful.push(next);
        continue;
      }
      const isRetry = turn.attempts.some(({ outcome }) => !unsent.has(outcome));
      if (!isRetry || this.#take(next)) return next;
      turn.attempts.push({ upstream: id, outcome: 'retry_budget' });
    }
    return undefined;
  }

  /** Another call became the trial while this one was on its way. */
  #isOccupied({ declared }: Candidate, { attempts }: Turn): boolean {
    const last = attempts.at(-1);
    const refused = last?.upstream === declared.id && last.outcome === 'unavailable';
    return refused && this.upstreams.get(declared.id)?.absence === 'breaker_open';
  }

  #insisting({ declared, upstream }: Candidate): Candidate {
    return { declared, upstream: this.upstreams.get(declared.id)?.insisting ?? upstream };
  }

  #take(candidate: Candidate): boolean {
    return this.upstreams.get(candidate.declared.id)?.retries.take() ?? true;
  }

  async #begin(
    primary: Candidate,
    from: { way: Route; turn: Turn; waiting: Candidate[]; doubtful: Candidate[] },
  ): Promise<Candidate> {
    const afterMs = this.#hedgeAfterMs(primary, from.way);
    const { turn } = from;
    const { request } = turn;
    if (afterMs === undefined || request === undefined || from.waiting.length === 0) return primary;
    return beginHedged(
      {
        primary,
        afterMs,
        caller: turn.caller,
        attempts: turn.attempts,
        request,
        second: () => {
          const next = this.#next(from.waiting, from);
          // A second call is one more than was asked for, like one after a failure.
          if (next === undefined || this.#take(next)) return next;
          from.waiting.unshift(next);
          return undefined;
        },
        gaveUp: ({ declared }, ms) => this.upstreams.get(declared.id)?.latency.add(ms),
      },
      () => this.#clock.monotonicMs(),
    );
  }

  #hedgeAfterMs({ declared }: Candidate, { rule }: Route): number | undefined {
    if (rule?.hedge === undefined) return undefined;
    const latency = this.upstreams.get(declared.id)?.latency;
    if (rule.hedge.afterMs !== undefined || latency === undefined) return rule.hedge.afterMs;
    return latency.count < limits.hedgeSamples ? undefined : latency.quantile(0.95);
  }
}

/** Whether what is known of an upstream still holds under these rules. */
function isSame(
  known: WatchedUpstream | undefined,
  inner: Upstream,
  rules: WatchRules,
): known is WatchedUpstream {
  return known?.inner === inner && JSON.stringify(known.rules) === JSON.stringify(rules);
}
