import { UpstreamError } from '#upstream';
import type { RuleBook } from './admission.ts';
import type { AnswerWriter } from './dialect.ts';
import { type Consulted, type Waiting, askGuards, guardsLookAt } from './guard-consult.ts';
import type { Admitted } from './passage.ts';
import { lastUserText } from './request-text.ts';
import type { Released, SupervisedAnswer } from './supervised-answer.ts';

/**
 * An answer about which guard models may be asked. They read whole texts and take their time, so
 * nothing of it leaves before they have spoken or their time limits have passed.
 */
export class GuardedAnswer {
  readonly #book: RuleBook;
  readonly #admitted: Admitted;
  readonly #answer: SupervisedAnswer;
  readonly #kept: Released[] = [];

  /** @returns undefined where no guard looks at answers, and nothing has to wait */
  static of(
    book: RuleBook,
    admitted: Admitted,
    answer: SupervisedAnswer,
  ): GuardedAnswer | undefined {
    if (!guardsLookAt(admitted.policy, 'output')) return undefined;
    return new GuardedAnswer(book, admitted, answer);
  }

  private constructor(book: RuleBook, admitted: Admitted, answer: SupervisedAnswer) {
    this.#book = book;
    this.#admitted = admitted;
    this.#answer = answer;
    answer.withhold();
  }

  /** Takes what would leave if no guard were asked. */
  keep(released: Released): void {
    this.#kept.push(released);
  }

  /**
   * The answer has come to its end: guards are asked where our own detectors are not sure, and then
   * it leaves or is stopped as a whole.
   * @returns what the guards said
   * @throws UpstreamError `aborted` when the caller left before they had spoken
   */
  async settle(writer: AnswerWriter, from: Waiting): Promise<readonly Consulted[]> {
    if (this.#answer.blockedBy !== undefined) return [];
    const opinions = await this.#consult(from);
    if (from.left.aborted) throw new UpstreamError('aborted', 'the caller left');
    if (this.#answer.blockedBy !== undefined) return opinions;
    this.#answer.letGo();
    for (const released of this.#kept) {
      const slow = writer.release(released);
      // oxlint-disable-next-line no-await-in-loop -- pieces leave in order
      if (slow !== undefined) await slow;
    }
    return opinions;
  }

  async #consult(from: Waiting): Promise<readonly Consulted[]> {
    const { supervisor, createPlaceholders } = this.#book;
    const { policy, dataClass, inspection, about, effective } = this.#admitted;
    const parts = this.#answer.said();
    const { findings, failed } = supervisor.watched(parts);
    // Without the caller's own values: a guard reads what the model read.
    const none = createPlaceholders([]);
    const masked = (text: string): string => {
      const channel = supervisor.stream('output', none, { pace: 'whole', about });
      return channel.push(text).release + channel.end().release;
    };
    const subject = {
      policy,
      direction: 'output',
      dataClass,
      bans: inspection.bans,
      findings,
      texts: () => parts.map(({ path, text }) => ({ path, text: masked(text) })),
      asked: lastUserText(effective.body),
    } as const;
    const heard = await askGuards(this.#book, subject, from);
    const unchecked = [...failed, ...(heard?.failed ?? [])];
    const said = { findings: heard?.added ?? [], failed: unchecked };
    const judged = supervisor.reconsider('output', parts, said, about);
    this.#answer.hear(judged, heard?.cleared ?? new Set());
    return heard?.opinions ?? [];
  }
}
