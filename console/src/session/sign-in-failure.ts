/** Why the way back from the issuer ended here, as the checkpoint says it. */
export const signInFailures = [
  'expired',
  'denied',
  'no_role',
  'email',
  'withdrawn',
  'clock',
  'issuer',
  'rejected',
  'setup',
] as const;
export type SignInFailure = (typeof signInFailures)[number];

/** Takes it out of an address such as `/console/?sign-in=expired`, so that a reload is a new try. */
export function takeSignInFailure(): SignInFailure | undefined {
  const said = new URLSearchParams(location.search).get('sign-in');
  if (said === null) return undefined;
  history.replaceState(null, '', `${location.pathname}${location.hash}`);
  return signInFailures.find((code) => code === said);
}
