import type { LedgerAppender } from '#ledger';

/**
 * Records that a key was made or withdrawn, before either takes effect.
 * @param policyLeaf leaf hash of the rule book in force
 * @param detail ids and roles; never a secret
 */
export async function recordKeyEvent(
  ledger: LedgerAppender,
  policyLeaf: string,
  detail: Readonly<Record<string, string>> & { readonly event: 'created' | 'revoked' },
): Promise<void> {
  await ledger.append([
    {
      type: 'key.event',
      decision: 'allow',
      evidenceClass: 'r1',
      refs: { policy: policyLeaf },
      fields: { 'key.event': detail },
    },
  ]);
}
