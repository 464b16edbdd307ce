import { limits } from '#base';
import type { z } from 'zod';
import { UpstreamError, type UpstreamErrorFacts, malformed } from './errors.ts';
import type { ExchangeResponse } from './exchange.ts';

/** What the dialects have in common in reading an answer. */

const textDecoder = new TextDecoder('utf-8', { fatal: true });

/** @throws UpstreamError `too_large`, and what `chunks` throws */
async function readAll(response: ExchangeResponse, maxBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.chunks) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new UpstreamError('too_large', "couldn't read the answer: it exceeds the limit");
    }
    pieces.push(chunk);
  }
  return Buffer.concat(pieces, size);
}

/**
 * A whole answer as the JSON it should be.
 * @throws UpstreamError `malformed` for another content type, for invalid UTF-8 or JSON
 */
export async function readJson(response: ExchangeResponse): Promise<unknown> {
  const bytes = await readAll(response, limits.upstreamAnswerBytes);
  if (!response.contentType.includes('json')) throw malformed('wrong content type');
  return parseJson(decodeUtf8(bytes));
}

export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return textDecoder.decode(bytes);
  } catch {
    throw malformed('invalid UTF-8');
  }
}

/** The parser's own message quotes what it read, so it is not kept as a cause. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('it is not JSON');
  }
}

/** @param what completes "couldn't read the answer: " */
export function parseAs<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw malformed(what, parsed.error);
  return parsed.data;
}

export function cut(): UpstreamError {
  return new UpstreamError('cut', "couldn't finish the answer: it ended without its end mark");
}

/** An error that the upstream reported inside an answer that had begun. */
export function reported(facts: UpstreamErrorFacts = {}): UpstreamError {
  const { status, reason } = facts;
  return new UpstreamError(
    isRefusal(status) || reason !== undefined ? 'refused_input' : 'status',
    "couldn't finish the answer: the upstream reported an error",
    undefined,
    facts,
  );
}

/** What a dialect reads out of the body of an error; only closed words and numbers. */
export type Explain = (body: unknown, response: ExchangeResponse) => UpstreamErrorFacts;

/**
 * Ends an exchange that was answered with an error. The body may repeat the request, so nothing of
 * it is carried on but what `explain` makes of it.
 */
export async function refuse(response: ExchangeResponse, explain?: Explain): Promise<never> {
  const facts: UpstreamErrorFacts = { status: response.status, ...retryAfter(response) };
  const body = await errorBody(response);
  const explained = { ...facts, ...explain?.(body, response) };
  const refused = isRefusal(explained.status) || explained.reason !== undefined;
  throw new UpstreamError(
    refused ? 'refused_input' : 'status',
    `couldn't get an answer: the upstream said ${response.status}`,
    undefined,
    explained,
  );
}

function isRefusal(status: number | undefined): boolean {
  return status === 400 || status === 413 || status === 422;
}

async function errorBody(response: ExchangeResponse): Promise<unknown> {
  // Another upstream may be waiting for its turn: an error that does not end is not waited for.
  const timer = setTimeout(response.cancel, limits.upstreamErrorMs);
  try {
    // Reading to the end lets the pool keep the connection.
    return JSON.parse((await readAll(response, limits.upstreamErrorBytes)).toString('utf8'));
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), or its kin in milliseconds. */
export function retryAfter(response: ExchangeResponse): { retryAfterMs?: number } {
  const precise = response.header('retry-after-ms');
  if (precise !== undefined && /^\d{1,9}(\.\d+)?$/.test(precise)) {
    return waiting(Number(precise));
  }
  const value = response.header('retry-after')?.trim();
  if (value === undefined) return {};
  if (/^\d{1,9}(\.\d+)?$/.test(value)) return waiting(Number(value) * 1_000);
  // The upstream's own clock, so that ours need not agree with it.
  const until = Date.parse(value) - Date.parse(response.header('date') ?? '');
  return Number.isNaN(until) ? {} : waiting(until);
}

export function waiting(ms: number): { retryAfterMs: number } {
  return { retryAfterMs: Math.min(Math.max(0, Math.ceil(ms)), limits.upstreamRetryAfterMs) };
}
