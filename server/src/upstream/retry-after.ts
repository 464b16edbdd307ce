import { limits } from '#base';

/**
 * The header Retry-After (RFC 9110, section 10.2.3): seconds, or a date.
 * @param nowMs Unix milliseconds
 * @returns milliseconds, capped; undefined when there is none or it cannot be read
 */
export function readRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  const value = text?.trim() ?? '';
  if (value === '' || value.length > 64) return undefined;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  if (Number.isNaN(ms)) return undefined;
  return Math.min(Math.max(0, ms), limits.upstreamRetryAfterMs);
}
