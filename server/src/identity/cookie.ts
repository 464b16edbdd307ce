/** Which of our cookies. */
export type CookieUse = 'session' | 'begun';

const names = { session: 'sekisho', begun: 'sekisho-sign-in' } as const;

/**
 * Over https the name begins with `__Host-`: the browser then takes it from this very host only,
 * over https only, and no neighbour under the same domain can put one of theirs in its place
 * (RFC 6265bis, section 4.1.3.2).
 */
export function cookieName(use: CookieUse, secure: boolean): string {
  return `${secure ? '__Host-' : ''}${names[use]}`;
}

/**
 * @param header the whole `cookie` header
 * @returns undefined when there is none, or two: whoever put the second there meant no good
 */
export function readCookie(
  header: string | undefined,
  use: CookieUse,
  secure: boolean,
): string | undefined {
  const prefix = `${cookieName(use, secure)}=`;
  const found = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(prefix));
  return found.length === 1 ? found[0]?.slice(prefix.length) : undefined;
}

/**
 * A `set-cookie` header. The session's is never sent with what another site began; what was begun
 * must come back with the redirect from the issuer, which is another site.
 * @param maxAgeSeconds 0 takes the cookie away
 */
export function writeCookie(
  use: CookieUse,
  value: string,
  { secure, maxAgeSeconds }: { readonly secure: boolean; readonly maxAgeSeconds: number },
): string {
  const sameSite = use === 'session' ? 'Strict' : 'Lax';
  const attributes = [
    `${cookieName(use, secure)}=${value}`,
    'Path=/',
    'HttpOnly',
    `SameSite=${sameSite}`,
    `Max-Age=${maxAgeSeconds}`,
    ...(secure ? ['Secure'] : []),
  ];
  return attributes.join('; ');
}
