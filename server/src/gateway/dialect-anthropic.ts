import type { Language } from '#base';
import type { FinishReason } from '#upstream';
import { parseMessages } from './anthropic-request.ts';
import type { Caller } from './caller.ts';
import { type FinishedChoice, type ToolCall, type Usage, stopped } from './chat-response.ts';
import type { AnswerWriter, Dialect, WriterOptions } from './dialect.ts';
import { type GatewayError, errorText, gatewayErrors } from './errors.ts';
import { type JsonObject, isObject } from './json.ts';
import type { Refusal } from './refusal.ts';
import { type Released, type SupervisedAnswer, piecesOf } from './supervised-answer.ts';

/** `POST /v1/messages`. */
export const anthropicMessages: Dialect = {
  name: 'anthropic.messages',
  nativeTo: new Set(['anthropic']),
  headers: ['anthropic-version', 'anthropic-beta'],
  parse: parseMessages,
  errorBody: anthropicError,
  refusalBody: (told) => ({
    type: 'error',
    error: {
      type: 'invalid_request_error',
      message: told.message,
      code: 'content_blocked',
      sekisho: told,
    },
    request_id: told.receipt,
  }),
  createWriter: (caller, options) => new MessagesWriter(caller, options),
};

const typesByStatus: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

/** Anthropic's error shape; `code` and `param` are ours beside it. */
export function anthropicError(error: GatewayError, language: Language): object {
  const { status } = gatewayErrors[error.code];
  const type = typesByStatus[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return {
    type: 'error',
    error: {
      type,
      message: errorText(error, language),
      code: error.code,
      ...(error.param === undefined ? {} : { param: error.param }),
    },
    request_id: null,
  };
}

const stopReasons: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};

/** Blocks follow one another here: what belongs to another while a call is open has to wait. */
class MessagesWriter implements AnswerWriter {
  readonly #caller: Caller;
  readonly #options: WriterOptions;
  readonly #stream: boolean;
  readonly #thinks: boolean;
  /** Of blocks that may not begin yet, in the order in which they will. */
  readonly #waiting = new Map<string, Released[]>();
  #open: string | undefined;
  #blocks = 0;

  constructor(caller: Caller, options: WriterOptions) {
    this.#caller = caller;
    this.#options = options;
    this.#stream = options.request.body.stream === true;
    const { thinking } = options.request.wire;
    this.#thinks = isObject(thinking) && thinking['type'] !== 'disabled';
  }

  release(released: Released): Promise<void> | undefined {
    if (!this.#stream || released.choice !== 0) return undefined;
    let events = this.#events(released);
    const held = this.#options.answer.holdsContent(0);
    if (this.#waiting.size > 0 && !held) events += this.#next();
    return events === '' ? undefined : this.#send(events);
  }

  async finish(
    answer: SupervisedAnswer,
    extra: { readonly usage: Usage; readonly refusal: Refusal | undefined },
  ): Promise<void> {
    const { refusal, usage } = extra;
    const finished = answer.finished();
    const [choice] = refusal === undefined ? finished : stopped(finished, refusal);
    const end = {
      stop_reason:
        choice!.stopSequence === undefined ? stopReasons[choice!.reason] : 'stop_sequence',
      stop_sequence: choice!.stopSequence ?? null,
    };
    const more = refusal === undefined ? {} : { sekisho: refusal };
    if (!this.#stream) {
      const content = contentOf(choice!, this.#thinks);
      const message = { ...this.#message(), content, ...end, usage: wireUsage(usage), ...more };
      this.#caller.sendJson(200, message, this.#headers());
      return;
    }
    let events = refusal === undefined ? this.#settle() : this.#close();
    if (refusal !== undefined) events += this.#text(refusal.message, 'refusal') + this.#close();
    events += event('message_delta', { delta: end, usage: wireUsage(usage), ...more });
    await this.#send(events + event('message_stop', {}));
    this.#caller.endStream();
  }

  async fail(error: GatewayError): Promise<void> {
    const body = JSON.stringify(anthropicError(error, this.#caller.errorLanguage()));
    await this.#caller.sendEvent(`event: error\ndata: ${body}\n\n`);
    this.#caller.endStream();
  }

  #message(): object {
    const { id, model } = this.#options.head;
    return { id: `msg_${id}`, type: 'message', role: 'assistant', model };
  }

  #headers(): Readonly<Record<string, string>> {
    const headers = this.#options.headers();
    const receipt = headers['x-sekisho-receipt'];
    return receipt === undefined ? headers : { ...headers, 'request-id': receipt };
  }

  #send(events: string): Promise<void> | undefined {
    if (this.#caller.answering) return this.#caller.sendEvent(events);
    this.#caller.startStream(this.#headers());
    const message = {
      ...this.#message(),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      // What was used is known at the end, and told there.
      usage: { input_tokens: 0, output_tokens: 0 },
    };
    const begin = event('message_start', { message }) + event('ping', {});
    return this.#caller.sendEvent(begin + events);
  }

  #events(released: Released): string {
    const key = keyOf(released);
    if (key === 'thinking' && !this.#thinks) return '';
    if (this.#open !== key && this.#mustWait(key)) {
      const waiting = this.#waiting.get(key);
      if (waiting === undefined) this.#waiting.set(key, [released]);
      else waiting.push(released);
      return '';
    }
    return this.#tell(released, key);
  }

  #tell(released: Released, key: string): string {
    switch (released.type) {
      case 'text':
        return piecesOf(released)
          .map((piece) =>
            released.channel === 'reasoning' ? this.#thinking(piece) : this.#text(piece, key),
          )
          .join('');
      case 'signature':
        return this.#signature(released);
      case 'call':
        return this.#begin(key, {
          type: 'tool_use',
          id: released.id,
          name: released.name,
          input: {},
        });
      case 'arguments':
        return this.#delta({ type: 'input_json_delta', partial_json: released.text });
      case 'call_end':
        return this.#open === key ? this.#close() + this.#next() : '';
    }
  }

  /** A call waits for the one before it, and for the end of the text that comes before it. */
  #mustWait(key: string): boolean {
    if (this.#open?.startsWith('call') === true) return true;
    if (!key.startsWith('call')) return false;
    return this.#waiting.size > 0 || this.#options.answer.holdsContent(0);
  }

  #text(text: string, key: string): string {
    const begin = this.#open === key ? '' : this.#begin(key, { type: 'text', text: '' });
    return begin + this.#delta({ type: 'text_delta', text });
  }

