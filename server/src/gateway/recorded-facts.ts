import { createHash } from 'node:crypto';
import type { Database } from '#base';
import type { Draft, JsonValue, LedgerAppender } from '#ledger';
import type { DeclaredUpstream, Policy } from '#policy';

/**
 * A rule book or a model stays in force for years: what receipts open must outlast the schedule,
 * which leaves this class alone.
 */
const kept = 'r3';

type Declaration = Readonly<Record<string, JsonValue>>;

/** Where in the ledger the rule book and the models it names were recorded. */
export interface RecordedRuleBook {
  readonly policyLeaf: string;
  readonly modelLeaves: ReadonlyMap<string, string>;
}

/**
 * Remembers which version of a fact is already in the ledger, so that a start without a change adds
 * no entry. The table only saves repetition: without it the facts are recorded once more.
 */
export class RecordedFacts {
  readonly #database: Database;
  readonly #ledger: LedgerAppender;
  readonly #origin: string;

  /** @param origin name of the log; what was recorded in another log does not count */
  constructor(database: Database, ledger: LedgerAppender, origin: string) {
    this.#database = database;
    this.#ledger = ledger;
    this.#origin = origin;
    database.exec(`CREATE TABLE IF NOT EXISTS recorded_fact (
      origin TEXT NOT NULL, subject TEXT NOT NULL, sha256 TEXT NOT NULL, leaf TEXT NOT NULL,
      PRIMARY KEY (origin, subject)
    ) STRICT`);
  }

  /**
   * Records the policy and the declaration of each upstream unless they are on record unchanged.
   * @param facts what more is known of an upstream's model, such as the SHA-256 of its file
   */
  async recordRuleBook(
    policy: Policy,
    facts: ReadonlyMap<string, Readonly<Record<string, string>>>,
  ): Promise<RecordedRuleBook> {
    const policyLeaf = await this.#record('policy', policy.sha256, {
      type: 'policy.change',
      decision: 'allow',
      evidenceClass: kept,
      refs: {},
      fields: { 'policy.sha256': policy.sha256, 'policy.document': policy.text },
    });
    const modelLeaves = new Map<string, string>();
    for (const upstream of policy.document.upstreams) {
      const declaration = { ...declarationOf(upstream, policy), ...facts.get(upstream.id) };
      // oxlint-disable-next-line no-await-in-loop -- a handful at start, and their order is kept
      const leaf = await this.#record(`model:${upstream.id}`, hashOf(declaration), {
        type: 'model.record',
        decision: 'allow',
        evidenceClass: kept,
        refs: { policy: policyLeaf },
        fields: { 'model.declaration': declaration },
      });
      modelLeaves.set(upstream.id, leaf);
    }
    return { policyLeaf, modelLeaves };
  }

  /**
   * Records a country pack that is put in force, unless it is on record unchanged.
   * @returns the leaf of the entry
   */
  recordPack(pack: {
    readonly id: string;
    readonly version: string;
    readonly country: string;
    readonly sha256: string;
  }): Promise<string> {
    return this.#record(`pack:${pack.id}`, pack.sha256, {
      type: 'system.record',
      decision: 'allow',
      evidenceClass: kept,
      refs: {},
      fields: { 'system.pack': pack },
    });
  }

  async #record(subject: string, sha256: string, draft: Draft): Promise<string> {
    const known = this.#database
      .prepare('SELECT leaf FROM recorded_fact WHERE origin = ? AND subject = ? AND sha256 = ?')
      .get(this.#origin, subject, sha256) as { leaf: string } | undefined;
    if (known !== undefined) return known.leaf;
    const [entry] = await this.#ledger.append([draft]);
    this.#database
      .prepare(
        'INSERT OR REPLACE INTO recorded_fact (origin, subject, sha256, leaf) VALUES (?,?,?,?)',
      )
      .run(this.#origin, subject, sha256, entry!.leafHash);
    return entry!.leafHash;
  }
}

/**
 * What the operator declares about an upstream; the name of the key's variable is nobody's concern.
 */
function declarationOf(upstream: DeclaredUpstream, { document }: Policy): Declaration {
  const { id, dialect, model, operator, jurisdiction, residency } = upstream;
  const { capabilities, terms } = upstream;
  const prices = document.accounting.prices
    .filter((price) => price.upstream === id)
    .map(({ upstream: _upstream, ...price }) => price);
  return {
    id,
    dialect,
    model,
    operator,
    jurisdiction,
    residency,
    // Members that are not written are no part of it, so that old declarations stay the same.
    ...(capabilities === undefined ? {} : { capabilities: definedOf(capabilities) }),
    ...(prices.length === 0 ? {} : { prices }),
    ...(terms === undefined ? {} : { terms }),
  };
}

function definedOf(members: object): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function hashOf(declaration: Declaration): string {
  return createHash('sha256').update(JSON.stringify(declaration), 'utf8').digest('hex');
}
