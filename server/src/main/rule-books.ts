import { readFileSync, statSync } from 'node:fs';
import { type Clock, type Log, limits } from '#base';
import {
  AnswerCache,
  Calendar,
  Continuity,
  type ContinuityPorts,
  GatewayError,
  PriceList,
  type ReadyPack,
  type RecordedFacts,
  type RuleBook,
  type Tariff,
  costsOf,
} from '#gateway';
import { readPricePack } from '#pack';
import { type Policy, PolicyError, type SupervisionRule, parsePolicy } from '#policy';
import { type InspectionThreads, type Supervisor, createPlaceholders } from '#supervisor';
import type { Upstream } from '#upstream';
import { arePacksSame } from './school.ts';

type Packs = ReadonlyMap<string, ReadyPack>;
type Facts = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** Everything that is made of one version of the rule book. */
export interface InForce {
  /** The upstreams as they were opened, without what watches them. */
  readonly opened: ReadonlyMap<string, Upstream>;
  readonly ruleBook: RuleBook;
  readonly tariff: Tariff;
  readonly facts: Facts;
}

export interface RuleBookPorts {
  readonly recorded: Pick<RecordedFacts, 'recordRuleBook'>;
  /** Opens upstreams that a rule book declares. */
  readonly createUpstreams: (
    declared: Policy['document']['upstreams'],
  ) => Promise<{ readonly upstreams: ReadonlyMap<string, Upstream>; readonly facts: Facts }>;
  readonly log: Log;
  readonly clock: Clock;
  /** Look at long texts. */
  readonly threads: InspectionThreads;
  /** Ids whose loss is being rehearsed. */
  readonly lost: ReadonlySet<string>;
  readonly recordShadow: ContinuityPorts['recordShadow'];
  readonly chargeShadow: ContinuityPorts['chargeShadow'];
  /** @param before the packs that are in force */
  readonly loadPacks: (policy: Policy, before: Packs) => Promise<Packs>;
  /** What the operator should know of a rule book that is put in force. */
  readonly notice: (policy: Policy) => void;
}

/**
 * The rule book in force. A new one is read and recorded, and then takes the place of the old one
 * whole, between two instructions: an exchange has one from its beginning to its end.
 */
