import { z } from 'zod';
import { EventStreamAnswer, JsonAnswer, isEventStream } from './answer-reader.ts';
import type { AnswerReader, EventParser } from './answer-reader.ts';
import { cut, parseAs, parseJson, reported } from './answer.ts';
import { malformed } from './errors.ts';
import type { ChatEvent, FinishReason } from './event.ts';
import type { ExchangeResponse } from './exchange.ts';
import { word } from './json.ts';
import { ToolCalls, argumentsText } from './tool-calls.ts';

const tokens = z.int().min(0).nullish();
const text = z.string();

const usageSchema = z.looseObject({
  input_tokens: tokens,
  output_tokens: tokens,
  cache_read_input_tokens: tokens,
  cache_creation_input_tokens: tokens,
});

/** A block, whole or as it begins; only the members of its own type are there. */
const blockSchema = z.looseObject({
  type: text,
  text: text.optional(),
  thinking: text.optional(),
  signature: text.nullish(),
  data: text.optional(),
  id: text.optional(),
  name: text.optional(),
  input: z.record(z.string(), z.unknown()).optional(),
  citations: z.array(z.unknown()).nullish(),
});

const reasons = { stop_reason: text.nullish(), stop_sequence: text.nullish() } as const;
const index = z.int().min(0).max(10_000);

const messageSchema = z.looseObject({
  type: z.literal('message'),
  content: z.array(blockSchema).max(10_000),
  ...reasons,
  usage: usageSchema.nullish(),
});

const eventSchema = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('message_start'),
    message: z.looseObject({ usage: usageSchema.nullish() }),
  }),
  z.looseObject({ type: z.literal('content_block_start'), index, content_block: blockSchema }),
  z.looseObject({
    type: z.literal('content_block_delta'),
    index,
    delta: z.looseObject({
      type: text,
      text: text.optional(),
      partial_json: text.optional(),
      thinking: text.optional(),
      signature: text.optional(),
    }),
  }),
  z.looseObject({ type: z.literal('content_block_stop'), index }),
  z.looseObject({
    type: z.literal('message_delta'),
    delta: z.looseObject(reasons),
    usage: usageSchema.nullish(),
  }),
  z.looseObject({ type: z.literal('message_stop') }),
  z.looseObject({ type: z.literal('error'), error: z.looseObject({ type: text }) }),
]);

const known = new Set<string>(eventSchema.options.map((option) => option.shape.type.value));

type Block = z.infer<typeof blockSchema>;
type Usage = z.infer<typeof usageSchema>;
type Event = z.infer<typeof eventSchema>;

/** Reads an answer in the Messages dialect, streamed or whole. */
export function anthropicAnswer(response: ExchangeResponse): AnswerReader {
  const parser = new AnthropicParser();
  return isEventStream(response)
    ? new EventStreamAnswer(parser)
    : new JsonAnswer(response, (value) => parser.message(value));
}

const typed = z.looseObject({ type: text });

/** The HTTP status that an error of this type has, also when it comes inside a stream. */
export function anthropicStatus(type: string): number | undefined {
  return Object.hasOwn(statuses, type) ? statuses[type] : undefined;
}

const statuses: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** An open block: what it is, and whether a call in it has arguments yet. */
interface OpenBlock {
  readonly type: string;
  hasArguments: boolean;
}

class AnthropicParser implements EventParser {
  readonly #blocks = new Map<number, OpenBlock>();
  readonly #calls = new ToolCalls();
  readonly #lost = new Set<string>();
  #usage: Usage = {};
  #stopReason: string | undefined;
  #stopSequence: string | undefined;
  #done = false;

  get done(): boolean {
    return this.#done;
  }

  *message(value: unknown): Generator<ChatEvent> {
    const message = parseAs(messageSchema, value, 'it is not a message');
    for (const [place, content] of message.content.entries()) {
      yield* this.#start(place, content);
      yield* this.#stop(place);
    }
    yield* this.#ended(message);
    if (message.usage) yield this.#count(message.usage);
    yield this.#finish();
  }

  event(data: string): Iterable<ChatEvent> {
    const value = parseJson(data);
    const { type } = parseAs(typed, value, 'an event has no type');
    // `ping`, and what the dialect may add: its own rule is to pass over what is not known.
    if (!known.has(type)) return [];
    return this.#event(parseAs(eventSchema, value, 'an event is not of the dialect'));
  }

  end(): Iterable<ChatEvent> {
    throw cut();
  }

