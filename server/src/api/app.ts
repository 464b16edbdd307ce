import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { type Clock, type Log, limits, preferredLanguage } from '#base';
import {
  type ApiKey,
  type AskedBy,
  type Classroom,
  type Drills,
  GatewayError,
  type GatewayErrorCode,
  type KeyStore,
  type McpCheckpoint,
  type Right,
  type RuleBook,
  type Tariff,
  type UsageBook,
  type UsageTable,
  errorBody,
  gatewayErrors,
  listModels,
  may,
  rightsOf,
  rolesWith,
} from '#gateway';
import {
  type LedgerAppender,
  type LedgerCustodian,
  LedgerError,
  type LedgerErrorCode,
  type LedgerReader,
  type Passage,
} from '#ledger';
import type { SignIn } from '#identity';
import type { OverrideStore, ReviewBook, ReviewDesk } from '#review';
import type { Detector } from '#supervisor';
import { type ConsoleFile, consoleSecurityPolicy } from './console-files.ts';
import { classRoutes } from './class-routes.ts';
import { custodyRoutes } from './custody-routes.ts';
import { drillRoutes } from './drill-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { lessonRoute } from './lesson-route.ts';
import { mcpRoutes } from './mcp-routes.ts';
import { openApiRoute } from './openapi.ts';
import { openingRoute } from './opening-route.ts';
import { passageDetail, passageRow } from './passage-view.ts';
import { receiptRoute } from './receipt-route.ts';
import { upstreamRoutes } from './upstream-routes.ts';
import { reloadRoute } from './reload-route.ts';
import { reviewRoutes } from './review-routes.ts';
import { signInRoutes } from './sign-in-routes.ts';
import { statisticsRoute } from './statistics-route.ts';
import { usageRoutes } from './usage-routes.ts';

export interface ApiPorts {
  readonly reader: LedgerReader;
  readonly appender: LedgerAppender;
  readonly custodian: LedgerCustodian;
  readonly keys: KeyStore;
  readonly signIn: SignIn;
  readonly review: {
    readonly desk: ReviewDesk;
    readonly book: ReviewBook;
    readonly overrides: OverrideStore;
  };
  readonly usage: UsageBook;
  readonly usageTable: UsageTable;
  readonly tariff: () => Tariff;
  readonly clock: Clock;
  readonly ruleBook: () => RuleBook;
  readonly detectors: readonly Detector[];
  readonly classroom: Classroom;
  readonly drills: Drills;
  readonly mcp: Pick<McpCheckpoint, 'inventory' | 'accept'>;
  /** The text that Prometheus reads. */
  readonly metrics: () => string;
  readonly closing: () => boolean;
  readonly ledgerWrites: (stallMs: number) => boolean;
  /** @throws GatewayError `policy_invalid` or `policy_needs_restart`, with nothing changed */
  readonly reload: () => Promise<{ readonly changed: boolean; readonly sha256: string }>;
  readonly consoleFiles: ReadonlyMap<string, ConsoleFile>;
  readonly version: string;
  readonly log: Log;
}

export type ApiContext = Context<{ Variables: { key: ApiKey } }>;
export type ApiApp = Hono<{ Variables: { key: ApiKey } }>;

/** Console, receipts, the public ledger and administration: everything but the wire dialects. */
export function createApi(ports: ApiPorts): ApiApp {
  const app: ApiApp = new Hono();
  app.onError((error, context) => {
    if (error instanceof GatewayError) return answerError(context, error);
    if (error instanceof LedgerError) {
      const code = waiting[error.code] ?? 'ledger_unavailable';
      return answerError(context, new GatewayError(code, { cause: error }));
    }
    // Neither the message nor the stack is logged: either may quote what the caller sent.
    ports.log.error('unexpected_error', { name: error.name });
    return answerError(context, new GatewayError('internal_error'));
  });
  app.notFound((context) => answerError(context, new GatewayError('not_found')));
  app.use('/api/*', async (context, next) => {
    context.header('cache-control', 'no-store');
    if (context.req.path !== '/api/rules') context.set('key', authenticate(ports, context));
    await next();
  });
  app.get('/', (context) => context.redirect('/console/'));
  app.get('/console', (context) => context.redirect('/console/'));
  app.get('/console/*', (context) => serveConsole(ports.consoleFiles, context));
  healthRoutes(app, ports);
  openApiRoute(app, ports.version);
  reloadRoute(app, ports);
  ledgerRoutes(app, ports);
  sessionRoutes(app, ports);
  passageRoutes(app, ports);
  openingRoute(app, ports);
  custodyRoutes(app, ports);
  keyRoutes(app, ports);
  upstreamRoutes(app, ports);
  drillRoutes(app, ports);
  mcpRoutes(app, ports);
  usageRoutes(app, ports);
  reviewRoutes(app, ports);
  classRoutes(app, ports);
  lessonRoute(app, ports);
  statisticsRoute(app, ports);
  signInRoutes(app, ports);
  return app;
}

