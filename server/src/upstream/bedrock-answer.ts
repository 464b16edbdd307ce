import { limits } from '#base';
import { z } from 'zod';
import { type AnswerReader, JsonAnswer } from './answer-reader.ts';
import { cut, decodeUtf8, parseAs, parseJson, reported } from './answer.ts';
import { malformed } from './errors.ts';
import { type EventMessage, EventStreamReader } from './event-stream.ts';
import type { ChatEvent, FinishReason } from './event.ts';
import type { ExchangeResponse } from './exchange.ts';
import { given, word } from './json.ts';
import { ToolCalls, argumentsText } from './tool-calls.ts';

const tokens = z.int().min(0).nullish();
const index = z.int().min(0).max(10_000);

const usageSchema = z.looseObject({
  inputTokens: tokens,
  outputTokens: tokens,
  cacheReadInputTokens: tokens,
  cacheWriteInputTokens: tokens,
});

const toolStart = z.looseObject({ toolUseId: z.string(), name: z.string() });

/** A block, whole: a union of members of which one is there. */
const blockSchema = z.looseObject({
  text: z.string().optional(),
  toolUse: toolStart.extend({ input: z.record(z.string(), z.unknown()).nullish() }).optional(),
  reasoningContent: z
    .looseObject({
      reasoningText: z
        .looseObject({ text: z.string(), signature: z.string().nullish() })
        .optional(),
      redactedContent: z.string().optional(),
    })
    .optional(),
});

const answerSchema = z.looseObject({
  output: z.looseObject({
    message: z.looseObject({ content: z.array(blockSchema).max(10_000) }),
  }),
  stopReason: z.string(),
  usage: usageSchema.nullish(),
});

const startSchema = z.looseObject({
  contentBlockIndex: index,
  start: z.looseObject({ toolUse: toolStart.optional() }).nullish(),
});

const deltaSchema = z.looseObject({
  contentBlockIndex: index,
  delta: z.looseObject({
    text: z.string().optional(),
    toolUse: z.looseObject({ input: z.string() }).optional(),
    reasoningContent: z
      .looseObject({
        text: z.string().optional(),
        signature: z.string().optional(),
        redactedContent: z.string().optional(),
      })
      .optional(),
  }),
});

const stopSchema = z.looseObject({ contentBlockIndex: index });
const endSchema = z.looseObject({ stopReason: z.string() });
const metadataSchema = z.looseObject({ usage: usageSchema.nullish() });

/**
 * Reads an answer in the Converse dialect: JSON, or a binary event stream whose figures come after
 * its last word, so that it is read to its end.
 */
export function converseAnswer(response: ExchangeResponse): AnswerReader {
  const parser = new ConverseParser();
  return response.contentType.startsWith('application/vnd.amazon.eventstream')
    ? new ConverseStream(parser)
    : new JsonAnswer(response, (value) => parser.whole(value));
}

class ConverseStream implements AnswerReader {
  readonly #messages = new EventStreamReader(limits.upstreamEventBytes);
  readonly #parser: ConverseParser;
  readonly done = false;

  constructor(parser: ConverseParser) {
    this.#parser = parser;
  }

