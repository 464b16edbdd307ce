import { randomBytes } from 'node:crypto';
import { type Clock, type Log, limits } from '#base';
import type { LedgerAppender, LedgerReader, Sequenced } from '#ledger';
import type { Policy } from '#policy';
import type { RuleBook } from './admission.ts';
import {
  type DrillFate,
  type DrillRow,
  type Loss,
  drillRows,
  drilledPassage,
  rehearse,
  witnessed,
} from './drill-rows.ts';
import { GatewayError } from './errors.ts';

export interface DrillPorts {
  /** Ids that count as gone; the drills alone write it. */
  readonly lost: Set<string>;
  readonly ruleBook: () => RuleBook;
  readonly reader: LedgerReader;
  readonly appender: LedgerAppender;
  readonly clock: Clock;
  readonly log: Log;
}

export interface DrillReport {
  readonly id: string;
  /** As it was ordered: an upstream, an operator, or `jurisdiction:US` or `residency:US`. */
  readonly lose: string;
  /** Upstreams that were lost by it. */
  readonly lost: readonly string[];
  readonly mode: 'replay' | 'live';
  /** `stopped`: ended before its time. */
  readonly state: 'running' | 'ended' | 'stopped';
  /** Unix milliseconds. */
  readonly startedMs: number;
  readonly untilMs: number;
  readonly passages: number;
  readonly unaffected: number;
  readonly moved: number;
  readonly stopped: number;
  readonly rows: readonly DrillRow[];
  /** The ledger entry that holds this result; null while it runs. */
  readonly entry: { readonly id: string; readonly index: number } | null;
}

/** Rows kept of one drill: who wants more asks for fewer passages. */
const mostRows = 500;
/** Reports kept in memory: the ledger has them all. */
const mostReports = 20;
const pagePassages = 200;

/**
 * Upstreams that are lost together.
 * @param lose an id or an operator's name, or `jurisdiction:` or `residency:` and a country
 */
export function upstreamsLost({ document }: Policy, lose: string): readonly string[] {
  const [, member, country] = /^(jurisdiction|residency):(.+)$/.exec(lose) ?? [];
  const wanted = lose.toLowerCase();
  return document.upstreams
    .filter((one) =>
      member === undefined
        ? one.id === lose || one.operator.toLowerCase() === wanted
        : one[member as 'jurisdiction' | 'residency'] === country,
    )
    .map(({ id }) => id);
}

interface Running {
  readonly report: DrillReport;
  readonly loss: Loss;
  readonly by: string;
  readonly timer: NodeJS.Timeout;
}

/** Rehearsals of losing an upstream, a vendor or a whole jurisdiction. Each result is an entry. */
export class Drills {
  readonly #ports: DrillPorts;
  readonly #reports = new Map<string, DrillReport>();
  #running: Running | undefined;
  /** The end of a drill that is being recorded. */
  #ending: Promise<unknown> = Promise.resolve();

  constructor(ports: DrillPorts) {
    this.#ports = ports;
  }

  get reports(): readonly DrillReport[] {
    return [...this.#reports.values()].toReversed();
  }

  find(id: string): DrillReport | undefined {
    return this.#reports.get(id);
  }

  /**
   * Looks at the last passages and says what would have become of them. Nothing is sent.
   * @param order.by id of the key that ordered it
   * @throws GatewayError `invalid_value` when nothing is lost by it
   */
  async replay(order: {
    readonly lose: string;
    readonly passages: number;
    readonly by: string;
  }): Promise<DrillReport> {
    const loss = this.#lossOf(order.lose);
    const fates: DrillFate[] = [];
    const most = Math.min(order.passages, limits.drillPassages);
    await this.#eachPassage(most, 0, (passage) => fates.push(rehearse(passage, loss)));
    const nowMs = this.#ports.clock.nowMs();
    const base = this.#baseOf(order.lose, loss, 'replay');
    return this.#conclude(
      { ...base, state: 'ended', untilMs: nowMs },
      { fates, loss, by: order.by },
    );
  }

