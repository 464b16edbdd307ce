import type { Caller } from './caller.ts';
import {
  completion,
  stopped,
  wireLogprobs,
  wireThinking,
  wireToolCall,
  wireUsage,
} from './chat-response.ts';
import type { AnswerWriter, Dialect, ParsedRequest, WriterOptions } from './dialect.ts';
import { type GatewayError, errorBody } from './errors.ts';
import { type Image, imageOfUrl } from './image.ts';
import type { JsonObject } from './json.ts';
import { plainChat } from './plain-chat.ts';
import type { Refusal } from './refusal.ts';
import { readAs } from './request-body.ts';
import { type ChatBody, chatRequestSchema } from './schema.ts';
import { type Released, type SupervisedAnswer, piecesOf } from './supervised-answer.ts';

/** `POST /v1/chat/completions`. */
export const openAiChat: Dialect = {
  name: 'openai.chat',
  nativeTo: new Set(['openai', 'openai-compatible', 'azure-openai']),
  headers: [],
  parse: parseChat,
  errorBody,
  refusalBody: openAiRefusal,
  createWriter: (caller, options) => new ChatWriter(caller, options),
};

export function parseChat(wire: JsonObject): ParsedRequest {
  const plain = plainChat(wire);
  if (plain !== undefined) return { wire, body: plain, unknown: [], images: [] };
  const { known, unknown } = readAs(chatRequestSchema, wire);
  return { wire, body: known, unknown, images: imagesOf(known) };
}

/** Paths are those of the canonical form, which in this dialect are those of the request. */
function imagesOf(body: ChatBody): readonly Image[] {
  return body.messages.flatMap((message, m) => {
    if (message.role !== 'user' || typeof message.content === 'string') return [];
    return message.content.flatMap((part, p) =>
      part.type === 'image_url'
        ? [imageOfUrl(part.image_url.url, `messages[${m}].content[${p}].image_url.url`)]
        : [],
    );
  });
}

/** What an OpenAI client raises as an error with a code when a rule stopped a request. */
export function openAiRefusal(told: Refusal, param = 'messages'): object {
  return {
    error: {
      message: told.message,
      type: 'policy_violation',
      param,
      code: 'content_blocked',
      sekisho: told,
    },
  };
}

class ChatWriter implements AnswerWriter {
  readonly #caller: Caller;
  readonly #options: WriterOptions;
  readonly #opened = new Set<number>();
  /** Everything of an event before its `choices`, serialised once for all events. */
  readonly #prefix: string;

  constructor(caller: Caller, options: WriterOptions) {
    this.#caller = caller;
    this.#options = options;
    const { id, created, model } = options.head;
    const head = { id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created, model };
    this.#prefix = `data: ${JSON.stringify(head).slice(0, -1)},"choices":[`;
  }

  release(released: Released): Promise<void> | undefined {
    if (this.#options.request.body.stream !== true) return undefined;
    switch (released.type) {
      case 'text': {
        const member = released.channel === 'reasoning' ? 'reasoning_content' : released.channel;
        let slow: Promise<void> | undefined;
        for (const piece of piecesOf(released)) {
          slow = this.#delta(released.choice, `"${member}":${JSON.stringify(piece)}`) ?? slow;
        }
        return slow;
      }
      case 'signature': {
        const { signature, redacted } = released;
        const block = wireThinking({ thinking: '', signature, ...(redacted ? { redacted } : {}) });
        return this.#delta(released.choice, `"thinking_blocks":[${JSON.stringify(block)}]`);
      }
      case 'call': {
        const call = { index: released.index, ...wireToolCall({ ...released, arguments: '' }) };
        return this.#delta(released.choice, `"tool_calls":[${JSON.stringify(call)}]`);
      }
      case 'arguments': {
        const piece = `{"index":${released.index},"function":{"arguments":${JSON.stringify(released.text)}}}`;
        return this.#delta(released.choice, `"tool_calls":[${piece}]`);
      }
      case 'call_end':
        return undefined;
    }
  }

  async finish(
    answer: SupervisedAnswer,
    extra: Parameters<AnswerWriter['finish']>[1],
  ): Promise<void> {
    const { head, request, headers } = this.#options;
    const { refusal, usage, school } = extra;
    const finished = answer.finished();
    const choices = refusal === undefined ? finished : stopped(finished, refusal);
    if (request.body.stream !== true) {
      const more = { usage, ...(refusal === undefined ? {} : { refusal }), school };
      this.#caller.sendJson(200, completion(head, choices, more), headers());
      return;
    }
    for (const [index, choice] of choices.entries()) {
      const delta = refusal === undefined ? '' : `"refusal":${JSON.stringify(choice.refusal)}`;
      const told = refusal ?? (school === undefined ? undefined : { school });
      const more = told === undefined ? '' : `,"sekisho":${JSON.stringify(told)}`;
      const logprobs = JSON.stringify(wireLogprobs(choice.logprobs));
      const end = `"logprobs":${logprobs},"finish_reason":"${choice.reason}"`;
      // oxlint-disable-next-line no-await-in-loop -- events leave in order
      await this.#delta(index, delta, { end, more });
    }
    if (request.body.stream_options?.include_usage === true) {
      await this.#caller.sendEvent(
        `${this.#prefix}],"usage":${JSON.stringify(wireUsage(usage))}}\n\n`,
      );
    }
    await this.#caller.sendEvent('data: [DONE]\n\n');
    this.#caller.endStream();
  }

  async fail(error: GatewayError): Promise<void> {
    const body = JSON.stringify(errorBody(error, this.#caller.errorLanguage()));
    await this.#caller.sendEvent(`data: ${body}\n\n`);
    this.#caller.endStream();
  }

  /** @param delta members of the delta, as JSON */
  #delta(
    choice: number,
    delta: string,
    rest: { readonly end: string; readonly more: string } = running,
  ): Promise<void> | undefined {
    if (!this.#caller.answering) this.#caller.startStream(this.#options.headers());
    let members = delta;
    if (!this.#opened.has(choice)) {
      this.#opened.add(choice);
      members = delta === '' ? '"role":"assistant"' : `"role":"assistant",${delta}`;
    }
    return this.#caller.sendEvent(
      `${this.#prefix}{"index":${choice},"delta":{${members}},${rest.end}}]${rest.more}}\n\n`,
    );
  }
}

const running = { end: '"logprobs":null,"finish_reason":null', more: '' } as const;