  *push(bytes: Uint8Array): Generator<ChatEvent> {
    for (const message of this.#messages.push(bytes)) yield* this.#parser.message(message);
  }

  end(): Iterable<ChatEvent> {
    if (this.#messages.unfinished) throw cut();
    return this.#parser.end();
  }
}

/** The HTTP status of an error type, also when it comes inside a stream. */
export function bedrockStatus(type: string): number | undefined {
  const name = type.charAt(0).toLowerCase() + type.slice(1);
  return Object.hasOwn(statuses, name) ? statuses[name] : undefined;
}

const statuses: Readonly<Record<string, number>> = {
  validationException: 400,
  // Sent with 400, and nothing that another request would change.
  serviceQuotaExceededException: 429,
  accessDeniedException: 403,
  resourceNotFoundException: 404,
  modelTimeoutException: 408,
  modelStreamErrorException: 424,
  modelErrorException: 424,
  throttlingException: 429,
  modelNotReadyException: 429,
  internalServerException: 500,
  serviceUnavailableException: 503,
};

class ConverseParser {
  readonly #calls = new ToolCalls();
  /** Blocks that are calls, and whether they have arguments yet. */
  readonly #open = new Map<number, boolean>();
  readonly #lost = new Set<string>();
  #stopReason: string | undefined;

  *whole(value: unknown): Generator<ChatEvent> {
    const answer = parseAs(answerSchema, value, 'it is not of the dialect');
    for (const [place, block] of answer.output.message.content.entries()) {
      const { text, toolUse, reasoningContent: thought } = block;
      if (toolUse !== undefined) {
        const { toolUseId: id, name } = toolUse;
        const args = argumentsText(toolUse.input);
        yield this.#calls.event(0, { index: place, id, name, arguments: args });
      } else if (thought !== undefined) {
        yield* this.#reason({ ...thought.reasoningText, redactedContent: thought.redactedContent });
      } else if (text === undefined) yield* this.#lose(block);
      else if (text !== '') yield { type: 'delta', choice: 0, channel: 'content', text };
    }
    this.#stopReason = answer.stopReason;
    if (answer.usage) yield usageEvent(answer.usage);
    yield* this.end();
  }

  *message({ headers, payload }: EventMessage): Generator<ChatEvent> {
    // What a message is stands in its headers: a payload may say anything.
    const type = headers.get(':message-type');
    if (type !== 'event') {
      const said = headers.get(':exception-type') ?? headers.get(':error-code') ?? '';
      throw reported(given({ status: bedrockStatus(said) }));
    }
    const value = parseJson(decodeUtf8(payload));
    const what = 'an event is not of the dialect';
    switch (headers.get(':event-type') ?? '') {
      case 'contentBlockStart':
        yield* this.#start(parseAs(startSchema, value, what));
        return;
      case 'contentBlockDelta':
        yield* this.#delta(parseAs(deltaSchema, value, what));
        return;
      case 'contentBlockStop':
        yield* this.#stop(parseAs(stopSchema, value, what).contentBlockIndex);
        return;
      case 'messageStop':
        this.#stopReason = parseAs(endSchema, value, what).stopReason;
        return;
      case 'metadata': {
        const { usage } = parseAs(metadataSchema, value, what);
        if (usage) yield usageEvent(usage);
        return;
      }
      default:
    }
  }

  *end(): Generator<ChatEvent> {
    const said = this.#stopReason;
    if (said === undefined) throw cut();
    const reason = finishReason(said);
    yield { type: 'finish', choice: 0, reason, ...given({ upstreamReason: word(said) }) };
  }

  *#start({ contentBlockIndex: place, start }: z.infer<typeof startSchema>): Generator<ChatEvent> {
    if (start?.toolUse === undefined) return;
    const { toolUseId: id, name } = start.toolUse;
    this.#open.set(place, false);
    yield this.#calls.event(0, { index: place, id, name, arguments: '' });
  }

  *#delta({ contentBlockIndex: place, delta }: z.infer<typeof deltaSchema>): Generator<ChatEvent> {
    const { text, toolUse, reasoningContent } = delta;
    if (toolUse !== undefined) {
      if (!this.#open.has(place)) throw malformed('a piece of a call that was not begun');
      if (toolUse.input === '') return;
      this.#open.set(place, true);
      yield this.#calls.event(0, { index: place, arguments: toolUse.input });
    } else if (reasoningContent !== undefined) yield* this.#reason(reasoningContent);
    else if (text === undefined) yield* this.#lose(delta);
    else if (text !== '') yield { type: 'delta', choice: 0, channel: 'content', text };
  }

  /** A call without arguments has the empty object, in words that a caller can parse. */
  *#stop(place: number): Generator<ChatEvent> {
    if (this.#open.get(place) !== false) return;
    this.#open.set(place, true);
    yield this.#calls.event(0, { index: place, arguments: '{}' });
  }

  *#reason(said: {
    text?: string | undefined;
    signature?: string | null | undefined;
    redactedContent?: string | undefined;
  }): Generator<ChatEvent> {
    const base = { type: 'delta', choice: 0, channel: 'reasoning' } as const;
    if (said.text) yield { ...base, text: said.text };
    if (said.signature) yield { ...base, text: '', signature: said.signature };
    if (said.redactedContent) {
      yield { ...base, text: '', signature: said.redactedContent, redacted: true };
    }
  }

  *#lose(block: object): Generator<ChatEvent> {
    const name = word(Object.keys(block)[0]) ?? 'content';
    if (this.#lost.has(name)) return;
    this.#lost.add(name);
    yield { type: 'lost', names: [name] };
  }
}

function usageEvent(usage: z.infer<typeof usageSchema>): ChatEvent {
  const read = usage.cacheReadInputTokens ?? 0;
  const written = usage.cacheWriteInputTokens ?? 0;
  return {
    type: 'usage',
    // Cache reads and writes are counted beside the input here, not inside it.
    inputTokens: (usage.inputTokens ?? 0) + read + written,
    outputTokens: usage.outputTokens ?? 0,
    estimated: false,
    ...(read === 0 ? {} : { cachedTokens: read }),
    ...(written === 0 ? {} : { cacheWriteTokens: written }),
  };
}

function finishReason(said: string): FinishReason {
  switch (said) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'tool_use':
      return 'tool_calls';
    case 'guardrail_intervened':
    case 'content_filtered':
      return 'content_filter';
    default:
      return 'stop';
  }
}
