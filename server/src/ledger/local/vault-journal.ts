import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Disk, type DiskFile, Scratch, limits } from '#base';

const magic = Buffer.from('SKV1', 'ascii');
const headBytes = 4 + 4 + 4 + 4;

/**
 * A file of rows on their way into the vault. Each frame is magic, u32 generation, u32 length,
 * CRC-32 of both and the rows, then the rows; all big-endian. What counts is the run of whole
 * frames of one generation at the start. Once the rows are in the vault the next generation is
 * written over them, since a sync is cheaper where the file does not grow.
 */
export class VaultJournal {
  readonly #file: DiskFile;
  readonly #scratch = new Scratch();
  #generation = randomBytes(4).readUInt32BE();
  #end = 0;
  /** How far the file reaches at most. */
  #reach = 0;
  #clearing: Promise<void> | undefined;
  /** The last append, whether it went well or not. */
  #appending: Promise<void> = Promise.resolve();

  private constructor(file: DiskFile) {
    this.#file = file;
  }

  /** Opens or creates the file, which must be read and cleared before the first append. */
  static async open(disk: Disk, path: string): Promise<VaultJournal> {
    const existing = await disk.open(path);
    const file = existing ?? (await disk.create(path));
    if (existing === undefined) {
      await file.sync();
      await disk.syncFolder(dirname(path));
    }
    const journal = new VaultJournal(file);
    journal.#reach = await file.size();
    return journal;
  }

  /** The rows that count, frame by frame. */
  async read(): Promise<readonly Buffer[]> {
    return readFrames(this.#file);
  }

  /** Durable once it resolves; one call at a time. @param rows as they will be read back */
  async append(rows: Uint8Array): Promise<void> {
    while (this.#clearing !== undefined) await this.#clearing;
    const bytes = this.#scratch.take(headBytes + rows.length);
    magic.copy(bytes);
    bytes.writeUInt32BE(this.#generation, 4);
    bytes.writeUInt32BE(rows.length, 8);
    bytes.set(rows, headBytes);
    bytes.writeUInt32BE(checksum(bytes.subarray(4, 12), rows), 12);
    const start = this.#end;
    this.#end += bytes.length;
    this.#reach = Math.max(this.#reach, this.#end);
    const written = this.#write(bytes, start);
    this.#appending = written.catch(() => undefined);
    await written;
  }

  async #write(bytes: Uint8Array, start: number): Promise<void> {
    await this.#file.write(bytes, start);
    await this.#file.sync();
  }

  /** What was appended is in the vault. It stays in the file until it is written over. */
  restart(): void {
    this.#generation = (this.#generation + 1) >>> 0;
    this.#end = 0;
  }

  /**
   * What was appended is in the vault, and no byte of it is left in the file when this resolves.
   * Appends meanwhile wait for it.
   */
  async clear(): Promise<void> {
    while (this.#clearing !== undefined) await this.#clearing;
    this.restart();
    if (this.#reach === 0) return;
    this.#reach = 0;
    // A write under way would put its rows back. After a failure it stays, and so does every append
    // that comes.
    this.#clearing = this.#appending.then(() => this.#file.truncate(0));
    await this.#clearing;
    this.#clearing = undefined;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** The same for whoever looks at the file beside the process that writes it. */
export async function readJournal(disk: Disk, path: string): Promise<readonly Buffer[]> {
  const file = await disk.openReadOnly(path);
  if (file === undefined) return [];
  try {
    return await readFrames(file);
  } finally {
    await file.close();
  }
}

async function readFrames(file: DiskFile): Promise<readonly Buffer[]> {
  const size = Math.min(await file.size(), limits.vaultJournalBytes);
  const whole = Buffer.alloc(size);
  const bytes = whole.subarray(0, await file.read(whole, 0));
  const frames: Buffer[] = [];
  let generation: number | undefined;
  for (let at = 0; at + headBytes <= bytes.length;) {
    if (!bytes.subarray(at, at + 4).equals(magic)) break;
    const mine = bytes.readUInt32BE(at + 4);
    const end = at + headBytes + bytes.readUInt32BE(at + 8);
    if (end > bytes.length || mine !== (generation ?? mine)) break;
    const rows = bytes.subarray(at + headBytes, end);
    if (bytes.readUInt32BE(at + 12) !== checksum(bytes.subarray(at + 4, at + 12), rows)) break;
    frames.push(rows);
    generation = mine;
    at = end;
  }
  return frames;
}

function checksum(head: Uint8Array, rows: Uint8Array): number {
  assert.ok(head.length === 8, 'generation and length');
  return crc32(rows, crc32(head));
}
