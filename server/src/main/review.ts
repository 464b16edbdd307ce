import { type Clock, type Database } from '#base';
import type { RuleBook, Tariff } from '#gateway';
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