function answerError(context: Context, error: GatewayError): Response {
  const { status } = gatewayErrors[error.code];
  const language = preferredLanguage(context.req.header('accept-language'), 'en');
  return context.json(errorBody(error, language), status as 400, { ...error.headers });
}

/** @throws GatewayError when the role of the key does not include this */
export function requireRight(context: ApiContext, right: Right): void {
  if (may(context.get('key'), right)) return;
  const able = rolesWith(right);
  if (able.length === 1) throw new GatewayError('operator_key_required');
  throw new GatewayError('role_not_permitted', { detail: able.join(', ') });
}

function bearer(context: Context): string | undefined {
  return /^Bearer ([\x21-\x7e]{1,256})$/i.exec(context.req.header('authorization') ?? '')?.[1];
}

/** What says whose request it is. */
export function askedBy({ req }: Context): AskedBy {
  return { method: req.method, header: (name) => req.header(name) };
}

/** A key that is named comes before a session, as it does at the wire dialects. */
export function knownKey(
  { keys, signIn }: Pick<ApiPorts, 'keys' | 'signIn'>,
  context: Context,
): ApiKey | undefined {
  if (context.req.header('authorization') === undefined) return signIn.keyOf(askedBy(context));
  const secret = bearer(context);
  return secret === undefined ? undefined : keys.find(secret);
}

/** @throws GatewayError `invalid_api_key`, or what is wrong with a session */
export function authenticate(ports: Pick<ApiPorts, 'keys' | 'signIn'>, context: Context): ApiKey {
  const key = knownKey(ports, context);
  if (key === undefined) throw new GatewayError('invalid_api_key');
  return key;
}

/** Whether whoever opened a stream could open it now; what they may see is looked up again. */
function stillMay({ keys, signIn }: ApiPorts, context: ApiContext, right: Right): boolean {
  const secret = bearer(context);
  const key = secret === undefined ? signIn.stillHeld(askedBy(context)) : keys.find(secret);
  if (key === undefined) return false;
  context.set('key', key);
  return may(key, right);
}

