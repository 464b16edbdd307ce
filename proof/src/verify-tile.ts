import { decodeBase64url, equalBytes } from './bytes.ts';
import { ProofError } from './codes.ts';
import { hashBytes, hashLeaf } from './hashing.ts';
import { parseTilePath, splitBundle } from './tile.ts';
import type { VerifiedEntry } from './verify-receipt.ts';

/**
 * Checks that a tile of level 0, or an entry bundle, holds a verified entry at its place.
 * @param path as it is served, for example `tile/0/000.p/5` or `tile/entries/000`
 * @throws ProofError `E_TILE`
 */
export async function verifyTile(
  path: string,
  bytes: Uint8Array,
  item: Pick<VerifiedEntry, 'index' | 'leafHash'>,
): Promise<void> {
  const tile = parseTilePath(path);
  const place = tile === undefined ? -1 : item.index - tile.index * 256;
  if (tile === undefined || place < 0 || place >= tile.width) throw new ProofError('E_TILE', path);
  const leafHash =
    tile.level === 'entries'
      ? await bundleLeaf(bytes, tile.width, place)
      : tile.level === 0 && bytes.length === tile.width * hashBytes
        ? bytes.subarray(place * hashBytes, (place + 1) * hashBytes)
        : undefined;
  const expected = decodeBase64url(item.leafHash);
  if (leafHash === undefined || expected === undefined || !equalBytes(leafHash, expected)) {
    throw new ProofError('E_TILE', path);
  }
}

async function bundleLeaf(
  bytes: Uint8Array,
  width: number,
  place: number,
): Promise<Uint8Array | undefined> {
  const entries = splitBundle(bytes);
  const entry = entries?.length === width ? entries[place] : undefined;
  return entry === undefined ? undefined : hashLeaf(entry);
}
