import { encodeBase64, encodeBase64url, equalBytes } from './bytes.ts';
import { EntryChain } from './chain.ts';
import {
  type MlDsaState,
  type OpenedCheckpoint,
  openCheckpoint,
  requireLogKey,
} from './checkpoint.ts';
import { type Bilingual, ProofError, type RejectionCode, rejections } from './codes.ts';
import { parseEntry } from './entry.ts';
import { hashLeaf } from './hashing.ts';
import { type NoteOptions, type VerifierKey, parseVerifierKey } from './note.ts';
import {
  type TilePath,
  formatTilePath,
  fullTileWidth,
  splitBundle,
  splitTile,
  tileWidth,
} from './tile.ts';
import { foldRight, rootNodes, rootOf } from './tree.ts';
import type { Verdict } from './verify-receipt.ts';

/** The bytes of a file of the log by its path, such as `tile/0/000`, or undefined without one. */
export type ReadLogFile = (path: string) => Promise<Uint8Array | undefined>;

export interface ExportOptions extends NoteOptions {
  /** Keys of the log, as `<name>+<id>+<key>`, and of the witnesses one trusts. */
  readonly verifierKeys: readonly string[];
  /** Of a log whose entries are not ours only the tree is checked. */
  readonly anyEntries?: boolean;
}

export interface ExportFault {
  readonly code: RejectionCode;
  /** A path of the log, or `entry <index>`. */
  readonly subject: string;
  readonly text: Bilingual;
}

export interface ExportReport {
  readonly verdict: Verdict;
  readonly faults: { readonly total: number; readonly first: readonly ExportFault[] };
  readonly origin?: string;
  readonly size: number;
  /** Base64. */
  readonly root?: string;
  /** Entries that were read and hashed. */
  readonly entries: number;
  /** Hash tiles and bundles that were read. */
  readonly files: number;
  readonly writers: number;
  readonly intents: number;
  readonly outcomes: number;
  /** Intents without an outcome: under way when the checkpoint was signed. */
  readonly openIntents: { readonly total: number; readonly first: readonly number[] };
  readonly witnesses: readonly { readonly name: string; readonly time: number }[];
  /** One for each key of type 0x06 that was given; none of them need have signed. */
  readonly mlDsa44: readonly MlDsaState[];
}

const shownFaults = 100;
const shownIntents = 20;

/**
 * Verifies a whole log from its static files: signature, every entry, every tile, the root, and
 * that no writer's entry was left out. Reads each file once and keeps one tile for each level.
 * @returns a report; never throws for bad evidence
 */
export async function verifyExport(
  read: ReadLogFile,
  options: ExportOptions,
): Promise<ExportReport> {
  const walk = new ExportWalk(read, options.anyEntries === true);
  const keys = await parseKeys(options);
  if (!Array.isArray(keys)) {
    walk.fault(keys.code, keys.subject);
    return walk.report(undefined);
  }
  const note = await read('checkpoint');
  if (note === undefined) walk.fault('E_ABSENT', 'checkpoint');
  const opened = note === undefined ? undefined : await openCheckpoint(note, keys, options);
  if (note !== undefined && opened === undefined) walk.fault('E_SIG', 'checkpoint');
  // Without a signed root there is nothing that the files could be compared with.
  if (opened !== undefined) await walk.run(opened);
  return walk.report(opened);
}

async function parseKeys(options: ExportOptions): Promise<VerifierKey[] | ProofError> {
  const { verifierKeys } = options;
  const keys = await Promise.all(verifierKeys.map((text) => parseVerifierKey(text.trim())));
  const known = keys.filter((key) => key !== undefined);
  if (known.length < keys.length) return new ProofError('E_KEY', 'a given key');
  try {
    requireLogKey(known, options);
  } catch (error) {
    if (error instanceof ProofError) return error;
    throw error;
  }
  return known;
}

class ExportWalk {
  readonly #read: ReadLogFile;
  readonly #anyEntries: boolean;
  readonly #chain = new EntryChain();
  readonly #faults: ExportFault[] = [];
  #faultCount = 0;
  /** For each level the hashes of the tile that is not full yet. */
  readonly #levels: Uint8Array[][] = [];
  #entries = 0;
  #files = 0;

  constructor(read: ReadLogFile, anyEntries: boolean) {
    this.#read = read;
    this.#anyEntries = anyEntries;
  }

  fault(code: RejectionCode, subject: string): void {
    this.#faultCount++;
    if (this.#faults.length < shownFaults) {
      this.#faults.push({ code, subject, text: rejections[code] });
    }
  }

