import { z } from 'zod';
import { country, routedUpstream } from './routing-schema.ts';

/**
 * The member `upstreams` of `sekisho.yaml`: one model behind one endpoint, with what its dialect
 * needs to be told. Credentials never stand in the file, only the names of the variables that
 * hold them.
 */
const declared = {
  id: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9._-]{0,63}$/,
      'use 1 to 64 of a-z 0-9 . _ - and start with a letter or digit',
    ),
  /** The model's name at that endpoint; also what callers may ask for. */
  model: z.string().min(1).max(200),
  /** Who runs the endpoint, as the operator of this checkpoint knows it. */
  operator: z.string().min(1).max(200),
  /** Whose law the operator answers to: ISO 3166-1 alpha-2, or `local` for this machine's own. */
  jurisdiction: country,
  /** Where the data rests: the same codes. */
  residency: country,
  ...routedUpstream,
} as const;

const address = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .refine(isPlain, 'leave out credentials, query and fragment');

const variable = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'name an environment variable, such as OPENAI_API_KEY');

const remote = {
  ...declared,
  /** Name of the environment variable that holds the key. */
  apiKeyEnv: variable.optional(),
  /** Whether the name in `baseUrl` may lead into a private network. */
  private: z.boolean().optional(),
} as const;

/** How the key is sent: as the dialect usually does, or as a bearer token. */
const auth = z.enum(['key', 'bearer']).optional();

/** How a stated reasoning effort is said; left out, it is not, and the caller is told. */
const reasoning = z.enum(['none', 'effort', 'budget']).optional();

/** A part of a host name or path, without anything that would change what it is part of. */
const token = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'use A-Z a-z 0-9 . _ -');

export const upstream = z.discriminatedUnion('dialect', [
  z.strictObject({ ...declared, dialect: z.literal('embedded') }),
  z.strictObject({
    ...remote,
    dialect: z.enum(['openai', 'openai-compatible']),
    /** Up to and without `/chat/completions`, for example http://127.0.0.1:8000/v1 */
    baseUrl: address,
  }),
  z.strictObject({
    ...remote,
    dialect: z.literal('azure-openai'),
    /** Of the resource, without `/openai`. */
    baseUrl: address,
    deployment: token,
    /** A dated version of the dialect; left out, the undated `/openai/v1` is used. */
    apiVersion: token.optional(),
    auth,
  }),
  z.strictObject({
    ...remote,
    dialect: z.literal('anthropic'),
    /** Up to and without `/v1/messages`. */
    baseUrl: address.default('https://api.anthropic.com'),
    version: token.optional(),
    /** Features to switch on, as in the header `anthropic-beta`. */
    betas: z.array(token).max(32).optional(),
    /** For callers who state no limit, because the dialect demands one. */
    maxTokens: z.int().min(1).max(1_000_000).optional(),
    auth,
    reasoning,
  }),
  z.strictObject({
    ...remote,
    dialect: z.literal('gemini'),
    /** Up to and without `/models/`. */
    baseUrl: address.default('https://generativelanguage.googleapis.com/v1beta'),
    auth,
    reasoning,
  }),
  z.strictObject({
    ...remote,
    dialect: z.literal('bedrock'),
    region: z.string().regex(/^[a-z]{2}(-[a-z]{2,10}){1,3}-\d$/, 'such as ap-northeast-1'),
    /** Of the runtime endpoint; left out, the public one of the region. */
    baseUrl: address.optional(),
    /** Requests are signed with these, unless `apiKeyEnv` names a key. */
    accessKeyIdEnv: variable.default('AWS_ACCESS_KEY_ID'),
    secretAccessKeyEnv: variable.default('AWS_SECRET_ACCESS_KEY'),
    sessionTokenEnv: variable.default('AWS_SESSION_TOKEN'),
  }),
]);

function isPlain(text: string): boolean {
  const { username, password, search, hash } = new URL(text);
  return username === '' && password === '' && search === '' && hash === '';
}
