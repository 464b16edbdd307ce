import type { ChatMessage } from '#upstream';
import { type Json, type JsonObject, isObject, memberPath, readJsonText } from './json.ts';
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

/**
 * The same request without these items of its lists. A signed block of reasoning is no longer what
 * was signed once a word of it is masked, so it goes as a whole.
 * @param paths of items, such as `messages[1].content[0]`
 */
export function withoutItems(value: Json, paths: ReadonlySet<string>, path = ''): Json {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((item, i) => {
      const at = `${path}[${i}]`;
      return paths.has(at) ? [] : [withoutItems(item, paths, at)];
    });
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      withoutItems(member, paths, memberPath(path, key)),
    ]),
  );
}

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
  const { model: _model, ...rest } = wire;
  collectTexts(rest, '', (text, path) => {
    if (!skip.has(path)) parts.push({ path, text });
  });
  return parts;
}

/** The texts in the arguments of a call. @param path ends in `.arguments` */
export function argumentTexts(written: string, path: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  collectArguments(written, path, (text, at) => parts.push({ path: at, text }));
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

/** The walk of `mapTexts` for those who only look: every request takes it, and few are changed. */
function collectTexts(
  value: Json,
  path: string,
  found: (text: string, path: string) => void,
): void {
  if (typeof value === 'string') {
    if (!path.endsWith('.arguments')) found(value, path);
    else collectArguments(value, path, found);
  } else if (typeof value === 'number') {
    if (mayIdentify(value)) found(String(value), path);
  } else if (Array.isArray(value)) {
    for (const [i, item] of (value as readonly Json[]).entries()) {
      collectTexts(item, `${path}[${i}]`, found);
    }
  } else if (isObject(value)) {
    for (const key of Object.keys(value)) {
      const member = value[key]!;
      const at = memberPath(path, key);
      if (!words.has(key)) found(key, `${at}{}`);
      if (!isSilent(key, member)) collectTexts(member, at, found);
    }
  }
}

function isSilent(key: string, member: Json): boolean {
  return typeof member === 'string' && closed.has(key) && words.has(member);
}

function mayIdentify(value: number): boolean {
  return Math.abs(value) >= 1_000_000;
}

/** Arguments that are no JSON, or that say a thing twice, are also looked at as they stand. */
function collectArguments(
  text: string,
  path: string,
  found: (text: string, path: string) => void,
): void {
  const read = readJsonText(text);
  if (typeof read === 'string') {
    found(text, path);
    found(unescaped(text), `${path}~`);
    return;
  }
  collectTexts(read.value, `${path}#`, found);
  if (!read.exact) found(text, path);
}

/** What a forgiving reader makes of text that is no JSON. */
function unescaped(text: string): string {
  return text.replaceAll(/\\u([0-9a-fA-F]{4})/g, (_mark, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
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
    const at = memberPath(path, key);
    const name = words.has(key) ? key : replace(key, `${at}{}`);
    entries.push([name, isSilent(key, member) ? member : mapTexts(member, replace, at)]);
  }
  return Object.fromEntries(entries);
}

function mapNumber(value: number, replace: Replace, path: string): Json {
  if (!mayIdentify(value)) return value;
  const written = String(value);
  const mapped = replace(written, path);
  return mapped === written ? value : mapped;
}

function mapArguments(text: string, replace: Replace, path: string): string {
  const read = readJsonText(text);
  if (typeof read === 'string') {
    const replaced = replace(text, path);
    const meant = unescaped(text);
    const other = replace(meant, `${path}~`);
    return other === meant ? replaced : other;
  }
  const mapped = mapTexts(read.value, replace, `${path}#`);
  if (!read.exact) replace(text, path);
  // Unchanged arguments keep their own spelling: some upstreams compare them with what they sent.
  const unchanged = read.exact && JSON.stringify(mapped) === JSON.stringify(read.value);
  return unchanged ? text : JSON.stringify(mapped);
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

/** What the model was told before the person spoke. */
export function instructionsOf(body: ChatBody): readonly string[] {
  return body.messages
    .filter(({ role }) => role === 'system' || role === 'developer')
    .map(messageText);
}
