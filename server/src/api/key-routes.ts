import { z } from 'zod';
import { GatewayError, recordKeyEvent } from '#gateway';
import type { ApiApp, ApiPorts } from './app.ts';
import { requireOperator } from './app.ts';

const newKey = z.strictObject({
  name: z.string().trim().min(1).max(100),
  role: z.enum(['user', 'operator']).default('user'),
});

/** Issuing and withdrawing keys. Each is an entry in the ledger before it takes effect. */
export function keyRoutes(app: ApiApp, ports: ApiPorts): void {
  const { keys } = ports;
  const record = (detail: Parameters<typeof recordKeyEvent>[2]): Promise<void> =>
    recordKeyEvent(ports.appender, ports.ruleBook().policyLeaf, detail);
  app.get('/api/keys', (context) => {
    requireOperator(context);
    return context.json({ keys: keys.list() });
  });
  app.post('/api/keys', async (context) => {
    requireOperator(context);
    const length = Number(context.req.header('content-length') ?? Number.NaN);
    if (!(length <= 4_096)) throw new GatewayError('body_too_large');
    const parsed = newKey.safeParse(await context.req.json().catch(() => undefined));
    if (!parsed.success) throw new GatewayError('invalid_value', { param: 'name' });
    const made = keys.make(parsed.data.name, parsed.data.role);
    const { id, role } = made.key;
    await record({ event: 'created', key: id, role, by: context.get('key').id });
    keys.admit(made);
    return context.json({ ...made.key, secret: made.secret }, 201);
  });
  app.delete('/api/keys/:id', async (context) => {
    requireOperator(context);
    const id = context.req.param('id');
    if (id === context.get('key').id) {
      // An operator who withdrew their own key could lock everyone out.
      throw new GatewayError('invalid_value', { param: 'id' });
    }
    if (!keys.has(id)) throw new GatewayError('not_found');
    await record({ event: 'revoked', key: id, by: context.get('key').id });
    keys.revoke(id);
    return context.json({ id, revoked: true });
  });
}