  /**
   * Makes the upstreams unavailable for some minutes. They come back when the time is over, when
   * the drill or the checkpoint is stopped, and with a crash, since nothing of it is kept.
   * @throws GatewayError `drill_under_way` or `invalid_value`
   */
  start(order: {
    readonly lose: string;
    readonly minutes: number;
    readonly by: string;
  }): DrillReport {
    if (this.#running !== undefined) throw new GatewayError('drill_under_way');
    const loss = this.#lossOf(order.lose);
    const minutes = Math.min(order.minutes, limits.drillMinutes);
    const base = this.#baseOf(order.lose, loss, 'live');
    const report = { ...base, untilMs: base.startedMs + minutes * 60_000 };
    const timer = setTimeout(() => void this.end(report.id, 'ended'), minutes * 60_000);
    for (const id of report.lost) this.#ports.lost.add(id);
    this.#running = { report, loss, by: order.by, timer };
    this.#keep(report);
    this.#ports.log.warn('drill_started', { lost: report.lost.join(','), minutes });
    return report;
  }

  /** Gives the upstreams back and records what happened. @returns undefined for none that runs */
  async end(id: string, state: 'ended' | 'stopped'): Promise<DrillReport | undefined> {
    const running = this.#running;
    if (running?.report.id !== id) return undefined;
    clearTimeout(running.timer);
    this.#ports.lost.clear();
    this.#running = undefined;
    this.#ports.log.warn('drill_over', { lost: running.report.lost.join(',') });
    const ending = this.#concludeLive(running, state);
    this.#ending = ending.catch(() => this.#ports.log.error('drill_not_recorded'));
    return ending;
  }

  /** Ends what runs; the checkpoint is about to close. */
  async stop(): Promise<void> {
    if (this.#running !== undefined) {
      await this.end(this.#running.report.id, 'stopped').catch(() => undefined);
    }
    await this.#ending;
  }

  #lossOf(lose: string): Loss {
    const { policy, continuity } = this.#ports.ruleBook();
    const lost = new Set(upstreamsLost(policy, lose));
    if (lost.size === 0) {
      throw new GatewayError('invalid_value', {
        param: 'lose',
        detail: `Known: ${policy.document.upstreams.map(({ id }) => id).join(', ')}.`,
      });
    }
    const isUp = (id: string): boolean => {
      const absence = continuity.upstreams.get(id)?.absence;
      return continuity.upstreams.has(id) && (absence === undefined || absence === 'drill');
    };
    // The fates of equals must not hang on chance.
    const facts = { ...continuity.facts, random: () => 0.5 };
    return { policy, lost, facts, isUp };
  }

  #baseOf(lose: string, { lost }: Loss, mode: DrillReport['mode']): DrillReport {
    const startedMs = this.#ports.clock.nowMs();
    return {
      id: randomBytes(8).toString('hex'),
      lose,
      lost: [...lost],
      mode,
      state: 'running',
      startedMs,
      untilMs: startedMs,
      passages: 0,
      unaffected: 0,
      moved: 0,
      stopped: 0,
      rows: [],
      entry: null,
    };
  }

  async #concludeLive(
    { report, loss, by }: Running,
    state: 'ended' | 'stopped',
  ): Promise<DrillReport> {
    const fates: DrillFate[] = [];
    const untilMs = this.#ports.clock.nowMs();
    await this.#eachPassage(limits.drillPassages, report.startedMs, (passage) => {
      const fate = witnessed(passage, loss);
      if (fate !== undefined) fates.push(fate);
    });
    return this.#conclude({ ...report, state, untilMs }, { fates, loss, by });
  }

  /** Newest first. @param sinceMs earlier passages are left out; Unix milliseconds */
  async #eachPassage(
    most: number,
    sinceMs: number,
    visit: (passage: DrillFate['passage']) => void,
  ): Promise<void> {
    let before: number | undefined;
    let left = most;
    while (left > 0) {
      // oxlint-disable-next-line no-await-in-loop -- a page says where the next one begins
      const page = await this.#ports.reader.passages({
        limit: Math.min(left, pagePassages),
        ...(before === undefined ? {} : { before }),
      });
      for (const passage of page) {
        // Entries know whole seconds: the second in which the drill began counts.
        if (passage.time < Math.floor(sinceMs / 1_000)) return;
        const seen = drilledPassage(passage);
        if (seen !== undefined) visit(seen);
      }
      left -= page.length;
      before = page.at(-1)?.intentIndex;
      if (before === undefined || page.length === 0) return;
    }
  }

  async #conclude(
    report: DrillReport,
    from: { fates: readonly DrillFate[]; loss: Loss; by: string },
  ): Promise<DrillReport> {
    const { fates, loss } = from;
    const count = (fate: DrillFate['fate']): number =>
      fates.filter((one) => one.fate === fate).length;
    const concluded = {
      ...report,
      passages: fates.length,
      unaffected: count('unaffected'),
      moved: count('moved'),
      stopped: count('stopped'),
      rows: drillRows(fates, loss.policy, loss.facts).slice(0, mostRows),
    };
    const entry = await this.#record(concluded, from.by);
    const { id, index } = entry;
    const recorded = { ...concluded, entry: { id, index } };
    this.#keep(recorded);
    return recorded;
  }

  async #record({ entry: _none, rows, ...facts }: DrillReport, by: string): Promise<Sequenced> {
    const [entry] = await this.#ports.appender.append([
      {
        type: 'system.record',
        decision: 'allow',
        evidenceClass: 'r2',
        refs: { policy: this.#ports.ruleBook().policyLeaf },
        fields: {
          'system.by': by,
          // Whose passages they were expires with everything else that says who asked.
          'system.keys': rows.map(({ key }) => key),
          'system.drill': {
            ...facts,
            rows: rows.map(({ key: _key, ...row }) => row),
          },
        },
      },
    ]);
    return entry!;
  }

  #keep(report: DrillReport): void {
    this.#reports.set(report.id, report);
    const [oldest] = this.#reports.keys();
    if (this.#reports.size > mostReports) this.#reports.delete(oldest!);
  }
}
