import { decodeBase64, encodeBase64, parseDecimal } from './bytes.ts';
import { hashBytes } from './hashing.ts';
import { maxNoteBytes } from './note.ts';

/** A `.tlog-proof` file (C2SP tlog-proof): a leaf's place and path, and a signed checkpoint. */
export interface TlogProof {
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
}

const header = 'c2sp.org/tlog-proof@v1';
const hashesMax = 64;
/** The longest checkpoint, 64 hashes of 45 characters, and ample room for an `extra` line. */
const proofCharactersMax = maxNoteBytes + 128 * 1024;

export function formatTlogProof({ index, hashes, checkpoint }: TlogProof): string {
  const lines = [header, `index ${index}`, ...hashes.map((hash) => encodeBase64(hash))];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** @returns undefined for anything else; an `extra` line is allowed and, being unsigned, ignored */
export function parseTlogProof(text: string): TlogProof | undefined {
  if (text.length > proofCharactersMax) return undefined;
  const divide = text.indexOf('\n\n');
  if (divide === -1) return undefined;
  const lines = text.slice(0, divide).split('\n');
  if (lines.shift() !== header) return undefined;
  if (lines[0]?.startsWith('extra ') === true) {
    if (decodeBase64(lines[0].slice('extra '.length)) === undefined) return undefined;
    lines.shift();
  }
  const indexLine = lines.shift() ?? '';
  const index = indexLine.startsWith('index ') ? parseDecimal(indexLine.slice(6)) : undefined;
  if (index === undefined || lines.length > hashesMax) return undefined;
  const hashes: Uint8Array[] = [];
  for (const line of lines) {
    const hash = decodeBase64(line);
    if (hash?.length !== hashBytes) return undefined;
    hashes.push(hash);
  }
  return { index, hashes, checkpoint: text.slice(divide + 2) };
}
