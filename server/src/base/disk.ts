import {
  type Stats,
  close,
  fdatasync,
  fstat,
  fsync,
  ftruncate,
  mkdir,
  open,
  read,
  readFile,
  readdir,
  rename,
  rm,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** An open file. Positions and lengths in bytes. */
export interface DiskFile {
  size(): Promise<number>;
  /** Fills the buffer from a position on. @returns fewer bytes than it holds only at the end */
  read(into: Uint8Array, position: number): Promise<number>;
  /**
   * Writes every byte: the system call may write fewer and only reports the count. The bytes are
   * taken before the call returns its promise, and may be overwritten then.
   */
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** What was written survives a power cut once it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The file system as far as evidence needs it. A port, so that a test can put a disk behind it that
 * loses, tears and reorders whatever was not synced.
 */
export interface Disk {
  /** For reading and writing. @returns undefined when there is no such file */
  open(path: string): Promise<DiskFile | undefined>;
  openReadOnly(path: string): Promise<DiskFile | undefined>;
  /** An empty file in place of whatever was there. Its name is durable only with its folder. */
  create(path: string): Promise<DiskFile>;
  readFile(path: string): Promise<Buffer | undefined>;
  /** Names in a folder; none when there is no such folder. */
  list(path: string): Promise<readonly string[]>;
  /** A folder and its missing parents. @returns the first that was made */
  makeFolder(path: string): Promise<string | undefined>;
  rename(from: string, to: string): Promise<void>;
  /** A file or folder with all it holds; nothing when it is not there. */
  remove(path: string): Promise<void>;
  /** Makes new names in a folder, and renames into it, survive a power cut. */
  syncFolder(path: string): Promise<void>;
}

const files = {
  open: promisify(open),
  close: promisify(close),
  fstat: promisify<number, Stats>(fstat),
  read: promisify(read),
  truncate: promisify(ftruncate),
  fsync: promisify(fsync),
  fdatasync: promisify(fdatasync),
  readFile: promisify(readFile),
  readdir: promisify(readdir),
  mkdir: promisify(mkdir),
  rename: promisify(rename),
  remove: promisify(rm),
};

class NodeFile implements DiskFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  async size(): Promise<number> {
    return (await files.fstat(this.#fd)).size;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const at = position + filled;
      const { bytesRead } = await files.read(this.#fd, into, filled, into.length - filled, at);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    // A copy into the page cache: handing it to another thread costs more than doing it here, and
    // the sync that follows can begin at once.
    let written = 0;
    while (written < bytes.length) {
      const rest = bytes.length - written;
      written += writeSync(this.#fd, bytes, written, rest, position + written);
    }
  }

  async truncate(length: number): Promise<void> {
    await files.truncate(this.#fd, length);
    await files.fsync(this.#fd);
  }

  async sync(): Promise<void> {
    await files.fdatasync(this.#fd);
  }

  async close(): Promise<void> {
    await files.close(this.#fd);
  }
}

/** The disk of this machine. */
export const nodeDisk: Disk = {
  open: (path) => openFile(path, 'r+'),
  openReadOnly: (path) => openFile(path, 'r'),
  create: async (path) => new NodeFile(await files.open(path, 'w+', 0o600)),
  readFile: async (path) => orAbsent(() => files.readFile(path)),
  list: async (path) => (await orAbsent(() => files.readdir(path))) ?? [],
  makeFolder: (path) => files.mkdir(path, { recursive: true, mode: 0o700 }),
  rename: (from, to) => files.rename(from, to),
  remove: (path) => files.remove(path, { recursive: true, force: true }),
  syncFolder: async (path) => {
    // Windows cannot open a directory; NTFS journals its metadata itself.
    if (process.platform === 'win32') return;
    const fd = await files.open(path, 'r');
    try {
      await files.fsync(fd);
    } finally {
      await files.close(fd);
    }
  },
};

async function openFile(path: string, flags: string): Promise<DiskFile | undefined> {
  const fd = await orAbsent(() => files.open(path, flags));
  return fd === undefined ? undefined : new NodeFile(fd);
}

async function orAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Creates a folder and its missing parents, each one recorded durably in the one above it. */
export async function makeFolderDurably(disk: Disk, path: string): Promise<void> {
  const first = await disk.makeFolder(path);
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    await disk.syncFolder(dirname(made));
  }
}

/** Replaces a file whole or not at all; the rename lasts once the folder is synced. */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await disk.create(temporary);
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
}
