import { isReviewOverdue } from '#policy';
import type { ApiApp, ApiPorts } from './app.ts';
import { requireRight } from './app.ts';

/** How the upstreams are doing, as the operator sees it. */
export function upstreamRoutes(app: ApiApp, ports: ApiPorts): void {
  app.get('/api/upstreams', (context) => {
    requireRight(context, 'passages');
    const { policy, continuity } = ports.ruleBook();
    const states = new Map(continuity.states().map((state) => [state.id, state]));
    const nowMs = ports.clock.nowMs();
    return context.json({
      upstreams: policy.document.upstreams.map((declared) => {
        const { id, model, operator, jurisdiction, residency, terms } = declared;
        return {
          id,
          model,
          operator,
          jurisdiction,
          residency,
          prices: policy.document.accounting.prices.filter(({ upstream }) => upstream === id),
          terms:
            terms === undefined ? null : { ...terms, overdue: isReviewOverdue(declared, nowMs) },
          // One that is not set up here has no state: no model file, for example.
          state: states.get(id) ?? null,
        };
      }),
    });
  });
}
