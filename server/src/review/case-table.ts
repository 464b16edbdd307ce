import type { Database } from '#base';

export const reviewStates = ['open', 'upheld', 'overturned'] as const;
export type ReviewState = (typeof reviewStates)[number];

/** A passage that somebody is to look at, or has looked at. */
export interface ReviewCase {
  /** Id of the passage, and index of its intent. */
  readonly passage: string;
  readonly index: number;
  readonly state: ReviewState;
  /** Whether a rule asked for a person's eyes. */
  readonly escalated: boolean;
  /** Unix seconds of when it came here. */
  readonly since: number;
  /** The rules that led to the decision. */
  readonly rules: readonly string[];
  /** The record in which a person contested it. */
  readonly contest: string | null;
  readonly contestedAt: number | null;
  /** The record that holds the verdict. */
  readonly verdict: string | null;
  readonly decidedAt: number | null;
  /** Unix milliseconds until which the same request may pass once. */
  readonly until: number | null;
  /** Of a pupil's passage: the class, whose teacher decides too. */
  readonly class: string | null;
}

interface Row {
  readonly passage: string;
  readonly idx: number;
  readonly state: ReviewState;
  readonly escalated: number;
  readonly since: number;
  readonly rules: string;
  readonly contest: string | null;
  readonly contested_at: number | null;
  readonly verdict: string | null;
  readonly decided_at: number | null;
  readonly until_ms: number | null;
  readonly class: string | null;
}

/** What came to the reviewers: a fold over the ledger, without a word of anybody's text. */
export class CaseTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(`CREATE TABLE IF NOT EXISTS review_case (
      passage TEXT PRIMARY KEY, idx INTEGER NOT NULL, state TEXT NOT NULL,
      escalated INTEGER NOT NULL, since INTEGER NOT NULL, rules TEXT NOT NULL,
      contest TEXT, contested_at INTEGER, verdict TEXT, decided_at INTEGER, until_ms INTEGER,
      class TEXT
    ) STRICT`);
    const columns = database.prepare('PRAGMA table_info(review_case)').all() as { name: string }[];
    if (!columns.some(({ name }) => name === 'class')) {
      database.exec('ALTER TABLE review_case ADD COLUMN class TEXT');
    }
    database.exec('CREATE INDEX IF NOT EXISTS review_case_idx ON review_case (state, idx)');
  }

  get(passage: string): ReviewCase | undefined {
    const row = this.#database
      .prepare('SELECT * FROM review_case WHERE passage = ?')
      .get(passage) as Row | undefined;
    return row === undefined ? undefined : caseOf(row);
  }

  /** Newest first. @param options.before an index; of decided ones both states are listed */
  list(options: {
    readonly open: boolean;
    readonly limit: number;
    readonly before: number;
    /** Those of one class only. */
    readonly class?: string;
  }): readonly ReviewCase[] {
    const { open, limit, before, class: of = null } = options;
    const rows = this.#database
      .prepare(
        `SELECT * FROM review_case WHERE (state = 'open') = ? AND idx < ?
         AND (? IS NULL OR class = ?) ORDER BY idx DESC LIMIT ?`,
      )
      .all(open ? 1 : 0, before, of, of, limit) as Row[];
    return rows.map(caseOf);
  }

  escalate(of: {
    readonly passage: string;
    readonly index: number;
    readonly since: number;
    readonly rules: readonly string[];
    readonly class: string | null;
  }): void {
    this.#database
      .prepare(
        `INSERT INTO review_case (passage, idx, state, escalated, since, rules, class)
         VALUES (?, ?, 'open', 1, ?, ?, ?) ON CONFLICT DO NOTHING`,
      )
      .run(of.passage, of.index, of.since, JSON.stringify(of.rules), of.class);
  }

  /** An escalated one that was contested too is one case. A decided one is opened again. */
  contest(of: {
    readonly passage: string;
    readonly index: number;
    readonly at: number;
    readonly rules: readonly string[];
    readonly record: string;
    readonly class: string | null;
  }): void {
    const { passage, index, at, rules, record } = of;
    this.#database
      .prepare(
        `INSERT INTO review_case
         (passage, idx, state, escalated, since, rules, contest, contested_at, class)
         VALUES (?, ?, 'open', 0, ?, ?, ?, ?, ?) ON CONFLICT (passage) DO UPDATE SET
         state = 'open', contest = excluded.contest, contested_at = excluded.contested_at`,
      )
      .run(passage, index, at, JSON.stringify(rules), record, at, of.class);
  }

  decide(of: {
    readonly passage: string;
    readonly state: ReviewState;
    readonly at: number;
    readonly record: string;
    readonly until: number | null;
  }): void {
    this.#database
      .prepare(
        `UPDATE review_case SET state = ?, verdict = ?, decided_at = ?, until_ms = ?
         WHERE passage = ?`,
      )
      .run(of.state, of.record, of.at, of.until, of.passage);
  }

  clear(): void {
    this.#database.exec('DELETE FROM review_case');
  }
}

function caseOf(row: Row): ReviewCase {
  return {
    passage: row.passage,
    index: row.idx,
    state: row.state,
    escalated: row.escalated === 1,
    since: row.since,
    rules: JSON.parse(row.rules) as readonly string[],
    contest: row.contest,
    contestedAt: row.contested_at,
    verdict: row.verdict,
    decidedAt: row.decided_at,
    until: row.until_ms,
    class: row.class,
  };
}
