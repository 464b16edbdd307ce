import { limits } from '#base';
import { GatewayError, type SchoolClass, classSettingsSchema, may, newClassSchema } from '#gateway';
import { classReport, leastCount } from '#review';
import { z } from 'zod';
import type { ApiApp, ApiContext, ApiPorts } from './app.ts';
import { requireRight } from './app.ts';
import { requireClass, taughtBy } from './class-access.ts';

export { newClassSchema } from '#gateway';
/** Members that are named replace those that are there; the others stay. */
export const changedClass = z.strictObject(
  Object.fromEntries(
    Object.entries(classSettingsSchema.shape).map(([name, member]) => [
      name,
      (member instanceof z.ZodDefault ? (member.unwrap() as z.ZodType) : member).optional(),
    ]),
  ),
);

/** Classes: what is set for their pupils, and what came of it. Each change is an entry first. */
export function classRoutes(app: ApiApp, ports: ApiPorts): void {
  const { classroom } = ports;
  app.get('/api/classes', (context) => {
    const key = context.get('key');
    const taught = taughtBy(key);
    requireRight(context, 'class');
    const seen = classroom.classes.list().filter(({ id }) => may(key, 'classes') || id === taught);
    return context.json({ classes: seen.map((one) => view(ports, one)), packs: packsOf(ports) });
  });
  app.post('/api/classes', async (context) => {
    requireRight(context, 'classes');
    const body = await bodyOf(context, newClassSchema);
    const { classes } = classroom;
    if (classes.get(body.id) !== undefined) throw invalid('id');
    if (classes.full) throw new GatewayError('too_many_requests');
    await put(ports, context, { event: 'created', one: body });
    return context.json(view(ports, body), 201);
  });
  app.get('/api/classes/:id', (context) => {
    const one = classOf(ports, context);
    return context.json({ ...view(ports, one), packs: packsOf(ports) });
  });
  app.patch('/api/classes/:id', async (context) => {
    const known = classOf(ports, context);
    const body = await bodyOf(context, changedClass);
    const { id } = known;
    const one = { ...classSettingsSchema.parse({ ...settingsOf(known), ...body }), id };
    await put(ports, context, { event: 'changed', one });
    return context.json(view(ports, one));
  });
  app.delete('/api/classes/:id', async (context) => {
    requireRight(context, 'classes');
    const { id } = classOf(ports, context);
    if (ports.keys.list().some(({ terms }) => terms.class === id)) {
      throw new GatewayError('class_in_use');
    }
    await record(ports, context, { event: 'removed', id });
    classroom.classes.remove(id);
    return context.json({ id, removed: true });
  });
  app.get('/api/classes/:id/report', async (context) => {
    const { id } = classOf(ports, context);
    const asked = /^[1-9]\d{0,2}$/.exec(context.req.query('weeks') ?? '')?.[0];
    const weeks = Math.min(Number(asked ?? 8), limits.classWeeks);
    await ports.review.book.catchUp();
    const { calendar } = ports.tariff();
    const nowMs = ports.clock.nowMs();
    const from = calendar.week(nowMs - (weeks - 1) * 7 * 86_400_000);
    const counts = ports.review.book.classes.read(id, from);
    const { timeZone } = calendar;
    const report = classReport(counts, { now: calendar.week(nowMs) });
    return context.json({ class: id, timeZone, least: leastCount, weeks: report });
  });
}

/** @throws GatewayError `not_found`, also for a class of another teacher */
function classOf({ classroom }: ApiPorts, context: ApiContext): SchoolClass {
  const id = context.req.param('id') ?? '';
  requireClass(context, id);
  const found = classroom.classes.get(id);
  if (found === undefined) throw new GatewayError('not_found');
  return found;
}

function settingsOf({ id: _id, ...settings }: SchoolClass): Omit<SchoolClass, 'id'> {
  return settings;
}

/** @throws GatewayError `invalid_value` for a pack, year or subject that there is not */
async function put(
  ports: ApiPorts,
  context: ApiContext,
  { event, one }: { readonly event: string; readonly one: SchoolClass },
): Promise<void> {
  const pack = ports.ruleBook().packs?.get(one.pack);
  if (pack === undefined) throw invalid('pack');
  const { years, subjects } = pack.manifest;
  if (!years.some(({ year }) => year === one.year)) throw invalid('year');
  if (one.subject !== null && !subjects.some(({ id }) => id === one.subject)) {
    throw invalid('subject');
  }
  // Its title stays here: nobody knows whose name somebody writes into it.
  const { title: _title, ...settings } = one;
  await record(ports, context, { event, ...settings });
  ports.classroom.classes.put(one);
}

async function record(
  ports: ApiPorts,
  context: ApiContext,
  what: Readonly<Record<string, string | number | boolean | null>>,
): Promise<void> {
  await ports.appender.append([
    {
      type: 'system.record',
      decision: 'allow',
      evidenceClass: 'r2',
      refs: { policy: ports.ruleBook().policyLeaf },
      fields: { 'system.by': context.get('key').id, 'system.class': what },
    },
  ]);
}

function view({ keys, ruleBook }: ApiPorts, one: SchoolClass): object {
  const members = keys.list().filter(({ terms }) => terms.class === one.id);
  const teachers = members.filter(({ role }) => role === 'teacher').length;
  const ready = ruleBook().packs?.has(one.pack) === true;
  return { ...one, ready, pupils: members.length - teachers, teachers };
}

/** What a class may be set to: packs with their years and subjects. */
function packsOf({ ruleBook }: ApiPorts): readonly object[] {
  return [...(ruleBook().packs ?? [])].map(([id, { manifest, supervisor }]) => ({
    id,
    version: manifest.version,
    country: manifest.country,
    title: manifest.title,
    languages: manifest.languages,
    sha256: supervisor.pack.hash,
    years: manifest.years.map(({ year, label }) => ({ year, label })),
    subjects: manifest.subjects.map(({ id: subject, title }) => ({ id: subject, title })),
  }));
}

function invalid(param: string): GatewayError {
  return new GatewayError('invalid_value', { param });
}

async function bodyOf<Body>(context: ApiContext, schema: z.ZodType<Body>): Promise<Body> {
  const length = Number(context.req.header('content-length') ?? Number.NaN);
  if (!(length <= 16_384)) throw new GatewayError('body_too_large');
  const parsed = schema.safeParse(await context.req.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  throw invalid(String(unknown ?? issue?.path[0] ?? 'body').slice(0, 100));
}
