import { CodedError } from './errors.ts';

/**
 * - `unreachable`: no answer, or an answer that broke off, in every attempt
 * - `unavailable`: it answered that it cannot answer now, in every attempt
 * - `forbidden`: the credentials are unknown, or lack the right
 * - `clock`: its clock and ours differ by more than it allows
 * - `no_bucket`: no such bucket at this endpoint, or in another region
 * - `too_large`: the object is larger than asked for
 * - `malformed`: an answer that S3 does not give
 */
export type S3ErrorCode =
  | 'unreachable'
  | 'unavailable'
  | 'forbidden'
  | 'clock'
  | 'no_bucket'
  | 'too_large'
  | 'malformed';

/**
 * The message names the operation, the status and the service's own error code, and no more: its
 * sentences repeat key ids and what was signed.
 */
export class S3Error extends CodedError<S3ErrorCode> {}

/** What an answer that is none of the expected ones means. */
export function s3Failure(what: string, status: number, serviceCode: string): S3Error {
  const said = serviceCode === '' ? `status ${status}` : `status ${status}, ${serviceCode}`;
  const code = codeOf(status, serviceCode);
  return new S3Error(code, `couldn't ${what}: the object store answered ${said}`);
}

function codeOf(status: number, serviceCode: string): S3ErrorCode {
  if (serviceCode === 'RequestTimeTooSkewed') return 'clock';
  if (serviceCode === 'NoSuchBucket' || (status >= 300 && status < 400)) return 'no_bucket';
  // Another region than the signature's; the answer names the right one, which nobody confirmed.
  if (serviceCode === 'AuthorizationHeaderMalformed') return 'no_bucket';
  if (status === 401 || status === 403) return 'forbidden';
  return mayPass(status, serviceCode) ? 'unavailable' : 'malformed';
}

/** Whether the same request may succeed a moment later. */
export function mayPass(status: number, serviceCode: string): boolean {
  if (status === 409) return serviceCode === 'ConditionalRequestConflict';
  if (status === 400) return serviceCode === 'RequestTimeout';
  return status === 429 || (status >= 500 && status !== 501);
}
