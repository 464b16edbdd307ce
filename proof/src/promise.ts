import { parseBatchBody, parseBatchPromise } from './batch-promise.ts';
import { decodeBase64, decodeUtf8, encodeBase64, parseDecimal } from './bytes.ts';
import { hashBytes } from './hashing.ts';
import { isKeyName } from './key-name.ts';
import { type VerifierKey, keyTypes, openNote } from './note.ts';
import { verifyInclusion } from './tree.ts';

/**
 * What a log promises the moment it has taken an entry: this leaf will be at this place. Whoever
 * holds it can prove later that the log left the entry out.
 */
export interface EntryPromise {
  /** Name of the log, equal to the name of its key. */
  readonly origin: string;
  readonly index: number;
  /** 32 bytes. */
  readonly leafHash: Uint8Array;
}

const firstLine = 'sekisho.promise/v1';

/**
 * The four lines a log signs for an entry alone, which is what logs did before they signed whole
 * batches (`batch-promise.ts`). One key signs checkpoints and promises, so neither may pass for the
 * other: a checkpoint's first line is the name of its key and its second a decimal size, and no
 * promise names a log that is called by the first line or by a number.
 * @throws RangeError for what no parser would read back
 */
export function formatPromiseBody({ origin, index, leafHash }: EntryPromise): string {
  const body = `${firstLine}\n${origin}\n${index}\n${encodeBase64(leafHash)}\n`;
  if (parsePromiseBody(body) === undefined) throw new RangeError('no promise');
  return body;
}

/** @returns undefined for anything but the four lines */
export function parsePromiseBody(body: string): EntryPromise | undefined {
  const lines = body.split('\n');
  const [first, origin = '', indexText = '', hashText = '', rest] = lines;
  if (lines.length !== 5 || rest !== '' || first !== firstLine) return undefined;
  if (!isKeyName(origin) || origin === firstLine || /^[0-9]+$/.test(origin)) return undefined;
  const index = parseDecimal(indexText);
  const leafHash = decodeBase64(hashText);
  if (index === undefined || leafHash?.length !== hashBytes) return undefined;
  return { origin, index, leafHash };
}

/**
 * Opens a promise with the keys given, whether it was signed alone (v1) or with its batch (v2).
 * Only the log itself can promise, so it must be signed by a key with the log's name.
 * @returns undefined for anything that is not a promise or is not signed so
 */
export async function openPromise(
  promise: string | Uint8Array,
  keys: readonly VerifierKey[],
): Promise<EntryPromise | undefined> {
  const text = typeof promise === 'string' ? promise : decodeUtf8(promise);
  if (text === undefined) return undefined;
  const inBatch = parseBatchPromise(text);
  if (inBatch === undefined) return openSigned(text, keys, parsePromiseBody);
  const { index, leafHash, hashes: proof, note } = inBatch;
  const batch = await openSigned(note, keys, parseBatchBody);
  if (batch === undefined || index < batch.first) return undefined;
  const { origin, first, count: size, root } = batch;
  const claim = { leafHash, index: index - first, size, proof, root };
  return (await verifyInclusion(claim)) ? { origin, index, leafHash } : undefined;
}

/** What a note says, if the log that it names has signed it. */
async function openSigned<Said extends { readonly origin: string }>(
  note: string,
  keys: readonly VerifierKey[],
  parse: (body: string) => Said | undefined,
): Promise<Said | undefined> {
  const opened = await openNote(note, keys);
  const said = opened === undefined ? undefined : parse(opened.text);
  const isByLog = opened?.verified.some(
    ({ key }) => key.type === keyTypes.ed25519 && key.name === said?.origin,
  );
  return isByLog === true ? said : undefined;
}
