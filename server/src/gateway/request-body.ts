import type { IncomingMessage } from 'node:http';
import { limits } from '#base';
import type { z } from 'zod';
import { GatewayError } from './errors.ts';
import { type ChatBody, chatRequestSchema } from './schema.ts';

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

/**
 * Parses a chat request.
 * @throws GatewayError that names the member at fault
 */
export function parseChatBody(bytes: Uint8Array): ChatBody {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new GatewayError('invalid_utf8', { cause });
  }
  if (nestsTooDeeply(text)) {
    throw new GatewayError('invalid_json', {
      detail: `It is nested deeper than ${limits.jsonDepth} levels.`,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the body, so it is not kept as a cause.
    throw new GatewayError('invalid_json');
  }
  const parsed = chatRequestSchema.safeParse(value);
  if (!parsed.success) throw fault(parsed.error.issues);
  if (!isWellFormed(parsed.data)) {
    throw new GatewayError('invalid_value', {
      param: 'messages',
      detail: 'A string holds half of a surrogate pair.',
    });
  }
  return parsed.data;
}

/** Counts brackets outside strings; JSON.parse itself would recurse into whatever it is given. */
function nestsTooDeeply(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // a string: skip to its closing quote
        for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++) {
          if (text.charCodeAt(i) === 0x5c) i++;
        }
        break;
      case 0x7b:
      case 0x5b:
        if (++depth > limits.jsonDepth) return true;
        break;
      case 0x7d:
      case 0x5d:
        depth--;
        break;
      default:
    }
  }
  return false;
}

/** A lone surrogate becomes U+FFFD in bytes: what was inspected would not be what is sent. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return isWellFormedText(value);
  if (Array.isArray(value)) return value.every(isWellFormed);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(
    ([key, member]) => isWellFormedText(key) && isWellFormed(member),
  );
}

function isWellFormedText(text: string): boolean {
  return !/[\ud800-\udfff]/.test(text) || !/\p{Surrogate}/u.test(text);
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
