import type { Context } from 'hono';
import { type AskedBy, GatewayError, may } from '#gateway';
import { type Departure, type Entered, SignInError } from '#identity';
import type { ApiApp, ApiContext, ApiPorts } from './app.ts';
import { askedBy, requireRight } from './app.ts';

/** An issuer's form with one token in it. */
const logoutBytes = 64 * 1024;

/** Signing in and out of the console, and the sessions that come of it. */
export function signInRoutes(app: ApiApp, ports: ApiPorts): void {
  const asked = (context: Context): AskedBy => askedBy(context);
  app.use('/sign-in/*', async (context, next) => {
    context.header('cache-control', 'no-store');
    context.header('referrer-policy', 'no-referrer');
    await next();
  });
  app.get('/sign-in/offer', (context) =>
    context.json({ signIn: ports.signIn.offer(asked(context)) ?? null }),
  );
  app.get('/sign-in/start', async (context) =>
    depart(context, await ports.signIn.begin(asked(context), context.req.query('to'))),
  );
  app.get('/sign-in/callback', async (context) =>
    depart(context, await ports.signIn.complete(asked(context), context.req.query())),
  );
  app.post('/sign-in/back-channel-logout', async (context) => {
    const length = Number(context.req.header('content-length') ?? Number.NaN);
    if (!(length <= logoutBytes)) throw new GatewayError('body_too_large');
    const token = new URLSearchParams(await context.req.text()).get('logout_token');
    try {
      await ports.signIn.endByIssuer(token ?? '');
    } catch (error) {
      if (!(error instanceof SignInError)) throw error;
      ports.log.warn('issuer_logout_refused', { code: error.code, reason: error.reason });
      throw new GatewayError('invalid_value', { param: 'logout_token' });
    }
    return context.json({ ended: true });
  });
  app.post('/sign-in/end', async (context) => {
    const { leave, cookies } = await ports.signIn.signOut(asked(context));
    for (const cookie of cookies) context.header('set-cookie', cookie, { append: true });
    return context.json({ leave });
  });
  sessionListRoutes(app, ports);
}

/** Everybody's sessions for whoever has the right; one's own for everybody else. */
function sessionListRoutes(app: ApiApp, { signIn }: ApiPorts): void {
  app.get('/api/sessions', (context) => {
    const current = signIn.entered(askedBy(context))?.session.id;
    const sessions = signIn.list(whose(context)).map((one) => view(one, current));
    return context.json({ sessions, own: !may(context.get('key'), 'sessions') });
  });
  app.delete('/api/sessions/:id', async (context) => {
    const id = context.req.param('id');
    const ended = await signIn.end(id, context.get('key').id, whose(context));
    if (!ended) throw new GatewayError('not_found');
    return context.json({ id, ended });
  });
}

/** @throws GatewayError for a key that is nobody's and has no right */
function whose(context: ApiContext): string | undefined {
  const key = context.get('key');
  if (may(key, 'sessions')) return undefined;
  if (key.person !== true) requireRight(context, 'sessions');
  return key.id;
}

function view({ session, key }: Entered, current: string | undefined): object {
  const { id, person, createdMs, seenMs, untilMs } = session;
  const { name, role } = key;
  return { id, person, name, role, createdMs, seenMs, untilMs, current: id === current };
}

function depart(context: Context, { location, cookies }: Departure): Response {
  for (const cookie of cookies) context.header('set-cookie', cookie, { append: true });
  return context.redirect(location, 302);
}
