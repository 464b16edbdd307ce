import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileDurably } from '#base';
import {
  type TilePath,
  formatTilePath,
  formatVerifierKey,
  fullTileWidth,
  openCheckpoint,
  parseCheckpointBody,
  parseNote,
  parseVerifierKey,
  tileWidth,
} from '@sekisho/proof';
import { LedgerError } from './errors.ts';
import { prefixOf } from './fsck-static.ts';
import { loadLogSigner } from './key-files.ts';
import type { StorageSettings } from './open-storage.ts';
import { trustOfSecondKey } from './postquantum/log-key.ts';
import { type FilesReading, openFilesReading } from './reading.ts';

export interface ExportedLog {
  readonly origin: string;
  readonly verifierKey: string;
  /** Of the second key, where it has signed this checkpoint too. */
  readonly postQuantumKey?: string;
  readonly size: number;
  /** Files written now; those of an earlier export stay. */
  readonly written: number;
}

/**
 * Copies what the published checkpoint asks for into a folder that a web server can serve as it is.
 * Reads only, and works beside a running checkpoint. A second export to the same folder adds what
 * is new; the checkpoint comes last, so a reader never sees one whose files are not there.
 * @param storage what lies elsewhere than in the folder
 * @throws LedgerError `tile_differs` when the published files are not whole
 */
export async function exportLog(
  directory: string,
  to: string,
  storage: StorageSettings = {},
): Promise<ExportedLog> {
  const files = await openFilesReading(directory, storage);
  try {
    return await exportFiles(directory, to, files.tiles);
  } finally {
    await files.close();
  }
}

type Tiles = FilesReading['tiles'];

async function exportFiles(directory: string, to: string, tiles: Tiles): Promise<ExportedLog> {
  const { note, size, ...names } = await published(directory, tiles);
  const { origin } = names;
  refuseOther(to, origin);
  let written = 0;
  for (const tile of tilesOf(size)) {
    const path = join(to, formatTilePath(tile));
    // Full tiles never change; a partial one of this width does not either.
    if (existsSync(path)) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await bytesOf(tiles, tile));
    written++;
  }
  writeFileSync(join(to, 'README.txt'), readme(names));
  writeFileDurably(join(to, 'checkpoint'), Buffer.from(note, 'utf8'), 0o644);
  return { ...names, size, written };
}

async function published(
  directory: string,
  tiles: Tiles,
): Promise<Omit<ExportedLog, 'written'> & { readonly note: string }> {
  const note = await tiles.readCheckpoint();
  const body = note === undefined ? undefined : parseNote(note)?.text;
  const checkpoint = body === undefined ? undefined : parseCheckpointBody(body);
  if (note === undefined || checkpoint === undefined) throw notWhole('checkpoint');
  const { origin, size } = checkpoint;
  const { verifierKey } = await loadLogSigner(join(directory, 'keys'), origin, false);
  const key = await parseVerifierKey(verifierKey);
  const second = await trustOfSecondKey(join(directory, 'keys'), origin);
  const keys = key === undefined ? [] : [key, ...second.keys];
  const opened = await openCheckpoint(note, keys, second.options);
  if (opened === undefined) throw notWhole('checkpoint');
  const [by] = second.keys;
  const hasSigned = by !== undefined && opened.keys.includes(by);
  const postQuantumKey = hasSigned ? await formatVerifierKey(by) : undefined;
  return {
    note,
    origin,
    size,
    verifierKey,
    ...(postQuantumKey === undefined ? {} : { postQuantumKey }),
  };
}

function notWhole(detail: string): LedgerError {
  return new LedgerError('tile_differs', 'export the log', { detail });
}

/** A folder that holds anything but an earlier export of this log is somebody's. */
function refuseOther(to: string, origin: string): void {
  mkdirSync(to, { recursive: true });
  const names = readdirSync(to);
  if (names.length === 0) return;
  const path = join(to, 'checkpoint');
  const isOurs = existsSync(path) && readFileSync(path, 'utf8').startsWith(`${origin}\n`);
  // An export that was cut short has no checkpoint yet.
  const isBegun = !existsSync(path) && names.every((name) => ['tile', 'README.txt'].includes(name));
  if (!isOurs && !isBegun) {
    throw new LedgerError('export_taken', 'export the log', { detail: to });
  }
}

function* tilesOf(size: number): Generator<TilePath> {
  const levels: (number | 'entries')[] = ['entries'];
  for (let level = 0, nodes = size; nodes > 0; nodes = Math.floor(nodes / fullTileWidth)) {
    levels.push(level++);
  }
  for (const level of levels) {
    for (let index = 0; tileWidth(size, level, index) > 0; index++) {
      yield { level, index, width: tileWidth(size, level, index) };
    }
  }
}

async function bytesOf(tiles: Tiles, tile: TilePath): Promise<Uint8Array> {
  const exact = await tiles.read(tile);
  if (exact !== undefined) return exact;
  // A running checkpoint drops a partial tile when the full one is there.
  const full = { ...tile, width: fullTileWidth };
  const bytes = tile.width < fullTileWidth ? await tiles.read(full) : undefined;
  if (bytes === undefined) throw notWhole(formatTilePath(tile));
  return prefixOf({ tile: full, bytes }, tile.width);
}

function readme({
  origin,
  verifierKey,
  postQuantumKey,
}: Pick<ExportedLog, 'origin' | 'verifierKey' | 'postQuantumKey'>): string {
  // Each of the two keys on a line of its own: the second has 1,800 characters.
  const second = postQuantumKey === undefined ? '' : ` \\\n    --key '${postQuantumKey}'`;
  return `${origin}

This folder is a complete copy of a transparency log (C2SP tlog-tiles). Any web
server can serve it as it is, and any tool for such logs can verify it. To verify
all of it offline:

  npx sekisho-verify --export . --key '${verifierKey}'${second}

This key came with the copy. Compare it with the one the institution publishes:
a copy vouches for nothing by itself.

Serve checkpoint as text/plain with a cache time of a few seconds, and everything
under tile/ as application/octet-stream with a long one: those files never change.


このフォルダーは、透明性ログ(C2SP tlog-tiles)の完全な写しです。そのまま、
どのウェブサーバーでも公開でき、この形式に対応したどの道具でも検証できます。
全体をオフラインで検証するには:

  npx sekisho-verify --export . --key '${verifierKey}'${second}

この鍵は写しに付いてきたものです。機関が公表している鍵と同じか確かめてください。
写しだけでは何の保証にもなりません。

checkpoint は text/plain とし、キャッシュは数秒にしてください。tile/ の中は
application/octet-stream とし、長くキャッシュして構いません。決して変わりません。
`;
}
