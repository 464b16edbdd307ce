import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { limits, preferredLanguage } from '#base';
import { GatewayError, errorBody, gatewayErrors } from '#gateway';
import type { Policy } from '#policy';
import { type Supervisor, ThreadsBusy } from '#supervisor';
import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import { aboutOf, guardAside, guardRequest, publicRules } from './guard.ts';
import { moderation, moderationRequest } from './moderation.ts';

export interface GuardAppOptions {
  readonly policy: Policy;
  readonly supervisor: Supervisor;
  /** What callers must send as a bearer token; none needs one when it is left out. */
  readonly key?: string;
  readonly version: string;
}

/** The supervisor over HTTP, without gateway and ledger. It keeps nothing of what it is shown. */
export function createGuardApp(options: GuardAppOptions): Hono {
  const { policy, supervisor, version } = options;
  const app = new Hono();
  app.onError((error, context) => tell(context, told(error)));
  app.notFound((context) => tell(context, new GatewayError('not_found')));
  app.get('/healthz', (context) => context.json({ ok: true, version }));
  app.get('/rules', (context) => context.json(publicRules(policy)));
  app.post('/v1/guard', async (context) => {
    authorise(context, options.key);
    const asked = await read(context, guardRequest);
    return context.json(await guardAside(supervisor, asked, aboutOf(asked)));
  });
  app.post('/v1/moderations', async (context) => {
    authorise(context, options.key);
    const id = `modr-${randomBytes(12).toString('hex')}`;
    const answer = await moderation(supervisor, await read(context, moderationRequest), id);
    if (answer === undefined) {
      const detail = 'Pictures cannot be inspected.';
      throw new GatewayError('invalid_value', { param: 'input', detail });
    }
    return context.json(answer);
  });
  return app;
}

function told(error: Error): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = error instanceof ThreadsBusy ? 'too_many_requests' : 'internal_error';
  return new GatewayError(code, { cause: error });
}

function tell(context: Context, error: GatewayError): Response {
  const { status } = gatewayErrors[error.code];
  const language = preferredLanguage(context.req.header('accept-language'), 'en');
  return context.json(errorBody(error, language), status as 400, { ...error.headers });
}

/** Compared as hashes, so that the time taken says nothing about the key. */
function authorise(context: Context, key: string | undefined): void {
  if (key === undefined) return;
  const given = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(context.req.header('authorization') ?? '');
  const hash = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
  if (!timingSafeEqual(hash(given?.[1] ?? ''), hash(key)))
    throw new GatewayError('invalid_api_key');
}

async function read<S extends z.ZodType>(context: Context, schema: S): Promise<z.infer<S>> {
  if (!/^application\/json\s*(;|$)/i.test(context.req.header('content-type') ?? '')) {
    throw new GatewayError('unsupported_media_type');
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await bytesOf(context)));
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError('invalid_json');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const param =
    issue === undefined || issue.path.length === 0 ? {} : { param: issue.path.join('.') };
  throw new GatewayError('invalid_value', { ...param, detail: issue?.message ?? '' });
}

async function bytesOf(context: Context): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of context.req.raw.body ?? []) {
    size += piece.length;
    if (size > limits.requestBodyBytes) throw new GatewayError('body_too_large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}
