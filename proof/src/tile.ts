import { parseDecimal } from './bytes.ts';
import type { Subtree } from './tree.ts';

/**
 * C2SP tlog-tiles v0.1.0: the tree cut into files of up to 256 hashes, and entry bundles of up
 * to 256 entries.
 */
export const tileHeight = 8;
/** 2^tileHeight hashes make a tile full. */
export const fullTileWidth = 256;
/** A bundle writes an entry's length in 16 bits. */
export const maxBundledEntryBytes = 65_535;

export interface TilePath {
  /** 0 to 63, or `entries` for a bundle. */
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256; 256 is the full tile. */
  readonly width: number;
}

/** `tile/0/x001/234.p/5`. Throws RangeError for what cannot be a tile. */
export function formatTilePath({ level, index, width }: TilePath): string {
  const isLevel = level === 'entries' || (Number.isSafeInteger(level) && level >= 0 && level <= 63);
  const isWidth = Number.isSafeInteger(width) && width >= 1 && width <= fullTileWidth;
  if (!isLevel || !isWidth || !Number.isSafeInteger(index) || index < 0) {
    throw new RangeError('no such tile');
  }
  const decimal = String(index);
  const digits = decimal.padStart(Math.ceil(decimal.length / 3) * 3, '0');
  const groups = digits.match(/[0-9]{3}/g) ?? [];
  const path = groups.map((group, i) => (i === groups.length - 1 ? group : `x${group}`)).join('/');
  return `tile/${level}/${path}${width === fullTileWidth ? '' : `.p/${width}`}`;
}

/** Undefined for any text that {@link formatTilePath} does not write. */
export function parseTilePath(path: string): TilePath | undefined {
  const match =
    /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path);
  if (match === null) return undefined;
  const [, levelText = '', groups = '', widthText = String(fullTileWidth)] = match;
  const level = levelText === 'entries' ? 'entries' : parseDecimal(levelText);
  const index = parseDecimal(groups.replaceAll(/[x/]/g, '').replace(/^0+(?=[0-9])/, ''));
  const width = parseDecimal(widthText);
  if (level === undefined || index === undefined || width === undefined) return undefined;
  if (level !== 'entries' && level > 63) return undefined;
  if (width < 1 || width > fullTileWidth) return undefined;
  const tile: TilePath = { level, index, width };
  return formatTilePath(tile) === path ? tile : undefined;
}

/** How many hashes (or entries) the tile holds in a tree of `size` leaves; 0: no such tile. */
export function tileWidth(size: number, level: number | 'entries', index: number): number {
  // Division by a power of two is exact, and so is the floor.
  const nodes = Math.floor(size / fullTileWidth ** (level === 'entries' ? 0 : level));
  return Math.min(fullTileWidth, Math.max(0, nodes - index * fullTileWidth));
}

/** Where the hash of a perfect subtree comes from: hashes `from` up to `to` of one tile. */
export interface TileSlice {
  readonly level: number;
  readonly index: number;
  readonly from: number;
  readonly to: number;
}

/** The slice whose root (see rootOf) is the hash of this perfect subtree. */
export function tileSlice({ start, end }: Subtree): TileSlice {
  let level = 0;
  let unit = 1;
  while (unit * fullTileWidth <= end - start) {
    unit *= fullTileWidth;
    level += 1;
  }
  const first = start / unit;
  const index = Math.floor(first / fullTileWidth);
  const from = first - index * fullTileWidth;
  return { level, index, from, to: from + (end - start) / unit };
}

/** Entries as a bundle holds them: for each its length in two bytes, big-endian, and its bytes. */
export function formatEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  const length = entries.reduce((sum, entry) => sum + 2 + entry.length, 0);
  const bundle = new Uint8Array(length);
  let end = 0;
  for (const entry of entries) {
    if (entry.length > maxBundledEntryBytes) throw new RangeError('entry too long for a bundle');
    bundle[end++] = Math.floor(entry.length / 256);
    bundle[end++] = entry.length % 256;
    bundle.set(entry, end);
    end += entry.length;
  }
  return bundle;
}

/** The entries of a bundle, or undefined when it is empty, cut short or holds more than 256. */
export function splitBundle(bytes: Uint8Array): Uint8Array[] | undefined {
  const entries: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const high = bytes[offset];
    const low = bytes[offset + 1];
    if (high === undefined || low === undefined) return undefined;
    const end = offset + 2 + high * 256 + low;
    if (end > bytes.length || entries.length === fullTileWidth) return undefined;
    entries.push(bytes.slice(offset + 2, end));
    offset = end;
  }
  return entries.length === 0 ? undefined : entries;
}

/** The hashes of a tile file, or undefined when its length is not 1 to 256 hashes. */
export function splitTile(bytes: Uint8Array): Uint8Array[] | undefined {
  const width = bytes.length / 32;
  if (!Number.isInteger(width) || width < 1 || width > fullTileWidth) return undefined;
  return Array.from({ length: width }, (_, i) => bytes.slice(i * 32, i * 32 + 32));
}
