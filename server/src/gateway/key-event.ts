import type { LedgerAppender } from '#ledger';

/**
 * Records that a key was made, changed, given a new secret or withdrawn, before it takes effect.
 * @param policyLeaf leaf hash of the rule book in force
 * @param detail ids, roles and bounds; never a secret, and no name of a person
 */
export async function recordKeyEvent(
  ledger: LedgerAppender,
  policyLeaf: string,
  detail: Readonly<Record<string, string>> & {
    readonly event: 'created' | 'revoked' | 'rotated' | 'changed';
  },
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
