import { type Clock, type Database } from '#base';
import type { Classroom, RuleBook, Tariff } from '#gateway';
import type { LedgerAppender, LedgerReader } from '#ledger';
import { OverrideStore, ReviewBook, ReviewDesk, type ReviewPorts } from '#review';

/** Contests, verdicts and counts, over the tables of `state.db`. */
export interface Review {
  readonly desk: ReviewDesk;
  readonly book: ReviewBook;
  readonly overrides: OverrideStore;
}

export function openReview(
  database: Database,
  ports: {
    readonly reader: LedgerReader;
    readonly appender: LedgerAppender;
    readonly ruleBook: () => RuleBook;
    readonly tariff: () => Tariff;
    readonly clock: Clock;
    readonly decided: ReviewPorts['decided'] & {};
  },
): Review {
  const { reader, appender, ruleBook, tariff, clock, decided } = ports;
  const book = new ReviewBook({
    database,
    reader,
    month: (nowMs) => tariff().calendar.month(nowMs),
    week: (nowMs) => tariff().calendar.week(nowMs),
    hasClasses: () => ruleBook().policy.document.school !== undefined,
    actionOf: (rule) =>
      ruleBook().policy.document.supervision.find(({ id }) => id === rule)?.action,
  });
  const overrides = new OverrideStore(database, clock);
  const desk = new ReviewDesk({ reader, appender, ruleBook, book, overrides, clock, decided });
  return { desk, book, overrides };
}

/**
 * A verdict is recorded first, and its conversation is opened then: where the process ended between
 * the two, that is made up for here.
 */
export async function releaseOverturned(
  levels: Pick<Classroom['levels'], 'withheldPassages' | 'release'>,
  desk: Pick<ReviewDesk, 'overturned'>,
): Promise<void> {
  const passages = levels.withheldPassages();
  if (passages.length === 0) return;
  for (const passage of await desk.overturned(passages)) levels.release(passage);
}
