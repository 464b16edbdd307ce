import type { ChatEvent, FinishReason } from '#upstream';
import { UpstreamError } from '#upstream';
import type { Finding, Placeholders, StreamChannel, Supervisor } from '#supervisor';
import { uncheckedRule } from './refusal.ts';
import type { FinishedChoice, ToolCall, Usage } from './chat-response.ts';

export type TextChannel = 'content' | 'refusal' | 'reasoning';

/** What may leave: text of one channel, or whole tool calls. */
export type Released =
  | { readonly type: 'text'; readonly choice: number; readonly channel: TextChannel; text: string }
  | { readonly type: 'tools'; readonly choice: number; readonly calls: readonly ToolCall[] };

interface OpenToolCall {
  id: string;
  name: string;
  arguments: string;
}

interface OpenChoice {
  readonly channels: Map<TextChannel, StreamChannel>;
  readonly raw: Record<TextChannel, string>;
  readonly delivered: Record<TextChannel, string>;
  readonly openCalls: Map<number, OpenToolCall>;
  calls: readonly ToolCall[];
  reason: FinishReason | undefined;
}

export interface OutputFinding extends Finding {
  readonly path: string;
}

/**
 * One model answer on its way out. Each channel of each choice is supervised on its own, so text of
 * one never completes a match in another. Tool arguments are JSON in pieces: they are held until
 * they are whole and inspected as the values they mean.
 */
export class SupervisedAnswer {
  readonly #supervisor: Supervisor;
  readonly #placeholders: Placeholders;
  readonly #choices = new Map<number, OpenChoice>();
  readonly #toolFindings: OutputFinding[] = [];
  readonly #toolRules = new Set<string>();
  #usage: Usage | undefined;
  #blockedBy: string | undefined;
  #deliveredCharacters = 0;

  constructor(supervisor: Supervisor, placeholders: Placeholders) {
    this.#supervisor = supervisor;
    this.#placeholders = placeholders;
  }

  /** The rule that stopped this answer, once one has. Nothing is released from then on. */
  get blockedBy(): string | undefined {
    return this.#blockedBy;
  }

  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** UTF-16 units of text that have been released. */
  get deliveredCharacters(): number {
    return this.#deliveredCharacters;
  }

