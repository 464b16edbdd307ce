import { CodedError } from '#base';

/**
 * - `connect`: nothing answered at that address
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

export class UpstreamError extends CodedError<UpstreamErrorCode> {}
