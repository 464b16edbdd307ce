import type { IncomingMessage } from 'node:http';
import { limits } from '#base';
import type { z } from 'zod';
import { GatewayError } from './errors.ts';
import { type Json, isObject, memberPath, readJsonText } from './json.ts';

/**
 * Reads a request body whole, because it must be inspected before any of it may go on.
 * @throws GatewayError `body_too_large` or `body_timeout`
 */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limits.requestBodyBytes) {
    return Promise.reject(new GatewayError('body_too_large'));
  }
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      act();
    };
    const onData = (piece: Buffer): void => {
      size += piece.length;
      if (size > limits.requestBodyBytes) {
        finish(() => reject(new GatewayError('body_too_large')));
        return;
      }
      pieces.push(piece);
    };
    const onEnd = (): void =>
      finish(() => resolve(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, size)));
    const onGone = (): void => finish(() => reject(new GatewayError('body_timeout')));
    const timer = setTimeout(onGone, limits.requestBodyMs);
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A body that was read, before any dialect has looked at it. */
export interface ReadJson {
  readonly value: Json;
  /** True when every reader of these bytes gets this value: no name twice, no rounded number. */
  readonly exact: boolean;
  readonly bytes: Uint8Array;
}

/**
 * Reads JSON that a stranger wrote.
 * @throws GatewayError `invalid_utf8`, `invalid_json`, or `invalid_value` for half a character
 */
export function parseJson(bytes: Uint8Array): ReadJson {
  let text: string;
  try {
    text = strictUtf8.decode(bytes);
  } catch (cause) {
    throw new GatewayError('invalid_utf8', { cause });
  }
  const read = readJsonText(text);
  if (typeof read === 'string') {
    const detail = `It is nested deeper than ${limits.jsonDepth} levels.`;
    // The parser's own message quotes the body, so it is not kept as a cause.
    throw new GatewayError('invalid_json', read === 'too_deep' ? { detail } : {});
  }
  checkTexts(read.value);
  return { ...read, bytes };
}

/**
 * @throws GatewayError for text that is not well formed, since a lone surrogate becomes U+FFFD in
 * bytes and what was inspected would not be what is sent; and for a name that JavaScript treats
 * unlike others
 */
function checkTexts(value: Json): void {
  if (typeof value === 'string') checkText(value);
  else if (Array.isArray(value)) for (const item of value as readonly Json[]) checkTexts(item);
  else if (isObject(value)) {
    for (const key of Object.keys(value)) {
      if (key === '__proto__') throw new GatewayError('unknown_parameter', { param: key });
      checkText(key);
      checkTexts(value[key]!);
    }
  }
}

function checkText(text: string): void {
  if (!/[\ud800-\udfff]/.test(text) || !/\p{Surrogate}/u.test(text)) return;
  throw new GatewayError('invalid_value', { detail: 'A string holds half of a surrogate pair.' });
}

/**
 * A request as its schema knows it, and what else it holds.
 * @throws GatewayError that names the member at fault
 */
export function readAs<S extends z.ZodType>(
  schema: S,
  value: Json,
): { readonly known: z.infer<S>; readonly unknown: readonly UnknownMember[] } {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw fault(parsed.error.issues);
  const unknown: UnknownMember[] = [];
  collectUnknown(value, parsed.data as Json, '', unknown);
  for (const member of unknown) refuseNumbers(member.value, member.path);
  return { known: parsed.data, unknown };
}

/** A member that our schema does not name: it goes on only to who speaks the same dialect. */
export interface UnknownMember {
  readonly path: string;
  readonly value: Json;
}

/** A schema drops what it does not name, so the difference to what came is what is unknown. */
function collectUnknown(
  came: Json,
  known: Json | undefined,
  path: string,
  into: UnknownMember[],
): void {
  if (came === known || known === undefined) return;
  if (Array.isArray(came)) {
    const list = known as readonly Json[];
    for (const [i, item] of (came as readonly Json[]).entries()) {
      collectUnknown(item, list[i], `${path}[${i}]`, into);
    }
    return;
  }
  if (!isObject(came) || !isObject(known)) return;
  for (const [key, value] of Object.entries(came)) {
    const at = memberPath(path, key);
    if (Object.hasOwn(known, key)) collectUnknown(value, known[key], at, into);
    else into.push({ path: at, value });
  }
}

/** Numbers in a row may be a text in a model's own tokens, which nobody here can read. */
const numbersInARow = 16;

function refuseNumbers(value: Json, path: string): void {
  if (Array.isArray(value)) {
    const list = value as readonly Json[];
    if (list.filter((item) => typeof item === 'number').length > numbersInARow) {
      throw new GatewayError('invalid_value', {
        param: path.slice(0, 200),
        detail: 'So many numbers may be tokens, which cannot be inspected.',
      });
    }
    for (const item of list) refuseNumbers(item, path);
  } else if (isObject(value)) {
    for (const member of Object.values(value)) refuseNumbers(member, path);
  }
}

function fault(issues: readonly z.core.$ZodIssue[]): GatewayError {
  const issue = deepest(issues);
  if (issue.code === 'unrecognized_keys') {
    const key = (issue.keys[0] ?? '').slice(0, 100);
    return new GatewayError('unknown_parameter', { param: formatPath([...issue.path, key]) });
  }
  const at = issue.path.length === 0 ? {} : { param: formatPath(issue.path) };
  const missing = issue.code === 'invalid_type' && issue.message.includes('received undefined');
  if (missing) return new GatewayError('missing_required_parameter', at);
  return new GatewayError('invalid_value', { ...at, detail: issue.message });
}

/** In a union, the branch that got furthest tells most about what the caller meant. */
function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue {
  let [best] = issues;
  for (const issue of issues) {
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) continue;
    const inner = issue.errors
      .map((branch) => deepest(branch))
      .reduce((a, b) => (b.path.length > a.path.length ? b : a));
    best = { ...inner, path: [...issue.path, ...inner.path] };
    break;
  }
  return best!;
}

function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? String(step) : `.${String(step)}`;
  }
  return text.slice(0, 200);
}