  async run({ size, root }: OpenedCheckpoint): Promise<void> {
    for (let index = 0; index * fullTileWidth < size; index++) {
      // oxlint-disable-next-line no-await-in-loop -- one bundle after the other bounds the memory
      if (!(await this.#bundle(index, size))) return;
    }
    for (const [level, hashes] of this.#levels.entries()) {
      // oxlint-disable-next-line no-await-in-loop -- a handful
      if (hashes.length > 0) await this.#compareTile(level, hashes, size);
    }
    if (!equalBytes(await this.#root(), root)) this.fault('E_ROOT', 'checkpoint');
  }

  report(opened: OpenedCheckpoint | undefined): ExportReport {
    const open = this.#chain.openIntents();
    const witnesses = (opened?.signatures ?? []).flatMap(({ name, time }) =>
      time === undefined ? [] : [{ name, time }],
    );
    const good = witnesses.length > 0 ? 'WITNESSED' : 'UNANCHORED';
    return {
      verdict: this.#faultCount > 0 ? 'INVALID' : good,
      faults: { total: this.#faultCount, first: this.#faults },
      ...(opened === undefined ? {} : { origin: opened.origin, root: encodeBase64(opened.root) }),
      size: opened?.size ?? 0,
      entries: this.#entries,
      files: this.#files,
      writers: this.#chain.writers,
      intents: this.#chain.intents,
      outcomes: this.#chain.outcomes,
      openIntents: { total: open.length, first: open.slice(0, shownIntents) },
      witnesses,
      mlDsa44: opened?.mlDsa44 ?? [],
    };
  }

  /** @returns false when the entries are not there, so that nothing more can be said */
  async #bundle(index: number, size: number): Promise<boolean> {
    const width = tileWidth(size, 'entries', index);
    const tile: TilePath = { level: 'entries', index, width };
    const file = await this.#file(tile);
    const path = formatTilePath(tile);
    const all = file === undefined ? undefined : splitBundle(file.bytes);
    const entries = file?.isFull === true ? all?.slice(0, width) : all;
    if (entries?.length !== width) {
      this.fault(file === undefined ? 'E_ABSENT' : 'E_TILE', path);
      return false;
    }
    const hashes = await Promise.all(entries.map((entry) => hashLeaf(entry)));
    for (const [i, entry] of entries.entries()) this.#entry(entry, hashes[i]!);
    await this.#grow(0, hashes, size);
    return true;
  }

  #entry(bytes: Uint8Array, hash: Uint8Array): void {
    const index = this.#entries++;
    if (this.#anyEntries) return;
    const entry = parseEntry(bytes);
    if (entry === undefined) this.fault('E_ENTRY', `entry ${index}`);
    else {
      const faults = this.#chain.add(entry, { index, leafHash: encodeBase64url(hash) });
      if (faults.length > 0) this.fault('E_LINK', `entry ${index}`);
    }
  }

  async #grow(level: number, added: readonly Uint8Array[], size: number): Promise<void> {
    const hashes = (this.#levels[level] ??= []);
    hashes.push(...added);
    if (hashes.length < fullTileWidth) return;
    await this.#compareTile(level, hashes, size);
    this.#levels[level] = [];
    await this.#grow(level + 1, [await rootOf(hashes)], size);
  }

  async #compareTile(level: number, hashes: readonly Uint8Array[], size: number): Promise<void> {
    // The tile's place follows from how many entries have been read.
    const nodes = Math.floor(this.#entries / fullTileWidth ** level);
    const index = Math.floor((nodes - 1) / fullTileWidth);
    const tile: TilePath = { level, index, width: tileWidth(size, level, index) };
    const file = await this.#file(tile);
    const all = file === undefined ? undefined : splitTile(file.bytes);
    const found = file?.isFull === true ? all?.slice(0, hashes.length) : all;
    const agrees =
      found?.length === hashes.length && hashes.every((hash, i) => equalBytes(hash, found[i]!));
    if (file === undefined) this.fault('E_ABSENT', formatTilePath(tile));
    else if (!agrees) this.fault('E_TILE', formatTilePath(tile));
  }

  /** A partial file may have given way to the full one, whose beginning it is. */
  async #file(tile: TilePath): Promise<{ bytes: Uint8Array; isFull: boolean } | undefined> {
    const exact = await this.#read(formatTilePath(tile));
    const isFull = exact === undefined && tile.width < fullTileWidth;
    const bytes = isFull
      ? await this.#read(formatTilePath({ ...tile, width: fullTileWidth }))
      : exact;
    if (bytes === undefined) return undefined;
    this.#files++;
    return { bytes, isFull };
  }

  async #root(): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (const hashes of this.#levels.toReversed()) {
      for (const { start, end } of rootNodes(hashes.length)) {
        // oxlint-disable-next-line no-await-in-loop -- at most eight for each level
        parts.push(await rootOf(hashes.slice(start, end)));
      }
    }
    return foldRight(parts);
  }
}
