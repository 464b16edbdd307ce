import { createHash } from 'node:crypto';
import { type ChosenLogprob, type FinishReason, UpstreamError } from '#upstream';
import type { StreamChannel } from '#supervisor';
import type { FinishedChoice, ThinkingBlock, ToolCall } from './chat-response.ts';
import { uncheckedRule } from './refusal.ts';
import { SupervisedArguments } from './supervised-call.ts';
import { SupervisedLogprobs } from './supervised-logprobs.ts';
import { type TextPart, argumentTexts } from './request-text.ts';
import type { OutputFinding, Released, TextChannel } from './supervised-answer.ts';

interface Call {
  readonly index: number;
  id: string;
  name: string;
  /** Undefined until the first piece of arguments, which closes the name. */
  arguments: SupervisedArguments | undefined;
  raw: string;
  delivered: string;
  signature: string | undefined;
  ended: boolean;
}

interface Text {
  channel: StreamChannel | undefined;
  raw: string;
  delivered: string;
  /** Reasoning that came after something else had begun: it waits for the finish. */
  late: string;
  closed: boolean;
}

const channels = ['content', 'refusal', 'reasoning'] as const;

const newText = (): Text => ({
  channel: undefined,
  raw: '',
  delivered: '',
  late: '',
  closed: false,
});

/**
 * One choice of an answer on its way out. Content, refusal, reasoning and each string of each tool
 * call are supervised on their own, so text of one never completes a match in another.
 *
 * Reasoning ends when something else begins. Where a model goes back to it without saying that a
 * new block begins, that text waits for the finish and is looked at again together with all that
 * came before, since a client shows both as one.
 */
