import type { Database, Statement } from '#base';

/** What was used by one key with one upstream on one day. Money in millionths. */
export interface UsageRow {
  readonly day: string;
  readonly key: string;
  readonly project: string;
  readonly model: string;
  readonly upstream: string;
  readonly jurisdiction: string;
  readonly currency: string;
  readonly exchanges: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Exchanges whose tokens were counted by us and not by the upstream. */
  readonly estimated: number;
  readonly costMicros: number;
  /** Exchanges for which no price was known: they are not in the cost. */
  readonly unpriced: number;
}

export const usageDimensions = [
  'key',
  'project',
  'model',
  'upstream',
  'jurisdiction',
  'day',
] as const;
export type UsageDimension = (typeof usageDimensions)[number];

/** Up to which entry of which log the table is complete. */
export interface UsageMark {
  readonly origin: string;
  /** Index of the last outcome that was counted. */
  readonly outcome: number;
  /** Index of the oldest intent that had no counted outcome then. */
  readonly floor: number;
}

const identity = 'day, key, project, model, upstream, jurisdiction, currency';

/**
 * The table of use: a fold over the outcomes in the ledger, with a mark of how far it goes. Counts
 * and mark are written in one transaction, so a crash loses nothing that the ledger can replay.
 */
export class UsageTable {
  readonly #database: Database;
  readonly #add: Statement;
  readonly #mark: Statement;

  constructor(database: Database) {
    this.#database = database;
    database.exec(`CREATE TABLE IF NOT EXISTS usage (
      day TEXT NOT NULL, key TEXT NOT NULL, project TEXT NOT NULL, model TEXT NOT NULL,
      upstream TEXT NOT NULL, jurisdiction TEXT NOT NULL, currency TEXT NOT NULL,
      exchanges INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
      estimated INTEGER NOT NULL, cost_micros INTEGER NOT NULL, unpriced INTEGER NOT NULL,
      PRIMARY KEY (${identity})
    ) STRICT, WITHOUT ROWID`);
    database.exec(`CREATE TABLE IF NOT EXISTS usage_mark (
      id INTEGER PRIMARY KEY CHECK (id = 1), origin TEXT NOT NULL,
      outcome INTEGER NOT NULL, floor INTEGER NOT NULL
    ) STRICT`);
    const columns = Array.from({ length: 13 }, (_, place) => `value ->> ${place}`);
    this.#add = database.prepare(
      `INSERT INTO usage SELECT ${columns.join(', ')} FROM json_each(?) WHERE true
        ON CONFLICT (${identity}) DO UPDATE SET
          exchanges = exchanges + excluded.exchanges,
          input_tokens = input_tokens + excluded.input_tokens,
          output_tokens = output_tokens + excluded.output_tokens,
          estimated = estimated + excluded.estimated,
          cost_micros = cost_micros + excluded.cost_micros,
          unpriced = unpriced + excluded.unpriced`,
    );
    this.#mark = database.prepare(
      'INSERT OR REPLACE INTO usage_mark (id, origin, outcome, floor) VALUES (1,?,?,?)',
    );
  }

  mark(): UsageMark | undefined {
    return this.#database.prepare('SELECT origin, outcome, floor FROM usage_mark').get() as
      | UsageMark
      | undefined;
  }

  /**
   * Adds to the rows that are there, and moves the mark. Requests wait meanwhile, so it is not
   * waited for the disk: a power cut takes rows and mark back together, and the ledger has the
   * rest.
   */
  add(rows: Iterable<UsageRow>, mark: UsageMark): void {
    // In the order of the table, and in one call: each of ten thousand keys may have a row.
    const ordered = [...rows].toSorted((a, b) => (a.key < b.key ? -1 : 1));
    this.#database.pragma('synchronous = NORMAL');
    try {
      this.#database.transaction(() => {
        this.#add.run(JSON.stringify(ordered.map(valuesOf)));
        this.#mark.run(mark.origin, mark.outcome, mark.floor);
      })();
    } finally {
      this.#database.pragma('synchronous = FULL');
    }
  }

  /** What each key used since a day, for budgets. @param month such as 2026-11 */
  sinceMonth(month: string): readonly UsageRow[] {
    return this.read({ from: `${month}-00`, to: '9999-99-99', by: ['key', 'day'] });
  }

  /**
   * Sums over days of a span, both ends included. What is not asked for by name is empty.
   * @param options.key only that key's
   */
  read(options: {
    readonly from: string;
    readonly to: string;
    readonly by: readonly UsageDimension[];
    readonly key?: string;
  }): readonly UsageRow[] {
    const { from, to, by, key } = options;
    const kept = [...by, 'currency'];
    const columns = [...usageDimensions].map((name) =>
      by.includes(name) ? name : `'' AS ${name}`,
    );
    const rows = this.#database
      .prepare(
        `SELECT ${columns.join(', ')}, currency, sum(exchanges) AS exchanges,
          sum(input_tokens) AS inputTokens, sum(output_tokens) AS outputTokens,
          sum(estimated) AS estimated, sum(cost_micros) AS costMicros, sum(unpriced) AS unpriced
        FROM usage WHERE day BETWEEN ? AND ? ${key === undefined ? '' : 'AND key = ?'}
        GROUP BY ${kept.join(', ')} ORDER BY ${kept.join(', ')}`,
      )
      .all(...(key === undefined ? [from, to] : [from, to, key]));
    return rows as UsageRow[];
  }

  /**
   * Forgets what the rule book says to forget, as the ledger does: whose it was, and then all.
   * @param options days before which the key's name goes, and the whole row
   */
  forget(options: { readonly keysBefore: string; readonly allBefore: string }): void {
    const { keysBefore, allBefore } = options;
    this.#database.transaction(() => {
      this.#database.prepare('DELETE FROM usage WHERE day < ?').run(allBefore);
      const due = this.#database
        .prepare(
          `SELECT day, '' AS key, project, model, upstream, jurisdiction, currency,
            sum(exchanges) AS exchanges, sum(input_tokens) AS inputTokens,
            sum(output_tokens) AS outputTokens, sum(estimated) AS estimated,
            sum(cost_micros) AS costMicros, sum(unpriced) AS unpriced
          FROM usage WHERE day < ? GROUP BY day, project, model, upstream, jurisdiction, currency
          HAVING max(key) != ''`,
        )
        .all(keysBefore) as UsageRow[];
      const drop = this.#database.prepare(
        `DELETE FROM usage WHERE day = ? AND project = ? AND model = ? AND upstream = ?
          AND jurisdiction = ? AND currency = ?`,
      );
      const insert = this.#database.prepare('INSERT INTO usage VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)');
      for (const row of due) {
        const { day, project, model, upstream, jurisdiction, currency } = row;
        drop.run(day, project, model, upstream, jurisdiction, currency);
        insert.run(...valuesOf(row));
      }
    })();
  }
}

function valuesOf(row: UsageRow): readonly (string | number)[] {
  return [
    row.day,
    row.key,
    row.project,
    row.model,
    row.upstream,
    row.jurisdiction,
    row.currency,
    row.exchanges,
    row.inputTokens,
    row.outputTokens,
    row.estimated,
    row.costMicros,
    row.unpriced,
  ];
}
