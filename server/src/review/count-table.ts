import type { Database } from '#base';

/**
 * What happened in one month by one rule. Each passage is counted once: under the first rule that
 * stopped it, or else the first that marked it, or else under `*` alone.
 */
export interface MonthCount {
  readonly month: string;
  readonly rule: string;
  /** Of the rule `*` only: all passages of the month. */
  readonly passages: number;
  readonly marked: number;
  readonly blocks: number;
  readonly overturned: number;
}

/** Stands for every passage; no rule can be called this. */
export const allRules = '*';

/**
 * Counts by month and rule, and how far into the log they go. What is erased later stays counted:
 * a count is of nobody.
 */
export class CountTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(`CREATE TABLE IF NOT EXISTS review_tally (
      month TEXT NOT NULL, rule TEXT NOT NULL, passages INTEGER NOT NULL,
      marked INTEGER NOT NULL, blocks INTEGER NOT NULL, overturned INTEGER NOT NULL,
      PRIMARY KEY (month, rule)
    ) STRICT, WITHOUT ROWID`);
    database.exec(`CREATE TABLE IF NOT EXISTS review_progress (
      one INTEGER PRIMARY KEY CHECK (one = 1), origin TEXT NOT NULL, next INTEGER NOT NULL
    ) STRICT`);
  }

  /** @returns the index from which this log is not counted yet; undefined for another log */
  mark(origin: string): number | undefined {
    const row = this.#database.prepare('SELECT origin, next FROM review_progress').get() as
      | { origin: string; next: number }
      | undefined;
    return row?.origin === origin ? row.next : undefined;
  }

  setMark(origin: string, next: number): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO review_progress (one, origin, next) VALUES (1, ?, ?)')
      .run(origin, next);
  }

  add(count: Partial<MonthCount> & Pick<MonthCount, 'month' | 'rule'>): void {
    const { month, rule, passages = 0, marked = 0, blocks = 0, overturned = 0 } = count;
    this.#database
      .prepare(
        `INSERT INTO review_tally VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         passages = passages + excluded.passages, marked = marked + excluded.marked,
         blocks = blocks + excluded.blocks,
         overturned = overturned + excluded.overturned`,
      )
      .run(month, rule, passages, marked, blocks, overturned);
  }

  /** Newest month first. @param months how many */
  read(months: number): readonly MonthCount[] {
    return this.#database
      .prepare(
        `SELECT * FROM review_tally WHERE month IN
         (SELECT DISTINCT month FROM review_tally ORDER BY month DESC LIMIT ?)
         ORDER BY month DESC, rule`,
      )
      .all(months) as MonthCount[];
  }

  clear(): void {
    this.#database.exec('DELETE FROM review_tally; DELETE FROM review_progress');
  }
}
