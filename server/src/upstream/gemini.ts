import { z } from 'zod';
import { type Explain, waiting } from './answer.ts';
import type {
  CanonicalChat,
  CanonicalPart,
  CanonicalReasoning,
  CanonicalTool,
  CanonicalToolCall,
} from './canonical-chat.ts';
import { notInDialect } from './errors.ts';
import { geminiStatus, geminiAnswer } from './gemini-answer.ts';
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
import { type Spoken, kindOf, splitTurns } from './turns.ts';
import type { ChatRequest, Upstream } from './upstream.ts';

export interface GeminiOptions extends HttpOptions {
  readonly apiKey?: string;
  /** Sends the key as a bearer token, which is how Vertex AI signs in. */
  readonly bearer?: boolean;
  /**
   * How a stated reasoning effort is said: not at all, as a level (Gemini 3 and later), or as a
   * number of tokens (2.5).
   */
  readonly reasoning?: 'none' | 'effort' | 'budget';
}

/**
 * The Gemini dialect. `baseUrl` is the address up to and without `/models/`, or at Vertex AI up to
 * and with `/publishers/google`.
 */
export function createGeminiUpstream(options: GeminiOptions): Upstream {
  const { apiKey } = options;
  const credential: Record<string, string> = {};
  // A key in the address would end up in logs along the way; the dialect takes it in a header too.
  if (apiKey !== undefined) {
    if (options.bearer === true) credential['authorization'] = `Bearer ${apiKey}`;
    else credential['x-goog-api-key'] = apiKey;
  }
  const headers = { ...jsonHeaders, ...credential };
  return createHttpUpstream(options, {
    write: (request, base) => {
      const method = request.stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
      const model = encodeURIComponent(request.model.replace(/^models\//, ''));
      return {
        ...writeGenerateContent(request, options.reasoning),
        path: `${basePath(base)}/models/${model}:${method}`,
        headers,
      };
    },
    reader: geminiAnswer,
    explain,
  });
}

/** A request as the Gemini dialect says it. */
export function writeGenerateContent(
  { chat }: ChatRequest,
  reasoning: GeminiOptions['reasoning'] = 'none',
): Pick<Outgoing, 'body' | 'lost'> {
  const losses = new Losses();
  const names = namesOfCalls(chat);
  const { system, turns } = splitTurns(chat, losses, (message) => partsOf(message, names, losses));
  losses.parameters(chat, 'logitBias', 'parallelToolCalls', 'user', 'metadata');
  losses.foreign(chat, 'gemini');
  const generationConfig = given({
    ...configOf(chat),
    ...formatOf(chat),
    thinkingConfig: thinkingOf(chat, reasoning, losses),
  });
  const { generationConfig: extra, ...members } = chat.extra.gemini ?? {};
  const body = {
    ...given({
      systemInstruction:
        system.length === 0 ? undefined : { parts: system.map((text) => ({ text })) },
      ...toolsOf(chat, losses),
    }),
    contents: turns.map(({ speaker, blocks }) => ({ role: speaker, parts: blocks })),
    generationConfig: { ...generationConfig, ...(extra as object | undefined) },
    ...members,
  };
  return { body: jsonBody(body), lost: losses.names };
}

function configOf(chat: CanonicalChat): JsonObject {
  return given({
    temperature: chat.temperature,
    topP: chat.topP,
    maxOutputTokens: chat.maxTokens,
    stopSequences: chat.stop.length === 0 ? undefined : chat.stop,
    candidateCount: chat.choices,
    seed: chat.seed,
    presencePenalty: chat.presencePenalty,
    frequencyPenalty: chat.frequencyPenalty,
    responseLogprobs: chat.logprobs === true ? true : undefined,
    logprobs: chat.logprobs === true ? chat.topLogprobs : undefined,
  });
}

function formatOf({ responseFormat: format }: CanonicalChat): JsonObject {
  if (format === undefined || format.type === 'text') return {};
  return given({
    responseMimeType: 'application/json',
    responseJsonSchema: format.type === 'json_schema' ? format.schema : undefined,
  });
}

const levels: Readonly<Record<string, string>> = {
  minimal: 'minimal',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
};
const budgets: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 512,
  low: 1_024,
  medium: 8_192,
  high: 16_384,
  xhigh: 24_576,
};

function thinkingOf(
  { reasoningEffort: effort }: CanonicalChat,
  way: GeminiOptions['reasoning'],
  losses: Losses,
): JsonObject | undefined {
  if (effort === undefined) return undefined;
  const level = way === 'effort' ? levels[effort] : undefined;
  if (level !== undefined) return { thinkingLevel: level, includeThoughts: true };
  const budget = way === 'budget' ? budgets[effort] : undefined;
  if (budget !== undefined) return { thinkingBudget: budget, includeThoughts: budget > 0 };
  losses.add('reasoning_effort');
  return undefined;
}

function toolsOf({ tools, toolChoice }: CanonicalChat, losses: Losses): JsonObject {
  if (tools.length === 0) return {};
  if (tools.some((tool) => tool.strict === true)) losses.add('tools.strict');
  return {
    tools: [{ functionDeclarations: tools.map(declaration) }],
    toolConfig:
      toolChoice === undefined ? undefined : { functionCallingConfig: callingConfig(toolChoice) },
  };
}

function declaration(tool: CanonicalTool): JsonObject {
  return {
    name: tool.name,
    ...given({ description: tool.description, parametersJsonSchema: tool.parameters }),
  };
}

function callingConfig(choice: NonNullable<CanonicalChat['toolChoice']>): JsonObject {
  switch (choice) {
    case 'none':
      return { mode: 'NONE' };
    case 'auto':
      return { mode: 'AUTO' };
    case 'required':
      return { mode: 'ANY' };
    default:
      return { mode: 'ANY', allowedFunctionNames: [choice.name] };
  }
}

/** Answers of tools go by name here, so each id is looked up among the calls before it. */
function namesOfCalls(chat: CanonicalChat): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const message of chat.messages) {
    if (message.role !== 'assistant') continue;
    for (const { id, name } of message.toolCalls) names.set(id, name);
  }
  return names;
}

