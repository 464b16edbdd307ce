import { type JsonObject, asBoolean, asList, asNumber, asObject, asText, given } from './json.ts';

/** Bytes inside the request: standard base64, as the caller wrote it, and their media type. */
export interface InlineData {
  readonly mediaType: string;
  readonly base64: string;
}

export type CanonicalPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'refusal'; readonly text: string }
  | {
      readonly type: 'image';
      readonly source: InlineData | { readonly url: string };
      readonly detail?: string;
    }
  | {
      readonly type: 'file';
      /** An id names a file that lies at one upstream only. */
      readonly source: InlineData | { readonly url: string } | { readonly id: string };
      readonly name?: string;
    }
  | { readonly type: 'audio'; readonly source: InlineData }
  /** A kind of content that we do not know: it can go to its own dialect only. */
  | { readonly type: 'unknown'; readonly kind: string };

export interface CanonicalToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
  /** From the answer that made this call. */
  readonly signature?: string;
}

/** Reasoning of an earlier answer, as the upstream that made it wants it back. */
export interface CanonicalReasoning {
  /** Empty when the upstream showed a sealed form only. */
  readonly text: string;
  readonly signature?: string;
  readonly redacted?: true;
}

export type CanonicalMessage =
  | {
      readonly role: 'system' | 'developer';
      readonly parts: readonly CanonicalPart[];
      readonly name?: string;
    }
  | {
      readonly role: 'user';
      readonly parts: readonly CanonicalPart[];
      readonly name?: string;
    }
  | {
      readonly role: 'assistant';
      readonly parts: readonly CanonicalPart[];
      readonly toolCalls: readonly CanonicalToolCall[];
      readonly reasoning: readonly CanonicalReasoning[];
      readonly name?: string;
    }
  | {
      readonly role: 'tool';
      readonly parts: readonly CanonicalPart[];
      readonly toolCallId: string;
      readonly isError?: boolean;
    };

export interface CanonicalTool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments. */
  readonly parameters?: JsonObject;
  readonly strict?: boolean;
}

export type CanonicalToolChoice = 'none' | 'auto' | 'required' | { readonly name: string };

export type CanonicalResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly name: string;
      readonly description?: string;
      readonly schema?: JsonObject;
      readonly strict?: boolean;
    };

/** Members that only upstreams of one dialect understand, by dialect. */
export type CanonicalExtra = Readonly<
  Partial<Record<'openai' | 'anthropic' | 'gemini' | 'bedrock', JsonObject>>
>;

/** What a caller asks of a model, whatever dialect it was said in. */
export interface CanonicalChat {
  readonly messages: readonly CanonicalMessage[];
  readonly tools: readonly CanonicalTool[];
  readonly toolChoice?: CanonicalToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly responseFormat?: CanonicalResponseFormat;
  readonly stop: readonly string[];
  readonly temperature?: number;
  readonly topP?: number;
  readonly maxTokens?: number;
  readonly seed?: number;
  /** How many choices (`n`). */
  readonly choices?: number;
  readonly logprobs?: boolean;
  readonly topLogprobs?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly logitBias?: JsonObject;
  readonly user?: string;
  readonly metadata?: JsonObject;
  readonly reasoningEffort?: string;
  readonly extra: CanonicalExtra;
}

/** Members that are read here, or that say how the answer travels and not what is asked. */
const read = new Set(
  (
    'model messages stream stream_options store tools tool_choice parallel_tool_calls ' +
    'response_format stop temperature top_p max_tokens max_completion_tokens seed n logprobs ' +
    'top_logprobs presence_penalty frequency_penalty logit_bias user metadata reasoning_effort'
  ).split(' '),
);

/**
 * The typed view of a request body in the OpenAI chat dialect. Total: whatever JSON it is given, it
 * returns a view and throws nothing, and what it cannot read stands in `extra.openai` or is a part
 * of kind `unknown`. Besides the dialect's own members it reads those by which others carry what
 * it has no words for: `thinking_blocks` of an answer (signed reasoning), `extra_content.google.
 * thought_signature` of a tool call, `is_error` of a tool's result.
 * @param body a request as JSON.parse gives it
 * @param extra members of other dialects that go along
 */
export function canonicalChat(body: unknown, extra: CanonicalExtra = {}): CanonicalChat {
  const from = asObject(body) ?? {};
  const unknown = Object.entries(from).filter(
    ([name, value]) => !read.has(name) && value !== null && value !== undefined,
  );
  const { stop } = from;
  return {
    messages: asList(from['messages']).map(message),
    tools: asList(from['tools']).flatMap(tool),
    stop: typeof stop === 'string' ? [stop] : asList(stop).filter((s) => typeof s === 'string'),
    ...given({
      toolChoice: toolChoice(from['tool_choice']),
      parallelToolCalls: asBoolean(from['parallel_tool_calls']),
      responseFormat: responseFormat(from['response_format']),
      temperature: asNumber(from['temperature']),
      topP: asNumber(from['top_p']),
      maxTokens: asNumber(from['max_completion_tokens']) ?? asNumber(from['max_tokens']),
      seed: asNumber(from['seed']),
      choices: asNumber(from['n']),
      logprobs: asBoolean(from['logprobs']),
      topLogprobs: asNumber(from['top_logprobs']),
      presencePenalty: asNumber(from['presence_penalty']),
      frequencyPenalty: asNumber(from['frequency_penalty']),
      logitBias: asObject(from['logit_bias']),
      user: asText(from['user']),
      metadata: asObject(from['metadata']),
      reasoningEffort: asText(from['reasoning_effort']),
    }),
    extra: unknown.length === 0 ? extra : { openai: Object.fromEntries(unknown), ...extra },
  };
}

