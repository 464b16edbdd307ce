import { randomBytes } from 'node:crypto';
import { type Clock, limits } from '#base';
import { GatewayError } from '../errors.ts';
import type { RequestId } from './message.ts';

/** What is remembered between the requests of a client that speaks in sessions. */
export interface Session {
  readonly id: string;
  readonly key: string;
  /** The server whose address it was opened at; undefined for the merged one. */
  readonly scope: string | undefined;
  readonly version: string;
  /** Calls under way, so that a notification can cancel one. */
  readonly calls: Map<RequestId, AbortController>;
  lastMs: number;
}

/** Sessions of the life before 2026-07-28. One belongs to one key and one address. */
export class Sessions {
  readonly #clock: Clock;
  readonly #byId = new Map<string, Session>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** @throws GatewayError `too_many_requests` */
  open(of: Pick<Session, 'key' | 'scope' | 'version'>): Session {
    const nowMs = this.#clock.monotonicMs();
    this.#forget(nowMs);
    const mine = [...this.#byId.values()].filter(({ key }) => key === of.key);
    // A client that never ends its sessions loses its oldest, and nobody else's.
    if (mine.length >= limits.mcpSessionsPerKey) this.#byId.delete(mine[0]!.id);
    if (this.#byId.size >= limits.mcpSessions) throw new GatewayError('too_many_requests');
    const id = randomBytes(24).toString('base64url');
    const session: Session = { ...of, id, calls: new Map(), lastMs: nowMs };
    this.#byId.set(id, session);
    return session;
  }

  /** @returns undefined also for a session of another key or of another address */
  find(id: string, of: Pick<Session, 'key' | 'scope'>): Session | undefined {
    const session = this.#byId.get(id);
    if (session === undefined || session.key !== of.key || session.scope !== of.scope) {
      return undefined;
    }
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - session.lastMs > limits.mcpSessionMs && session.calls.size === 0) {
      this.#byId.delete(id);
      return undefined;
    }
    session.lastMs = nowMs;
    // The oldest stands first.
    this.#byId.delete(id);
    this.#byId.set(id, session);
    return session;
  }

  close(session: Session): void {
    this.#byId.delete(session.id);
    for (const call of session.calls.values()) call.abort();
  }

  #forget(nowMs: number): void {
    for (const [id, { lastMs, calls }] of this.#byId) {
      if (nowMs - lastMs <= limits.mcpSessionMs) return;
      if (calls.size === 0) this.#byId.delete(id);
    }
  }
}
