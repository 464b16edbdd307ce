import { type Clock, Turns, limits } from '#base';
import { type ApiKey, GatewayError, type Override, type RuleBook, requestText } from '#gateway';
import type { Draft, JsonValue, LedgerAppender, LedgerReader, Passage } from '#ledger';
import { z } from 'zod';
import type { ReviewBook } from './book.ts';
import type { ReviewCase } from './case-table.ts';
import type { OverrideStore } from './override-store.ts';
import { type RecordedReview, type RecordedSchool, readVerdicts } from './schema.ts';

export const verdicts = ['upheld', 'overturned'] as const;
export type Verdict = (typeof verdicts)[number];

export interface ReviewPorts {
  readonly reader: LedgerReader;
  readonly appender: LedgerAppender;
  readonly ruleBook: () => RuleBook;
  readonly book: ReviewBook;
  readonly overrides: OverrideStore;
  /** A verdict is on record. */
  readonly decided?: (passage: string, verdict: Verdict) => void;
  readonly clock: Clock;
}

/** What a contest or a verdict says in words. */
const recordedWords = z.looseObject({ words: z.string() });
const recordedParams = z.looseObject({ dialect: z.string() });
const contestable: ReadonlySet<string> = new Set(['block', 'redact', 'escalate', 'annotate']);

/** Where people contest and reviewers decide. Each of both is an entry before it counts. */
export class ReviewDesk {
  readonly #ports: ReviewPorts;
  /** One after another: two reviewers do not decide on one case. */
  readonly #turns = new Turns();

  constructor(ports: ReviewPorts) {
    this.#ports = ports;
  }

