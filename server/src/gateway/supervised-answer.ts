import type {
  Inspection,
  Judged,
  Part,
  Placeholders,
  StreamSetting,
  Supervisor,
} from '#supervisor';
import { type ChatEvent, UpstreamError } from '#upstream';
import type { FinishedChoice, ToolCall, Usage } from './chat-response.ts';
import { type JoinedEvent, cutAsItCame } from './event-batch.ts';
import { uncheckedRule } from './refusal.ts';
import { SupervisedChoice } from './supervised-choice.ts';

export type TextChannel = 'content' | 'refusal' | 'reasoning';

/** What may leave. A call is told once; its arguments follow in pieces, and then its end. */
export type Released =
  | {
      readonly type: 'text';
      readonly choice: number;
      readonly channel: TextChannel;
      readonly text: string;
      /** The text in the pieces in which the model sent it, where several came together. */
      readonly pieces?: readonly string[];
    }
  | {
      readonly type: 'signature';
      readonly choice: number;
      readonly signature: string;
      readonly redacted?: true;
    }
  | {
      readonly type: 'call';
      readonly choice: number;
      readonly index: number;
      readonly id: string;
      readonly name: string;
      readonly signature?: string;
    }
  | {
      readonly type: 'arguments';
      readonly choice: number;
      readonly index: number;
      readonly text: string;
    }
  | { readonly type: 'call_end'; readonly choice: number; readonly index: number };

export interface OutputFinding extends Judged {
  readonly path: string;
}

/** One model answer on its way out: its choices, each supervised on its own, and its usage. */
export class SupervisedAnswer {
  readonly #supervisor: Supervisor;
  readonly #placeholders: Placeholders;
  readonly #how: StreamSetting;
  readonly #choices = new Map<number, SupervisedChoice>();
  readonly #lost = new Set<string>();
  #usage: Usage | undefined;
  #blockedBy: string | undefined;
  #passedCharacters = 0;
  /** What passed the rules waits for somebody else, and has not left. */
  #withheld = false;
  /** What was found by others, once they were asked. */
  #heard: readonly OutputFinding[] = [];
  #cleared: (finding: OutputFinding) => boolean = () => false;

  constructor(supervisor: Supervisor, placeholders: Placeholders, how: StreamSetting = {}) {
    this.#supervisor = supervisor;
    this.#placeholders = placeholders;
    this.#how = how;
  }

  /** The rule that stopped this answer, once one has. Nothing is released from then on. */
  get blockedBy(): string | undefined {
    return this.#blockedBy;
  }

  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** UTF-16 units of text that have left. */
  get deliveredCharacters(): number {
    return this.#withheld ? 0 : this.#passedCharacters;
  }

  /** The same with those that still wait for somebody's word. */
  get passedCharacters(): number {
    return this.#passedCharacters;
  }

