import { limits } from '#base';
import { type DrillReport, GatewayError } from '#gateway';
import { z } from 'zod';
import type { ApiApp, ApiPorts } from './app.ts';
import { requireRight } from './app.ts';

export const drillOrder = z
  .strictObject({
    lose: z.string().trim().min(1).max(200),
    /** On live traffic, for so long. */
    minutes: z.number().positive().max(limits.drillMinutes).optional(),
    /** On the last so many passages, without sending anything. */
    replay: z.int().min(1).max(limits.drillPassages).optional(),
  })
  .refine(({ minutes, replay }) => (minutes === undefined) !== (replay === undefined));

/** Rehearsals of a loss. */
export function drillRoutes(app: ApiApp, ports: ApiPorts): void {
  const { drills, keys } = ports;
  const named = (report: DrillReport): object => ({
    ...report,
    rows: report.rows.map((row) => ({ ...row, keyName: keys.nameOf(row.key) ?? row.key })),
  });
  app.get('/api/drills', (context) => {
    requireRight(context, 'passages');
    return context.json({ drills: drills.reports.map(named) });
  });
  app.get('/api/drills/:id', (context) => {
    requireRight(context, 'passages');
    const found = drills.find(context.req.param('id'));
    if (found === undefined) throw new GatewayError('not_found');
    return context.json(named(found));
  });
  app.post('/api/drills', async (context) => {
    requireRight(context, 'rules');
    const length = Number(context.req.header('content-length') ?? Number.NaN);
    if (!(length <= 4_096)) throw new GatewayError('body_too_large');
    const parsed = drillOrder.safeParse(await context.req.json().catch(() => undefined));
    if (!parsed.success) {
      const detail = 'Give "lose", and either "minutes" or "replay".';
      throw new GatewayError('invalid_value', { detail });
    }
    const { lose, minutes, replay } = parsed.data;
    const by = context.get('key').id;
    const report =
      replay === undefined
        ? drills.start({ lose, minutes: minutes!, by })
        : await drills.replay({ lose, passages: replay, by });
    return context.json(named(report), 201);
  });
  app.delete('/api/drills/:id', async (context) => {
    requireRight(context, 'rules');
    const ended = await drills.end(context.req.param('id'), 'stopped');
    if (ended === undefined) throw new GatewayError('not_found');
    return context.json(named(ended));
  });
}
