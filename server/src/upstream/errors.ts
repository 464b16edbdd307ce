import { CodedError } from '#base';

/**
 * - `connect`: nothing answered at that address, or the address may not be asked
 * - `status`: it answered with an error status
 * - `timeout`: connection, first byte or the gap between bytes took too long
 * - `malformed`: the answer is not the dialect it should be
 * - `cut`: the answer ended without the dialect's end mark
 * - `too_large`: the answer or one event of it exceeds the limit
 * - `unavailable`: no model, no key, or too busy: nothing was sent
 * - `refused_input`: the model cannot take this request (too long, for example)
 * - `aborted`: the caller left
 */
export type UpstreamErrorCode =
  | 'connect'
  | 'status'
  | 'timeout'
  | 'malformed'
  | 'cut'
  | 'too_large'
  | 'unavailable'
  | 'refused_input'
  | 'aborted';

/**
 * Why a request was refused, when the upstream or its dialect says it:
 * - `content_filter`: a filter of the upstream's own stopped it
 * - `context_length`: it does not fit into the model's context
 * - `not_in_dialect`: the dialect has no words for part of the content; nothing was sent
 */
export type RefusalReason = 'content_filter' | 'context_length' | 'not_in_dialect';

export interface UpstreamErrorFacts {
  /** The HTTP status, or the one that the dialect's own error stands for. */
  readonly status?: number;
  /** How long the upstream asks to be left alone, capped by `limits.upstreamRetryAfterMs`. */
  readonly retryAfterMs?: number;
  readonly reason?: RefusalReason;
}

/** Never holds a word of the request, of the answer or of a credential. */
export class UpstreamError extends CodedError<UpstreamErrorCode> {
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly reason: RefusalReason | undefined;

  constructor(
    code: UpstreamErrorCode,
    message: string,
    cause?: unknown,
    facts: UpstreamErrorFacts = {},
  ) {
    super(code, message, cause);
    this.status = facts.status;
    this.retryAfterMs = facts.retryAfterMs;
    this.reason = facts.reason;
  }
}

export function malformed(what: string, cause?: unknown): UpstreamError {
  return new UpstreamError('malformed', `couldn't read the answer: ${what}`, cause);
}

/** Content is never left out in silence: an upstream that cannot carry it does not answer. */
export function notInDialect(what: string): UpstreamError {
  return new UpstreamError(
    'refused_input',
    `couldn't ask this upstream: its dialect cannot carry ${what}`,
    undefined,
    { reason: 'not_in_dialect' },
  );
}
