import type { ChatMessage } from '#upstream';
import { type Json, type JsonObject, isObject } from './json.ts';
import type { ChatBody, WireMessage } from './schema.ts';

/** One text of a request that a person or a tool may have written, and where it stands. */
export interface TextPart {
  readonly path: string;
  readonly text: string;
}

/**
 * Words of the dialects themselves: where one of them stands as a member's name or, in a member of
 * `closed`, as its value, nobody said anything. Whatever else stands there is text like any other.
 */
const words = new Set(
  (
    'model messages role content name stream stream_options include_usage include_obfuscation ' +
    'max_tokens max_completion_tokens max_output_tokens temperature top_p top_k n stop seed ' +
    'stop_sequences presence_penalty frequency_penalty logit_bias logprobs top_logprobs tools ' +
    'tool_choice parallel_tool_calls response_format reasoning_effort user metadata store type ' +
    'text input_text output_text refusal image_url input_image url detail auto low high function ' +
    'arguments id tool_calls tool_call_id description parameters strict json_schema json_object ' +
    'schema none required system developer assistant tool properties items enum object string ' +
    'number integer boolean array null additionalProperties input instructions format verbosity ' +
    'tool_use tool_result tool_use_id is_error input_schema source media_type data image base64 ' +
    'message function_call function_call_output call_id output status completed in_progress ' +
    'incomplete reasoning summary effort medium minimal xhigh include thinking signature ' +
    'budget_tokens enabled disabled adaptive cache_control ephemeral any image/png image/jpeg ' +
    'image/gif image/webp reasoning_content truncation user_id embeddings dimensions ' +
    'encoding_format float allow'
  ).split(' '),
);

const closed = new Set(['role', 'type', 'tool_choice', 'reasoning_effort', 'media_type', 'status']);

type Replace = (text: string, path: string) => string;

/**
 * Every text of a request, wherever it stands: messages, tool descriptions, schemas, names,
 * metadata, members nobody knows and what they are called. Arguments of earlier tool calls are JSON
 * inside a string, where an `A` may be written `\u0041`; they are looked at as the values they mean.
 * @param skip paths of pictures, which are no text
 */
export function textParts(
  wire: JsonObject,
  skip: ReadonlySet<string> = new Set(),
): readonly TextPart[] {
  const parts: TextPart[] = [];
  replaceTexts(
    wire,
    (part) => {
      parts.push(part);
      return part.text;
    },
    skip,
  );
  return parts;
}

/** The same request with each of those texts replaced; what is not text stays as it is. */
export function replaceTexts(
  wire: JsonObject,
  replace: (part: TextPart) => string,
  skip: ReadonlySet<string> = new Set(),
): JsonObject {
  const visit: Replace = (text, path) => (skip.has(path) ? text : replace({ path, text }));
  const { model, ...rest } = wire;
  const mapped = mapTexts(rest, visit, '') as JsonObject;
  // A model's name was looked up in the rule book, so it is one of the operator's own words.
  return model === undefined ? mapped : { model, ...mapped };
}

function mapTexts(value: Json, replace: Replace, path: string): Json {
  if (typeof value === 'string') {
    return path.endsWith('.arguments') ? mapArguments(value, replace, path) : replace(value, path);
  }
  // A long number may be an identifier: it is looked at as it is written.
  if (typeof value === 'number') return mapNumber(value, replace, path);
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((item, i) => mapTexts(item, replace, `${path}[${i}]`));
  }
  if (!isObject(value)) return value;
  const entries: [string, Json][] = [];
  for (const key of Object.keys(value)) {
    const member = value[key]!;
    const at = path === '' ? key : `${path}.${key}`;
    const name = words.has(key) ? key : replace(key, `${at}{}`);
    const silent = typeof member === 'string' && closed.has(key) && words.has(member);
    entries.push([name, silent ? member : mapTexts(member, replace, at)]);
  }
  return Object.fromEntries(entries);
}

function mapNumber(value: number, replace: Replace, path: string): Json {
  if (Number.isSafeInteger(value) && Math.abs(value) < 1_000_000) return value;
  const written = String(value);
  const mapped = replace(written, path);
  return mapped === written ? value : mapped;
}

function mapArguments(text: string, replace: Replace, path: string): string {
  let decoded: Json;
  try {
    decoded = JSON.parse(text) as Json;
  } catch {
    return replace(text, path);
  }
  const mapped = mapTexts(decoded, replace, `${path}#`);
  // Unchanged arguments keep their own spelling: some upstreams compare them with what they sent.
  return JSON.stringify(mapped) === JSON.stringify(decoded) ? text : JSON.stringify(mapped);
}

/** The conversation as plain text, for models that take nothing else. */
export function plainMessages(body: ChatBody): readonly ChatMessage[] {
  return body.messages.map((message) => ({ role: message.role, text: messageText(message) }));
}

export function messageText(message: WireMessage): string {
  const { content } = message;
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return content;
  return content
    .flatMap((part) =>
      part.type === 'image_url' ? [] : [part.type === 'refusal' ? part.refusal : part.text],
    )
    .join('\n');
}

/** The last thing the person said, from which their language may be guessed. */
export function lastUserText(body: ChatBody): string {
  const last = body.messages.findLast((message) => message.role === 'user');
  return last === undefined ? '' : messageText(last);
}
