import { type Checkpoint, parseCheckpointBody } from './checkpoint-body.ts';
import { ProofError } from './codes.ts';
import { type NoteOptions, type VerifierKey, canVerify, keyTypes, openNote } from './note.ts';

export interface OpenedCheckpoint extends Checkpoint {
  /** Every line that verified, the log's and the witnesses'. Only a cosignature has a time. */
  readonly signatures: readonly {
    readonly name: string;
    readonly time?: number;
  }[];
  /** The keys by which it is signed. */
  readonly keys: readonly VerifierKey[];
  /** How many lines are by keys that were not given, and therefore prove nothing here. */
  readonly unknownSignatures: number;
  /** One for each key of type 0x06 that was given. */
  readonly mlDsa44: readonly MlDsaState[];
}

/** Whether a key of type 0x06 that was given has signed; `unchecked` where nothing here can tell. */
export interface MlDsaState {
  /** Of the key. */
  readonly name: string;
  readonly state: 'signed' | 'unchecked' | 'absent';
}

/**
 * Opens a checkpoint with the keys given. It must carry a valid signature by a key of the log
 * itself, that is, one with the origin as its name; a witness alone does not make a log.
 */
export async function openCheckpoint(
  note: string | Uint8Array,
  keys: readonly VerifierKey[],
  options: NoteOptions = {},
): Promise<OpenedCheckpoint | undefined> {
  const opened = await openNote(note, keys, options);
  const body = opened === undefined ? undefined : parseCheckpointBody(opened.text);
  if (opened === undefined || body === undefined) return undefined;
  const isByLog = opened.verified.some(({ key }) => isOfLog(key) && key.name === body.origin);
  if (!isByLog) return undefined;
  const signatures = opened.verified.map(({ key: { name, type }, time }) => {
    // A log that tells the time with its second key has not become its own witness.
    const isOwn = type === keyTypes.mlDsa44 && name === body.origin;
    return time === undefined || isOwn ? { name } : { name, time };
  });
  const signers = opened.verified.map(({ key }) => key);
  const mlDsa44 = keys
    .filter(({ type }) => type === keyTypes.mlDsa44)
    .map((key): MlDsaState => {
      const known = opened.unchecked.includes(key) ? 'unchecked' : 'absent';
      return { name: key.name, state: signers.includes(key) ? 'signed' : known };
    });
  const unknownSignatures = opened.unknown.length;
  return { ...body, signatures, keys: signers, unknownSignatures, mlDsa44 };
}

/** Whether a key may be a log's own: its name then says whether it is. */
function isOfLog({ type }: VerifierKey): boolean {
  return type === keyTypes.ed25519 || type === keyTypes.mlDsa44;
}

/**
 * Refuses keys with which no log's signature could be checked here, before a good checkpoint looks
 * like a false one.
 * @throws ProofError `E_KEY` without a key of a log, `E_UNSUPPORTED` where it is of no use here
 */
export function requireLogKey(keys: readonly VerifierKey[], options: NoteOptions): void {
  const ofLogs = keys.filter(isOfLog);
  if (ofLogs.length === 0) throw new ProofError('E_KEY', 'the verifier key');
  if (!ofLogs.some(({ type }) => canVerify(type, options))) {
    throw new ProofError('E_UNSUPPORTED', 'the verifier key');
  }
}
