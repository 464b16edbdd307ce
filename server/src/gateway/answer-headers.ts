import type { Sequenced } from '#ledger';
import type { Admitted, Attempt } from './passage.ts';

export interface AnswerFacts {
  /** Of this checkpoint, without a slash at its end. */
  readonly baseUrl: string;
  readonly intent: Sequenced;
  readonly admitted: Admitted;
  /** Who answered, where anybody did. */
  readonly upstream: string | undefined;
  readonly attempts: readonly Attempt[];
  readonly cache: string | undefined;
  /** Headers of others: what the key may still use, what a class decided. */
  readonly more: readonly (Readonly<Record<string, string>> | undefined)[];
}

/** Outcomes that are no failure of an upstream. */
const unremarkable: ReadonlySet<string> = new Set(['answered', 'shadow', 'rewritten']);

/** What every answer and refusal says of its passage: docs/en/api.md describes each. */
export function answerHeaders(facts: AnswerFacts): Record<string, string> {
  const { baseUrl, intent, admitted, upstream, attempts, cache, more } = facts;
  const { action, rules } = admitted.inspection.decision;
  const headers: Record<string, string> = {
    'x-sekisho-receipt': intent.id,
    'x-sekisho-receipt-url': `${baseUrl}/receipts/${intent.id}`,
    'x-sekisho-data-class': admitted.dataClass,
    'x-sekisho-decision': action,
    'x-evidence': `${intent.index}:${intent.leafHash}`,
  };
  if (intent.promise !== undefined) {
    headers['x-evidence-promise'] = Buffer.from(intent.promise, 'utf8').toString('base64');
  }
  if (rules.length > 0) headers['x-sekisho-rules'] = rules.join(', ');
  if (upstream !== undefined) headers['x-sekisho-upstream'] = upstream;
  if (cache !== undefined) headers['x-sekisho-cache'] = cache;
  const failed = attempts
    .filter(({ outcome }) => !unremarkable.has(outcome))
    .map((attempt) => `${attempt.upstream}=${attempt.outcome}`);
  if (failed.length > 0) headers['x-sekisho-fallback'] = failed.join(', ');
  return Object.assign(headers, ...more) as Record<string, string>;
}

/** Names for a header. A stranger chose them, so only plain ones, and not without end. */
export function plainNames(names: ReadonlySet<string>): string {
  const plain = [...names].map((name) => name.replaceAll(/[^\w.[\]-]/g, '?').slice(0, 100));
  return plain.slice(0, 20).join(', ') + (plain.length > 20 ? ', ...' : '');
}
