import type { Role } from '#gateway';
import type { SignInSettings } from '#policy';
import { SignInError } from './errors.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Whom a verified ID token is about, and what they are called. */
export interface Named {
  /** The value of the claim that names a person; it stays in this process. */
  readonly subject: string;
  readonly name: string;
  /** The value of `sub`, by which the issuer itself names them; it stays in this process. */
  readonly issuerSubject: string | undefined;
  /** The issuer's own session, when it names one. */
  readonly issuerSession: string | undefined;
}

/**
 * @throws SignInError `rejected` when the claim that names people is not there; `email` when it is
 * an address that was not verified
 */
export function whoIs(settings: SignInSettings, claims: Claims): Named {
  const subject = claims[settings.personClaim];
  if (typeof subject !== 'string' || subject === '' || subject.length > 255) {
    throw new SignInError('rejected', `claim ${settings.personClaim}`);
  }
  // Whoever may type any address into their own profile would be whom they name.
  if (settings.personClaim === 'email' && claims['email_verified'] !== true) {
    throw new SignInError('email', 'no verified address');
  }
  const called = [settings.nameClaim, 'preferred_username', 'email'].map((name) => claims[name]);
  const [name = ''] = called.map(printable).filter((text) => text !== '');
  const { sid, sub } = claims;
  return {
    subject,
    name,
    issuerSubject: typeof sub === 'string' ? sub : undefined,
    issuerSession: typeof sid === 'string' ? sid : undefined,
  };
}

/** People choose their own names: nothing in one may steer a terminal or turn a line around. */
function printable(value: unknown): string {
  if (typeof value !== 'string') return '';
  return Array.from(value.slice(0, 1_000).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ''))
    .slice(0, 100)
    .join('')
    .trim();
}

/**
 * What the rule book makes of the claims: the first line that holds one of a person's groups.
 * @throws SignInError `email` or `no_role`
 */
export function roleOf(settings: SignInSettings, claims: Claims): Role {
  checkEmail(settings, claims);
  const groups = new Set(valuesAt(claims, settings.roleClaim));
  const line = settings.roles.find(({ values }) => values.some((value) => groups.has(value)));
  const role = line?.role ?? settings.defaultRole;
  if (role === undefined) {
    // More groups than fit into a token: some issuers then give an address instead of a list.
    const elsewhere = claims['_claim_names'] !== undefined;
    throw new SignInError('no_role', elsewhere ? 'the groups are not in the token' : 'no group');
  }
  return role;
}

/** The class of a pupil or a teacher, by the same groups; null for who is of none. */
export function classOf(settings: SignInSettings, claims: Claims): string | null {
  if (settings.classes.length === 0) return null;
  const groups = new Set(valuesAt(claims, settings.roleClaim));
  const line = settings.classes.find(({ values }) => values.some((value) => groups.has(value)));
  return line?.class ?? null;
}

function checkEmail({ emailDomains }: SignInSettings, claims: Claims): void {
  if (emailDomains === undefined) return;
  const { email } = claims;
  // Whoever may type any address into their own profile has proved nothing by it.
  if (typeof email !== 'string' || claims['email_verified'] !== true) {
    throw new SignInError('email', 'no verified address');
  }
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  if (!emailDomains.includes(domain)) throw new SignInError('email', 'another domain');
}

function valuesAt(claims: Claims, path: readonly string[]): readonly string[] {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
    value = (value as Claims)[name];
  }
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
