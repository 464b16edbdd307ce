import { z } from 'zod';
import { GatewayError, type UsageRow, institutionKey, may, usageDimensions } from '#gateway';
import type { ApiApp, ApiPorts } from './app.ts';

const query = z.strictObject({
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  by: z
    .string()
    .default('day')
    .transform((text) => text.split(',').filter((name) => name !== ''))
    .pipe(z.array(z.enum(usageDimensions)).max(usageDimensions.length)),
});

/** Rows one answer may hold: a year of days for some hundred keys. */
const mostRows = 50_000;

/** What was used, summed as asked. Whoever may not see everyone's use sees their own. */
export function usageRoutes(app: ApiApp, ports: ApiPorts): void {
  app.get('/api/usage', async (context) => {
    const parsed = query.safeParse(context.req.query());
    if (!parsed.success) {
      const param = String(parsed.error.issues[0]?.path[0] ?? 'query');
      throw new GatewayError('invalid_value', { param, detail: usageDimensions.join(', ') });
    }
    const key = context.get('key');
    const { calendar, prices } = ports.tariff();
    const today = calendar.day(ports.clock.nowMs());
    const { from = `${today.slice(0, 7)}-01`, to = today, by } = parsed.data;
    await ports.usage.flush();
    const own = may(key, 'usage') ? {} : { key: key.id };
    const rows = ports.usageTable.read({ from, to, by, ...own });
    if (rows.length > mostRows) throw new GatewayError('invalid_value', { param: 'from' });
    return context.json({
      from,
      to,
      by,
      timeZone: calendar.timeZone,
      currency: prices.currency,
      own: !may(key, 'usage'),
      rows: rows.map((row) => view(row, by, (id) => nameOf(ports, id))),
    });
  });
}

/** What no key pays for is the institution's, and bears its name. */
function nameOf({ keys, ruleBook }: ApiPorts, id: string): string | undefined {
  return id === institutionKey ? ruleBook().policy.document.institution.name : keys.nameOf(id);
}

function view(
  row: UsageRow,
  by: readonly string[],
  nameOfKey: (id: string) => string | undefined,
): object {
  const { key, currency, exchanges, inputTokens, outputTokens, estimated, unpriced } = row;
  return {
    ...Object.fromEntries(by.map((name) => [name, row[name as keyof UsageRow]])),
    ...(by.includes('key') ? { keyName: key === '' ? null : (nameOfKey(key) ?? null) } : {}),
    exchanges,
    inputTokens,
    outputTokens,
    estimated,
    cost: row.costMicros / 1e6,
    currency,
    unpriced,
  };
}
