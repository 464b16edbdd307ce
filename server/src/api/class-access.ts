import { type ApiKey, GatewayError, may, rolesWith } from '#gateway';
import type { Passage } from '#ledger';
import { readVerdicts } from '#review';
import type { ApiContext, ApiPorts } from './app.ts';

/** The class whose teacher this key is; undefined for others, and for who sees them all. */
export function taughtBy(key: ApiKey): string | undefined {
  return may(key, 'class') && !may(key, 'classes') ? (key.terms.class ?? undefined) : undefined;
}

/**
 * Whether a key may see and change a class.
 * @throws GatewayError `role_not_permitted`; `not_found` for another's class
 */
export function requireClass(context: ApiContext, id: string): void {
  const key = context.get('key');
  if (may(key, 'classes')) return;
  if (!may(key, 'class')) {
    throw new GatewayError('role_not_permitted', { detail: rolesWith('class').join(', ') });
  }
  if (taughtBy(key) !== id) throw new GatewayError('not_found');
}

/**
 * Reviewers see every case; teachers those of their class.
 * @returns the class to which it is limited, if it is
 * @throws GatewayError `role_not_permitted`
 */
export function requireReviews(context: ApiContext): string | undefined {
  const key = context.get('key');
  if (may(key, 'reviews')) return undefined;
  const taught = taughtBy(key);
  if (taught !== undefined) return taught;
  const able = [...new Set([...rolesWith('reviews'), ...rolesWith('class')])];
  throw new GatewayError('role_not_permitted', { detail: able.join(', ') });
}

/**
 * Whether the rule book lets the teacher of a class read a passage of it.
 * @param passage with its ops opened
 */
export async function mayTeacherRead(
  { ruleBook, review }: Pick<ApiPorts, 'ruleBook' | 'review'>,
  key: ApiKey,
  passage: Passage,
): Promise<boolean> {
  const taught = taughtBy(key);
  const { school } = readVerdicts(passage.outcomeFields['policy.verdicts']);
  const reads = ruleBook().policy.document.school?.teacherReads ?? 'none';
  if (taught === undefined || school?.class !== taught || reads === 'none') return false;
  if (school.decision === 'hold') return true;
  await review.book.catchUp();
  const isCase = review.book.cases.get(passage.id) !== undefined;
  // Nobody can decide on what was stopped without having read it.
  if (reads === 'held') return school.decision === 'stop' && isCase;
  return school.decision !== 'pass' || isCase;
}
