import { z } from 'zod';
import type { Explain } from './answer.ts';
import { anthropicStatus, anthropicAnswer } from './anthropic-answer.ts';
import type {
  CanonicalChat,
  CanonicalPart,
  CanonicalReasoning,
  CanonicalToolCall,
  InlineData,
} from './canonical-chat.ts';
import { notInDialect } from './errors.ts';
import {
  type HttpOptions,
  type Outgoing,
  basePath,
  createHttpUpstream,
  jsonBody,
  jsonHeaders,
} from './http-upstream.ts';
import { type JsonObject, given, objectOf } from './json.ts';
import { Losses } from './losses.ts';
import { type Spoken, callId, kindOf, splitTurns } from './turns.ts';
import type { ChatRequest, Upstream } from './upstream.ts';

/**
 * How a stated reasoning effort is said: not at all, in the dialect's words for effort, or as a
 * number of tokens for models that know no other way.
 */
export type ReasoningWay = 'none' | 'effort' | 'budget';

export interface AnthropicOptions extends HttpOptions {
  readonly apiKey?: string;
  /** Sends the key as a bearer token. */
  readonly bearer?: boolean;
  /** The dialect's dated version. */
  readonly version?: string;
  /** Features to switch on, as in the header `anthropic-beta`. */
  readonly betas?: readonly string[];
  /** The dialect demands a limit: this is it for callers who state none. */
  readonly maxTokens?: number;
  readonly reasoning?: ReasoningWay;
}

const defaultVersion = '2023-06-01';
const defaultMaxTokens = 4_096;

/** The Anthropic Messages dialect. `baseUrl` is the address up to and without `/v1/messages`. */
export function createAnthropicUpstream(options: AnthropicOptions): Upstream {
  const { apiKey, betas = [] } = options;
  const credential: Record<string, string> = {};
  if (apiKey !== undefined) {
    if (options.bearer === true) credential['authorization'] = `Bearer ${apiKey}`;
    else credential['x-api-key'] = apiKey;
  }
  const headers = {
    ...jsonHeaders,
    'anthropic-version': options.version ?? defaultVersion,
    ...(betas.length === 0 ? {} : { 'anthropic-beta': betas.join(',') }),
  };
  return createHttpUpstream(options, {
    write: (request, base) => {
      const path = `${basePath(base)}/v1/messages`;
      const { native } = request;
      if (native?.dialect === 'anthropic') {
        // The credential comes last: a caller's header never takes its place.
        const sent = { ...headers, ...native.headers, ...credential };
        return { path, headers: sent, body: native.body, lost: [] };
      }
      return { ...writeMessages(request, options), path, headers: { ...headers, ...credential } };
    },
    reader: anthropicAnswer,
    explain,
  });
}

type Block = JsonObject & { readonly type: string };

/** A request as the Messages dialect says it. */
export function writeMessages(
  { chat, model, stream }: ChatRequest,
  options: Pick<AnthropicOptions, 'maxTokens' | 'reasoning'> = {},
): Pick<Outgoing, 'body' | 'lost'> {
  const losses = new Losses();
  const { system, turns } = splitTurns(chat, losses, (message) => blocksOf(message, losses));
  const maxTokens = chat.maxTokens ?? options.maxTokens ?? defaultMaxTokens;
  const way = mayReason(chat) ? (options.reasoning ?? 'none') : 'none';
  const thinking = reasoningOf(chat, way, maxTokens);
  if (chat.reasoningEffort !== undefined && thinking === undefined) {
    losses.parameters(chat, 'reasoningEffort');
  }
  losses.parameters(chat, 'seed', 'choices', 'logprobs', 'topLogprobs', 'logitBias', 'metadata');
  losses.parameters(chat, 'presencePenalty', 'frequencyPenalty');
  losses.foreign(chat, 'anthropic');
  const config = { ...formatOf(chat, losses), ...thinking?.config };
  const body = {
    model,
    max_tokens: thinking?.maxTokens ?? maxTokens,
    stream,
    ...given({
      system: system.length === 0 ? undefined : system.map((text) => ({ type: 'text', text })),
      ...(thinking?.active === true ? withoutSampling(chat, losses) : sampling(chat, losses)),
      stop_sequences: chat.stop.length === 0 ? undefined : chat.stop,
      metadata: chat.user === undefined ? undefined : { user_id: chat.user },
      thinking: thinking?.thinking,
      output_config: Object.keys(config).length === 0 ? undefined : config,
      ...toolsOf(chat),
    }),
    messages: turns.map(({ speaker, blocks }) => ({
      role: speaker === 'model' ? 'assistant' : 'user',
      content: blocks,
    })),
    ...chat.extra.anthropic,
  };
  return { body: jsonBody(body), lost: losses.names };
}

function sampling(chat: CanonicalChat, losses: Losses): JsonObject {
  const { temperature, topP } = chat;
  // The scale ends at 1 here, and recent models refuse to be given both.
  if (temperature !== undefined && temperature > 1) losses.add('temperature');
  if (temperature !== undefined && topP !== undefined) losses.add('top_p');
  return temperature === undefined
    ? { top_p: topP }
    : { temperature: Math.min(temperature, 1), top_p: undefined };
}

function formatOf({ responseFormat: format }: CanonicalChat, losses: Losses): JsonObject {
  if (format === undefined || format.type === 'text') return {};
  if (format.type === 'json_object' || format.schema === undefined) {
    losses.add('response_format');
    return {};
  }
  return { format: { type: 'json_schema', schema: format.schema } };
}

