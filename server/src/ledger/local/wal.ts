import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Disk, type DiskFile, Scratch, limits } from '#base';
import type { Batch, Sequence, SequenceEnd } from '../storage.ts';

const headerBytes = 8;
const commitMark = 0x8000_0000;
const commitBytes = 8 + 32;
const readBytes = 1 << 20;

/**
 * The append-only write-ahead file: `u32 length, u32 CRC-32, entry` for each entry of a batch, then
 * a commit frame with the top bit of its length set, holding u64 size and root. All little-endian.
 */
export class Wal implements Sequence {
  readonly #file: DiskFile;
  #end = 0;
  readonly #scratch = new Scratch();

  private constructor(file: DiskFile) {
    this.#file = file;
  }

  /** Opens or creates the file. Its batches must be read before the first append. */
  static async open(disk: Disk, path: string): Promise<Wal> {
    const existing = await disk.open(path);
    if (existing !== undefined) return new Wal(existing);
    const file = await disk.create(path);
    await file.sync();
    await disk.syncFolder(dirname(path));
    return new Wal(file);
  }

  /**
   * For a look at the file beside the process that writes it: nothing can be appended.
   * @returns undefined when there is no such file
   */
  static async openReadOnly(disk: Disk, path: string): Promise<Wal | undefined> {
    const file = await disk.openReadOnly(path);
    return file === undefined ? undefined : new Wal(file);
  }

  async *read(): AsyncGenerator<Batch, SequenceEnd> {
    const reader = new FrameReader(this.#file);
    this.#end = 0;
    let size = 0;
    let entries: Uint8Array[] = [];
    let pendingBytes = 0;
    for (;;) {
      // A frame that is already in memory costs no turn of the event loop.
      const frame = reader.take() ?? (await reader.next());
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
    const fileBytes = await this.#file.size();
    if (fileBytes === this.#end) return 'clean';
    return (await provesCommit(this.#file, this.#end, fileBytes)) ? 'damaged' : 'torn';
  }

  async cutTornTail(): Promise<void> {
    await this.#file.truncate(this.#end);
  }

  /** One write and one sync. */
  async append({ entries, size, root }: Batch): Promise<void> {
    assert.ok(entries.length > 0 && root.length === 32, 'a batch holds entries and has a root');
    const entryBytes = entries.reduce((sum, entry) => sum + headerBytes + entry.length, 0);
    const bytes = this.#scratch.take(entryBytes + headerBytes + commitBytes);
    let at = 0;
    for (const entry of entries) at = putFrame(bytes, at, { payload: entry, mark: 0 });
    const commit = Buffer.alloc(commitBytes);
    commit.writeBigUInt64LE(BigInt(size), 0);
    commit.set(root, 8);
    putFrame(bytes, at, { payload: commit, mark: commitMark });
    await this.#file.write(bytes, this.#end);
    await this.#file.sync();
    this.#end += bytes.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** @returns where the next frame goes */
function putFrame(
  into: Buffer,
  at: number,
  { payload, mark }: { readonly payload: Uint8Array; readonly mark: number },
): number {
  into.writeUInt32LE(mark + payload.length, at);
  into.writeUInt32LE(crc32(payload), at + 4);
  into.set(payload, at + headerBytes);
  return at + headerBytes + payload.length;
}

type Frame =
  | { readonly kind: 'entry'; readonly bytes: Uint8Array }
  | { readonly kind: 'commit'; readonly size: number; readonly root: Uint8Array };

/** Reads frames one after another from a sliding window over the file. */
class FrameReader {
  readonly #file: DiskFile;
  #window: Buffer = Buffer.alloc(0);
  #windowStart: number;
  /** File offset behind the last frame. */
  position: number;

  constructor(file: DiskFile, position = 0) {
    this.#file = file;
    this.#windowStart = position;
    this.position = position;
  }

  /** @returns undefined at the end and at anything that is not a whole valid frame */
  async next(): Promise<Frame | undefined> {
    const start = this.position - this.#windowStart;
    if (start + headerBytes > this.#window.length) await this.#load();
    const head = this.#head();
    if (head === undefined) return undefined;
    const wanted = headerBytes + head.length;
    if (this.position - this.#windowStart + wanted > this.#window.length) await this.#load();
    return this.take();
  }

  /** The next frame if the window holds it whole. */
  take(): Frame | undefined {
    const head = this.#head();
    if (head === undefined) return undefined;
    const { isCommit, length, sum } = head;
    const from = this.position - this.#windowStart + headerBytes;
    if (from + length > this.#window.length) return undefined;
    const payload = this.#window.subarray(from, from + length);
    if (crc32(payload) !== sum) return undefined;
    if (!isCommit) {
      this.position += headerBytes + length;
      return { kind: 'entry', bytes: payload };
    }
    const size = payload.readBigUInt64LE(0);
    if (size > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
    this.position += headerBytes + length;
    return { kind: 'commit', size: Number(size), root: payload.subarray(8) };
  }

  #head(): { isCommit: boolean; length: number; sum: number } | undefined {
    const start = this.position - this.#windowStart;
    if (start + headerBytes > this.#window.length) return undefined;
    const word = this.#window.readUInt32LE(start);
    const isCommit = word >= commitMark;
    const length = isCommit ? word - commitMark : word;
    if (isCommit ? length !== commitBytes : length === 0 || length > limits.entryBytes) {
      return undefined;
    }
    return { isCommit, length, sum: this.#window.readUInt32LE(start + 4) };
  }

  async #load(): Promise<void> {
    // A fresh buffer each time: earlier frames are views of the old one and stay valid.
    const fresh = Buffer.allocUnsafe(readBytes);
    const filled = await this.#file.read(fresh, this.position);
    this.#window = fresh.subarray(0, filled);
    this.#windowStart = this.position;
  }
}

/**
 * Looks behind the last whole batch for a proof that what stands there had been synced. The batch
 * under way at a crash may show any mixture of old and new sectors, even its commit frame without
 * its entries. But bytes of the next batch are written only after that one was synced, so whatever
 * stood where a commit frame is followed by another valid frame was acknowledged.
 */
async function provesCommit(file: DiskFile, start: number, end: number): Promise<boolean> {
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(commitMark + commitBytes);
  const chunk = Buffer.allocUnsafe(readBytes);
  for (let at = start; at < end; at += readBytes - mark.length) {
    const got = await file.read(chunk, at);
    const seen = chunk.subarray(0, got);
    for (let hit = seen.indexOf(mark); hit !== -1; hit = seen.indexOf(mark, hit + 1)) {
      const behind = at + hit + headerBytes + commitBytes;
      if ((await new FrameReader(file, behind).next()) !== undefined) return true;
    }
  }
  return false;
}
