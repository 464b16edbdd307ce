import { limits } from '#base';
import { metricsContentType } from '#telemetry';
import { type ApiApp, type ApiPorts, authenticate, requireRight } from './app.ts';

/** Why a load balancer should send nothing here. */
export type NotReady = 'closing' | 'ledger' | 'no_upstream';

/** Whether the process lives, whether it can do its work, and what it counts. */
export function healthRoutes(app: ApiApp, ports: ApiPorts): void {
  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', (context) => {
    const reasons = reasonsAgainst(ports);
    context.header('cache-control', 'no-store');
    return reasons.length === 0
      ? context.json({ status: 'ready' })
      : context.json({ status: 'not ready', reasons }, 503, { 'retry-after': '1' });
  });
  app.get('/metrics', (context) => {
    context.set('key', authenticate(ports, context));
    requireRight(context, 'metrics');
    return context.body(ports.metrics(), 200, {
      'content-type': metricsContentType,
      'cache-control': 'no-store',
    });
  });
}

function reasonsAgainst(ports: ApiPorts): readonly NotReady[] {
  const { policy, upstreams } = ports.ruleBook();
  const someoneAnswers = policy.classIds.some((id) =>
    policy.permitted(id).some((declared) => upstreams.get(declared.id)?.available() === true),
  );
  return [
    ...(ports.closing() ? (['closing'] as const) : []),
    ...(ports.ledgerWrites(limits.ledgerStallMs) ? [] : (['ledger'] as const)),
    ...(someoneAnswers ? [] : (['no_upstream'] as const)),
  ];
}