function serveConsole(files: ReadonlyMap<string, ConsoleFile>, context: Context): Response {
  const path = context.req.path.slice('/console/'.length);
  const file = files.get(path === '' ? 'index.html' : path);
  if (file === undefined) throw new GatewayError('not_found');
  return context.body(file.bytes, 200, {
    'content-type': file.type,
    'content-security-policy': consoleSecurityPolicy,
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
}

/** Nothing is wrong: what was asked for takes its time. */
const waiting: Readonly<Partial<Record<LedgerErrorCode, GatewayErrorCode>>> = {
  not_published: 'not_published_yet',
  not_witnessed: 'not_witnessed_yet',
};

/** What a stranger may fetch: checkpoint, tiles and receipts, in the public formats. */
function ledgerRoutes(app: ApiApp, ports: ApiPorts): void {
  app.get('/checkpoint', async (context) => {
    const note = await ports.reader.checkpoint();
    if (note === undefined) throw new GatewayError('not_published_yet');
    return context.text(note, 200, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'max-age=1',
    });
  });
  app.get('/tile/*', async (context) => {
    const path = context.req.path.slice(1);
    const restricted =
      ports.ruleBook().policy.document.ledger.entryBundles === 'authenticated' &&
      path.startsWith('tile/entries/');
    if (restricted) authenticate(ports, context);
    const bytes = path.length > 200 ? undefined : await ports.reader.tile(path);
    if (bytes === undefined) throw new GatewayError('not_found');
    return context.body(new Uint8Array(bytes), 200, {
      'content-type': 'application/octet-stream',
      'cache-control': `${restricted ? 'private' : 'public'}, max-age=31536000, immutable`,
    });
  });
  receiptRoute(app, ports);
}

function sessionRoutes(app: ApiApp, ports: ApiPorts): void {
  app.get('/api/session', (context) => {
    const key = context.get('key');
    const { document } = ports.ruleBook().policy;
    return context.json({
      institution: document.institution.name,
      language: document.institution.language,
      contact: document.institution.contact,
      origin: ports.reader.origin,
      vkey: ports.reader.verifierKey,
      // Left out of the answer where there is none.
      postQuantumVkey: ports.reader.postQuantumKey,
      version: ports.version,
      role: key.role,
      rights: rightsOf(key),
      keyName: key.name,
      class: key.terms.class,
      person: key.person === true,
      signIn: document.signIn !== undefined,
      upstreams: document.upstreams.map(
        ({ id, model, operator, jurisdiction, residency, dialect }) => {
          const available = ports.ruleBook().upstreams.get(id)?.available() ?? false;
          return { id, model, operator, jurisdiction, residency, dialect, available };
        },
      ),
      dataClasses: document.dataClasses.map(({ id, title }) => ({ id, title })),
      defaultClass: document.defaultClass,
      models: listModels(ports.ruleBook().policy, key).map(({ id }) => id),
    });
  });
  app.get('/api/rules', (context) => {
    const { policy } = ports.ruleBook();
    return context.json({
      institution: policy.document.institution.name,
      sha256: policy.sha256,
      rules: policy.document.supervision,
      // As ids in their order, however the rule book says it: by list or by country.
      dataClasses: policy.document.dataClasses.map((dataClass) => ({
        ...dataClass,
        upstreams: policy.permitted(dataClass.id).map(({ id }) => id),
      })),
      routing: policy.document.routing ?? [],
      upstreams: policy.document.upstreams.map(
        ({ id, model, operator, jurisdiction, residency, capabilities, terms }) => {
          const terse = { id, model, operator, jurisdiction, residency };
          const { prices } = policy.document.accounting;
          const own = prices.filter(({ upstream }) => upstream === id);
          return { ...terse, capabilities, prices: own, terms };
        },
      ),
      detectors: ports.detectors.map(({ id, version, kinds }) => ({ id, version, kinds })),
      contact: policy.document.institution.contact,
    });
  });
}

function passageRoutes(app: ApiApp, ports: ApiPorts): void {
  const { reader, keys } = ports;
  let listening = 0;
  app.get('/api/passages', async (context) => {
    requireRight(context, 'incidents');
    const limit = wholeNumber(context.req.query('limit'), 50, 200);
    const before = wholeNumber(context.req.query('before'), undefined, Number.MAX_SAFE_INTEGER);
    const found = await visiblePassages(reader, context, { limit: limit + 1, before });
    const rows = found.slice(0, limit).map((passage) => passageRow(passage, keys));
    return context.json({ passages: rows, more: found.length > limit });
  });
  app.get('/api/passages/events', (context) => {
    requireRight(context, 'incidents');
    if (listening >= limits.consoleStreams) throw new GatewayError('too_many_requests');
    listening++;
    return streamSSE(context, async (stream) => {
      const changed = new Set<string>();
      let wake = (): void => {};
      const stop = reader.onAppend((event) => {
        if (event.type !== 'intent' && event.type !== 'outcome') return;
        // A listener that cannot keep up gets the latest state of each passage, not every step.
        if (changed.size < 1_000) changed.add(event.intentId ?? event.id);
        wake();
      });
      stream.onAbort(() => wake());
      try {
        while (!stream.aborted && !stream.closed) {
          if (changed.size === 0) {
            await waitFor(15_000, (ready) => (wake = ready));
            if (changed.size === 0) await stream.write(': still here\n\n');
          }
          // Withdrawn, signed out or given another role: nobody goes on listening.
          if (!stillMay(ports, context, 'incidents')) break;
          const ids = [...changed];
          changed.clear();
          for (const id of ids) {
            const passage = await reader.passage(id, { content: false });
            if (passage === undefined || !maySee(context, passage)) continue;
            const data = JSON.stringify(passageRow(passage, keys));
            await stream.writeSSE({ event: 'passage', data });
          }
        }
      } finally {
        stop();
        listening--;
      }
    });
  });
  app.get('/api/passages/:id', async (context) => {
    requireRight(context, 'incidents');
    const passage = await reader.passage(context.req.param('id'), { content: false });
    if (passage === undefined) throw new GatewayError('not_found');
    if (!maySee(context, passage)) requireRight(context, 'passages');
    return context.json(passageDetail(passage, keys));
  });
}

/** What a rule stopped or marked, and what failed: all that some roles may see. */
function maySee(context: ApiContext, { decision }: Passage): boolean {
  return may(context.get('key'), 'passages') || incidentDecisions.has(decision);
}

const incidentDecisions: ReadonlySet<string> = new Set(['block', 'escalate', 'error']);

/** Newest first. Looks at a bounded number of passages, however few of them may be seen. */
async function visiblePassages(
  reader: LedgerReader,
  context: ApiContext,
  { limit, before }: { readonly limit: number; readonly before: number | undefined },
): Promise<readonly Passage[]> {
  const visible: Passage[] = [];
  let from = before;
  for (let page = 0; page < incidentPages && visible.length < limit; page++) {
    const found = await reader.passages({ limit, ...(from === undefined ? {} : { before: from }) });
    visible.push(...found.filter((passage) => maySee(context, passage)));
    if (found.length < limit) break;
    from = found.at(-1)!.intentIndex;
  }
  return visible.slice(0, limit);
}

/** Pages of the list that one request for incidents may look through. */
const incidentPages = 20;

function waitFor(milliseconds: number, hand: (ready: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    hand(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function wholeNumber<Fallback extends number | undefined>(
  text: string | undefined,
  fallback: Fallback,
  most: number,
): number | Fallback {
  if (text === undefined || !/^(0|[1-9][0-9]{0,15})$/.test(text)) return fallback;
  return Math.min(Number(text), most);
}