function partsOf(
  message: Spoken,
  names: ReadonlyMap<string, string>,
  losses: Losses,
): readonly JsonObject[] {
  if (message.role === 'tool') return toolAnswer(message, names, losses);
  const content = message.parts.flatMap((part) => contentParts(part, losses));
  if (message.role === 'user') return content;
  return [
    ...message.reasoning.flatMap((thought) => thoughtParts(thought, losses)),
    ...content,
    ...message.toolCalls.map((call, place) => functionCall(call, place, losses)),
  ];
}

function toolAnswer(
  message: Extract<Spoken, { role: 'tool' }>,
  names: ReadonlyMap<string, string>,
  losses: Losses,
): readonly JsonObject[] {
  const texts = message.parts.filter((part) => part.type === 'text');
  const others = message.parts.filter((part) => part.type !== 'text');
  const output = texts.map((part) => part.text).join('\n');
  const { toolCallId } = message;
  const name = names.get(toolCallId);
  if (name === undefined) losses.add('messages.tool_call_id');
  const response = message.isError === true ? { error: output } : { output };
  return [
    { functionResponse: { id: toolCallId, name: name ?? toolCallId, response } },
    // What is not text stands beside the answer: it has no place inside.
    ...others.flatMap((part) => contentParts(part, losses)),
  ];
}

function thoughtParts(thought: CanonicalReasoning, losses: Losses): readonly JsonObject[] {
  if (thought.signature === undefined || thought.redacted === true) {
    losses.add('messages.reasoning');
    return [];
  }
  return [{ text: thought.text, thought: true, thoughtSignature: thought.signature }];
}

/**
 * What the dialect documents for calls that it did not make itself: recent models refuse a turn
 * whose first call has no signature, and a conversation that changes its upstream has none.
 */
const foreignSignature = 'skip_thought_signature_validator';

function functionCall(call: CanonicalToolCall, place: number, losses: Losses): JsonObject {
  let args = objectOf(call.arguments);
  if (args === undefined) {
    losses.add('messages.tool_calls.arguments');
    args = { arguments: call.arguments };
  }
  const signature = call.signature ?? (place === 0 ? foreignSignature : undefined);
  return {
    functionCall: { id: call.id, name: call.name, args },
    ...given({ thoughtSignature: signature }),
  };
}

function contentParts(part: CanonicalPart, losses: Losses): readonly JsonObject[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [{ text: part.text }];
    case 'image':
      if (part.detail !== undefined && part.detail !== 'auto') losses.add('messages.image.detail');
      return [dataPart(part.source)];
    case 'audio':
      return [dataPart(part.source)];
    case 'file':
      if ('id' in part.source) throw notInDialect('a file that lies at another upstream');
      return [dataPart(part.source)];
    case 'unknown':
      throw notInDialect(`content of the kind "${kindOf(part)}"`);
  }
}

type Source = Extract<CanonicalPart, { type: 'image' }>['source'];

function dataPart(source: Source): JsonObject {
  if ('url' in source) {
    return { fileData: { ...given({ mimeType: mediaTypeOf(source.url) }), fileUri: source.url } };
  }
  return { inlineData: { mimeType: source.mediaType, data: source.base64 } };
}

const mediaTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  pdf: 'application/pdf',
};

/** The dialect wants to be told; an address tells by how its path ends, or not at all. */
function mediaTypeOf(url: string): string | undefined {
  const ending = /\.([a-z]{3,4})(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase();
  return ending === undefined ? undefined : mediaTypes[ending];
}

const errorSchema = z.looseObject({
  error: z.looseObject({
    status: z.string().nullish(),
    details: z
      .array(z.looseObject({ retryDelay: z.string().nullish() }))
      .max(100)
      .nullish(),
  }),
});

const explain: Explain = (body) => {
  // Asked for a stream and failing at once, some versions answer with a list of one.
  const parsed = errorSchema.safeParse(Array.isArray(body) ? body[0] : body);
  if (!parsed.success) return {};
  const { status, details } = parsed.data.error;
  const delay = details?.map(({ retryDelay }) => /^(\d{1,6}(?:\.\d+)?)s$/.exec(retryDelay ?? ''));
  const seconds = delay?.find((match) => match !== null)?.[1];
  return {
    ...given({ status: geminiStatus(status) }),
    ...(seconds === undefined ? {} : waiting(Number(seconds) * 1_000)),
  };
};
