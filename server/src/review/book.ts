import { type Database, limits } from '#base';
import type { EndedPassage, LedgerReader, SystemRecord } from '#ledger';
import { CaseTable } from './case-table.ts';
import { ClassTable } from './class-table.ts';
import { CountTable, allRules } from './count-table.ts';
import { readVerdicts, recordedReview } from './schema.ts';

export interface BookPorts {
  readonly database: Database;
  readonly reader: Pick<LedgerReader, 'origin' | 'story'>;
  /** @param nowMs @returns such as 2026-11, in the time zone of the accounts */
  readonly month: (nowMs: number) => string;
  /** @param nowMs @returns such as 2026-11-23: the Monday of its week, in the same zone */
  readonly week: (nowMs: number) => string;
  /** Whether classes are supervised, in which what passes counts too. */
  readonly hasClasses: () => boolean;
  /** What a rule of the book in force does; undefined for one that is not in it any more. */
  readonly actionOf: (rule: string) => string | undefined;
}

/** Cases and counts as the ledger has them: read from where the last look ended. */
export class ReviewBook {
  readonly cases: CaseTable;
  readonly counts: CountTable;
  /** What happened in each class, week by week. */
  readonly classes: ClassTable;
  readonly #ports: BookPorts;
  #turn: Promise<void> | undefined;

  constructor(ports: BookPorts) {
    this.#ports = ports;
    this.cases = new CaseTable(ports.database);
    this.counts = new CountTable(ports.database);
    this.classes = new ClassTable(ports.database);
    if (this.counts.mark(ports.reader.origin) !== undefined) return;
    this.cases.clear();
    this.counts.clear();
    this.classes.clear();
  }

  /** Takes in what was recorded since. Everybody who asks meanwhile waits for the same reading. */
  async catchUp(): Promise<void> {
    // A reading under way may have passed what the caller wants to see.
    if (this.#turn !== undefined) await this.#turn.catch(() => undefined);
    this.#turn ??= this.#read().finally(() => (this.#turn = undefined));
    await this.#turn;
  }

  async #read(): Promise<void> {
    const { database, reader } = this.#ports;
    for (;;) {
      const from = this.counts.mark(reader.origin) ?? 0;
      const opensAllowed = this.#ports.hasClasses();
      const story = { from, limit: limits.passagesAtOnce, opensAllowed };
      // oxlint-disable-next-line no-await-in-loop -- each part begins where the last one ended
      const { events, next } = await reader.story(story);
      if (next === from) return;
      // Rows and mark together: a crash neither loses a passage nor counts one twice.
      database.transaction(() => {
        for (const event of events) {
          if (event.kind === 'passage') this.#passage(event);
          else this.#record(event);
        }
        this.counts.setMark(reader.origin, next);
      })();
    }
  }

  #passage(passage: EndedPassage): void {
    const month = this.#ports.month(passage.time * 1_000);
    const { acted, stopping } = this.#rulesOf(passage);
    this.counts.add({ month, rule: allRules, passages: 1 });
    if (stopping !== undefined) this.counts.add({ month, rule: stopping, blocks: 1 });
    else if (acted[0] !== undefined) this.counts.add({ month, rule: acted[0], marked: 1 });
    const { school } = readVerdicts(passage.outcomeFields['policy.verdicts']);
    if (school !== null && school !== undefined) {
      this.classes.count(this.#ports.week(passage.time * 1_000), school);
    }
    if (passage.decision !== 'escalate') return;
    const { id, intentIndex: index, time: since } = passage;
    this.cases.escalate({ passage: id, index, since, rules: acted, class: school?.class ?? null });
  }

  /** The rules that led to a decision, and the first of them that stopped something. */
  #rulesOf(passage: EndedPassage): {
    readonly acted: readonly string[];
    readonly stopping: string | undefined;
  } {
    const input = readVerdicts(passage.intentFields['policy.verdicts']);
    const output = readVerdicts(passage.outcomeFields['policy.verdicts']);
    const acted = [...new Set([...input.rules, ...output.rules])];
    if (passage.decision !== 'block') return { acted, stopping: undefined };
    if (input.decision === 'block' && input.rules[0] !== undefined) {
      return { acted, stopping: input.rules[0] };
    }
    if (output.stoppedBy !== undefined) return { acted, stopping: output.stoppedBy };
    // Entries of earlier versions do not say it: a rule that would stop it now is taken for it.
    const stopping = output.rules.find((rule) => {
      const action = this.#ports.actionOf(rule);
      return action === undefined || action === 'block';
    });
    // What no rule of supervision stopped is counted under what did, such as no_permitted_upstream.
    const { failure } = output;
    const cause = failure === 'content_blocked' ? undefined : failure;
    return { acted, stopping: stopping ?? cause ?? 'unchecked' };
  }

  #record({ id, time: at, fields }: SystemRecord): void {
    const parsed = recordedReview.safeParse(fields['system.review']);
    if (!parsed.success) return;
    const { event, passage, index, rules, decision, until = null, class: of = null } = parsed.data;
    if (of !== null) this.classes.countReview(this.#ports.week(at * 1_000), of, event);
    if (event === 'contested') {
      this.cases.contest({ passage, index, at, rules, record: id, class: of });
      return;
    }
    this.cases.decide({ passage, state: event, at, record: id, until });
    if (event !== 'overturned' || decision !== 'block') return;
    // Of the month of the verdict: a month that is over does not change any more.
    const month = this.#ports.month(at * 1_000);
    if (rules[0] !== undefined) this.counts.add({ month, rule: rules[0], overturned: 1 });
  }
}