  #thinking(thinking: string): string {
    return this.#beginThinking() + this.#delta({ type: 'thinking_delta', thinking });
  }

  #beginThinking(): string {
    if (this.#open === 'thinking') return '';
    return this.#begin('thinking', { type: 'thinking', thinking: '', signature: '' });
  }

  #signature({ signature, redacted }: Released & { type: 'signature' }): string {
    if (redacted === true) {
      return this.#begin('sealed', { type: 'redacted_thinking', data: signature }) + this.#close();
    }
    const delta = this.#beginThinking() + this.#delta({ type: 'signature_delta', signature });
    return delta + this.#close();
  }

  #begin(key: string, block: object): string {
    const closed = this.#close();
    this.#open = key;
    return closed + event('content_block_start', { index: this.#blocks, content_block: block });
  }

  #delta(delta: object): string {
    return event('content_block_delta', { index: this.#blocks, delta });
  }

  #close(): string {
    if (this.#open === undefined) return '';
    this.#open = undefined;
    return event('content_block_stop', { index: this.#blocks++ });
  }

  /** The block that has waited longest; it may itself be a call that is not whole yet. */
  #next(): string {
    let events = '';
    while (this.#open === undefined || !this.#open.startsWith('call')) {
      const [first] = this.#waiting;
      if (first === undefined) return events;
      this.#waiting.delete(first[0]);
      events += first[1].map((released) => this.#tell(released, first[0])).join('');
    }
    return events;
  }

  #settle(): string {
    // Nothing is held any more once the choice has ended.
    return this.#close() + this.#next() + this.#close();
  }
}

function keyOf(released: Released): string {
  switch (released.type) {
    case 'text':
      return released.channel === 'reasoning' ? 'thinking' : released.channel;
    case 'signature':
      return 'thinking';
    case 'call':
    case 'arguments':
    case 'call_end':
      return `call ${released.index}`;
  }
}

function event(type: string, members: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
}

function contentOf(choice: FinishedChoice, thinks: boolean): readonly object[] {
  const { reasoning, thinking, content, refusal, toolCalls } = choice;
  const blocks =
    thinking.length === 0 && reasoning !== ''
      ? [{ type: 'thinking', thinking: reasoning, signature: '' }]
      : thinking.map((block) =>
          block.redacted === true
            ? { type: 'redacted_thinking', data: block.signature }
            : { type: 'thinking', thinking: block.thinking, signature: block.signature },
        );
  return [
    ...(thinks ? blocks : []),
    ...[content, refusal].flatMap((text) => (text === '' ? [] : [{ type: 'text', text }])),
    ...toolCalls.map((call) => ({
      type: 'tool_use',
      id: call.id,
      name: call.name,
      input: inputOf(call),
    })),
  ];
}

/** Arguments that are no JSON object cannot be said here; they are kept under a name. */
function inputOf(call: ToolCall): JsonObject {
  if (call.arguments.trim() === '') return {};
  try {
    const input = JSON.parse(call.arguments) as JsonObject;
    return isObject(input) ? input : { value: input };
  } catch {
    return { text: call.arguments };
  }
}

/** Tokens of a cache stand beside the input here, not inside it. */
function wireUsage(usage: Usage): object {
  const { inputTokens, outputTokens, cachedTokens = 0, cacheWriteTokens = 0 } = usage;
  return {
    input_tokens: Math.max(0, inputTokens - cachedTokens - cacheWriteTokens),
    output_tokens: outputTokens,
    cache_read_input_tokens: cachedTokens,
    cache_creation_input_tokens: cacheWriteTokens,
  };
}
