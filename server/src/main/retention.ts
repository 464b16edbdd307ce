import type { RuleBook } from '#gateway';
import type { scheduleExpiry } from '#ledger';

/** The rule book's retention as an order; nobody else decides what expires. */
export function expiryOrder(ruleBook: () => RuleBook): Parameters<typeof scheduleExpiry>[1] {
  return () => {
    const { policy, policyLeaf } = ruleBook();
    const { identityMonths, contentMonths, opsMonths } = policy.document.ledger.retention;
    return {
      kind: 'expire',
      months: { identity: identityMonths, content: contentMonths, ops: opsMonths },
      authority: policy.document.institution.name,
      by: 'schedule',
      policyLeaf,
    };
  };
}