export class SupervisedChoice {
  readonly #index: number;
  /** Begins a channel in which no other's text completes a match. */
  readonly #open: () => StreamChannel;
  readonly #texts: Readonly<Record<TextChannel, Text>> = {
    content: newText(),
    refusal: newText(),
    reasoning: newText(),
  };
  readonly #calls = new Map<number, Call>();
  readonly #thinking: ThinkingBlock[] = [];
  readonly #logprobs = { content: new SupervisedLogprobs(), refusal: new SupervisedLogprobs() };
  #thinkingFrom = 0;
  #reason: FinishReason | undefined;
  #stopSequence: string | undefined;
  #blockedBy: string | undefined;
  readonly #findings: OutputFinding[] = [];
  readonly #noted = new Set<StreamChannel>();

  constructor(index: number, open: () => StreamChannel) {
    this.#index = index;
    this.#open = open;
  }

  get blockedBy(): string | undefined {
    return this.#blockedBy;
  }

  get finishedReason(): FinishReason | undefined {
    return this.#reason;
  }

  get logprobsWithheld(): boolean {
    return this.#logprobs.content.withheld || this.#logprobs.refusal.withheld;
  }

  /** What was found until now, also in what has not ended. */
  get findings(): readonly OutputFinding[] {
    const found = [...this.#findings];
    for (const name of channels) {
      const { channel } = this.#texts[name];
      if (channel === undefined || this.#noted.has(channel)) continue;
      for (const finding of channel.findings) found.push(this.#placed(finding, name));
    }
    return found;
  }

  /** Whether the end of the content still waits, so that what follows it in order must wait too. */
  get holdsContent(): boolean {
    const { channel, closed } = this.#texts.content;
    return channel !== undefined && !closed && channel.heldUnits > 0;
  }

  /** UTF-16 units of a channel that arrived and have not left. */
  heldUnits(name: TextChannel): number {
    return this.#texts[name].channel?.heldUnits ?? 0;
  }

  text(name: TextChannel, piece: string, logprobs?: readonly ChosenLogprob[]): Released[] {
    if (this.#reason !== undefined) {
      throw new UpstreamError('malformed', "couldn't read the answer: text after its finish");
    }
    if (logprobs !== undefined && name !== 'reasoning') this.#logprobs[name].add(logprobs);
    if (piece === '') return [];
    const text = this.#texts[name];
    text.raw += piece;
    if (text.closed) {
      text.late += piece;
      return [];
    }
    const before = name === 'reasoning' ? [] : this.#close('reasoning');
    if (this.#blockedBy !== undefined) return before;
    text.channel ??= this.#open();
    before.push(...this.#release(name, text.channel.push(piece)));
    return before;
  }

  /** Ends a block of reasoning with what its upstream wants to see again. */
  signature(signature: string, redacted: boolean): Released[] {
    const { reasoning } = this.#texts;
    const from = this.#thinkingFrom;
    const released = redacted || reasoning.closed ? [] : this.#close('reasoning');
    if (this.#blockedBy !== undefined) return released;
    const unchanged = reasoning.raw.slice(from) === reasoning.delivered.slice(from);
    // A signature of what did not leave would be refused; and it is text, whatever it looks like.
    if (!unchanged || this.#whole(signature, 'signature') !== signature) return released;
    const thinking = redacted ? '' : reasoning.delivered.slice(from);
    this.#thinking.push({ thinking, signature, ...(redacted ? { redacted } : {}) });
    released.push({
      type: 'signature',
      choice: this.#index,
      signature,
      ...(redacted ? { redacted } : {}),
    });
    if (redacted) return released;
    // The next block is a channel of its own.
    this.#thinkingFrom = reasoning.delivered.length;
    reasoning.channel = undefined;
    reasoning.closed = false;
    return released;
  }

  tool(event: {
    readonly index: number;
    readonly id?: string;
    readonly name?: string;
    readonly arguments: string;
    readonly signature?: string;
  }): Released[] {
    if (this.#reason !== undefined) {
      throw new UpstreamError('malformed', "couldn't read the answer: a call after its finish");
    }
    const released = this.#close('reasoning');
    let call = this.#calls.get(event.index);
    if (call === undefined) {
      call = {
        index: event.index,
        id: '',
        name: '',
        arguments: undefined,
        raw: '',
        delivered: '',
        signature: undefined,
        ended: false,
      };
      this.#calls.set(event.index, call);
    }
    if (call.arguments === undefined) {
      if (event.id !== undefined) call.id = event.id;
      if (event.name !== undefined) call.name = event.name;
      if (event.signature !== undefined) call.signature = event.signature;
    }
    if (event.arguments !== '' && this.#blockedBy === undefined) {
      if (call.ended && event.arguments.trim() === '') return released;
      if (call.ended) {
        throw new UpstreamError('malformed', "couldn't read the answer: arguments after their end");
      }
      call.raw += event.arguments;
      released.push(...this.#begin(call));
      if (this.#blockedBy !== undefined) return released;
      released.push(...this.#argue(call, call.arguments!.push(event.arguments)));
      if (this.#blockedBy === undefined && call.arguments!.complete) {
        released.push(...this.#endCall(call));
      }
    }
    return released;
  }

  finish(reason: FinishReason, stopSequence?: string): Released[] {
    if (this.#reason !== undefined) return [];
    const released: Released[] = [];
    for (const name of ['reasoning', 'content', 'refusal'] as const) {
      if (this.#blockedBy === undefined) released.push(...this.#close(name));
    }
    if (this.#blockedBy === undefined) released.push(...this.#releaseLate('reasoning'));
    for (const call of this.#ordered()) {
      if (this.#blockedBy !== undefined) break;
      released.push(...this.#begin(call));
      if (this.#blockedBy !== undefined) break;
      released.push(...this.#argue(call, call.arguments!.end()));
      if (this.#blockedBy === undefined) released.push(...this.#endCall(call));
    }
    if (this.#blockedBy !== undefined) return released;
    for (const name of ['content', 'refusal'] as const) {
      this.#logprobs[name].settle(this.#texts[name], () => this.#open());
    }
    if (stopSequence !== undefined && this.#whole(stopSequence, 'stop') === stopSequence) {
      this.#stopSequence = stopSequence;
    }
    if (this.#blockedBy === undefined) this.#reason = reason;
    return released;
  }

  finished(): FinishedChoice {
    const { content, refusal, reasoning } = this.#texts;
    const weighed = {
      content: this.#logprobs.content.released,
      refusal: this.#logprobs.refusal.released,
    };
    const has = weighed.content.length + weighed.refusal.length > 0;
    return {
      content: content.delivered,
      refusal: refusal.delivered,
      reasoning: reasoning.delivered,
      thinking: this.#thinking,
      toolCalls: this.calls(),
      reason: this.#reason ?? 'stop',
      ...(this.#stopSequence === undefined ? {} : { stopSequence: this.#stopSequence }),
      ...(has ? { logprobs: weighed } : {}),
    };
  }

  /** The calls as far as they were let through. */
  calls(): readonly ToolCall[] {
    return this.#ordered()
      .filter((call) => call.arguments !== undefined)
      .map(({ id, name, delivered, signature }) => ({
        id,
        name,
        arguments: delivered,
        ...(signature === undefined ? {} : { signature }),
      }));
  }

  /** The texts as the model wrote them; of a call, the strings of its arguments. */
  said(): readonly TextPart[] {
    const at = `choices[${this.#index}]`;
    const texts = Object.entries(this.#texts).flatMap(([name, { raw }]) =>
      raw === '' ? [] : [{ path: `${at}.${name}`, text: raw }],
    );
    const calls = this.#ordered().flatMap(({ index, raw }) =>
      argumentTexts(raw, `${at}.tool_calls[${index}].arguments`),
    );
    return [...texts, ...calls];
  }

  /** What was said and what left; `raw` is left out where they are the same. */
  transcript(): { raw: object | undefined; delivered: object } {
    const changed = this.#ordered().filter((call) => call.raw !== call.delivered);
    const delivered = this.#textsAs('delivered');
    const same = channels.every((name) => this.#texts[name].raw === this.#texts[name].delivered);
    if (same && changed.length === 0) return { raw: undefined, delivered };
    return { raw: this.#rawWith(changed), delivered };
  }

  /** All of what was said, for the record of an answer that did not leave. */
  raw(): object {
    return this.#rawWith(this.#ordered().filter(({ raw }) => raw !== ''));
  }

  #rawWith(calls: readonly Call[]): object {
    const told = calls.map(({ index, raw }) => ({ index, arguments: raw }));
    return { ...this.#textsAs('raw'), ...(told.length === 0 ? {} : { tool_calls: told }) };
  }

  #textsAs(of: 'raw' | 'delivered'): object {
    const texts: Partial<Record<TextChannel, string>> = {};
    for (const name of channels) {
      const text = this.#texts[name][of];
      if (text !== '') texts[name] = text;
    }
    return texts;
  }

  #ordered(): readonly Call[] {
    if (this.#calls.size === 0) return [];
    return [...this.#calls.values()].toSorted((a, b) => a.index - b.index);
  }

  #close(name: TextChannel): Released[] {
    const text = this.#texts[name];
    if (text.channel === undefined || text.closed || this.#blockedBy !== undefined) return [];
    text.closed = true;
    const released = this.#release(name, text.channel.end());
    if (this.#blockedBy === undefined) this.#note(text.channel, name, undefined);
    return released;
  }

  /** A second look at all of a channel decides whether what came late may follow the rest. */
  #releaseLate(name: TextChannel): Released[] {
    const text = this.#texts[name];
    if (text.late === '') return [];
    const whole = this.#open();
    const all = [whole.push(text.raw), whole.end()];
    const blocked = all.find((piece) => piece.blocked !== undefined)?.blocked;
    const alone = this.#open();
    const rest = [alone.push(text.late), alone.end()];
    const restText = rest.map(({ release }) => release).join('');
    if (blocked !== undefined) this.#note(whole, name, blocked);
    else if (all.map(({ release }) => release).join('') !== text.delivered + restText) {
      // Something begins before the gap and ends after it, and its beginning has left.
      const rule = whole.findings.find((finding) => finding.rule !== undefined)?.rule;
      this.#note(whole, name, { rule: rule ?? '' });
    } else this.#note(alone, name, undefined);
    return this.#blockedBy === undefined ? this.#release(name, { release: restText }) : [];
  }

  #begin(call: Call): Released[] {
    if (call.arguments !== undefined) return [];
    call.name = this.#whole(call.name, 'tool.name');
    // An id is the upstream's word for the call; one that could say more is replaced.
    if (!/^[\w.:-]{1,128}$/.test(call.id) || this.#whole(call.id, 'tool.id') !== call.id) {
      const seed = `${this.#index}:${call.index}:${call.id}`;
      call.id = `call_${createHash('sha256').update(seed).digest('hex').slice(0, 24)}`;
    }
    const { signature } = call;
    if (signature !== undefined && this.#whole(signature, 'tool.signature') !== signature) {
      call.signature = undefined;
    }
    if (this.#blockedBy !== undefined) return [];
    call.arguments = new SupervisedArguments(
      {
        open: () => this.#open(),
        note: (channel, path, blocked) => this.#note(channel, path, blocked),
      },
      'tool.arguments',
    );
    const { index, id, name } = call;
    return [
      {
        type: 'call',
        choice: this.#index,
        index,
        id,
        name,
        ...(call.signature === undefined ? {} : { signature: call.signature }),
      },
    ];
  }

  #endCall(call: Call): Released[] {
    if (call.ended) return [];
    call.ended = true;
    return [{ type: 'call_end', choice: this.#index, index: call.index }];
  }

  #argue(call: Call, text: string): Released[] {
    if (text === '') return [];
    call.delivered += text;
    return [{ type: 'arguments', choice: this.#index, index: call.index, text }];
  }

  #whole(text: string, path: string): string {
    if (text === '') return '';
    const channel = this.#open();
    const pieces = [channel.push(text), channel.end()];
    this.#note(channel, path, pieces.find((piece) => piece.blocked !== undefined)?.blocked);
    return pieces.map(({ release }) => release).join('');
  }

  #note(
    channel: StreamChannel,
    path: string,
    blocked: { readonly rule: string } | undefined,
  ): void {
    if (blocked !== undefined) this.#blockedBy ??= blocked.rule || uncheckedRule;
    if (this.#noted.has(channel)) return;
    this.#noted.add(channel);
    for (const finding of channel.findings) this.#findings.push(this.#placed(finding, path));
  }

  #placed(finding: StreamChannel['findings'][number], path: string): OutputFinding {
    return { ...finding, path: `choices[${this.#index}].${path}` };
  }

  #release(
    channel: TextChannel,
    piece: { readonly release: string; readonly blocked?: { readonly rule: string } },
  ): Released[] {
    const text = this.#texts[channel];
    if (piece.blocked !== undefined) this.#note(text.channel!, channel, piece.blocked);
    if (piece.release === '') return [];
    text.delivered += piece.release;
    return [{ type: 'text', choice: this.#index, channel, text: piece.release }];
  }
}