function message(value: unknown): CanonicalMessage {
  const from = asObject(value) ?? {};
  const content = parts(from['content']);
  const name = given({ name: asText(from['name']) });
  switch (from['role']) {
    case 'system':
    case 'developer':
      return { role: from['role'], parts: content, ...name };
    case 'assistant': {
      const refusal = asText(from['refusal']);
      return {
        role: 'assistant',
        parts: refusal ? [...content, { type: 'refusal', text: refusal }] : content,
        toolCalls: asList(from['tool_calls']).flatMap(toolCall),
        reasoning: reasoning(from),
        ...name,
      };
    }
    case 'tool':
    case 'function':
      return {
        role: 'tool',
        parts: content,
        toolCallId: asText(from['tool_call_id']) ?? name.name ?? '',
        ...given({ isError: asBoolean(from['is_error']) }),
      };
    default:
      return { role: 'user', parts: content, ...name };
  }
}

function parts(content: unknown): readonly CanonicalPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return asList(content).map(part);
}

function part(value: unknown): CanonicalPart {
  const from = asObject(value) ?? {};
  const kind = asText(from['type']) ?? '';
  const unknown: CanonicalPart = { type: 'unknown', kind };
  switch (kind) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return { type: 'text', text: asText(from['text']) ?? '' };
    case 'refusal':
      return { type: 'refusal', text: asText(from['refusal']) ?? '' };
    case 'image_url': {
      const image = asObject(from['image_url']);
      const url = asText(image?.['url']) ?? asText(from['image_url']);
      if (url === undefined) return unknown;
      return { type: 'image', source: at(url), ...given({ detail: asText(image?.['detail']) }) };
    }
    case 'input_audio': {
      const audio = asObject(from['input_audio']) ?? {};
      const base64 = asText(audio['data']);
      if (base64 === undefined) return unknown;
      const mediaType = `audio/${asText(audio['format']) ?? 'wav'}`;
      return { type: 'audio', source: { mediaType, base64 } };
    }
    case 'file':
      return file(asObject(from['file']) ?? {}) ?? unknown;
    default:
      return unknown;
  }
}

function file(from: JsonObject): CanonicalPart | undefined {
  const name = given({ name: asText(from['filename']) });
  const data = asText(from['file_data']);
  if (data !== undefined) return { type: 'file', source: at(data), ...name };
  const id = asText(from['file_id']);
  return id === undefined ? undefined : { type: 'file', source: { id }, ...name };
}

/** A `data:` URL with base64 (RFC 2397) as its bytes; any other as the address it is. */
function at(url: string): InlineData | { readonly url: string } {
  // Searched in the head only: an image of megabytes is not worth a regular expression.
  const comma = url.slice(0, 512).indexOf(',');
  const head = /^data:([\w.+-]+\/[\w.+-]+)(?:;[^;,]*)*;base64$/i.exec(url.slice(0, comma));
  const mediaType = comma === -1 ? undefined : head?.[1];
  if (mediaType === undefined) return { url };
  return { mediaType: mediaType.toLowerCase(), base64: url.slice(comma + 1) };
}

function toolCall(value: unknown): readonly CanonicalToolCall[] {
  const from = asObject(value) ?? {};
  const called = asObject(from['function']);
  const name = asText(called?.['name']);
  if (name === undefined) return [];
  const google = asObject(asObject(from['extra_content'])?.['google']);
  return [
    {
      id: asText(from['id']) ?? '',
      name,
      arguments: asText(called?.['arguments']) ?? '',
      ...given({ signature: asText(google?.['thought_signature']) }),
    },
  ];
}

function reasoning(from: JsonObject): readonly CanonicalReasoning[] {
  const blocks = asList(from['thinking_blocks']).flatMap((value): CanonicalReasoning[] => {
    const block = asObject(value) ?? {};
    const sealed = asText(block['data']);
    if (block['type'] === 'redacted_thinking') {
      return sealed === undefined ? [] : [{ text: '', signature: sealed, redacted: true }];
    }
    const text = asText(block['thinking']) ?? '';
    return [{ text, ...given({ signature: asText(block['signature']) }) }];
  });
  if (blocks.length > 0) return blocks;
  const text = asText(from['reasoning_content']) ?? asText(from['reasoning']);
  return text ? [{ text }] : [];
}

function tool(value: unknown): readonly CanonicalTool[] {
  const called = asObject(asObject(value)?.['function']);
  const name = asText(called?.['name']);
  if (called === undefined || name === undefined) return [];
  return [
    {
      name,
      ...given({
        description: asText(called['description']),
        parameters: asObject(called['parameters']),
        strict: asBoolean(called['strict']),
      }),
    },
  ];
}

function toolChoice(value: unknown): CanonicalToolChoice | undefined {
  if (value === 'none' || value === 'auto' || value === 'required') return value;
  const name = asText(asObject(asObject(value)?.['function'])?.['name']);
  return name === undefined ? undefined : { name };
}

function responseFormat(value: unknown): CanonicalResponseFormat | undefined {
  const from = asObject(value) ?? {};
  switch (from['type']) {
    case 'text':
    case 'json_object':
      return { type: from['type'] };
    case 'json_schema': {
      const said = asObject(from['json_schema']) ?? {};
      return {
        type: 'json_schema',
        name: asText(said['name']) ?? 'answer',
        ...given({
          description: asText(said['description']),
          schema: asObject(said['schema']),
          strict: asBoolean(said['strict']),
        }),
      };
    }
    default:
      return undefined;
  }
}
