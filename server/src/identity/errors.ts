import { CodedError } from '#base';

/**
 * Why somebody could not sign in. The console has a text for each; what exactly was wrong goes to
 * the operator's log as `reason`, which names claims and never their values.
 *
 * - `expired`: too late, twice, or in another browser than it was begun in
 * - `denied`: the person or the issuer said no
 * - `no_role`: nothing in the rule book gives this person a role
 * - `email`: no verified address of a domain that the rule book names
 * - `withdrawn`: an operator has withdrawn this person's access
 * - `clock`: the clocks of the issuer and of this machine do not agree
 * - `issuer`: the issuer cannot be reached, or its answer cannot be used
 * - `rejected`: what came back is not what this checkpoint asked for
 * - `setup`: the client's secret is not there, or the address cannot carry a session
 */
export const signInErrors = [
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
export type SignInErrorCode = (typeof signInErrors)[number];

export class SignInError extends CodedError<SignInErrorCode> {
  /** A few words of ours, for the operator's log. */
  readonly reason: string;

  constructor(code: SignInErrorCode, reason: string, cause?: unknown) {
    super(code, `couldn't sign in: ${reason}`, cause);
    this.reason = reason;
  }
}