/** While it thinks, a model of this dialect lets nobody steer how it samples. */
function withoutSampling(chat: CanonicalChat, losses: Losses): JsonObject {
  losses.parameters(chat, 'temperature', 'topP');
  return {};
}

/**
 * Thinking goes with no forced tool, and with no open call whose own thinking is not there: both
 * are errors at the upstream.
 */
function mayReason({ messages, toolChoice }: CanonicalChat): boolean {
  if (toolChoice === 'required' || typeof toolChoice === 'object') return false;
  const last = messages.findLast((message) => message.role === 'assistant');
  if (last?.role !== 'assistant' || last.toolCalls.length === 0) return true;
  return last.reasoning.some((thought) => thought.signature !== undefined);
}

const budgets: Readonly<Record<string, number>> = {
  minimal: 1_024,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 32_768,
};

interface Reasoning {
  readonly active: boolean;
  readonly thinking: JsonObject;
  readonly config?: JsonObject;
  readonly maxTokens?: number;
}

function reasoningOf(
  { reasoningEffort: effort }: CanonicalChat,
  way: ReasoningWay,
  maxTokens: number,
): Reasoning | undefined {
  if (effort === undefined || way === 'none') return undefined;
  if (effort === 'none') return { active: false, thinking: { type: 'disabled' } };
  if (way === 'effort') {
    const said = effort === 'minimal' ? 'low' : effort;
    return { active: true, thinking: { type: 'adaptive' }, config: { effort: said } };
  }
  const budget = budgets[effort];
  if (budget === undefined) return undefined;
  // The limit is over thinking and answer together: the answer keeps what its caller allowed it.
  return {
    active: true,
    thinking: { type: 'enabled', budget_tokens: budget },
    maxTokens: budget + maxTokens,
  };
}

function toolsOf({ tools, toolChoice, parallelToolCalls }: CanonicalChat): JsonObject {
  if (tools.length === 0) return {};
  const alone = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  const choice = (): JsonObject | undefined => {
    switch (toolChoice) {
      case undefined:
        return parallelToolCalls === false ? { type: 'auto', ...alone } : undefined;
      case 'none':
        return { type: 'none' };
      case 'auto':
        return { type: 'auto', ...alone };
      case 'required':
        return { type: 'any', ...alone };
      default:
        return { type: 'tool', name: toolChoice.name, ...alone };
    }
  };
  return {
    tools: tools.map((tool) => ({
      name: tool.name,
      ...given({ description: tool.description }),
      input_schema: tool.parameters ?? { type: 'object', properties: {} },
      ...(tool.strict === true ? { strict: true } : {}),
    })),
    tool_choice: choice(),
  };
}

function blocksOf(message: Spoken, losses: Losses): readonly Block[] {
  if (message.role === 'tool') {
    const content = message.parts.flatMap((part) => contentBlocks(part, losses));
    return [
      {
        type: 'tool_result',
        tool_use_id: callId(message.toolCallId),
        ...(content.length === 0 ? {} : { content }),
        ...(message.isError === true ? { is_error: true } : {}),
      },
    ];
  }
  const content = message.parts.flatMap((part) => contentBlocks(part, losses));
  if (message.role === 'user') return content;
  return [
    ...message.reasoning.flatMap((thought) => thinkingBlocks(thought, losses)),
    ...content,
    ...message.toolCalls.map((call) => toolUse(call, losses)),
  ];
}

/** Reasoning goes back with its signature or not at all. */
function thinkingBlocks(thought: CanonicalReasoning, losses: Losses): readonly Block[] {
  const { text, signature } = thought;
  if (signature === undefined) {
    losses.add('messages.reasoning');
    return [];
  }
  return thought.redacted === true
    ? [{ type: 'redacted_thinking', data: signature }]
    : [{ type: 'thinking', thinking: text, signature }];
}

function toolUse(call: CanonicalToolCall, losses: Losses): Block {
  let input = objectOf(call.arguments);
  if (input === undefined) {
    // What a model wrote that is no JSON object keeps its words and loses its form.
    losses.add('messages.tool_calls.arguments');
    input = { arguments: call.arguments };
  }
  return { type: 'tool_use', id: callId(call.id), name: call.name, input };
}

function contentBlocks(part: CanonicalPart, losses: Losses): readonly Block[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }];
    case 'image':
      if (part.detail !== undefined && part.detail !== 'auto') losses.add('messages.image.detail');
      return [{ type: 'image', source: sourceOf(part.source) }];
    case 'file':
      if ('id' in part.source) throw notInDialect('a file that lies at another upstream');
      return [
        { type: 'document', source: documentOf(part.source), ...given({ title: part.name }) },
      ];
    case 'audio':
    case 'unknown':
      throw notInDialect(`content of the kind "${kindOf(part)}"`);
  }
}

function sourceOf(source: InlineData | { readonly url: string }): JsonObject {
  return 'url' in source
    ? { type: 'url', url: source.url }
    : { type: 'base64', media_type: source.mediaType, data: source.base64 };
}

function documentOf(source: InlineData | { readonly url: string }): JsonObject {
  if ('url' in source || source.mediaType === 'application/pdf') return sourceOf(source);
  if (!source.mediaType.startsWith('text/')) throw notInDialect('a file of that media type');
  const data = Buffer.from(source.base64, 'base64').toString('utf8');
  return { type: 'text', media_type: 'text/plain', data };
}

const errorSchema = z.looseObject({ error: z.looseObject({ type: z.string() }) });

const explain: Explain = (body) => {
  const parsed = errorSchema.safeParse(body);
  const status = parsed.success ? anthropicStatus(parsed.data.error.type) : undefined;
  return status === undefined ? {} : { status };
};
