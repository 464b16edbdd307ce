import { decodeBase64, encodeBase64, equalBytes, parseDecimal } from './bytes.ts';
import { emptyRoot, hashBytes } from './hashing.ts';
import { isKeyName, maxNameChars } from './key-name.ts';

/** C2SP tlog-checkpoint v1.0.0: origin, size and root of a tree, as a signed note's text. */
export interface Checkpoint {
  /** The log's name: a URL without scheme, equal to the name of its key. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** A name, a size of sixteen digits, a root of 44 characters, and three line ends. */
const bodyCharactersMax = maxNameChars + 16 + 44 + 3;

/** Three lines. Throws RangeError for what no parser would read back. */
export function formatCheckpointBody({ origin, size, root }: Checkpoint): string {
  const body = `${origin}\n${size}\n${encodeBase64(root)}\n`;
  if (parseCheckpointBody(body) === undefined) throw new RangeError('no checkpoint');
  return body;
}

/**
 * Undefined for anything but three lines. Extension lines are refused: the specification advises
 * against them, and not every kind of cosignature covers them.
 */
export function parseCheckpointBody(body: string): Checkpoint | undefined {
  if (body.length > bodyCharactersMax) return undefined;
  const lines = body.split('\n');
  const [origin = '', sizeText = '', rootText = '', rest] = lines;
  if (lines.length !== 4 || rest !== '' || !isKeyName(origin)) return undefined;
  const size = parseDecimal(sizeText);
  const root = decodeBase64(rootText);
  if (size === undefined || root?.length !== hashBytes) return undefined;
  if (size === 0 && !equalBytes(root, emptyRoot)) return undefined;
  return { origin, size, root };
}
