import { hash } from 'node:crypto';
import { toHex } from '#base';
import type { StatedDraft } from '../draft.ts';
import type { LockedCheckpoint } from '../storage.ts';
import { postQuantumLine } from './log-key.ts';
import type { PostQuantumSigner } from './signer.ts';

/**
 * The entry that a start owes the log when checkpoints get or lose their second line. It goes by
 * the newest checkpoint, which has a line by that key or has not: so a crash before the first
 * signature repeats the entry, and none is left out. A line that is no longer added is as worth
 * knowing as a new one: whoever relied on it would otherwise hear nothing.
 */
export function switchedDrafts(
  signer: PostQuantumSigner | undefined,
  locked: LockedCheckpoint | undefined,
  origin: string,
): readonly StatedDraft[] {
  const line = locked === undefined ? undefined : postQuantumLine(locked.note, origin);
  if ((signer === undefined) === (line === undefined)) return [];
  const keyId = signer?.key.keyId ?? line!.keyId;
  const event = {
    event: signer === undefined ? 'post-quantum-off' : 'post-quantum-on',
    algorithm: 'ML-DSA-44',
    key: `${origin}+${toHex(keyId)}`,
    ...(signer === undefined ? {} : { sha256: hash('sha256', signer.key.publicKey, 'hex') }),
    by: 'start',
  };
  const fields = { 'key.event': JSON.stringify(event) };
  return [{ type: 'key.event', decision: 'allow', evidenceClass: 'r1', refs: {}, fields }];
}
