import { GatewayError } from '#gateway';
import { z } from 'zod';
import type { ApiApp, ApiPorts } from './app.ts';
import { requireRight } from './app.ts';

/** With the hash of what was looked at: nothing is accepted unseen. */
export const toolAcceptance = z.strictObject({
  server: z.string().min(1).max(32),
  tool: z.string().min(1).max(128),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Servers of tools: what they offer, what is on record of it, and accepting what changed. */
export function mcpRoutes(app: ApiApp, { mcp }: ApiPorts): void {
  app.get('/api/mcp', async (context) => {
    requireRight(context, 'passages');
    return context.json({ servers: await mcp.inventory() });
  });
  app.post('/api/mcp/accept', async (context) => {
    requireRight(context, 'rules');
    const length = Number(context.req.header('content-length') ?? Number.NaN);
    if (!(length <= 4_096)) throw new GatewayError('body_too_large');
    const parsed = toolAcceptance.safeParse(await context.req.json().catch(() => undefined));
    if (!parsed.success) {
      const detail = 'Give "server", "tool" and "sha256".';
      throw new GatewayError('invalid_value', { detail });
    }
    const accepted = await mcp.accept(parsed.data, context.get('key').id);
    if (accepted === undefined) throw new GatewayError('not_found');
    return context.json(accepted);
  });
}
