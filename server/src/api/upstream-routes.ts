import { isReviewOverdue } from '#policy';
import type { ApiApp, ApiPorts } from './app.ts';
import { requireOperator } from './app.ts';

/** How the upstreams are doing, as the operator sees it. */
export function upstreamRoutes(app: ApiApp, ports: ApiPorts): void {
  app.get('/api/upstreams', (context) => {
    requireOperator(context);
    const { policy } = ports.ruleBook();
    const states = new Map(ports.continuity.states().map((state) => [state.id, state]));
    const nowMs = Date.now();
    return context.json({
      upstreams: policy.document.upstreams.map((declared) => {
        const { id, model, operator, jurisdiction, residency, terms, price } = declared;
        return {
          id,
          model,
          operator,
          jurisdiction,
          residency,
          price,
          terms:
            terms === undefined ? null : { ...terms, overdue: isReviewOverdue(declared, nowMs) },
          // One that is not set up here has no state: no model file, for example.
          state: states.get(id) ?? null,
        };
      }),
    });
  });
}
