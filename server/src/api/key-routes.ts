import { z } from 'zod';
import { GatewayError } from '#gateway';
import type { ApiApp, ApiPorts } from './app.ts';
import { requireOperator } from './app.ts';

const newKey = z.strictObject({
  name: z.string().trim().min(1).max(100),
  role: z.enum(['user', 'operator']).default('user'),
});

/** Issuing and withdrawing keys. Each is an entry in the ledger before it takes effect. */
export function keyRoutes(app: ApiApp, ports: ApiPorts): void {
  const { keys } = ports;
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
    const { key, secret } = keys.create(parsed.data.name, parsed.data.role);
    await record(ports, 'created', { key: key.id, role: key.role, by: context.get('key').id });
    return context.json({ ...key, secret }, 201);
  });
  app.delete('/api/keys/:id', async (context) => {
    requireOperator(context);
    const id = context.req.param('id');
    if (id === context.get('key').id) {
      // An operator who withdrew their own key could lock everyone out.
      throw new GatewayError('invalid_value', { param: 'id' });
    }
    if (!keys.revoke(id)) throw new GatewayError('not_found');
    await record(ports, 'revoked', { key: id, by: context.get('key').id });
    return context.json({ id, revoked: true });
  });
}

async function record(
  ports: ApiPorts,
  event: 'created' | 'revoked',
  detail: Readonly<Record<string, string>>,
): Promise<void> {
  await ports.appender.append([
    {
      type: 'key.event',
      decision: 'allow',
      evidenceClass: 'r1',
      refs: { policy: ports.ruleBook().policyLeaf },
      fields: { 'key.event': { event, ...detail } },
    },
  ]);
}
