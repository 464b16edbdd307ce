import { z } from 'zod';
import { limits } from '#base';
import { GatewayError, type GatewayErrorCode, type Right } from '#gateway';
import {
  type CustodyOrder,
  LedgerError,
  type LedgerErrorCode,
  type PersonPassages,
  type Sequenced,
} from '#ledger';
import type { ApiApp, ApiContext, ApiPorts } from './app.ts';
import { requireRight } from './app.ts';

const words = z.string().trim().min(1).max(500);
export const erasureBody = z.strictObject({
  groups: z
    .array(z.enum(['identity', 'content', 'ops']))
    .min(1)
    .max(3),
  basis: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  authority: words,
});
export const personBody = erasureBody.extend({ subject: z.string().min(1).max(1_000) });
export const grantBody = z.strictObject({
  reader: z.string().min(1).max(200),
  passages: z
    .array(z.string().regex(/^[0-9a-f]{32}$/))
    .min(1)
    .max(100),
  groups: erasureBody.shape.groups,
  until: z.int().positive(),
  reason: words,
  authority: words,
});
export const holdBody = z.strictObject({ reason: words, authority: words });

/** Erasing, holding and granting what was recorded. Each is an entry before it is done. */
export function custodyRoutes(app: ApiApp, ports: ApiPorts): void {
  const order = async (context: ApiContext, given: Unsigned): Promise<Response> =>
    context.json({ entries: (await carryOut(context, given)).map(view) });
  const carryOut = async (context: ApiContext, given: Unsigned): Promise<readonly Sequenced[]> => {
    const by = context.get('key').id;
    const { policyLeaf } = ports.ruleBook();
    try {
      return await ports.custodian.carryOut({ ...given, by, policyLeaf });
    } catch (error) {
      const code = error instanceof LedgerError ? refusals[error.code] : undefined;
      throw code === undefined ? error : new GatewayError(code, { cause: error });
    } finally {
      // What is erased from the record is not said again from memory, whoever asked for it.
      if (given.kind === 'erase') {
        ports.ruleBook().cache.clear();
        ports.review.overrides.forget(given.passageIds);
        ports.classroom.levels.forget(given.passageIds);
      }
    }
  };
  // What was said about a passage when it was contested goes with it.
  const erasure = async (
    passageIds: readonly string[],
    body: z.infer<typeof erasureBody>,
  ): Promise<Unsigned> => {
    const recordIds = await ports.review.desk.recordsOf(passageIds);
    return { kind: 'erase', passageIds, recordIds, ...body };
  };
  app.post('/api/passages/:id/erase', async (context) => {
    const body = await bodyOf(context, erasureBody);
    return order(context, await erasure([context.req.param('id')], body));
  });
  app.post('/api/people/erase', async (context) => {
    // In the body and not in the address, which proxies write down.
    const { subject, ...body } = await bodyOf(context, personBody);
    const person = ports.signIn.personOf(subject);
    const found = await passagesAbout(ports, [subject, person], body.groups);
    const entries: Sequenced[] = [];
    // Also where all of it is held or under way: a cache is no record that must be kept.
    ports.ruleBook().cache.clear();
    for (let start = 0; start < found.due.length; start += limits.custodyPassages) {
      const passageIds = found.due.slice(start, start + limits.custodyPassages);
      entries.push(...(await carryOut(context, await erasure(passageIds, body))));
    }
    if (person !== undefined && body.groups.includes('identity')) ports.signIn.forget(person);
    const { due, held, underWay } = found;
    return context.json({ erased: due.length, held, underWay, entries: entries.map(view) });
  });
  app.post('/api/passages/:id/hold', async (context) => {
    const body = await bodyOf(context, holdBody, 'holds');
    return order(context, { kind: 'hold', passageIds: [context.req.param('id')], ...body });
  });
  app.post('/api/grants', async (context) => {
    const { passages, ...body } = await bodyOf(context, grantBody);
    if (!ports.keys.has(body.reader)) throw new GatewayError('invalid_value', { param: 'reader' });
    return order(context, { kind: 'grant', passageIds: passages, ...body });
  });
  app.post('/api/grants/:id/withdraw', async (context) => {
    const body = await bodyOf(context, holdBody);
    return order(context, { kind: 'withdraw', grantId: context.req.param('id'), ...body });
  });
  app.post('/api/holds/:id/release', async (context) => {
    const body = await bodyOf(context, holdBody, 'holds');
    return order(context, { kind: 'release', holdId: context.req.param('id'), ...body });
  });
}

/** By what a request called them, or by the id of somebody who signs in. */
async function passagesAbout(
  { reader }: ApiPorts,
  subjects: readonly (string | undefined)[],
  groups: Parameters<ApiPorts['reader']['passagesAbout']>[1],
): Promise<PersonPassages> {
  const named = [...new Set(subjects)].filter((subject) => subject !== undefined);
  const lists = await Promise.all(named.map((subject) => reader.passagesAbout(subject, groups)));
  return {
    due: lists.flatMap(({ due }) => due),
    held: lists.flatMap(({ held }) => held),
    underWay: lists.flatMap(({ underWay }) => underWay),
  };
}

function view({ id, index, leafHash }: Sequenced): Sequenced {
  return { id, index, leafHash };
}

type WithoutSigner<Order> = Order extends unknown ? Omit<Order, 'by' | 'policyLeaf'> : never;
type Unsigned = WithoutSigner<CustodyOrder>;

/** What a refused order means to the caller; every other failure is the ledger's own. */
const refusals: Readonly<Partial<Record<LedgerErrorCode, GatewayErrorCode>>> = {
  order_invalid: 'invalid_value',
  unknown_passage: 'not_found',
  unknown_hold: 'not_found',
  unknown_grant: 'not_found',
  under_way: 'passage_under_way',
  held: 'passage_held',
  already_erased: 'passage_erased',
};

async function bodyOf<Body>(
  context: ApiContext,
  schema: z.ZodType<Body>,
  right: Right = 'custody',
): Promise<Body> {
  requireRight(context, right);
  const length = Number(context.req.header('content-length') ?? Number.NaN);
  if (!(length <= 4_096)) throw new GatewayError('body_too_large');
  const parsed = schema.safeParse(await context.req.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  const param = String(parsed.error.issues[0]?.path[0] ?? 'body');
  throw new GatewayError('invalid_value', { param });
}
