import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { syncDirectory, writeFileDurably } from '#base';
import { bounds } from './bounds.ts';
import { PackError } from './errors.ts';
import { type VerifiedFile, verifiedSchema } from './schema.ts';

export interface Expected {
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface Incoming {
  readonly expected: Expected;
  /** Called with the bytes received so far. */
  readonly onBytes?: (received: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks that a file is the expected one. The hash of a file whose marks have not changed since it
 * was last computed is taken from `verified.json`, so that a start does not read the whole model
 * again.
 * @param directory where `verified.json` is kept
 * @throws PackError `absent`, `wrong_size` or `wrong_hash`
 */
export async function checkFile(
  path: string,
  expected: Expected,
  directory: string,
): Promise<void> {
  const absolute = resolve(path);
  const marks = await readMarks(absolute);
  if (marks === undefined) throw new PackError('absent');
  if (marks.sizeBytes !== expected.sizeBytes) {
    throw new PackError('wrong_size', `${marks.sizeBytes}, not ${expected.sizeBytes} bytes`);
  }
  const known = readVerified(directory);
  const before = known.find((file) => file.path === absolute);
  let sha256: string;
  if (before !== undefined && sameMarks(before, marks)) {
    sha256 = before.sha256;
  } else {
    sha256 = await hashFile(absolute);
    remember(directory, known, { path: absolute, ...marks, sha256 });
  }
  if (sha256 !== expected.sha256) throw new PackError('wrong_hash');
}

/**
 * Writes a stream to `<target>.part` while hashing it, and gives it its name only when size and
 * hash are right. Whatever fails leaves no file behind.
 * @throws PackError `wrong_size`, `wrong_hash`, `disk`, `aborted`, or what the stream throws
 */
export async function writeVerified(
  target: string,
  chunks: AsyncIterable<Uint8Array>,
  incoming: Incoming,
): Promise<void> {
  const part = `${target}.part`;
  try {
    const handle = await onDisk(open(part, 'w', 0o600));
    try {
      await receive(handle, chunks, incoming);
      await onDisk(handle.sync());
    } finally {
      await handle.close();
    }
    await onDisk(rename(part, target));
    syncDirectory(dirname(target));
  } catch (cause) {
    await rm(part, { force: true });
    throw cause;
  }
}

/** Notes a file that was verified while it was written, so that the next start need not hash it. */
export async function rememberFile(path: string, sha256: string, directory: string): Promise<void> {
  const absolute = resolve(path);
  const marks = await readMarks(absolute);
  if (marks === undefined) return;
  remember(directory, readVerified(directory), { path: absolute, ...marks, sha256 });
}

async function receive(
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  { expected, onBytes, signal }: Incoming,
): Promise<void> {
  const hash = createHash('sha256');
  let received = 0;
  for await (const chunk of chunks) {
    if (signal?.aborted === true) throw new PackError('aborted');
    received += chunk.length;
    if (received > expected.sizeBytes) {
      throw new PackError('wrong_size', `more than ${expected.sizeBytes} bytes`);
    }
    hash.update(chunk);
    await onDisk(writeAll(handle, chunk));
    onBytes?.(received);
  }
  if (received !== expected.sizeBytes) {
    throw new PackError('wrong_size', `${received}, not ${expected.sizeBytes} bytes`);
  }
  if (hash.digest('hex') !== expected.sha256) throw new PackError('wrong_hash');
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    // oxlint-disable-next-line no-await-in-loop -- each write begins where the last one stopped
    const { bytesWritten } = await handle.write(chunk, written);
    written += bytesWritten;
  }
}

async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new PackError('disk', systemCode(cause), cause);
  }
}

/** The operating system's name for what went wrong, such as ENOSPC. */
export function systemCode(cause: unknown): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    const file: AsyncIterable<Uint8Array> = createReadStream(path, { highWaterMark: 1024 * 1024 });
    for await (const chunk of file) hash.update(chunk);
  } catch (cause) {
    throw new PackError('absent', systemCode(cause), cause);
  }
  return hash.digest('hex');
}

type Marks = Omit<VerifiedFile, 'path' | 'sha256'>;

async function readMarks(path: string): Promise<Marks | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) return undefined;
  return { sizeBytes: found.size, modifiedMs: found.mtimeMs, changedMs: found.ctimeMs };
}

// The change time is compared too, because a copy may carry over the modification time.
function sameMarks(a: Marks, b: Marks): boolean {
  return (
    a.sizeBytes === b.sizeBytes && a.modifiedMs === b.modifiedMs && a.changedMs === b.changedMs
  );
}

const sidecarName = 'verified.json';

/** A damaged or missing note costs one hashing and nothing else. */
function readVerified(directory: string): readonly VerifiedFile[] {
  try {
    const text = readFileSync(join(directory, sidecarName), 'utf8');
    return verifiedSchema.parse(JSON.parse(text)).files;
  } catch {
    return [];
  }
}

function remember(directory: string, known: readonly VerifiedFile[], file: VerifiedFile): void {
  const files = [file, ...known.filter((other) => other.path !== file.path)];
  const text = JSON.stringify({ files: files.slice(0, bounds.rememberedFiles) }, null, 2);
  try {
    writeFileDurably(join(directory, sidecarName), Buffer.from(`${text}\n`));
  } catch {
    // A folder that cannot be written is hashed again next time; the check itself has been made.
  }
}
