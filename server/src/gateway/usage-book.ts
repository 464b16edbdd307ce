import { type Clock, limits } from '#base';
import type { LedgerReader, Passage } from '#ledger';
import { z } from 'zod';
import type { Calendar } from './calendar.ts';
import type { Usage } from './chat-response.ts';
import { institutionKey } from './institution-account.ts';
import type { Cost } from './price-list.ts';
import type { UsageMark, UsageRow, UsageTable } from './usage-table.ts';
import { UsageWriter } from './usage-writer.ts';

/** One exchange that an upstream was asked for, once its outcome is in the ledger. */
export interface Charge {
  readonly key: string;
  readonly project: string;
  readonly upstream: string;
  readonly model: string;
  readonly jurisdiction: string;
  readonly usage: Usage;
  readonly cost: Cost | undefined;
  readonly currency: string;
}

export interface Spent {
  tokens: number;
  /** Millionths of the currency of the accounts. */
  micros: number;
}

interface KeySpending {
  day: string;
  month: string;
  readonly inDay: Spent;
  readonly inMonth: Spent;
}

/**
 * What was used, in memory for budgets and in a table for reports. The table is behind by seconds;
 * after a crash the ledger says the rest.
 */
export class UsageBook {
  readonly #table: UsageTable;
  readonly #clock: Clock;
  readonly #calendar: () => Calendar;
  readonly #origin: string;
  readonly #pending = new Map<string, UsageRow>();
  readonly #spending = new Map<string, KeySpending>();
  /** Intents whose outcome was not counted yet, oldest first as a Set keeps them. */
  readonly #open = new Set<number>();
  #lastOutcome = -1;
  #newestIntent = -1;
  readonly #currency: () => string;
  #timer: NodeJS.Timeout | undefined;
  #flushing: NodeJS.Immediate | undefined;
  readonly #writer: UsageWriter | undefined;
  #writing: Promise<void> | undefined;

  constructor(ports: {
    readonly table: UsageTable;
    readonly clock: Clock;
    readonly calendar: () => Calendar;
    readonly currency: () => string;
    readonly origin: string;
    /** Of the table's file; left out, everything is written while requests wait. */
    readonly path?: string;
  }) {
    this.#table = ports.table;
    const { path } = ports;
    this.#writer = path === undefined ? undefined : new UsageWriter(ports.table, path);
    this.#clock = ports.clock;
    this.#calendar = ports.calendar;
    this.#currency = ports.currency;
    this.#origin = ports.origin;
  }

  /** An exchange is under way. @param intent index of its entry */
  begin(intent: number): void {
    this.#open.add(intent);
    this.#newestIntent = Math.max(this.#newestIntent, intent);
  }

  /** An exchange ended in a way that costs nothing, or was left to the next start. */
  drop(intent: number): void {
    this.#open.delete(intent);
  }

