import type { DeclaredUpstream } from './schema.ts';

/** An amount of money, in millionths of its currency. */
export interface Cost {
  readonly micros: number;
  readonly currency: string;
}

/**
 * What an exchange costs at an upstream, rounded up to whole millionths; undefined where no price
 * is declared.
 */
export function declaredCost(
  { price }: Pick<DeclaredUpstream, 'price'>,
  tokens: { readonly inputTokens: number; readonly outputTokens: number },
): Cost | undefined {
  if (price === undefined) return undefined;
  // A unit per million tokens is a millionth of a unit per token.
  const micros =
    tokens.inputTokens * price.inputPerMillion + tokens.outputTokens * price.outputPerMillion;
  return { micros: Math.ceil(micros), currency: price.currency };
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
