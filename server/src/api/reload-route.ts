import type { ApiApp, ApiPorts } from './app.ts';
import { requireRight } from './app.ts';

/** Puts the rule book that lies in the data folder in force, whole, or says why not. */
export function reloadRoute(app: ApiApp, ports: ApiPorts): void {
  app.post('/api/reload', async (context) => {
    requireRight(context, 'rules');
    const { changed, sha256 } = await ports.reload();
    return context.json({ changed, sha256, policy: ports.ruleBook().policyLeaf });
  });
}
