import { type ReadonlySignal, signal } from '@preact/signals';
import type { Client } from '../api/client.ts';
import { ApiFailure, asFailure } from '../api/failure.ts';
import { type SessionInfo, fetchSession } from '../api/session.ts';

export type SessionState =
  | { readonly state: 'none'; readonly refused: boolean }
  | { readonly state: 'entering' }
  | { readonly state: 'in'; readonly info: SessionInfo }
  | { readonly state: 'failed'; readonly failure: ApiFailure };

/** The key in use and what the checkpoint says about it. */
export interface Session {
  readonly current: ReadonlySignal<SessionState>;
  /** Uses this key from now on, or the one already kept. */
  enter(client: Client, key?: string): Promise<void>;
  /** Asks again whether the key still holds; leaves when it does not. */
  recheck(client: Client): Promise<void>;
  leave(): void;
  key(): string | undefined;
}

const storageKey = 'sekisho.key';

/** Characters a bearer key may have; a header with others cannot be sent at all. */
export function isWellFormedKey(key: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(key);
}

/** @param storage forgets when the tab is closed: sessionStorage */
export function createSession(storage: Storage): Session {
  let key = storage.getItem(storageKey) ?? undefined;
  const current = signal<SessionState>(
    key === undefined ? { state: 'none', refused: false } : { state: 'entering' },
  );
  const leave = (refused: boolean): void => {
    key = undefined;
    storage.removeItem(storageKey);
    current.value = { state: 'none', refused };
  };
  const load = async (client: Client): Promise<void> => {
    const used = key;
    try {
      const info = await fetchSession(client);
      if (key === used) current.value = { state: 'in', info };
    } catch (error) {
      if (key !== used) return;
      const failure = asFailure(error);
      if (failure.kind === 'unauthorized') leave(true);
      else if (current.value.state !== 'in') current.value = { state: 'failed', failure };
    }
  };
  return {
    current,
    key: () => key,
    leave: () => leave(false),
    async enter(client, newKey) {
      if (newKey !== undefined) {
        key = newKey;
        storage.setItem(storageKey, newKey);
      }
      if (key === undefined) return;
      current.value = { state: 'entering' };
      await load(client);
    },
    async recheck(client) {
      if (current.value.state === 'in') await load(client);
    },
  };
}
