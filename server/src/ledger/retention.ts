import type { Log } from '#base';
import type { CustodyOrder } from './custody-order.ts';
import type { Group } from './fields.ts';

type ExpiryOrder = CustodyOrder & { readonly kind: 'expire' };

/** How long the keys of each group are kept, in calendar months. */
export type RetentionMonths = Readonly<Record<Group, number>>;

/**
 * The first UTC day whose keys are still kept. A day goes only when all of it is older than the
 * months asked for; where the month is too short for the day, its last day counts, so that nothing
 * goes early.
 * @returns days from 1970-01-01
 */
export function firstKeptDay(nowMs: number, months: number): number {
  const now = new Date(nowMs);
  const year = now.getUTCFullYear();
  const month = now.getUTCMonth() - months;
  const lastOfMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Math.min(now.getUTCDate(), lastOfMonth);
  return Math.floor(Date.UTC(year, month, day) / 86_400_000);
}

/** What a schedule needs of the ledger. */
interface Expires {
  carryOut(order: ExpiryOrder): Promise<readonly unknown[]>;
}

const dayMs = 86_400_000;
/** Runs in a row at one time: a ledger that was off for years catches up, and never for ever. */
const runsAtOnce = 64;

/**
 * Lets expire what is due now, and then once a day.
 * @param order asked for at each run, since the rule book may have changed
 * @returns stops the schedule
 */
export async function scheduleExpiry(
  ledger: Expires,
  order: () => ExpiryOrder,
  log: Log,
): Promise<() => void> {
  const run = async (): Promise<void> => {
    for (let count = 0; count < runsAtOnce; count++) {
      // oxlint-disable-next-line no-await-in-loop -- each run takes what the one before has left
      const entries = await ledger.carryOut(order());
      if (entries.length === 0) return;
      log.info('ledger_keys_expired', { entries: entries.length });
    }
  };
  await run();
  // A ledger that cannot record has told its owner already, and ends the process.
  const timer = setInterval(() => void run().catch(() => undefined), dayMs);
  timer.unref();
  return () => clearInterval(timer);
}
