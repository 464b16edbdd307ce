import { z } from 'zod';

const sentence = z.string().min(1).max(200);
const claim = z.string().min(1).max(200);
const limit = z.int().min(1).max(1_000_000_000);
const budget = z.int().min(1).max(1_000_000_000_000);
const money = z.number().positive().max(1_000_000_000);
const names = z.array(z.string().min(1).max(200)).max(64);
const role = z.enum(['user', 'operator', 'auditor', 'security', 'teacher']);

/** What the people of one role are held to: each of them, not all together. */
const terms = z.strictObject({
  project: z.string().trim().max(100).optional(),
  maxClass: z.string().min(1).max(64).optional(),
  models: names.optional(),
  upstreams: names.optional(),
  requestsPerMinute: limit.optional(),
  tokensPerMinute: limit.optional(),
  tokensPerDay: budget.optional(),
  tokensPerMonth: budget.optional(),
  moneyPerDay: money.optional(),
  moneyPerMonth: money.optional(),
});

/**
 * How people sign in to the console: by OpenID Connect, at an issuer that the institution names.
 * The rule book is public, so the secret of the client stands in the environment.
 */
export const signIn = z
  .strictObject({
    /** Exactly as the issuer writes it into its tokens. */
    issuer: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .refine(isPlain, 'leave out credentials, query and fragment'),
    /** Whether the issuer may stand in a private network. */
    private: z.boolean().default(false),
    clientId: z.string().regex(/^[\x21-\x7e]{1,200}$/, 'use 1 to 200 printable ASCII characters'),
    /** The variable that holds the client's secret; without one, the client is a public one. */
    clientSecretEnv: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'name an environment variable')
      .optional(),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, 'use a scope as of RFC 6749'))
      .max(16)
      .refine((list) => list.includes('openid'), 'openid must be among them')
      .default(['openid', 'profile', 'email']),
    /** What the button says behind "Sign in with". */
    title: z.strictObject({ en: sentence, ja: sentence }).optional(),
    /** The claim that names a person and never changes, and the one that people are shown. */
    personClaim: claim.default('sub'),
    nameClaim: claim.default('name'),
    /** Where the groups of a person stand; several names lead into nested objects. */
    roleClaim: z
      .union([claim.transform((name) => [name]), z.array(claim).min(1).max(4)])
      .default(['groups']),
    /** The first line that holds one of a person's values decides. */
    roles: z
      .array(z.strictObject({ role, values: z.array(z.string().min(1).max(200)).min(1).max(200) }))
      .max(32)
      .default([]),
    /** Which groups are those of a class; the first line that holds one of a person's decides. */
    classes: z
      .array(
        z.strictObject({
          class: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'use 1 to 64 of a-z 0-9 . _ -'),
          values: z.array(z.string().min(1).max(200)).min(1).max(200),
        }),
      )
      .max(1_000)
      .default([]),
    /** Of people whom no line names; without it they may not sign in. */
    defaultRole: role.optional(),
    /** Of a verified address; without the list, any address or none. */
    emailDomains: z
      .array(z.string().regex(/^[a-z0-9.-]{1,253}$/, 'use lower case, without @'))
      .min(1)
      .max(64)
      .optional(),
    /** A session ends so long after it began, and so long after it was used last. */
    sessionHours: z.int().min(1).max(168).default(8),
    idleMinutes: z.int().min(5).max(1_440).default(60),
    terms: z
      .strictObject({
        user: terms.optional(),
        operator: terms.optional(),
        auditor: terms.optional(),
        security: terms.optional(),
        teacher: terms.optional(),
      })
      .prefault({}),
  })
  .superRefine(({ issuer, private: isPrivate, roles, defaultRole }, context) => {
    const { protocol, hostname } = new URL(issuer);
    if (protocol === 'http:' && !isPrivate && !isLoopback(hostname)) {
      const message = 'use https; http is for an issuer on this machine, or one with private: true';
      context.addIssue({ code: 'custom', path: ['issuer'], message });
    }
    if (roles.length === 0 && defaultRole === undefined) {
      const message = 'nobody could sign in: name roles, a defaultRole, or both';
      context.addIssue({ code: 'custom', path: ['roles'], message });
    }
  });

interface Around {
  readonly institution: { readonly publicUrl?: string | undefined };
  readonly dataClasses: readonly { readonly id: string }[];
  readonly upstreams: readonly { readonly id: string; readonly model: string }[];
  readonly signIn?: z.infer<typeof signIn> | undefined;
}

/** What can be seen only beside the rest of the rule book. */
export function checkSignIn(
  { institution, dataClasses, upstreams, signIn: settings }: Around,
  report: (path: (string | number)[], message: string) => void,
): void {
  if (settings === undefined) return;
  const { publicUrl } = institution;
  if (publicUrl !== undefined && !maySetCookies(publicUrl)) {
    report(['institution', 'publicUrl'], 'people can sign in over https only');
  }
  for (const [of, held] of Object.entries(settings.terms)) {
    if (held === undefined) continue;
    const at = (name: string): string[] => ['signIn', 'terms', of, name];
    const { maxClass, models = [], upstreams: reached = [] } = held;
    if (maxClass !== undefined && !dataClasses.some(({ id }) => id === maxClass)) {
      report(at('maxClass'), `there is no data class "${maxClass}"`);
    }
    for (const name of reached.filter((id) => !upstreams.some((known) => known.id === id))) {
      report(at('upstreams'), `there is no upstream "${name}"`);
    }
    for (const name of models) {
      const known = upstreams.some(({ id, model }) => id === name || model === name);
      if (!known) report(at('models'), `there is no model "${name}"`);
    }
  }
}

/** A session over plain HTTP could be read on its way, except on this very machine. */
export function maySetCookies(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || isLoopback(hostname);
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

function isPlain(text: string): boolean {
  const { username, password, search, hash } = new URL(text);
  return username === '' && password === '' && search === '' && hash === '';
}
