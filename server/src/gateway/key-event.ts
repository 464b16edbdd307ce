import type { LedgerAppender } from '#ledger';

export type KeyEvent = Readonly<Record<string, string>> & {
  readonly event:
    | 'created'
    | 'revoked'
    | 'rotated'
    | 'changed'
    | 'signed_in'
    | 'signed_out'
    | 'session_ended'
    | 'role_changed'
    | 'sign_in_refused';
};

/**
 * Records that a key was made, changed, given a new secret or withdrawn, or that a person signed in
 * or out, before it takes effect.
 * @param policyLeaf leaf hash of the rule book in force
 * @param detail ids, roles and bounds; never a secret, and no name of a person
 * @param person the id of whoever signs in: it goes with the identity group
 */
export async function recordKeyEvent(
  ledger: LedgerAppender,
  policyLeaf: string,
  detail: KeyEvent,
  person?: string,
): Promise<void> {
  await ledger.append([
    {
      type: 'key.event',
      decision: detail.event === 'sign_in_refused' ? 'block' : 'allow',
      evidenceClass: 'r1',
      refs: { policy: policyLeaf },
      fields: { 'key.event': detail, ...(person === undefined ? {} : { 'key.person': person }) },
    },
  ]);
}
