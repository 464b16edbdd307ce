import { createHash, randomBytes } from 'node:crypto';
import { type Clock, type Database, limits } from '#base';

/** One browser in which somebody is signed in. */
export interface Session {
  /** To be named by; it opens nothing. */
  readonly id: string;
  /** The id of the person's key. */
  readonly person: string;
  readonly createdMs: number;
  /** Its last use, to about a minute. */
  readonly seenMs: number;
  readonly untilMs: number;
  /** SHA-256 of the client it was opened for, so that another issuer's sessions end with it. */
  readonly client: string;
  /** SHA-256 of the issuer's own session, or empty. */
  readonly issuerSession: string;
  /** Keyed hash of the name by which the issuer ends sessions, or empty. */
  readonly issuerSubject: string;
}

interface Row {
  readonly sha256: string;
  readonly id: string;
  readonly person: string;
  readonly created_ms: number;
  readonly seen_ms: number;
  readonly until_ms: number;
  readonly client: string;
  readonly issuer_session: string;
  readonly issuer_subject: string;
}

/**
 * Sessions, by the SHA-256 of a secret of 256 random bits that only the browser has: what is read
 * out of the table opens nothing.
 */
export class SessionStore {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #byHash = new Map<string, Session>();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    database.exec(`CREATE TABLE IF NOT EXISTS console_session (
      sha256 TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, person TEXT NOT NULL,
      created_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,
      client TEXT NOT NULL, issuer_session TEXT NOT NULL,
      issuer_subject TEXT NOT NULL DEFAULT ''
    ) STRICT`);
    addSubject(database);
    database.prepare('DELETE FROM console_session WHERE until_ms <= ?').run(clock.nowMs());
    const rows = database.prepare('SELECT * FROM console_session ORDER BY seen_ms').all() as Row[];
    for (const row of rows) this.#byHash.set(row.sha256, sessionOf(row));
  }

  /** A session that is not in force yet. @param hours until its end, however it is used */
  make(
    from: Pick<Session, 'person' | 'client' | 'issuerSession' | 'issuerSubject'>,
    hours: number,
  ): Session {
    const nowMs = this.#clock.nowMs();
    const untilMs = nowMs + hours * 3_600_000;
    const id = randomBytes(8).toString('hex');
    return { id, ...from, createdMs: nowMs, seenMs: nowMs, untilMs };
  }

  /** Puts a session in force, once that is on record. @returns its secret, seen this once */
  open(session: Session): string {
    this.#makeRoom(session.person);
    const secret = randomBytes(32).toString('base64url');
    const sha256 = hashOf(secret);
    const { id, person, createdMs, seenMs, untilMs, client } = session;
    const { issuerSession, issuerSubject } = session;
    this.#database
      .prepare('INSERT INTO console_session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(sha256, id, person, createdMs, seenMs, untilMs, client, issuerSession, issuerSubject);
    this.#byHash.set(sha256, session);
    return secret;
  }

  /**
   * @param idleMs for how long a session may lie unused
   * @param uses whether this is a use of it, from which that time begins anew
   * @returns undefined for what never was a session, or is none any more
   */
  find(secret: string, idleMs: number, uses = true): Session | undefined {
    const sha256 = hashOf(secret);
    const session = this.#byHash.get(sha256);
    if (session === undefined) return undefined;
    const nowMs = this.#clock.nowMs();
    if (!this.#isLive(session, idleMs)) {
      this.end([session]);
      return undefined;
    }
    if (!uses || nowMs - session.seenMs < limits.sessionSeenMs) return session;
    const seen = { ...session, seenMs: nowMs };
    // Last in the map: whatever has to make room takes what was used longest ago.
    this.#byHash.delete(sha256);
    this.#byHash.set(sha256, seen);
    this.#database
      .prepare('UPDATE console_session SET seen_ms = ? WHERE sha256 = ?')
      .run(nowMs, sha256);
    return seen;
  }

  /** Those that are still good, the newest first. */
  list(idleMs: number): readonly Session[] {
    return [...this.#byHash.values()]
      .filter((session) => this.#isLive(session, idleMs))
      .toSorted((a, b) => b.createdMs - a.createdMs);
  }

  end(sessions: readonly Session[]): void {
    const ids = new Set(sessions.map(({ id }) => id));
    for (const [sha256, { id }] of this.#byHash) {
      if (!ids.has(id)) continue;
      this.#byHash.delete(sha256);
      this.#database.prepare('DELETE FROM console_session WHERE sha256 = ?').run(sha256);
    }
  }

  #isLive({ untilMs, seenMs }: Session, idleMs: number): boolean {
    const nowMs = this.#clock.nowMs();
    return nowMs < untilMs && nowMs < seenMs + idleMs;
  }

  #makeRoom(person: string): void {
    const all = [...this.#byHash.values()];
    const own = all.filter((session) => session.person === person);
    const surplus = (of: readonly Session[], most: number): readonly Session[] =>
      of.slice(0, Math.max(0, of.length - most + 1));
    this.end([...surplus(own, limits.sessionsOfPerson), ...surplus(all, limits.sessions)]);
  }
}

/** Tables of earlier versions have no such column. */
function addSubject(database: Database): void {
  const columns = database.prepare('PRAGMA table_info(console_session)').all() as {
    name: string;
  }[];
  if (columns.some(({ name }) => name === 'issuer_subject')) return;
  database.exec(`ALTER TABLE console_session ADD COLUMN issuer_subject TEXT NOT NULL DEFAULT ''`);
}

/** SHA-256 in hex, or nothing of nothing. */
export function hashOf(text: string): string {
  return text === '' ? '' : createHash('sha256').update(text, 'utf8').digest('hex');
}

function sessionOf(row: Row): Session {
  const { id, person, client } = row;
  return {
    id,
    person,
    createdMs: row.created_ms,
    seenMs: row.seen_ms,
    untilMs: row.until_ms,
    client,
    issuerSession: row.issuer_session,
    issuerSubject: row.issuer_subject,
  };
}
