import type { ChatMessage } from '#upstream';
import type { ChatBody, WireMessage } from './schema.ts';

/** One text of a request that a person or a tool may have written, and where it stands. */
export interface TextPart {
  readonly path: string;
  readonly text: string;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * Members whose values come from a closed list of the dialect, so they say nothing of their own.
 */
const closed = new Set(['role', 'type', 'tool_choice', 'reasoning_effort', 'model']);

/**
 * Every text of a request, wherever it stands: messages, tool descriptions, schemas, names,
 * metadata. Arguments of earlier tool calls are JSON inside a string, where an `A` may be written
 * `\u0041`; they are looked at as the values they mean.
 */
export function textParts(body: ChatBody): readonly TextPart[] {
  const parts: TextPart[] = [];
  mapTexts(body as unknown as Json, (text, path) => {
    parts.push({ path, text });
    return text;
  });
  return parts;
}

/** The same request with each of those texts replaced; what is not text stays as it is. */
export function replaceTexts(body: ChatBody, replace: (part: TextPart) => string): ChatBody {
  return mapTexts(body as unknown as Json, (text, path) =>
    replace({ path, text }),
  ) as unknown as ChatBody;
}

function mapTexts(value: Json, replace: (text: string, path: string) => string, path = ''): Json {
  if (typeof value === 'string') {
    return path.endsWith('.function.arguments')
      ? mapArguments(value, replace, path)
      : replace(value, path);
  }
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((item, i) => mapTexts(item, replace, `${path}[${i}]`));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      closed.has(key) && typeof member === 'string'
        ? member
        : mapTexts(member, replace, path === '' ? key : `${path}.${key}`),
    ]),
  );
}

function mapArguments(
  text: string,
  replace: (text: string, path: string) => string,
  path: string,
): string {
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

function messageText(message: WireMessage): string {
  const { content } = message;
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return content;
  return content.map((part) => ('text' in part ? part.text : part.refusal)).join('\n');
}

/** The last thing the person said, from which their language may be guessed. */
export function lastUserText(body: ChatBody): string {
  const last = body.messages.findLast((message) => message.role === 'user');
  return last === undefined ? '' : messageText(last);
}
