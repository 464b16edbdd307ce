import { limits } from '#base';
import { type Json, type JsonObject, isObject } from './json.ts';
import type { ChatBody } from './schema.ts';

type Check = (value: Json) => boolean;

const between =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === 'number' && value >= least && value <= most;
const whole =
  (least: number, most: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
const isFlag: Check = (value) => typeof value === 'boolean';
const isText: Check = (value) =>
  typeof value === 'string' && value.length <= limits.requestBodyBytes;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

/** The members that most requests have, in the order of the schema, which is that of the record. */
const members: readonly (readonly [keyof ChatBody, Check])[] = [
  ['model', (value) => isText(value) && value !== '' && (value as string).length <= 256],
  ['messages', isMessages],
  ['stream', orNull(isFlag)],
  ['stream_options', orNull(isStreamOptions)],
  ['max_tokens', orNull(whole(1, 1_000_000))],
  ['max_completion_tokens', orNull(whole(1, 1_000_000))],
  ['temperature', orNull(between(0, 2))],
  ['top_p', orNull(between(0, 1))],
  ['n', orNull(whole(1, 8))],
  ['seed', orNull(whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER))],
];

const roles: ReadonlySet<Json> = new Set(['system', 'developer', 'user', 'assistant']);

/**
 * Nearly every request is some messages with nothing but text and a few numbers, and reading it by
 * the schema costs a twentieth of all that is done for it. This reads only what it knows whole.
 * @returns what the schema would return, with nothing left over; undefined for every other request,
 * also one that is at fault: the schema reads it and names the fault
 */
export function plainChat(wire: Json): ChatBody | undefined {
  if (!isObject(wire)) return undefined;
  const body: Partial<Record<keyof ChatBody, Json>> = {};
  let known = 0;
  for (const [name, check] of members) {
    const value = wire[name];
    if (value === undefined) continue;
    if (!check(value)) return undefined;
    known++;
    body[name] = name === 'messages' ? (value as readonly JsonObject[]).map(ordered) : value;
  }
  if (Object.keys(wire).length !== known) return undefined;
  return body.model === undefined || body.messages === undefined
    ? undefined
    : (body as unknown as ChatBody);
}

function ordered({ role, content }: JsonObject): JsonObject {
  return { role: role!, content: content! };
}

function isMessages(value: Json): boolean {
  if (!Array.isArray(value)) return false;
  const list = value as readonly Json[];
  return list.length > 0 && list.length <= limits.requestMessages && list.every(isMessage);
}

function isMessage(value: Json): boolean {
  if (!isObject(value) || Object.keys(value).length !== 2) return false;
  const { role, content } = value;
  return role !== undefined && roles.has(role) && content !== undefined && isText(content);
}

function isStreamOptions(value: Json): boolean {
  if (!isObject(value) || Object.keys(value).length !== 1) return false;
  const usage = value['include_usage'];
  return usage !== undefined && isFlag(usage);
}
