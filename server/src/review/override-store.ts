import { createHmac, randomBytes } from 'node:crypto';
import type { Clock, Database } from '#base';
import type { Override, Overrides } from '#gateway';
import { z } from 'zod';

const ruleList = z.array(z.string());

interface OverrideRow {
  readonly passage: string;
  readonly verdict: string;
  readonly rules: string;
  readonly until_ms: number;
  readonly direction: 'input' | 'output';
}

/**
 * Requests that may pass once, by a keyed hash: nobody who reads the table learns what was asked.
 * It is no fold over the ledger, which does not know the hashes: without it, people ask again.
 */
export class OverrideStore implements Overrides {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #secret: Uint8Array;
  /** Keys that have one, with those that have expired. */
  readonly #waiting: Set<string>;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    database.exec(`CREATE TABLE IF NOT EXISTS request_override (
      name TEXT PRIMARY KEY, key TEXT NOT NULL, passage TEXT NOT NULL, verdict TEXT NOT NULL,
      rules TEXT NOT NULL, until_ms INTEGER NOT NULL, direction TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
    database.exec(
      'CREATE TABLE IF NOT EXISTS override_secret (one INTEGER PRIMARY KEY, secret BLOB NOT NULL) STRICT',
    );
    database
      .prepare('INSERT OR IGNORE INTO override_secret (one, secret) VALUES (1, ?)')
      .run([randomBytes(32)]);
    const row = database.prepare('SELECT secret FROM override_secret WHERE one = 1').get() as {
      readonly secret: Uint8Array;
    };
    this.#secret = row.secret;
    database.prepare('DELETE FROM request_override WHERE until_ms <= ?').run(clock.nowMs());
    const keys = database.prepare('SELECT DISTINCT key FROM request_override').all() as {
      key: string;
    }[];
    this.#waiting = new Set(keys.map(({ key }) => key));
  }

  waiting(keyId: string): boolean {
    return this.#waiting.has(keyId);
  }

  take(keyId: string, text: string): Override | undefined {
    const name = this.#nameOf(keyId, text);
    const row = this.#database
      .prepare(
        `DELETE FROM request_override WHERE name = ?
        RETURNING passage, verdict, rules, until_ms, direction`,
      )
      .get(name) as OverrideRow | undefined;
    if (row === undefined || row.until_ms <= this.#clock.nowMs()) return undefined;
    const { passage, verdict, rules, until_ms: untilMs, direction } = row;
    return { passage, verdict, rules: ruleList.parse(JSON.parse(rules)), untilMs, direction };
  }

  giveBack(keyId: string, text: string, override: Override): void {
    this.put(keyId, text, override);
  }

  put(keyId: string, text: string, override: Override): void {
    const { passage, verdict, rules, untilMs, direction } = override;
    const written = JSON.stringify(rules);
    this.#database
      .prepare('INSERT OR REPLACE INTO request_override VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(this.#nameOf(keyId, text), keyId, passage, verdict, written, untilMs, direction);
    this.#waiting.add(keyId);
  }

  isOpen(passage: string): boolean {
    const row = this.#database
      .prepare('SELECT 1 FROM request_override WHERE passage = ? AND until_ms > ?')
      .get(passage, this.#clock.nowMs());
    return row !== undefined;
  }

  /** What is erased leaves no trace here either. */
  forget(passages: readonly string[]): void {
    const statement = this.#database.prepare('DELETE FROM request_override WHERE passage = ?');
    for (const passage of passages) statement.run(passage);
  }

  #nameOf(keyId: string, text: string): string {
    return createHmac('sha256', this.#secret)
      .update(JSON.stringify([keyId, text]), 'utf8')
      .digest('base64url');
  }
}