export class RuleBooks {
  readonly #path: string;
  readonly #ports: RuleBookPorts;
  #current: InForce;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(path: string, ports: RuleBookPorts, first: InForce) {
    this.#path = path;
    this.#ports = ports;
    this.#current = first;
  }

  /** @param policy the first one, already read from the file */
  static async open(path: string, policy: Policy, ports: RuleBookPorts): Promise<RuleBooks> {
    const { upstreams, facts } = await ports.createUpstreams(policy.document.upstreams);
    const opened = { upstreams, facts };
    return new RuleBooks(path, ports, await putTogether(ports, policy, opened));
  }

  get current(): InForce {
    return this.#current;
  }

  /**
   * Reads the file again and puts it in force.
   * @param settled resolves when the exchanges now under way have ended
   * @throws GatewayError `policy_invalid` or `policy_needs_restart` with nothing changed; what the
   * ledger throws when the change cannot be recorded, with nothing changed
   */
  reload(settled: () => Promise<unknown>): Promise<{ changed: boolean; sha256: string }> {
    const turn = this.#turn.then(() => this.#reload(settled));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #reload(settled: () => Promise<unknown>): Promise<{ changed: boolean; sha256: string }> {
    const old = this.#current;
    const policy = this.#read();
    if (policy.sha256 === old.ruleBook.policy.sha256) return this.#reloadPacks(policy);
    const fixed = fixedMembers(old.ruleBook.policy, policy);
    if (fixed.length > 0) {
      this.#ports.log.warn('policy_not_reloaded', { code: 'policy_needs_restart' });
      throw new GatewayError('policy_needs_restart', { detail: fixed.join(', ') });
    }
    const kept = keptUpstreams(old, policy);
    const missing = policy.document.upstreams.filter(({ id }) => !kept.upstreams.has(id));
    const made = await this.#ports.createUpstreams(missing);
    const next = await putTogether(this.#ports, policy, {
      upstreams: new Map([...kept.upstreams, ...made.upstreams]),
      facts: new Map([...kept.facts, ...made.facts]),
      before: old.ruleBook,
    }).catch(async (error: unknown) => {
      await closeAll(made.upstreams.values());
      throw error;
    });
    this.#current = next;
    old.ruleBook.continuity.stop();
    old.ruleBook.cache.clear();
    this.#ports.log.info('policy_reloaded', { sha256: policy.sha256 });
    const gone = [...old.opened].filter(([id]) => !kept.upstreams.has(id));
    void settled().then(() => closeAll(gone.map(([, upstream]) => upstream)));
    return { changed: true, sha256: policy.sha256 };
  }

  /** The rule book is the same; a pack of it may have come in a newer version. */
  async #reloadPacks(policy: Policy): Promise<{ changed: boolean; sha256: string }> {
    const { ruleBook } = this.#current;
    const before = ruleBook.packs ?? new Map();
    const packs = await this.#ports.loadPacks(policy, before);
    const changed = !arePacksSame(before, packs);
    if (changed) this.#current = { ...this.#current, ruleBook: { ...ruleBook, packs } };
    return { changed, sha256: policy.sha256 };
  }

  #read(): Policy {
    try {
      if (statSync(this.#path).size > limits.configBytes) {
        throw new PolicyError('unreadable', "couldn't read the policy: it is too large");
      }
      return parsePolicy(readFileSync(this.#path, 'utf8'));
    } catch (cause) {
      const code = cause instanceof PolicyError ? cause.code : 'unreadable';
      this.#ports.log.warn('policy_not_reloaded', { code });
      const detail = cause instanceof PolicyError ? cause.message : 'sekisho.yaml cannot be read.';
      throw new GatewayError('policy_invalid', { detail, cause });
    }
  }
}

async function putTogether(
  ports: RuleBookPorts,
  policy: Policy,
  from: { upstreams: ReadonlyMap<string, Upstream>; facts: Facts; before?: RuleBook },
): Promise<InForce> {
  const supervise = (rules: Policy['document']['supervision']): Supervisor =>
    ports.threads.supervisorOf({
      rules,
      document: policy.document,
      classes: policy.classIds,
      watches: (policy.document.guards ?? []).map(({ kinds, band, direction }) => {
        return { kinds, minScore: band.from, direction };
      }),
    });
  const supervision = {
    supervisor: supervise(policy.document.supervision),
    supervisorMarking: (ids: ReadonlySet<string>): Supervisor =>
      supervise(policy.document.supervision.map((rule) => marking(rule, ids))),
  };
  const tariff = {
    prices: new PriceList(policy, readPricePack()),
    calendar: new Calendar(policy.document.accounting.timeZone),
  };
  const { upstreams: opened, facts } = from;
  const leaves = await ports.recorded.recordRuleBook(policy, facts);
  const packs = await ports.loadPacks(policy, from.before?.packs ?? new Map());
  ports.notice(policy);
  const cost = costsOf(tariff, () => ports.clock.nowMs());
  const watching = { ...ports, random: Math.random, cost };
  const continuity = new Continuity(policy, opened, watching, from.before?.continuity);
  const { upstreams } = continuity;
  // Its own for each rule book: what was answered under other rules is not given again.
  const cache = new AnswerCache(policy.document.cache, ports.clock);
  return {
    opened,
    ruleBook: {
      policy,
      ...leaves,
      ...supervision,
      createPlaceholders,
      upstreams,
      continuity,
      cache,
      packs,
    },
    tariff,
    facts,
  };
}

/** Only what stops is softened: a rule that masks goes on masking. */
function marking(rule: SupervisionRule, ids: ReadonlySet<string>): SupervisionRule {
  return rule.action === 'block' && ids.has(rule.id) ? { ...rule, action: 'annotate' } : rule;
}

/** Upstreams whose declaration is the same: they keep their connections, and their model loaded. */
function keptUpstreams(
  { ruleBook, opened, facts }: InForce,
  policy: Policy,
): { upstreams: ReadonlyMap<string, Upstream>; facts: Facts } {
  const same = policy.document.upstreams.filter((declared) => {
    const before = ruleBook.policy.upstream(declared.id);
    return before !== undefined && JSON.stringify(before) === JSON.stringify(declared);
  });
  const ids = new Set(same.map(({ id }) => id));
  return {
    upstreams: new Map([...opened].filter(([id]) => ids.has(id))),
    facts: new Map([...facts].filter(([id]) => ids.has(id))),
  };
}

/** What was built into the ledger at the start and cannot be replaced under it. */
function fixedMembers(before: Policy, after: Policy): readonly string[] {
  const members = ({ document }: Policy): Readonly<Record<string, unknown>> => ({
    storage: document.storage,
    'ledger.checkpointSeconds': document.ledger.checkpointSeconds,
    'ledger.publication': document.ledger.publication,
    'ledger.witnesses': document.ledger.witnesses,
    'ledger.quorum': document.ledger.quorum,
  });
  const old = members(before);
  return Object.entries(members(after)).flatMap(([name, value]) =>
    JSON.stringify(value) === JSON.stringify(old[name]) ? [] : [name],
  );
}

async function closeAll(upstreams: Iterable<Upstream>): Promise<void> {
  await Promise.all([...upstreams].map((upstream) => upstream.close()));
}