  /** Names of what the upstream's dialect could not carry, in either direction. */
  get lost(): readonly string[] {
    const withheld = [...this.#choices.values()].some((choice) => choice.logprobsWithheld);
    return [...this.#lost, ...(withheld ? ['choices.logprobs'] : [])];
  }

  /** Whether the end of a choice's content still waits: see `SupervisedChoice.holdsContent`. */
  holdsContent(choice: number): boolean {
    return this.#choices.get(choice)?.holdsContent === true;
  }

  /**
   * Takes one event in, and gives what may leave because of it.
   * @param pieces in which its text came, where it stands for several
   */
  accept(event: ChatEvent, pieces?: JoinedEvent['pieces']): readonly Released[] {
    if (this.#blockedBy !== undefined) return [];
    if (event.type === 'usage') {
      const { type: _type, ...usage } = event;
      this.#usage = usage;
      return [];
    }
    if (event.type === 'lost') {
      for (const name of event.names) this.#lost.add(name);
      return [];
    }
    const choice = this.#choice(event.choice);
    const all = acceptInto(choice, event);
    const released =
      pieces === undefined || event.type !== 'delta' ? all : cut(all, event, { choice, pieces });
    this.#blockedBy = choice.blockedBy;
    for (const piece of released) {
      if ('text' in piece) this.#passedCharacters += piece.text.length;
    }
    return released;
  }

  /**
   * States that the upstream has ended.
   * @throws UpstreamError `cut` when a choice was never finished or there was none
   */
  end(): void {
    if (this.#blockedBy !== undefined) return;
    const choices = [...this.#choices.values()];
    if (choices.length === 0 || choices.some((c) => c.finishedReason === undefined)) {
      throw new UpstreamError('cut', "couldn't finish the answer: a choice has no finish reason");
    }
  }

  /** States that nothing leaves, whatever the rules let pass, until it is let go. */
  withhold(): void {
    this.#withheld = true;
  }

  letGo(): void {
    this.#withheld = false;
  }

  /** The texts of the answer as the model wrote them, each with a path of its own. */
  said(): readonly Part[] {
    return this.#ordered().flatMap((choice) => choice.said());
  }

  /**
   * Takes in what others say about the whole answer. It can be stopped for it; what they clear is
   * told no more, though a text that was masked stays masked. What they would have masked stops
   * it, since it is the whole that they object to.
   */
  hear(judged: Inspection, cleared: ReadonlySet<OutputFinding>): void {
    const names = new Set([...cleared].map(nameOf));
    this.#cleared = (finding) => finding.masked !== true && names.has(nameOf(finding));
    this.#heard = judged.findings.filter(({ rule }) => rule !== undefined);
    const { decision, failed, findings } = judged;
    const masked = findings.find((finding) => finding.masked === true)?.rule;
    if (failed.length > 0) this.#blockedBy = uncheckedRule;
    else if (decision.action === 'block') this.#blockedBy = decision.rules[0] ?? uncheckedRule;
    else if (masked !== undefined) this.#blockedBy = masked;
  }

  /** Findings of rules on the output, and the rules themselves. */
  verdict(): { findings: readonly OutputFinding[]; rules: readonly string[] } {
    const own = this.#ordered().flatMap((choice) => choice.findings);
    const findings = [...own.filter((finding) => !this.#cleared(finding)), ...this.#heard];
    const rules = new Set(findings.flatMap(({ rule }) => rule ?? []));
    if (this.#blockedBy !== undefined) rules.add(this.#blockedBy);
    return { findings, rules: [...rules] };
  }

  /** The choices in order, as they were delivered. */
  finished(): readonly FinishedChoice[] {
    const finished = this.#ordered().map((choice) => choice.finished());
    return this.#withheld ? finished.map(withoutText) : finished;
  }

  /** What the model said and what left, as they are recorded: `raw` only where they differ. */
  transcript(): {
    raw: readonly object[] | undefined;
    delivered: readonly object[];
    calls: readonly ToolCall[];
  } {
    const choices = this.#ordered();
    if (this.#withheld) {
      return { raw: choices.map((choice) => choice.raw()), delivered: [], calls: [] };
    }
    const said = choices.map((choice) => choice.transcript());
    return {
      raw: said.every(({ raw }) => raw === undefined)
        ? undefined
        : said.map(({ raw, delivered }) => raw ?? delivered),
      delivered: said.map(({ delivered }) => delivered),
      calls: choices.flatMap((choice) => choice.calls()),
    };
  }

  #ordered(): readonly SupervisedChoice[] {
    if (this.#choices.size === 1) return [...this.#choices.values()];
    const ordered = [...this.#choices.entries()].toSorted(([a], [b]) => a - b);
    return ordered.map(([, choice]) => choice);
  }

  #choice(index: number): SupervisedChoice {
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      choice = new SupervisedChoice(index, () =>
        this.#supervisor.stream('output', this.#placeholders, this.#how),
      );
      this.#choices.set(index, choice);
    }
    return choice;
  }
}

function nameOf({ path, kind, start, end }: OutputFinding): string {
  return `${path} ${kind} ${start} ${end}`;
}

function withoutText({ reason }: FinishedChoice): FinishedChoice {
  return { content: '', refusal: '', reasoning: '', thinking: [], toolCalls: [], reason };
}

function acceptInto(
  choice: SupervisedChoice,
  event: ChatEvent & { readonly type: 'delta' | 'tool' | 'finish' },
): Released[] {
  switch (event.type) {
    case 'delta': {
      const released = choice.text(event.channel, event.text, event.logprobs);
      if (event.signature === undefined || choice.blockedBy !== undefined) return released;
      return [...released, ...choice.signature(event.signature, event.redacted === true)];
    }
    case 'tool':
      return choice.tool(event);
    case 'finish':
      return choice.finish(event.reason, event.stopSequence);
  }
}

function cut(
  all: readonly Released[],
  { channel }: ChatEvent & { readonly type: 'delta' },
  by: { readonly choice: SupervisedChoice; readonly pieces: readonly string[] },
): readonly Released[] {
  const held = by.choice.heldUnits(channel);
  return all.map((one) =>
    one.type === 'text' && one.channel === channel
      ? { ...one, pieces: cutAsItCame(one.text, by.pieces, held) }
      : one,
  );
}

/** A text as it is told: in the pieces in which the model sent it. */
export function piecesOf({
  text,
  pieces,
}: Released & { readonly type: 'text' }): readonly string[] {
  return pieces ?? [text];
}
