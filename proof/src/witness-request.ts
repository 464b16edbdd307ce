import { decodeBase64, decodeUtf8, encodeBase64, parseDecimal } from './bytes.ts';
import { hashBytes } from './hashing.ts';
import { maxNoteBytes } from './note.ts';

/** The body of C2SP tlog-witness v1.0.0 `add-checkpoint`: what a log asks of a witness. */
export interface WitnessRequest {
  /** Size of the tree the witness cosigned last, as far as the log knows; 0 before the first. */
  readonly oldSize: number;
  /** A consistency proof from that size, RFC 6962 section 2.1.2; none from size 0. */
  readonly proof: readonly Uint8Array[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
}

/** No consistency proof between sizes below 2^63 is longer. */
const proofHashesMax = 63;
const proofLineBytes = 45;
/** The longest body there can be. */
export const witnessRequestBytesMax: number = maxNoteBytes + 64 * proofLineBytes;

/** Throws RangeError for what no parser would read back. */
export function formatWitnessRequest({ oldSize, proof, checkpoint }: WitnessRequest): string {
  const lines = [`old ${oldSize}`, ...proof.map((hash) => encodeBase64(hash))];
  const body = `${lines.join('\n')}\n\n${checkpoint}`;
  if (parseWitnessRequest(body)?.proof.length !== proof.length) {
    throw new RangeError('no add-checkpoint request');
  }
  return body;
}

/** Undefined for anything else. The checkpoint is not looked at. */
export function parseWitnessRequest(input: string | Uint8Array): WitnessRequest | undefined {
  if (input.length > witnessRequestBytesMax) return undefined;
  const text = typeof input === 'string' ? input : decodeUtf8(input);
  // The head holds no blank line of its own, so the first one ends it.
  const divide = text?.indexOf('\n\n') ?? -1;
  if (text === undefined || divide === -1) return undefined;
  const [first = '', ...lines] = text.slice(0, divide).split('\n');
  const oldSize = first.startsWith('old ') ? parseDecimal(first.slice(4)) : undefined;
  if (oldSize === undefined || lines.length > proofHashesMax) return undefined;
  const proof: Uint8Array[] = [];
  for (const line of lines) {
    const hash = decodeBase64(line);
    if (hash?.length !== hashBytes) return undefined;
    proof.push(hash);
  }
  return { oldSize, proof, checkpoint: text.slice(divide + 2) };
}