  /** Takes one event in, and gives what may leave because of it. */
  accept(event: ChatEvent): readonly Released[] {
    if (this.#blockedBy !== undefined) return [];
    switch (event.type) {
      case 'delta':
        return this.#text(event.choice, event.channel, event.text);
      case 'tool':
        this.#tool(event);
        return [];
      case 'finish':
        return this.#finish(event.choice, event.reason);
      case 'usage': {
        const { inputTokens, outputTokens, estimated } = event;
        this.#usage = { inputTokens, outputTokens, estimated };
        return [];
      }
      case 'lost':
        return [];
    }
  }

  /**
   * States that the upstream has ended.
   * @throws UpstreamError `cut` when a choice was never finished or there was none
   */
  end(): void {
    if (this.#blockedBy !== undefined) return;
    const choices = [...this.#choices.values()];
    if (choices.length === 0 || choices.some((choice) => choice.reason === undefined)) {
      throw new UpstreamError('cut', "couldn't finish the answer: a choice has no finish reason");
    }
  }

  /** Findings of rules on the output, and the rules themselves. */
  verdict(): { findings: readonly OutputFinding[]; rules: readonly string[] } {
    const findings = [...this.#toolFindings];
    const rules = new Set(this.#toolRules);
    for (const [index, choice] of this.#choices) {
      for (const [name, channel] of choice.channels) {
        for (const finding of channel.findings) {
          findings.push({ ...finding, path: `choices[${index}].${name}` });
          if (finding.rule !== undefined) rules.add(finding.rule);
        }
      }
    }
    if (this.#blockedBy !== undefined) rules.add(this.#blockedBy);
    return { findings, rules: [...rules] };
  }

  /** The choices in order, as they were delivered. */
  finished(): readonly FinishedChoice[] {
    return [...this.#choices.entries()]
      .toSorted(([a], [b]) => a - b)
      .map(([, choice]) => ({
        ...choice.delivered,
        toolCalls: choice.calls,
        reason: choice.reason ?? 'stop',
      }));
  }

  /** What the model said and what left, as they are recorded. */
  transcript(): {
    raw: readonly object[];
    delivered: readonly object[];
    calls: readonly ToolCall[];
  } {
    const ordered = [...this.#choices.entries()].toSorted(([a], [b]) => a - b);
    return {
      raw: ordered.map(([, choice]) => withoutEmpty(choice.raw)),
      delivered: ordered.map(([, choice]) => withoutEmpty(choice.delivered)),
      calls: ordered.flatMap(([, choice]) => choice.calls),
    };
  }

  #choice(index: number): OpenChoice {
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      choice = {
        channels: new Map(),
        raw: { content: '', refusal: '', reasoning: '' },
        delivered: { content: '', refusal: '', reasoning: '' },
        openCalls: new Map(),
        calls: [],
        reason: undefined,
      };
      this.#choices.set(index, choice);
    }
    return choice;
  }

  #text(index: number, channelName: TextChannel, text: string): readonly Released[] {
    const choice = this.#choice(index);
    if (choice.reason !== undefined) {
      throw new UpstreamError('malformed', "couldn't read the answer: text after its finish");
    }
    let channel = choice.channels.get(channelName);
    if (channel === undefined) {
      channel = this.#supervisor.stream('output', this.#placeholders);
      choice.channels.set(channelName, channel);
    }
    choice.raw[channelName] += text;
    return this.#release(index, channelName, channel.push(text));
  }

  #tool(event: ChatEvent & { type: 'tool' }): void {
    const { openCalls } = this.#choice(event.choice);
    const call = openCalls.get(event.index);
    if (call === undefined) {
      openCalls.set(event.index, {
        id: event.id ?? '',
        name: event.name ?? '',
        arguments: event.arguments,
      });
      return;
    }
    if (event.id !== undefined) call.id = event.id;
    if (event.name !== undefined) call.name = event.name;
    call.arguments += event.arguments;
  }

  #finish(index: number, reason: FinishReason): readonly Released[] {
    const choice = this.#choice(index);
    if (choice.reason !== undefined) return [];
    const released: Released[] = [];
    for (const [name, channel] of choice.channels) {
      released.push(...this.#release(index, name, channel.end()));
      if (this.#blockedBy !== undefined) return released;
    }
    choice.calls = [...choice.openCalls.entries()]
      .toSorted(([a], [b]) => a - b)
      .map(([, call]) => this.#superviseCall(index, call));
    // A rule on a tool call stops the answer: half of the calls would be another request.
    if (this.#blockedBy !== undefined) {
      choice.calls = [];
      return released;
    }
    if (choice.calls.length > 0)
      released.push({ type: 'tools', choice: index, calls: choice.calls });
    choice.reason = reason;
    return released;
  }

  #superviseCall(index: number, call: OpenToolCall): ToolCall {
    const inspect = (text: string, path: string): string => {
      const channel = this.#supervisor.stream('output', this.#placeholders);
      const pieces = [channel.push(text), channel.end()];
      for (const { blocked } of pieces) {
        if (blocked !== undefined) this.#blockedBy ??= blocked.rule || uncheckedRule;
      }
      for (const finding of channel.findings) {
        this.#toolFindings.push({ ...finding, path: `choices[${index}].${path}` });
        if (finding.rule !== undefined) this.#toolRules.add(finding.rule);
      }
      return pieces.map((piece) => piece.release).join('');
    };
    return {
      id: call.id,
      name: inspect(call.name, 'tool.name'),
      arguments: mapStrings(call.arguments, (text) => inspect(text, 'tool.arguments')),
    };
  }

  #release(
    choice: number,
    channel: TextChannel,
    piece: { release: string; blocked?: { rule: string } },
  ): readonly Released[] {
    if (piece.blocked !== undefined) this.#blockedBy = piece.blocked.rule || uncheckedRule;
    if (piece.release === '') return [];
    this.#choice(choice).delivered[channel] += piece.release;
    this.#deliveredCharacters += piece.release.length;
    return [{ type: 'text', choice, channel, text: piece.release }];
  }
}

function withoutEmpty(texts: Readonly<Record<TextChannel, string>>): object {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
}

/** Tool arguments with each string and key passed through `map`; text that is not JSON as one. */
function mapStrings(json: string, map: (text: string) => string): string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return map(json);
  }
  const mapped = mapValue(value, map);
  return JSON.stringify(mapped) === JSON.stringify(value) ? json : JSON.stringify(mapped);
}

function mapValue(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  // A number may be an identifier too: it is looked at as it is written.
  if (typeof value === 'number') {
    const written = String(value);
    const mapped = map(written);
    return mapped === written ? value : mapped;
  }
  if (Array.isArray(value)) return value.map((item) => mapValue(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [map(key), mapValue(member, map)]),
  );
}
