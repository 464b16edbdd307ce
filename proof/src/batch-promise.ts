import { decodeBase64, encodeBase64, parseDecimal } from './bytes.ts';
import { hashBytes } from './hashing.ts';
import { isKeyName } from './key-name.ts';
import { maxNoteBytes } from './note.ts';

/**
 * What a log promises of all entries that it made durable together: the tree over their leaf hashes
 * (RFC 6962 section 2.1) has this root. One signature serves them all.
 */
export interface PromisedBatch {
  /** Name of the log, equal to the name of its key. */
  readonly origin: string;
  /** Index of the first entry, and how many follow one another from there on. */
  readonly first: number;
  readonly count: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** One entry's part in it, as it is handed out. */
export interface BatchPromise {
  readonly index: number;
  /** 32 bytes. */
  readonly leafHash: Uint8Array;
  /** From the leaf up: its inclusion proof in the tree over the batch. */
  readonly hashes: readonly Uint8Array[];
  /** The signed note of the batch, verbatim. */
  readonly note: string;
}

const bodyLine = 'sekisho.promise-batch/v2';
const headLine = 'sekisho.promise/v2';
/** No batch that anybody makes durable at once needs a longer path. */
const hashesMax = 32;
const charactersMax = maxNoteBytes + 4 * 1024;

/**
 * The five lines a log signs. The second is neither a number nor the first line, so that no
 * checkpoint, whose first two lines are a name and a number, can pass for them, nor they for one.
 * @throws RangeError for what no parser would read back
 */
export function formatBatchBody({ origin, first, count, root }: PromisedBatch): string {
  const body = `${bodyLine}\n${origin}\n${first}\n${count}\n${encodeBase64(root)}\n`;
  if (parseBatchBody(body) === undefined) throw new RangeError('no promise');
  return body;
}

/** @returns undefined for anything but the five lines */
export function parseBatchBody(body: string): PromisedBatch | undefined {
  const lines = body.split('\n');
  const [line, origin = '', firstText = '', countText = '', rootText = '', rest] = lines;
  if (lines.length !== 6 || rest !== '' || line !== bodyLine) return undefined;
  if (!isKeyName(origin) || origin === bodyLine || /^[0-9]+$/.test(origin)) return undefined;
  const first = parseDecimal(firstText);
  const count = parseDecimal(countText);
  const root = decodeBase64(rootText);
  if (first === undefined || count === undefined || root?.length !== hashBytes) return undefined;
  if (count === 0 || !Number.isSafeInteger(first + count)) return undefined;
  return { origin, first, count, root };
}

export function formatBatchPromise({ index, leafHash, hashes, note }: BatchPromise): string {
  const leaf = `leaf ${encodeBase64(leafHash)}`;
  const lines = [headLine, `index ${index}`, leaf, ...hashes.map((hash) => encodeBase64(hash))];
  return `${lines.join('\n')}\n\n${note}`;
}

/** @returns undefined for anything else; whether note and path fit is for the reader to check */
export function parseBatchPromise(text: string): BatchPromise | undefined {
  if (text.length > charactersMax) return undefined;
  const divide = text.indexOf('\n\n');
  if (divide === -1) return undefined;
  const [head, indexLine = '', leafLine = '', ...path] = text.slice(0, divide).split('\n');
  if (head !== headLine || path.length > hashesMax) return undefined;
  const index = indexLine.startsWith('index ') ? parseDecimal(indexLine.slice(6)) : undefined;
  const leafHash = leafLine.startsWith('leaf ') ? parseHash(leafLine.slice(5)) : undefined;
  const hashes = path.map(parseHash).filter((hash) => hash !== undefined);
  if (index === undefined || leafHash === undefined || hashes.length < path.length) {
    return undefined;
  }
  return { index, leafHash, hashes, note: text.slice(divide + 2) };
}

function parseHash(text: string): Uint8Array | undefined {
  const bytes = decodeBase64(text);
  return bytes?.length === hashBytes ? bytes : undefined;
}
