import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { limits, syncDirectory, writeFully } from '#base';

/** Entries that were committed together, with the size and root of the tree after them. */
export interface WalBatch {
  readonly entries: readonly Uint8Array[];
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * How the file ends.
 * - `clean`: at a commit frame
 * - `torn`: bytes of a batch that was never acknowledged follow the last commit frame
 * - `damaged`: later frames prove that what cannot be read had been committed
 */
export type WalEnd = 'clean' | 'torn' | 'damaged';

const headerBytes = 8;
const commitMark = 0x8000_0000;
const commitBytes = 8 + 32;
const readBytes = 1 << 20;

/**
 * The append-only write-ahead file: `u32 length, u32 CRC-32, entry` for each entry of a batch, then
 * a commit frame with the top bit of its length set, holding u64 size and root. All little-endian.
 */
export class Wal {
  readonly #fd: number;
  #end: number;

  private constructor(fd: number, end: number) {
    this.#fd = fd;
    this.#end = end;
  }

  /** Opens or creates the file. Its batches must be read before the first append. */
  static open(path: string): Wal {
    const isNew = !existsSync(path);
    const fd = openSync(path, isNew ? 'wx+' : 'r+', 0o600);
    if (isNew) {
      fsyncSync(fd);
      syncDirectory(dirname(path));
    }
    return new Wal(fd, 0);
  }

  /** For a look at the file beside the process that writes it: nothing can be appended. */
  static openReadOnly(path: string): Wal {
    return new Wal(openSync(path, 'r'), 0);
  }

  /**
   * Reads every whole batch from the start and leaves the end behind the last one.
   * @returns how the file ends; only a `torn` one may be cut
   */
  *read(): Generator<WalBatch, WalEnd> {
    const reader = new FrameReader(this.#fd);
    this.#end = 0;
    let size = 0;
    let entries: Uint8Array[] = [];
    let pendingBytes = 0;
    for (;;) {
      const frame = reader.next();
      if (frame === undefined) break;
      if (frame.kind === 'entry') {
        entries.push(frame.bytes);
        pendingBytes += frame.bytes.length;
        // A batch is bounded, so a run of entries without a commit frame is not one of ours.
        if (pendingBytes > limits.batchEntries * limits.entryBytes) break;
        continue;
      }
      if (frame.size !== size + entries.length || entries.length === 0) break;
      this.#end = reader.position;
      size = frame.size;
      yield { entries, size, root: frame.root };
      entries = [];
      pendingBytes = 0;
    }
    const fileBytes = fstatSync(this.#fd).size;
    if (fileBytes === this.#end) return 'clean';
    return provesCommit(this.#fd, this.#end, fileBytes) ? 'damaged' : 'torn';
  }

  /** Removes what follows the last whole batch. */
  cutTornTail(): void {
    ftruncateSync(this.#fd, this.#end);
    fsyncSync(this.#fd);
  }

  /** On disk when it returns. After a failure the file must not be written again. */
  append({ entries, size, root }: WalBatch): void {
    assert.ok(entries.length > 0 && root.length === 32, 'a batch holds entries and has a root');
    const commit = Buffer.alloc(commitBytes);
    commit.writeBigUInt64LE(BigInt(size), 0);
    commit.set(root, 8);
    const frames = entries.flatMap((entry) => [head(entry, 0), entry]);
    const bytes = Buffer.concat([...frames, head(commit, commitMark), commit]);
    writeFully(this.#fd, bytes, this.#end);
    fdatasyncSync(this.#fd);
    this.#end += bytes.length;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function head(payload: Uint8Array, mark: number): Uint8Array {
  const bytes = Buffer.alloc(headerBytes);
  bytes.writeUInt32LE(mark + payload.length, 0);
  bytes.writeUInt32LE(crc32(payload), 4);
  return bytes;
}

type Frame =
  | { readonly kind: 'entry'; readonly bytes: Uint8Array }
  | { readonly kind: 'commit'; readonly size: number; readonly root: Uint8Array };

/** Reads frames one after another from a sliding window over the file. */
class FrameReader {
  readonly #fd: number;
  #window: Buffer = Buffer.alloc(0);
  #windowStart: number;
  /** File offset behind the last frame. */
  position: number;

  constructor(fd: number, position = 0) {
    this.#fd = fd;
    this.#windowStart = position;
    this.position = position;
  }

  /** @returns undefined at the end and at anything that is not a whole valid frame */
  next(): Frame | undefined {
    const start = this.#have(headerBytes);
    if (start === undefined) return undefined;
    const word = this.#window.readUInt32LE(start);
    const sum = this.#window.readUInt32LE(start + 4);
    const isCommit = word >= commitMark;
    const length = isCommit ? word - commitMark : word;
    if (isCommit ? length !== commitBytes : length === 0 || length > limits.entryBytes) {
      return undefined;
    }
    const again = this.#have(headerBytes + length);
    if (again === undefined) return undefined;
    const from = again + headerBytes;
    const payload = this.#window.subarray(from, from + length);
    if (crc32(payload) !== sum) return undefined;
    this.position += headerBytes + length;
    if (!isCommit) return { kind: 'entry', bytes: payload };
    const size = payload.readBigUInt64LE(0);
    if (size > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
    return { kind: 'commit', size: Number(size), root: payload.subarray(8) };
  }

  /** @returns where in the window the next bytes start, once it holds as many as wanted */
  #have(wanted: number): number | undefined {
    const start = this.position - this.#windowStart;
    if (start + wanted <= this.#window.length) return start;
    // A fresh buffer each time: earlier frames are views of the old one and stay valid.
    const fresh = Buffer.allocUnsafe(readBytes);
    let filled = 0;
    while (filled < fresh.length) {
      const got = readSync(this.#fd, fresh, filled, fresh.length - filled, this.position + filled);
      if (got === 0) break;
      filled += got;
    }
    this.#window = fresh.subarray(0, filled);
    this.#windowStart = this.position;
    return filled >= wanted ? 0 : undefined;
  }
}

/**
 * Looks behind the last whole batch for a proof that what stands there had been synced. The batch
 * under way at a crash may show any mixture of old and new sectors, even its commit frame without
 * its entries. But bytes of the next batch are written only after that one was synced, so whatever
 * stood where a commit frame is followed by another valid frame was acknowledged.
 */
function provesCommit(fd: number, start: number, end: number): boolean {
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(commitMark + commitBytes);
  const chunk = Buffer.allocUnsafe(readBytes);
  for (let at = start; at < end; at += readBytes - mark.length) {
    const got = readSync(fd, chunk, 0, chunk.length, at);
    const seen = chunk.subarray(0, got);
    for (let hit = seen.indexOf(mark); hit !== -1; hit = seen.indexOf(mark, hit + 1)) {
      const behind = at + hit + headerBytes + commitBytes;
      if (new FrameReader(fd, behind).next() !== undefined) return true;
    }
  }
  return false;
}
