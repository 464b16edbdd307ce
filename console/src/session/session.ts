import { type ReadonlySignal, signal } from '@preact/signals';
import type { Client } from '../api/client.ts';
import { ApiFailure, asFailure } from '../api/failure.ts';
import { type SessionInfo, fetchSession } from '../api/session.ts';
import { type SignInOffer, endSignIn, fetchOffer } from '../api/sign-in.ts';
import type { SignInFailure } from './sign-in-failure.ts';

/** Why nobody is signed in, where there is something to say about it. */
export type Outside = 'refused' | 'ended' | SignInFailure;

export type SessionState =
  | {
      readonly state: 'none';
      readonly why: Outside | undefined;
      /** How people can sign in without a key, once that is known. */
      readonly offer: SignInOffer | undefined;
    }
  | { readonly state: 'entering' }
  | { readonly state: 'in'; readonly info: SessionInfo }
  | { readonly state: 'failed'; readonly failure: ApiFailure };

/** Who uses this page: the holder of a key, or somebody who signed in at the issuer. */
export interface Session {
  readonly current: ReadonlySignal<SessionState>;
  /** Uses this key from now on, the one already kept, or what the browser is signed in as. */
  enter(client: Client, key?: string): Promise<void>;
  /** Asks again whether the key or the session still holds; leaves when it does not. */
  recheck(client: Client): Promise<void>;
  leave(client: Client): Promise<void>;
  key(): string | undefined;
}

const storageKey = 'sekisho.key';

/** Characters a bearer key may have; a header with others cannot be sent at all. */
export function isWellFormedKey(key: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(key);
}

/**
 * @param storage forgets when the tab is closed: sessionStorage
 * @param failure with which the issuer sent the browser back
 */
export function createSession(storage: Storage, failure: SignInFailure | undefined): Session {
  let key = storage.getItem(storageKey) ?? undefined;
  const current = signal<SessionState>({ state: 'entering' });
  const goOut = async (client: Client, why: Outside | undefined): Promise<void> => {
    key = undefined;
    storage.removeItem(storageKey);
    current.value = { state: 'none', why, offer: undefined };
    const offer = await fetchOffer(client).catch(() => undefined);
    if (current.value.state === 'none') current.value = { state: 'none', why, offer };
  };
  const load = async (client: Client): Promise<void> => {
    const used = key;
    try {
      const info = await fetchSession(client);
      if (key === used) current.value = { state: 'in', info };
    } catch (error) {
      if (key !== used) return;
      const failed = asFailure(error);
      if (failed.kind === 'unauthorized') {
        await goOut(client, used === undefined ? 'ended' : 'refused');
      } else if (current.value.state !== 'in') current.value = { state: 'failed', failure: failed };
    }
  };
  return {
    current,
    key: () => key,
    async leave(client) {
      const state = current.value;
      const person = state.state === 'in' && state.info.person;
      const exit = person ? await endSignIn(client).catch(() => null) : null;
      await goOut(client, undefined);
      if (exit !== null) location.assign(exit);
    },
    async enter(client, newKey) {
      if (newKey !== undefined) {
        key = newKey;
        storage.setItem(storageKey, newKey);
      }
      current.value = { state: 'entering' };
      if (key !== undefined) return load(client);
      const offer = await fetchOffer(client).catch(() => undefined);
      // A key may have come meanwhile.
      if (key !== undefined) return;
      if (offer?.signedIn === true) return load(client);
      current.value = { state: 'none', why: failure, offer };
    },
    async recheck(client) {
      if (current.value.state === 'in') await load(client);
    },
  };
}
