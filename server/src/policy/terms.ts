import type { DeclaredUpstream } from './schema.ts';

/**
 * What an exchange costs at an upstream, in millionths of its currency, rounded up to whole ones;
 * undefined where no price is declared.
 */
export function costMicros(
  { price }: Pick<DeclaredUpstream, 'price'>,
  tokens: { readonly inputTokens: number; readonly outputTokens: number },
): number | undefined {
  if (price === undefined) return undefined;
  // A unit per million tokens is a millionth of a unit per token.
  const cost =
    tokens.inputTokens * price.inputPerMillion + tokens.outputTokens * price.outputPerMillion;
  return Math.ceil(cost);
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