  /**
   * A person says why a decision about their own passage is wrong.
   * @throws GatewayError `not_found` for a passage of another key, `passage_under_way`,
   * `nothing_to_contest` or `contested_before`, with nothing recorded
   */
  contest(key: ApiKey, id: string, words: string): Promise<ReviewCase> {
    return this.#turns.take(async () => {
      const passage = await this.#ownPassage(key, id);
      if (passage.outcomeIndex === undefined) throw new GatewayError('passage_under_way');
      const school = schoolOf(passage);
      // A pupil may say of any answer that it is wrong, also of one that nothing was found in.
      if (school === undefined && !contestable.has(passage.decision)) {
        throw new GatewayError('nothing_to_contest');
      }
      await this.#ports.book.catchUp();
      const known = this.#ports.book.cases.get(id);
      if (known !== undefined && known.contest !== null) throw new GatewayError('contested_before');
      const rules = rulesOf(passage);
      const review = {
        event: 'contested',
        passage: id,
        index: passage.intentIndex,
        rules,
        decision: passage.decision,
        ...(school === undefined ? {} : { class: school.class }),
      } as const;
      await this.#record(key, review, words);
      return this.#case(id);
    });
  }

  /** @throws GatewayError `not_found` for a passage of another key */
  async own(key: ApiKey, id: string): Promise<ReviewCase | undefined> {
    await this.#ownPassage(key, id);
    await this.#ports.book.catchUp();
    return this.#ports.book.cases.get(id);
  }

  /** @throws GatewayError `not_found` when it is no case */
  async find(id: string): Promise<ReviewCase> {
    await this.#ports.book.catchUp();
    return this.#case(id);
  }

  /** Those of the passages that are not withheld any more by the verdict of a person. */
  async overturned(passages: readonly string[]): Promise<readonly string[]> {
    await this.#ports.book.catchUp();
    return passages.filter((id) => this.#ports.book.cases.get(id)?.state === 'overturned');
  }

  /** Newest first. */
  async list(options: {
    readonly open: boolean;
    readonly limit: number;
    readonly before: number;
    readonly class?: string;
  }): Promise<readonly ReviewCase[]> {
    await this.#ports.book.catchUp();
    return this.#ports.book.cases.list(options);
  }

  /**
   * Decides. Where a block is overturned, the same request of the same key may pass once.
   * @throws GatewayError `not_found`, `review_ended` or `review_own`, with nothing recorded
   */
  decide(key: ApiKey, id: string, said: { verdict: Verdict; words: string }): Promise<ReviewCase> {
    return this.#turns.take(async () => {
      const known = await this.find(id);
      if (known.state !== 'open') throw new GatewayError('review_ended');
      const { verdict } = said;
      const passage = await this.#ports.reader.passage(id, { content: false });
      // Nobody lets their own request through: that takes another pair of eyes.
      const own = passage?.intentFields['actor.id'] === key.id;
      if (verdict === 'overturned' && own) throw new GatewayError('review_own');
      const pass = verdict === 'overturned' ? await this.#passOf(id) : undefined;
      const until = pass === undefined ? null : this.#ports.clock.nowMs() + limits.overrideMs;
      const { index } = known;
      const rules = pass?.rules ?? known.rules;
      const decision = passage?.decision ?? 'error';
      const of = known.class === null ? {} : { class: known.class };
      const review = { event: verdict, passage: id, index, rules, decision, until, ...of } as const;
      const record = await this.#record(key, review, said.words);
      if (pass !== undefined && until !== null) {
        const { rules: only, direction } = pass;
        const override = { passage: id, verdict: record, rules: only, direction, untilMs: until };
        this.#ports.overrides.put(pass.keyId, pass.text, override);
      }
      this.#ports.decided?.(id, verdict);
      return this.#case(id);
    });
  }

  /** What the person wrote, or the reviewer, where it is still there. @param record its id */
  async words(record: string | null): Promise<string | null> {
    if (record === null) return null;
    const found = await this.#ports.reader.systemRecord(record);
    return recordedWords.safeParse(found?.fields['system.words']).data?.words ?? null;
  }

  /** The records about passages, to be erased with them. */
  async recordsOf(passages: readonly string[]): Promise<readonly string[]> {
    await this.#ports.book.catchUp();
    return passages.flatMap((id) => {
      const known = this.#ports.book.cases.get(id);
      return [known?.contest, known?.verdict].filter((record) => typeof record === 'string');
    });
  }

  async #ownPassage(key: ApiKey, id: string): Promise<Passage> {
    const passage = await this.#ports.reader.passage(id, { content: false });
    // Whose it is not, is not told that there is one.
    if (passage?.intentFields['actor.id'] !== key.id) throw new GatewayError('not_found');
    return passage;
  }

  #case(id: string): ReviewCase {
    const found = this.#ports.book.cases.get(id);
    if (found === undefined) throw new GatewayError('not_found');
    return found;
  }

  /** What may pass once: nothing where no rule stopped it, its text is gone, or it was a tool. */
  async #passOf(id: string): Promise<Pass | undefined> {
    const passage = await this.#ports.reader.passage(id, { content: true });
    if (passage?.decision !== 'block' || passage.contentState !== 'PRESENT') return undefined;
    const { intentFields } = passage;
    const keyId = intentFields['actor.id'];
    const params = recordedParams.safeParse(intentFields['request.params']);
    const isModel = params.success && params.data.dialect !== 'mcp';
    const { supervision } = this.#ports.ruleBook().policy.document;
    const rules = rulesOf(passage).filter((rule) =>
      supervision.some(({ id: known, action }) => known === rule && action === 'block'),
    );
    if (typeof keyId !== 'string' || !isModel || rules.length === 0) return undefined;
    // Where no model was asked, a rule or a guard stopped the request.
    const asked =
      typeof readVerdicts(passage.outcomeFields['policy.verdicts']).upstream === 'string';
    const direction = asked ? 'output' : 'input';
    return { keyId, text: requestText(intentFields), rules, direction };
  }

  async #record(key: ApiKey, review: RecordedReview, words: string): Promise<string> {
    const draft: Draft = {
      type: 'system.record',
      decision: 'allow',
      evidenceClass: 'r2',
      refs: { policy: this.#ports.ruleBook().policyLeaf },
      fields: {
        'system.by': key.id,
        'system.review': review as unknown as JsonValue,
        'system.words': { words },
      },
    };
    const [entry] = await this.#ports.appender.append([draft]);
    await this.#ports.book.catchUp();
    return entry!.id;
  }
}

/** A request that may pass once, and what may only mark it then. */
interface Pass extends Pick<Override, 'rules' | 'direction'> {
  readonly keyId: string;
  readonly text: string;
}

function schoolOf({ outcomeFields }: Passage): RecordedSchool | undefined {
  return readVerdicts(outcomeFields['policy.verdicts']).school ?? undefined;
}

function rulesOf({ intentFields, outcomeFields }: Passage): readonly string[] {
  const input = readVerdicts(intentFields['policy.verdicts']);
  const output = readVerdicts(outcomeFields['policy.verdicts']);
  return [...new Set([...input.rules, ...output.rules])];
}
