import { z } from 'zod';
import { limits } from '#base';
import {
  type ApiKey,
  GatewayError,
  type KeyTerms,
  keyTermsSchema,
  recordKeyEvent,
  recordedTerms,
  roles,
} from '#gateway';
import type { ApiApp, ApiContext, ApiPorts } from './app.ts';
import { requireRight } from './app.ts';

export const newKey = keyTermsSchema.extend({
  name: z.string().trim().min(1).max(100),
  role: z.enum(roles).default('user'),
});
/** Members that are named replace those that are there; the others stay. */
export const changedTerms = z.strictObject(
  Object.fromEntries(
    Object.entries(keyTermsSchema.shape).map(([name, member]) => [
      name,
      (member as z.ZodDefault<z.ZodType>).unwrap().optional(),
    ]),
  ),
);
export const rotation = z.strictObject({
  overlapSeconds: z.int().min(0).max(limits.keyOverlapSeconds).default(86_400),
});

/**
 * Issuing, changing, renewing and withdrawing keys. Each is an entry in the ledger before it takes
 * effect.
 */
export function keyRoutes(app: ApiApp, ports: ApiPorts): void {
  const { keys } = ports;
  const record = (detail: Parameters<typeof recordKeyEvent>[2]): Promise<void> =>
    recordKeyEvent(ports.appender, ports.ruleBook().policyLeaf, detail);
  const forget = (id: string): void => ports.ruleBook().cache.forgetKey(id);
  app.get('/api/keys', (context) => {
    requireRight(context, 'keys.read');
    return context.json({ keys: keys.list().map(view) });
  });
  app.post('/api/keys', async (context) => {
    const { name, role, ...terms } = await bodyOf(context, newKey);
    checkTerms(ports, terms);
    const made = keys.make(name, role, terms);
    const { id } = made.key;
    const by = context.get('key').id;
    await record({ event: 'created', key: id, role, by, ...recordedTerms(terms) });
    keys.admit(made);
    return context.json({ ...view(made.key), secret: made.secret }, 201);
  });
  app.patch('/api/keys/:id', async (context) => {
    const given = await bodyOf(context, changedTerms);
    const known = ownedKey(ports, context);
    const terms = keyTermsSchema.parse({ ...known.terms, ...given });
    checkTerms(ports, terms);
    const by = context.get('key').id;
    await record({ event: 'changed', key: known.id, by, ...recordedTerms(terms) });
    keys.change(known.id, terms);
    forget(known.id);
    return context.json(view({ ...known, terms }));
  });
  app.post('/api/keys/:id/rotate', async (context) => {
    const { overlapSeconds } = await bodyOf(context, rotation);
    const made = keys.makeSecret(ownedKey(ports, context));
    const { id } = made.key;
    const by = context.get('key').id;
    await record({ event: 'rotated', key: id, by, overlapSeconds: String(overlapSeconds) });
    keys.rotate(made, overlapSeconds * 1_000);
    forget(id);
    return context.json({ ...view(made.key), secret: made.secret, overlapSeconds });
  });
  app.delete('/api/keys/:id', async (context) => {
    requireRight(context, 'keys');
    const { id } = keyOf(ports, context);
    if (id === context.get('key').id) {
      // An operator who withdrew their own key could lock everyone out.
      throw new GatewayError('invalid_value', { param: 'id' });
    }
    await record({ event: 'revoked', key: id, by: context.get('key').id });
    keys.revoke(id);
    forget(id);
    return context.json({ id, revoked: true });
  });
}

function view({ terms, ...key }: ApiKey): object {
  return { ...key, person: key.person === true, ...terms };
}

/** A key that somebody holds: of a person who signs in, the rule book says what they may. */
function ownedKey(ports: ApiPorts, context: ApiContext): ApiKey {
  const key = keyOf(ports, context);
  if (key.person === true) throw new GatewayError('person_key');
  return key;
}

function keyOf({ keys }: ApiPorts, context: ApiContext): ApiKey {
  const key = keys.get(context.req.param('id') ?? '');
  if (key === undefined) throw new GatewayError('not_found');
  return key;
}

/** A bound that names nothing would be taken for one that holds. */
function checkTerms({ ruleBook, classroom }: ApiPorts, terms: KeyTerms): void {
  const { maxClass, models, upstreams, mcp } = terms;
  const { policy } = ruleBook();
  if (terms.class !== null && classroom.classes.get(terms.class) === undefined) {
    throw new GatewayError('invalid_value', { param: 'class' });
  }
  if (maxClass !== null && policy.dataClass(maxClass) === undefined) {
    throw new GatewayError('invalid_value', { param: 'maxClass' });
  }
  const known = policy.document.upstreams;
  if (!upstreams.every((id) => known.some((upstream) => upstream.id === id))) {
    throw new GatewayError('invalid_value', { param: 'upstreams' });
  }
  if (!models.every((name) => known.some(({ id, model }) => id === name || model === name))) {
    throw new GatewayError('invalid_value', { param: 'models' });
  }
  const servers = policy.document.mcp?.servers ?? [];
  if (!mcp.every((grant) => servers.some(({ id }) => grant.startsWith(`${id}__`)))) {
    throw new GatewayError('invalid_value', { param: 'mcp' });
  }
}

async function bodyOf<Body>(context: ApiContext, schema: z.ZodType<Body>): Promise<Body> {
  requireRight(context, 'keys');
  const length = Number(context.req.header('content-length') ?? Number.NaN);
  if (!(length <= 16_384)) throw new GatewayError('body_too_large');
  const parsed = schema.safeParse(await context.req.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  throw new GatewayError('invalid_value', {
    param: String(unknown ?? issue?.path[0] ?? 'body').slice(0, 100),
  });
}
