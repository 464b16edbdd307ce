import { limits } from '#base';
import { leastCount, publicMonths } from '#review';
import type { ApiApp, ApiPorts } from './app.ts';

/** What stops a request where no rule of supervision does, by the code the caller is told. */
const causes = [
  'image_not_permitted',
  'key_class_exceeded',
  'key_model_not_allowed',
  'no_capable_upstream',
  'no_permitted_upstream',
  'unchecked',
];

/** Counts that anybody may read. */
export function statisticsRoute(app: ApiApp, ports: ApiPorts): void {
  const { review } = ports;
  app.get('/statistics', async (context) => {
    await review.book.catchUp();
    const { policy } = ports.ruleBook();
    const { calendar } = ports.tariff();
    const rules = policy.document.supervision.map(({ id }) => id);
    const months = publicMonths(review.book.counts.read(limits.statisticsMonths), {
      now: calendar.month(ports.clock.nowMs()),
      known: [...rules, ...causes],
    });
    const { name: institution } = policy.document.institution;
    return context.json(
      { institution, timeZone: calendar.timeZone, least: leastCount, months },
      200,
      {
        'cache-control': 'public, max-age=60',
      },
    );
  });
}
