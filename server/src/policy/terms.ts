import type { DeclaredUpstream } from './schema.ts';

/** An amount of money, in millionths of its currency. */
export interface Cost {
  readonly micros: number;
  readonly currency: string;
}

/** Whether the terms were to be read again before this moment. @param nowMs Unix milliseconds */
export function isReviewOverdue(
  { terms }: Pick<DeclaredUpstream, 'terms'>,
  nowMs: number,
): boolean {
  if (terms === undefined) return false;
  // The last day counts whole, wherever on Earth it ends last.
  return nowMs > Date.parse(`${terms.reviewBy}T23:59:59-12:00`);
}