  *#event(event: Event): Generator<ChatEvent> {
    switch (event.type) {
      case 'message_start':
        if (event.message.usage) yield this.#count(event.message.usage);
        return;
      case 'content_block_start':
        yield* this.#start(event.index, event.content_block);
        return;
      case 'content_block_delta':
        yield* this.#delta(event.index, event.delta);
        return;
      case 'content_block_stop':
        yield* this.#stop(event.index);
        return;
      case 'message_delta':
        yield* this.#ended(event.delta);
        if (event.usage) yield this.#count(event.usage);
        return;
      case 'message_stop':
        this.#done = true;
        yield this.#finish();
        return;
      case 'error': {
        const status = anthropicStatus(event.error.type);
        throw reported(status === undefined ? {} : { status });
      }
    }
  }

  *#start(place: number, content: Block): Generator<ChatEvent> {
    const open: OpenBlock = { type: content.type, hasArguments: false };
    this.#blocks.set(place, open);
    switch (content.type) {
      case 'text':
        yield* this.#say('content', content.text);
        if (content.citations?.length) yield* this.#lose('citations');
        return;
      case 'thinking':
        yield* this.#say('reasoning', content.thinking);
        yield* this.#sign(content.signature);
        return;
      case 'redacted_thinking':
        yield* this.#sign(content.data, true);
        return;
      case 'tool_use': {
        // A stream begins with an empty input and sends the real one in pieces.
        const whole = argumentsText(content.input);
        open.hasArguments = whole !== '{}';
        const { id, name } = content;
        const args = open.hasArguments ? whole : '';
        yield this.#calls.event(0, { index: place, id, name, arguments: args });
        return;
      }
      default:
        yield* this.#lose(word(content.type) ?? 'content');
    }
  }

  *#delta(
    place: number,
    delta: Extract<Event, { type: 'content_block_delta' }>['delta'],
  ): Generator<ChatEvent> {
    const open = this.#blocks.get(place);
    if (open === undefined) throw malformed('a piece of a block that was not begun');
    switch (delta.type) {
      case 'text_delta':
        yield* this.#say('content', delta.text);
        return;
      case 'thinking_delta':
        yield* this.#say('reasoning', delta.thinking);
        return;
      case 'signature_delta':
        yield* this.#sign(delta.signature);
        return;
      case 'input_json_delta':
        // Other blocks than a call have arguments too: those of tools at the upstream.
        if (open.type !== 'tool_use' || !delta.partial_json) return;
        open.hasArguments = true;
        yield this.#calls.event(0, { index: place, arguments: delta.partial_json });
        return;
      case 'citations_delta':
        yield* this.#lose('citations');
        return;
      default:
        yield* this.#lose(word(delta.type) ?? 'content');
    }
  }

  /** A call without arguments has the empty object, in words that a caller can parse. */
  *#stop(place: number): Generator<ChatEvent> {
    const open = this.#blocks.get(place);
    if (open?.type !== 'tool_use' || open.hasArguments) return;
    open.hasArguments = true;
    yield this.#calls.event(0, { index: place, arguments: '{}' });
  }

  *#ended(said: z.infer<z.ZodObject<typeof reasons>>): Generator<ChatEvent> {
    if (said.stop_reason) this.#stopReason = said.stop_reason;
    if (said.stop_sequence) this.#stopSequence = said.stop_sequence;
    // The upstream wants to be asked to go on, which no other dialect knows.
    if (said.stop_reason === 'pause_turn') yield* this.#lose('pause_turn');
  }

  /** Later figures replace earlier ones; some servers give the input only at the end. */
  #count(usage: Usage): ChatEvent {
    for (const [name, value] of Object.entries(usage)) {
      if (value !== null && value !== undefined) this.#usage = { ...this.#usage, [name]: value };
    }
    const read = this.#usage.cache_read_input_tokens ?? 0;
    const written = this.#usage.cache_creation_input_tokens ?? 0;
    return {
      type: 'usage',
      // Cache reads and writes are counted beside the input here, not inside it.
      inputTokens: (this.#usage.input_tokens ?? 0) + read + written,
      outputTokens: this.#usage.output_tokens ?? 0,
      estimated: false,
      ...(read === 0 ? {} : { cachedTokens: read }),
      ...(written === 0 ? {} : { cacheWriteTokens: written }),
    };
  }

  #finish(): ChatEvent {
    const said = this.#stopReason;
    if (said === undefined) throw cut();
    const upstreamReason = word(said);
    return {
      type: 'finish',
      choice: 0,
      reason: finishReason(said),
      ...(this.#stopSequence === undefined ? {} : { stopSequence: this.#stopSequence }),
      ...(upstreamReason === undefined ? {} : { upstreamReason }),
    };
  }

  *#say(channel: 'content' | 'reasoning', said: string | undefined): Generator<ChatEvent> {
    if (said) yield { type: 'delta', choice: 0, channel, text: said };
  }

  *#sign(signature: string | null | undefined, redacted = false): Generator<ChatEvent> {
    if (!signature) return;
    const sealed = redacted ? ({ redacted: true } as const) : {};
    yield { type: 'delta', choice: 0, channel: 'reasoning', text: '', signature, ...sealed };
  }

  *#lose(name: string): Generator<ChatEvent> {
    if (this.#lost.has(name)) return;
    this.#lost.add(name);
    yield { type: 'lost', names: [name] };
  }
}

function finishReason(said: string): FinishReason {
  switch (said) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'tool_use':
      return 'tool_calls';
    case 'refusal':
      return 'content_filter';
    default:
      return 'stop';
  }
}
