import { hash as digest, randomBytes } from 'node:crypto';
import type { Clock, Database } from '#base';
import { type KeyTerms, keyTermsSchema, noTerms } from './key-terms.ts';
import type { Role } from './roles.ts';

/** A caller, as far as the checkpoint knows them. The key itself is known to its holder only. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdMs: number;
  readonly terms: KeyTerms;
  /** Of somebody who signs in: a key without a secret, which only a session acts through. */
  readonly person?: true;
}

export interface NewKey {
  readonly key: ApiKey;
  readonly secret: string;
}

interface Secret {
  key: ApiKey;
  /** Of a secret that was replaced: when it stops working. */
  readonly untilMs: number | undefined;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly sha256: string;
  readonly created_ms: number;
  readonly terms: string;
}

/**
 * The keys of this checkpoint: 256 random bits each, of which only the SHA-256 is kept. A slow hash
 * would protect guessable secrets; these cannot be guessed.
 */
export class KeyStore {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #byHash = new Map<string, Secret>();
  readonly #byId = new Map<string, ApiKey>();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    migrate(database);
    const rows = database
      .prepare(
        `SELECT id, name, role, sha256, created_ms, terms FROM api_key WHERE revoked_ms IS NULL`,
      )
      .all() as Row[];
    for (const { id, name, role, sha256, created_ms, terms } of rows) {
      const known = { id, name, role, createdMs: created_ms, terms: readTerms(terms) };
      const key: ApiKey = sha256.startsWith(noSecret) ? { ...known, person: true } : known;
      this.#byId.set(id, key);
      if (key.person !== true) this.#byHash.set(sha256, { key, untilMs: undefined });
    }
    this.#loadReplaced();
  }

  /**
   * @returns the key's owner, or undefined for a key that was never issued, was withdrawn or
   * replaced, or has expired
   */
  find(secret: string): ApiKey | undefined {
    const found = this.#byHash.get(hash(secret));
    if (found === undefined) return undefined;
    const { key, untilMs } = found;
    const nowMs = this.#clock.nowMs();
    if (untilMs !== undefined && untilMs <= nowMs) return undefined;
    return key.terms.expires !== null && key.terms.expires * 1_000 <= nowMs ? undefined : key;
  }

  /** @param id as stored, also of revoked keys */
  nameOf(id: string): string | undefined {
    const row = this.#database.prepare('SELECT name FROM api_key WHERE id = ?').get(id) as
      | { name: string }
      | undefined;
    return row?.name;
  }

  /** Those that were not withdrawn, expired ones among them. */
  list(): readonly ApiKey[] {
    return [...this.#byId.values()];
  }

  get(id: string): ApiKey | undefined {
    return this.#byId.get(id);
  }

  /** Makes a key that is not in force yet; this is the only time its secret is seen. */
  make(name: string, role: Role, terms: KeyTerms = noTerms): NewKey {
    const id = randomBytes(6).toString('hex');
    return { key: { id, name, role, createdMs: this.#clock.nowMs(), terms }, secret: newSecret() };
  }

  /** Puts a key in force, once its making is on record. */
  admit({ key, secret }: NewKey): void {
    const { id, name, role, createdMs, terms } = key;
    const sha256 = hash(secret);
    this.#database
      .prepare(
        'INSERT INTO api_key (id, name, role, sha256, created_ms, terms) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(id, name, role, sha256, createdMs, JSON.stringify(terms));
    this.#byId.set(id, key);
    this.#byHash.set(sha256, { key, untilMs: undefined });
  }

  /** A further secret for a key, not in force yet. */
  makeSecret(key: ApiKey): NewKey {
    return { key, secret: newSecret() };
  }

  /**
   * Puts a new secret in force, once that is on record.
   * @param overlapMs for how long the one it replaces still works; those before it end at once
   */
  rotate({ key, secret }: NewKey, overlapMs: number): void {
    const sha256 = hash(secret);
    const replaced = this.#hashesOf(key.id);
    const current = replaced.find((of) => this.#byHash.get(of)?.untilMs === undefined);
    const untilMs = this.#clock.nowMs() + overlapMs;
    this.#database.transaction(() => {
      this.#database.prepare('DELETE FROM replaced_secret WHERE key = ?').run(key.id);
      if (current !== undefined && overlapMs > 0) {
        this.#database
          .prepare('INSERT INTO replaced_secret (sha256, key, until_ms) VALUES (?, ?, ?)')
          .run(current, key.id, untilMs);
      }
      this.#database.prepare('UPDATE api_key SET sha256 = ? WHERE id = ?').run(sha256, key.id);
    })();
    for (const of of replaced) this.#byHash.delete(of);
    if (current !== undefined && overlapMs > 0) this.#byHash.set(current, { key, untilMs });
    this.#byHash.set(sha256, { key, untilMs: undefined });
  }

  /** Changes what a key may do, once the change is on record. */
  change(id: string, terms: KeyTerms): void {
    const known = this.#byId.get(id);
    if (known === undefined) return;
    this.#database
      .prepare('UPDATE api_key SET terms = ? WHERE id = ?')
      .run(JSON.stringify(terms), id);
    const key = { ...known, terms };
    this.#byId.set(id, key);
    for (const of of this.#hashesOf(id)) this.#byHash.get(of)!.key = key;
  }

  /**
   * Puts what is known of a person in force, once it is on record: a key that nobody has.
   * @returns undefined for a person whose key was withdrawn
   */
  admitPerson(person: Pick<ApiKey, 'id' | 'name' | 'role' | 'terms'>): ApiKey | undefined {
    const { id, name, role, terms } = person;
    const known = this.#byId.get(id);
    if (known === undefined && this.nameOf(id) !== undefined) return undefined;
    const createdMs = known?.createdMs ?? this.#clock.nowMs();
    this.#database
      .prepare(
        `INSERT INTO api_key (id, name, role, sha256, created_ms, terms) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role,
           terms = excluded.terms`,
      )
      .run(id, name, role, noSecret + id, createdMs, JSON.stringify(terms));
    const key: ApiKey = { id, name, role, createdMs, terms, person: true };
    this.#byId.set(id, key);
    return key;
  }

  /** Forgets what a key is called, for a person who asked to be forgotten. */
  forgetName(id: string): void {
    const known = this.#byId.get(id);
    if (known !== undefined) this.#byId.set(id, { ...known, name: id });
    this.#database.prepare('UPDATE api_key SET name = ? WHERE id = ?').run(id, id);
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** @returns false when there is no such key in force */
  revoke(id: string): boolean {
    if (!this.#byId.delete(id)) return false;
    this.#database
      .prepare('UPDATE api_key SET revoked_ms = ? WHERE id = ?')
      .run(this.#clock.nowMs(), id);
    this.#database.prepare('DELETE FROM replaced_secret WHERE key = ?').run(id);
    for (const of of this.#hashesOf(id)) this.#byHash.delete(of);
    return true;
  }

  /** A walk over all keys: changing one is rare, and finding one is not. */
  #hashesOf(id: string): readonly string[] {
    return [...this.#byHash].flatMap(([of, { key }]) => (key.id === id ? [of] : []));
  }

  #loadReplaced(): void {
    this.#database
      .prepare('DELETE FROM replaced_secret WHERE until_ms <= ?')
      .run(this.#clock.nowMs());
    const rows = this.#database
      .prepare('SELECT sha256, key, until_ms FROM replaced_secret')
      .all() as { sha256: string; key: string; until_ms: number }[];
    for (const { sha256, key: id, until_ms } of rows) {
      const key = this.#byId.get(id);
      if (key !== undefined) this.#byHash.set(sha256, { key, untilMs: until_ms });
    }
  }
}

/** What stands for the hash of a person's key: no hash has a colon in it. */
const noSecret = 'person:';

/** Rows of earlier releases have no terms: their keys go on as they were. */
function migrate(database: Database): void {
  database.exec(`CREATE TABLE IF NOT EXISTS api_key (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL, revoked_ms INTEGER
  ) STRICT`);
  const columns = database.prepare('PRAGMA table_info(api_key)').all() as { name: string }[];
  if (!columns.some(({ name }) => name === 'terms')) {
    database.exec(`ALTER TABLE api_key ADD COLUMN terms TEXT NOT NULL DEFAULT '{}'`);
  }
  database.exec(`CREATE TABLE IF NOT EXISTS replaced_secret (
    sha256 TEXT PRIMARY KEY, key TEXT NOT NULL, until_ms INTEGER NOT NULL
  ) STRICT`);
}

/** @throws ZodError when the table was changed by hand: no bound is dropped unread */
function readTerms(text: string): KeyTerms {
  return text === '{}' ? noTerms : keyTermsSchema.parse(JSON.parse(text));
}

function newSecret(): string {
  return `sk-sekisho-${randomBytes(32).toString('base64url')}`;
}

function hash(secret: string): string {
  return digest('sha256', secret, 'hex');
}
