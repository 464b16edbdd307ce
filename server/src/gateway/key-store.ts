import { createHash, randomBytes } from 'node:crypto';
import type { Clock, Database } from '#base';

export type Role = 'user' | 'operator';

/** A caller, as far as the checkpoint knows them. The key itself is known to its holder only. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdMs: number;
}

export interface NewKey {
  readonly key: ApiKey;
  readonly secret: string;
}

/**
 * The keys of this checkpoint: 256 random bits each, of which only the SHA-256 is kept. A slow hash
 * would protect guessable secrets; these cannot be guessed.
 */
export class KeyStore {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #byHash = new Map<string, ApiKey>();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    database.exec(`CREATE TABLE IF NOT EXISTS api_key (
      id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL,
      sha256 TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL, revoked_ms INTEGER
    ) STRICT`);
    const rows = database
      .prepare('SELECT id, name, role, sha256, created_ms FROM api_key WHERE revoked_ms IS NULL')
      .all() as { id: string; name: string; role: Role; sha256: string; created_ms: number }[];
    for (const { id, name, role, sha256, created_ms } of rows) {
      this.#byHash.set(sha256, { id, name, role, createdMs: created_ms });
    }
  }

  /** @returns the key's owner, or undefined for a key that was never issued or was revoked */
  find(secret: string): ApiKey | undefined {
    return this.#byHash.get(hash(secret));
  }

  /** @param id as stored, also of revoked keys */
  nameOf(id: string): string | undefined {
    const row = this.#database.prepare('SELECT name FROM api_key WHERE id = ?').get(id) as
      | { name: string }
      | undefined;
    return row?.name;
  }

  list(): readonly ApiKey[] {
    return [...this.#byHash.values()];
  }

  /** Makes a key that is not in force yet; this is the only time its secret is seen. */
  make(name: string, role: Role): NewKey {
    const secret = `sk-sekisho-${randomBytes(32).toString('base64url')}`;
    const id = randomBytes(6).toString('hex');
    return { key: { id, name, role, createdMs: this.#clock.nowMs() }, secret };
  }

  /** Puts a key in force, once its making is on record. */
  admit({ key, secret }: NewKey): void {
    const { name, role } = key;
    const sha256 = hash(secret);
    this.#database
      .prepare('INSERT INTO api_key (id, name, role, sha256, created_ms) VALUES (?, ?, ?, ?, ?)')
      .run(key.id, name, role, sha256, key.createdMs);
    this.#byHash.set(sha256, key);
  }

  has(id: string): boolean {
    return this.list().some((key) => key.id === id);
  }

  /** @returns false when there is no such key in force */
  revoke(id: string): boolean {
    const entry = [...this.#byHash].find(([, key]) => key.id === id);
    if (entry === undefined) return false;
    this.#database
      .prepare('UPDATE api_key SET revoked_ms = ? WHERE id = ?')
      .run(this.#clock.nowMs(), id);
    this.#byHash.delete(entry[0]);
    return true;
  }
}

function hash(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}