  /**
   * Counts an exchange. To be called in the turn in which its outcome became durable, so that what
   * was counted is at any moment exactly what stands before some index.
   */
  charge(at: { readonly intent: number; readonly outcome: number }, charge: Charge): void {
    this.#open.delete(at.intent);
    this.#lastOutcome = Math.max(this.#lastOutcome, at.outcome);
    this.#count(this.#calendar().day(this.#clock.nowMs()), charge);
    if (this.#pending.size < limits.usageRowsAtOnce || this.#flushing !== undefined) return;
    if (this.#writing !== undefined) return;
    // Not at once: others whose outcome stands in the same batch are counted in this very turn.
    this.#flushing = setImmediate(() => this.#flushLater());
  }

  /**
   * Counts a call that no key pays for.
   * @param outcome index of the entry that says so, where there is one
   */
  chargeAlso(charge: Charge, outcome = -1): void {
    this.#lastOutcome = Math.max(this.#lastOutcome, outcome);
    this.#count(this.#calendar().day(this.#clock.nowMs()), charge);
  }

  /** What a key used today and this month. */
  spent(key: string): { readonly day: Readonly<Spent>; readonly month: Readonly<Spent> } {
    const spending = this.#spendingOf(key, this.#calendar().day(this.#clock.nowMs()));
    return { day: spending.inDay, month: spending.inMonth };
  }

  /**
   * Writes what is counted and not written. At once when it is little; the promise is for who wants
   * to read it in the table.
   */
  async flush(): Promise<void> {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    if (this.#writing !== undefined) {
      await this.#writing;
      return this.flush();
    }
    if (this.#lastOutcome < 0) return;
    const [oldest = this.#newestIntent + 1] = this.#open;
    const rows = [...this.#pending.values()];
    const mark = {
      origin: this.#origin,
      outcome: this.#lastOutcome,
      floor: Math.max(oldest, 0),
    };
    this.#pending.clear();
    try {
      if (this.#writer === undefined) this.#table.add(rows, mark);
      else this.#writing = this.#writer.write(rows, mark);
      await this.#writing;
    } catch (error) {
      // Nothing that was used may be forgotten: it is written with the next that is counted.
      for (const row of rows) this.#putBack(row);
      throw error;
    } finally {
      this.#writing = undefined;
    }
  }

  /** The same in the background. What could not be written is counted still, and tried again. */
  #flushLater(): void {
    this.flush().catch(() => undefined);
  }

  #putBack(row: UsageRow): void {
    const id = idOf(row);
    const since = this.#pending.get(id);
    this.#pending.set(id, {
      ...row,
      exchanges: row.exchanges + (since?.exchanges ?? 0),
      inputTokens: row.inputTokens + (since?.inputTokens ?? 0),
      outputTokens: row.outputTokens + (since?.outputTokens ?? 0),
      estimated: row.estimated + (since?.estimated ?? 0),
      costMicros: row.costMicros + (since?.costMicros ?? 0),
      unpriced: row.unpriced + (since?.unpriced ?? 0),
    });
  }

  /** Takes up where the table ends, with what the ledger says came after it. */
  async open(
    reader: Pick<LedgerReader, 'passages'>,
    project: (key: string) => string,
  ): Promise<void> {
    const month = this.#calendar().month(this.#clock.nowMs());
    for (const row of this.#table.sinceMonth(month)) this.#load(row);
    const mark = this.#table.mark();
    const known = mark?.origin === this.#origin ? mark : undefined;
    await this.#replay(reader, { mark: known, month, project });
    await this.flush();
    this.#timer = setInterval(() => this.#flushLater(), limits.usageFlushMs).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    await this.#writer?.close();
  }

  async #replay(
    reader: Pick<LedgerReader, 'passages'>,
    from: {
      readonly mark: UsageMark | undefined;
      readonly month: string;
      readonly project: (key: string) => string;
    },
  ): Promise<void> {
    const { mark, month, project } = from;
    const floor = mark?.floor ?? 0;
    let before: number | undefined;
    for (let seen = 0; seen < limits.usageReplayPassages;) {
      // oxlint-disable-next-line no-await-in-loop -- each page begins where the last one ended
      const page = await reader.passages({
        limit: limits.passagesAtOnce,
        ...(before === undefined ? {} : { before }),
      });
      for (const passage of page) {
        this.#newestIntent = Math.max(this.#newestIntent, passage.intentIndex);
        if (passage.intentIndex < floor) return;
        // Without a mark this table never was: the month is what budgets need.
        if (mark === undefined && this.#dayOf(passage).slice(0, 7) < month) return;
        this.#fold(passage, mark?.outcome ?? -1, project);
      }
      seen += page.length;
      if (page.length < limits.passagesAtOnce) return;
      before = page.at(-1)!.intentIndex;
    }
  }

  #fold(passage: Passage, counted: number, project: (key: string) => string): void {
    const { outcomeIndex } = passage;
    if (outcomeIndex === undefined || outcomeIndex <= counted) return;
    this.#lastOutcome = Math.max(this.#lastOutcome, outcomeIndex);
    this.#foldAlongside(passage);
    const verdict = recordedVerdict.safeParse(passage.outcomeFields['policy.verdicts']);
    const usage = recordedUsage.safeParse(passage.outcomeFields['usage']);
    const key = passage.intentFields['actor.id'];
    if (!verdict.success || !usage.success || typeof key !== 'string') return;
    const { cost, ...tokens } = usage.data;
    this.#count(this.#dayOf(passage), {
      key,
      project: project(key),
      ...verdict.data,
      jurisdiction: verdict.data.jurisdiction ?? '',
      usage: tokens,
      cost: cost === undefined ? undefined : { ...cost, price: '' },
      currency: this.#currency(),
    });
  }

