import type { Database } from '#base';
import type { RecordedSchool } from './schema.ts';

/** What is counted in a class. */
export const classCounts = ['all', 'decision', 'rule', 'subject', 'code', 'review'] as const;

/** How often something came about in one week. */
export interface ClassCount {
  /** The Monday it begins with, such as 2026-11-23. */
  readonly week: string;
  readonly what: (typeof classCounts)[number];
  readonly name: string;
  readonly count: number;
}

/** Counts by class and week: a fold over the ledger, in which no pupil stands. */
export class ClassTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(`CREATE TABLE IF NOT EXISTS class_tally (
      class TEXT NOT NULL, week TEXT NOT NULL, what TEXT NOT NULL, name TEXT NOT NULL,
      count INTEGER NOT NULL, PRIMARY KEY (class, week, what, name)
    ) STRICT, WITHOUT ROWID`);
  }

  /** A passage is counted once under each rule, code and subject that it met. */
  count(week: string, school: RecordedSchool): void {
    const { class: of, decision, rules, subject, codes, rewrites, locked, signs } = school;
    const add = (what: ClassCount['what'], name: string): void => {
      this.#add(of, { week, what, name });
    };
    add('all', 'passages');
    if (rewrites > 0) add('all', 'rewritten');
    if (locked) add('all', 'locked');
    if (signs.length > 0) add('all', 'signs');
    add('decision', decision);
    for (const rule of new Set(rules)) add('rule', rule);
    if (typeof subject === 'string') add('subject', subject);
    for (const code of new Set(codes.slice(0, 5))) add('code', code);
  }

  countReview(week: string, of: string, event: string): void {
    this.#add(of, { week, what: 'review', name: event });
  }

  /** @param from the first Monday that is told of */
  read(of: string, from: string): readonly ClassCount[] {
    return this.#database
      .prepare(
        `SELECT week, what, name, count FROM class_tally WHERE class = ? AND week >= ?
         ORDER BY week DESC, what, count DESC, name`,
      )
      .all(of, from) as ClassCount[];
  }

  clear(): void {
    this.#database.exec('DELETE FROM class_tally');
  }

  #add(of: string, { week, what, name }: Omit<ClassCount, 'count'>): void {
    this.#database
      .prepare(
        `INSERT INTO class_tally VALUES (?, ?, ?, ?, 1)
         ON CONFLICT DO UPDATE SET count = count + 1`,
      )
      .run(of, week, what, name.slice(0, 200));
  }
}
