import type { Bilingual } from '../text/language.ts';
import type { Client } from './client.ts';
import { bilingual, list, number, shape, text, textOrNull } from './shape.ts';

/** How people sign in here, where they do. */
export interface SignInOffer {
  /** Where the way to the issuer begins: at the checkpoint, on the host it is known by. */
  readonly start: string;
  readonly title: Bilingual | undefined;
  /** Whether this browser has a session already. */
  readonly signedIn: boolean;
}

export interface SessionRow {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  /** Unix seconds. */
  readonly created: number;
  readonly seen: number;
  readonly until: number;
  readonly current: boolean;
}

/** @returns undefined where there are keys only */
export async function fetchOffer(client: Client): Promise<SignInOffer | undefined> {
  const offer = shape(await client.json('/sign-in/offer'))['signIn'];
  if (offer === null || offer === undefined) return undefined;
  const found = shape(offer);
  return {
    start: text(found['start']),
    title: found['title'] === null ? undefined : bilingual(found['title']),
    signedIn: found['signedIn'] === true,
  };
}

/** @returns where the issuer wants to be told, or null */
export async function endSignIn(client: Client): Promise<string | null> {
  const found = shape(await client.json('/sign-in/end', { method: 'POST' }));
  const leave = textOrNull(found['leave']);
  return leave !== null && /^https?:\/\//.test(leave) ? leave : null;
}

export async function fetchSessions(client: Client): Promise<readonly SessionRow[]> {
  return list(shape(await client.json('/api/sessions'))['sessions'], (value) => {
    const found = shape(value);
    const seconds = (name: string): number => Math.floor(number(found[name]) / 1_000);
    return {
      id: text(found['id']),
      name: text(found['name']),
      role: text(found['role']),
      created: seconds('createdMs'),
      seen: seconds('seenMs'),
      until: seconds('untilMs'),
      current: found['current'] === true,
    };
  });
}

export async function endSession(client: Client, id: string): Promise<void> {
  await client.call(`/api/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' });
}
