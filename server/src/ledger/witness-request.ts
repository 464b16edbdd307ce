import { formatWitnessRequest, openNote, parseCheckpointBody, parseNote } from '@sekisho/proof';
import type { NoteSignature, VerifierKey } from '@sekisho/proof';
import { limits } from '#base';

/** A witness as the ledger knows it. */
export interface AskedWitness {
  readonly name: string;
  readonly key: VerifierKey;
  /** Submission prefix, without a slash at its end. */
  readonly url: string;
  readonly institution: string;
}

export type WitnessReply =
  | { readonly kind: 'signed'; readonly lines: readonly NoteSignature[] }
  /** It knows another size than the one it was asked to go on from. */
  | { readonly kind: 'stale'; readonly knownSize: number }
  /** It has seen a tree under our name that is no beginning of ours. */
  | { readonly kind: 'fork' }
  | { readonly kind: 'failed'; readonly reason: string };

export interface WitnessQuestion {
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
  readonly signal: AbortSignal;
}

/** Asks once. Never throws: whatever a witness does is an answer of some kind. */
export async function askWitness(
  witness: AskedWitness,
  { oldSize, proof, checkpoint, signal }: WitnessQuestion,
): Promise<WitnessReply> {
  try {
    const response = await fetch(`${witness.url}/add-checkpoint`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: formatWitnessRequest({ oldSize, proof, checkpoint }),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(limits.witnessAnswerMs)]),
    });
    const body = await readText(response);
    if (body === undefined) return { kind: 'failed', reason: 'answer too large' };
    return await readReply({ status: response.status, body }, { witness, oldSize, checkpoint });
  } catch (error) {
    const name = error instanceof Error ? error.name : 'error';
    return { kind: 'failed', reason: name };
  }
}

async function readReply(
  { status, body }: { readonly status: number; readonly body: string },
  asked: {
    readonly witness: AskedWitness;
    readonly oldSize: number;
    readonly checkpoint: string;
  },
): Promise<WitnessReply> {
  const { witness, oldSize, checkpoint } = asked;
  const { text } = parseNote(checkpoint)!;
  if (status === 200) {
    const lines = await verifiedLines(text, body, witness.key);
    return lines === undefined
      ? { kind: 'failed', reason: 'not its signature' }
      : { kind: 'signed', lines };
  }
  // Our own proof from our own tree does not fit what the witness has seen.
  if (status === 422) return { kind: 'fork' };
  if (status !== 409) return { kind: 'failed', reason: `status ${status}` };
  const { size } = parseCheckpointBody(text)!;
  const knownSize = /^(0|[1-9][0-9]{0,15})\n$/.test(body) ? Number(body) : Number.NaN;
  if (!Number.isSafeInteger(knownSize)) return { kind: 'failed', reason: 'status 409, no size' };
  // It knows the size it was asked about and refuses all the same, or it knows of more than we ever
  // signed: both are the work of somebody with our key.
  if (knownSize > size || (knownSize === oldSize && oldSize === size)) return { kind: 'fork' };
  return knownSize === oldSize
    ? { kind: 'failed', reason: 'status 409 for the size it names' }
    : { kind: 'stale', knownSize };
}

/** The lines by the witness's key, each of which must hold; undefined where there is none. */
async function verifiedLines(
  text: string,
  body: string,
  key: VerifierKey,
): Promise<readonly NoteSignature[] | undefined> {
  const whole = `${text}\n${body}`;
  const note = parseNote(whole);
  if (note?.text !== text || (await openNote(whole, [key])) === undefined) return undefined;
  const line = note.signatures.find(
    ({ name, keyId }) => name === key.name && Buffer.from(keyId).equals(key.keyId),
  );
  return line === undefined ? undefined : [line];
}

async function readText(response: Response): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    const bytes = part as Uint8Array;
    length += bytes.length;
    if (length > limits.witnessAnswerBytes) return undefined;
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}