  #foldAlongside(passage: Passage): void {
    const parsed = recordedAlongside.safeParse(passage.outcomeFields['usage']);
    for (const { upstream, model, jurisdiction, why, usage } of parsed.data?.alongside ?? []) {
      const { cost, ...tokens } = usage;
      this.#count(this.#dayOf(passage), {
        key: institutionKey,
        project: why,
        upstream,
        model,
        jurisdiction,
        usage: tokens,
        cost: cost === undefined ? undefined : { ...cost, price: '' },
        currency: this.#currency(),
      });
    }
  }

  #dayOf({ time }: Passage): string {
    return this.#calendar().day(time * 1_000);
  }

  #count(day: string, charge: Charge): void {
    const { key, project, model, upstream, jurisdiction, usage, cost } = charge;
    const currency = cost?.currency ?? charge.currency;
    const id = idOf({ day, key, project, model, upstream, jurisdiction, currency });
    const row = this.#pending.get(id);
    const costMicros = cost?.micros ?? 0;
    this.#pending.set(id, {
      day,
      key,
      project,
      model,
      upstream,
      jurisdiction,
      currency,
      exchanges: (row?.exchanges ?? 0) + 1,
      inputTokens: (row?.inputTokens ?? 0) + usage.inputTokens,
      outputTokens: (row?.outputTokens ?? 0) + usage.outputTokens,
      estimated: (row?.estimated ?? 0) + (usage.estimated ? 1 : 0),
      costMicros: (row?.costMicros ?? 0) + costMicros,
      unpriced: (row?.unpriced ?? 0) + (cost === undefined ? 1 : 0),
    });
    this.#spend(key, day, {
      tokens: usage.inputTokens + usage.outputTokens,
      micros: currency === this.#currency() ? costMicros : 0,
    });
  }

  #load(row: UsageRow): void {
    this.#spend(row.key, row.day, {
      tokens: row.inputTokens + row.outputTokens,
      micros: row.currency === this.#currency() ? row.costMicros : 0,
    });
  }

  #spend(key: string, day: string, { tokens, micros }: Spent): void {
    const spending = this.#spendingOf(key, this.#calendar().day(this.#clock.nowMs()));
    if (day.slice(0, 7) === spending.month) {
      spending.inMonth.tokens += tokens;
      spending.inMonth.micros += micros;
    }
    if (day === spending.day) {
      spending.inDay.tokens += tokens;
      spending.inDay.micros += micros;
    }
  }

  #spendingOf(key: string, day: string): KeySpending {
    let spending = this.#spending.get(key);
    const month = day.slice(0, 7);
    if (spending === undefined) {
      spending = { day, month, inDay: nothing(), inMonth: nothing() };
      this.#spending.set(key, spending);
    }
    if (spending.day !== day) {
      spending.day = day;
      Object.assign(spending.inDay, nothing());
    }
    if (spending.month !== month) {
      spending.month = month;
      Object.assign(spending.inMonth, nothing());
    }
    return spending;
  }
}

function nothing(): Spent {
  return { tokens: 0, micros: 0 };
}

// What the gateway wrote into the ledger, read back. Loose: later versions add members.
const recordedVerdict = z.object({
  upstream: z.string(),
  model: z.string(),
  jurisdiction: z.string().nullish(),
});
const recordedUsage = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  estimated: z.boolean().default(false),
  cost: z.object({ micros: z.number(), currency: z.string() }).optional(),
});
const recordedAlongside = z.object({
  alongside: z.array(
    z.object({
      upstream: z.string(),
      model: z.string(),
      jurisdiction: z.string(),
      why: z.enum(['hedge', 'shadow', 'guard']),
      usage: recordedUsage,
    }),
  ),
});

function idOf(
  row: Pick<
    UsageRow,
    'day' | 'key' | 'project' | 'model' | 'upstream' | 'jurisdiction' | 'currency'
  >,
): string {
  const { day, key, project, model, upstream, jurisdiction, currency } = row;
  return [day, key, project, model, upstream, jurisdiction, currency].join('\0');
}
