import { limits } from '#base';
import { GatewayError, may } from '#gateway';
import { type ReviewCase, examplesOf, readVerdicts, verdicts } from '#review';
import { z } from 'zod';
import type { ApiApp, ApiContext, ApiPorts } from './app.ts';
import { requireRight } from './app.ts';
import { mayTeacherRead, requireReviews } from './class-access.ts';
import { passageDetail, passageRow } from './passage-view.ts';

const words = z.string().trim().min(1).max(limits.reviewWords);
export const contestBody = z.strictObject({ reason: words });
export const verdictBody = z.strictObject({ verdict: z.enum(verdicts), note: words });

/** Contesting a decision, and deciding on what was contested or escalated. */
export function reviewRoutes(app: ApiApp, ports: ApiPorts): void {
  const { review } = ports;
  app.post('/api/passages/:id/contest', async (context) => {
    const { reason } = await bodyOf(context, contestBody);
    const found = await review.desk.contest(context.get('key'), context.req.param('id'), reason);
    return context.json(await told(ports, found), 201);
  });
  app.get('/api/passages/:id/contest', async (context) => {
    const id = context.req.param('id');
    const found = await review.desk.own(context.get('key'), id);
    return context.json(found === undefined ? nothingYet(id) : await told(ports, found));
  });
  app.get('/api/reviews', async (context) => {
    const taught = requireReviews(context);
    const open = context.req.query('state') !== 'decided';
    const limit = wholeNumber(context.req.query('limit'), 50, limits.reviewCases);
    const before = wholeNumber(
      context.req.query('before'),
      Number.MAX_SAFE_INTEGER,
      Number.MAX_SAFE_INTEGER,
    );
    const only = taught === undefined ? {} : { class: taught };
    const found = await review.desk.list({ open, limit: limit + 1, before, ...only });
    const rows = await Promise.all(found.slice(0, limit).map((one) => row(ports, one)));
    return context.json({ reviews: rows, more: found.length > limit });
  });
  app.get('/api/reviews/:id', async (context) => {
    const found = await caseOf(ports, context);
    const passage = await ports.reader.passage(found.passage, { content: false });
    if (passage === undefined) throw new GatewayError('not_found');
    return context.json({
      ...view(found),
      mayOpen: await mayOpen(ports, context, found.passage),
      detail: passageDetail(passage, ports.keys),
    });
  });
  app.post('/api/reviews/:id', async (context) => {
    await caseOf(ports, context);
    const { verdict, note } = await bodyOf(context, verdictBody);
    const said = { verdict, words: note };
    const decided = await review.desk.decide(context.get('key'), context.req.param('id'), said);
    return context.json(view(decided));
  });
  openingRoutes(app, ports);
}

/** What was written about a case, and the text it is about. Each reading is an entry first. */
function openingRoutes(app: ApiApp, ports: ApiPorts): void {
  const { review } = ports;
  app.post('/api/reviews/:id/open', async (context) => {
    const found = await caseOf(ports, context);
    await recordReading(ports, context, {
      passage: found.passage,
      index: found.index,
      of: 'review',
    });
    const [reason, note] = [
      await review.desk.words(found.contest),
      await review.desk.words(found.verdict),
    ];
    return context.json({ reason, note });
  });
  app.post('/api/reviews/:id/examples', async (context) => {
    requireRight(context, 'reviews');
    const found = await review.desk.find(context.req.param('id'));
    if (!(await mayOpen(ports, context, found.passage))) requireRight(context, 'content');
    await recordReading(ports, context, {
      passage: found.passage,
      index: found.index,
      groups: ['content'],
      form: 'examples',
    });
    const passage = await ports.reader.passage(found.passage, { content: true });
    const examples = passage === undefined ? [] : examplesOf(found, passage);
    return context.json({ examples, contentState: passage?.contentState ?? 'MISSING' });
  });
}

/** @throws GatewayError `role_not_permitted`; `not_found` for what is no case of this reviewer */
async function caseOf({ review }: ApiPorts, context: ApiContext): Promise<ReviewCase> {
  const taught = requireReviews(context);
  const found = await review.desk.find(context.req.param('id') ?? '');
  if (taught !== undefined && found.class !== taught) throw new GatewayError('not_found');
  return found;
}

async function recordReading(
  ports: ApiPorts,
  context: ApiContext,
  what: {
    readonly passage: string;
    readonly index: number;
    readonly of?: string;
    readonly groups?: readonly string[];
    readonly form?: string;
  },
): Promise<void> {
  await ports.appender.append([
    {
      type: 'access.read',
      decision: 'allow',
      evidenceClass: 'r2',
      refs: { policy: ports.ruleBook().policyLeaf },
      fields: { 'access.reader': context.get('key').id, 'access.what': { ...what } },
    },
  ]);
}

async function mayOpen(ports: ApiPorts, context: ApiContext, id: string): Promise<boolean> {
  const key = context.get('key');
  const { reader } = ports;
  if (may(key, 'content') || (await reader.granted(id, key.id)).includes('content')) return true;
  const passage = await reader.passage(id, { content: false });
  return passage !== undefined && mayTeacherRead(ports, key, passage);
}

function view(found: ReviewCase): object {
  const { contest, verdict: _verdict, ...facts } = found;
  return { ...facts, contested: contest !== null };
}

/** What its own person sees: how it stands, and what the reviewer answered. */
async function told({ review }: ApiPorts, found: ReviewCase): Promise<object> {
  const { passage, state, contest, contestedAt, decidedAt, until, verdict } = found;
  const mayPass = state === 'overturned' && review.overrides.isOpen(passage);
  return {
    passage,
    state,
    contested: contest !== null,
    contestedAt,
    decidedAt,
    note: state === 'open' ? null : await review.desk.words(verdict),
    until: mayPass ? until : null,
  };
}

function nothingYet(passage: string): object {
  const never = { contestedAt: null, decidedAt: null, note: null, until: null };
  return { passage, state: 'none', contested: false, ...never };
}

async function row({ reader, keys }: ApiPorts, found: ReviewCase): Promise<object> {
  const passage = await reader.passage(found.passage, { content: false });
  const known = passage === undefined ? undefined : passageRow(passage, keys);
  const { school } = readVerdicts(passage?.outcomeFields['policy.verdicts']);
  return {
    ...view(found),
    decision: known?.decision ?? null,
    dataClass: known?.dataClass ?? null,
    // Somebody may need help now.
    signs: (school?.signs ?? []).length > 0,
    held: passage?.held ?? false,
  };
}

/** @throws GatewayError `invalid_value` or `body_too_large` */
async function bodyOf<Body>(context: ApiContext, schema: z.ZodType<Body>): Promise<Body> {
  const length = Number(context.req.header('content-length') ?? Number.NaN);
  if (!(length <= 16_384)) throw new GatewayError('body_too_large');
  const parsed = schema.safeParse(await context.req.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  const param = String(parsed.error.issues[0]?.path[0] ?? 'body');
  throw new GatewayError('invalid_value', { param });
}

function wholeNumber(text: string | undefined, fallback: number, most: number): number {
  if (text === undefined || !/^[1-9][0-9]{0,15}$/.test(text)) return fallback;
  return Math.min(Number(text), most);
}
