import { type FileHandle, open } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { bounds } from './bounds.ts';
import { PackError } from './errors.ts';

/**
 * One member of a ZIP archive (PKWARE APPNOTE 6.3.10), found through the central directory and
 * streamed. Names are compared and never used as paths; no other member is read.
 * @param sizeBytes what the member must unpack to; the stream never yields more
 * @throws PackError `zip` from the iteration
 */
export async function* readMember(
  path: string,
  name: string,
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  const range = await locate(path, name, sizeBytes);
  const file = createReadStream(path, { start: range.start, end: range.end - 1 });
  const stream = range.deflated ? pipeline(file, createInflateRaw(), () => {}) : file;
  let yielded = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      yielded += chunk.length;
      if (yielded > sizeBytes) throw damaged('a member unpacks to more than it says');
      yield chunk;
    }
  } catch (cause) {
    throw cause instanceof PackError ? cause : damaged('a member is cut or garbled', cause);
  } finally {
    file.destroy();
    stream.destroy();
  }
  if (yielded !== sizeBytes) throw damaged('a member unpacks to less than it says');
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly deflated: boolean;
}

async function locate(path: string, name: string, sizeBytes: number): Promise<Range> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    throw damaged('the archive cannot be opened', cause);
  }
  try {
    const { size } = await handle.stat();
    const directory = await readDirectory(handle, size);
    const member = findMember(directory.bytes, name);
    if (member.sizeBytes !== sizeBytes) throw damaged('the member has another size');
    return await dataRange(handle, member, { name, end: directory.start });
  } finally {
    await handle.close();
  }
}

const signature = {
  local: 0x04_03_4b_50,
  central: 0x02_01_4b_50,
  end: 0x06_05_4b_50,
  end64: 0x06_06_4b_50,
  locator64: 0x07_06_4b_50,
} as const;

/** The end record is 22 bytes and may be followed by a comment of at most 65,535. */
const endBytes = 22;
const longestTail = endBytes + 0xff_ff;

interface Directory {
  readonly start: number;
  readonly bytes: Buffer;
}

async function readDirectory(handle: FileHandle, size: number): Promise<Directory> {
  const tailStart = Math.max(0, size - longestTail);
  const tail = await readExactly(handle, tailStart, size - tailStart);
  const at = findEnd(tail);
  let length = tail.readUInt32LE(at + 12);
  let start = tail.readUInt32LE(at + 16);
  const isZip64 =
    at >= 20 &&
    tail.readUInt32LE(at - 20) === signature.locator64 &&
    (length === 0xff_ff_ff_ff || start === 0xff_ff_ff_ff);
  if (isZip64) {
    const record = await readExactly(handle, readOffset(tail, at - 20 + 8), 56);
    if (record.readUInt32LE(0) !== signature.end64)
      throw damaged('the zip64 end record is missing');
    length = readOffset(record, 40);
    start = readOffset(record, 48);
  }
  if (length > bounds.zipDirectoryBytes) throw damaged('its table of contents is too long');
  if (start + length > size) throw damaged('its table of contents lies outside');
  return { start, bytes: await readExactly(handle, start, length) };
}

function findEnd(tail: Buffer): number {
  for (let at = tail.length - endBytes; at >= 0; at -= 1) {
    // A comment may contain the signature; the true record's comment ends where the file ends.
    if (
      tail.readUInt32LE(at) === signature.end &&
      at + endBytes + tail.readUInt16LE(at + 20) === tail.length
    ) {
      return at;
    }
  }
  throw damaged('it is not a ZIP archive');
}

interface Member {
  readonly deflated: boolean;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  readonly headerStart: number;
}

function findMember(directory: Buffer, name: string): Member {
  const wanted = Buffer.from(name, 'utf8');
  let found: Member | undefined;
  let count = 0;
  for (let at = 0; at + 46 <= directory.length; count += 1) {
    if (count >= bounds.zipEntries) throw damaged('it has too many members');
    if (directory.readUInt32LE(at) !== signature.central) break;
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    if (extraEnd > directory.length) throw damaged('its table of contents is cut');
    if (directory.subarray(at + 46, nameEnd).equals(wanted)) {
      // Two members of one name would let two readers see two files.
      if (found !== undefined) throw damaged('the member is there twice');
      found = readEntry(directory.subarray(at, extraEnd), nameEnd - at);
    }
    at = extraEnd + directory.readUInt16LE(at + 32);
  }
  if (found === undefined) throw damaged('the member is not there');
  return found;
}

function readEntry(entry: Buffer, extraStart: number): Member {
  const method = entry.readUInt16LE(10);
  const encrypted = (entry.readUInt16LE(8) & 1) === 1;
  if (encrypted || (method !== 0 && method !== 8))
    throw damaged('the member is packed in a way we do not read');
  let sizeBytes = entry.readUInt32LE(24);
  let compressedBytes = entry.readUInt32LE(20);
  let headerStart = entry.readUInt32LE(42);
  const wide = zip64Field(entry.subarray(extraStart));
  let at = 0;
  const widen = (value: number): number => {
    if (value !== 0xff_ff_ff_ff || wide === undefined) return value;
    if (at + 8 > wide.length) throw damaged('a zip64 field is cut');
    at += 8;
    return readOffset(wide, at - 8);
  };
  // The order is the format's: size, packed size, offset; each only when the short field is full.
  sizeBytes = widen(sizeBytes);
  compressedBytes = widen(compressedBytes);
  headerStart = widen(headerStart);
  if (method === 0 && sizeBytes !== compressedBytes) throw damaged('a stored member has two sizes');
  return { deflated: method === 8, compressedBytes, sizeBytes, headerStart };
}

function zip64Field(extra: Buffer): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) return extra.subarray(at + 4, end);
    at = end;
  }
  return undefined;
}

async function dataRange(
  handle: FileHandle,
  member: Member,
  archive: { readonly name: string; readonly end: number },
): Promise<Range> {
  const header = await readExactly(handle, member.headerStart, 30);
  if (header.readUInt32LE(0) !== signature.local) throw damaged('a member has no header');
  const nameBytes = header.readUInt16LE(26);
  const name = await readExactly(handle, member.headerStart + 30, nameBytes);
  if (!name.equals(Buffer.from(archive.name, 'utf8'))) throw damaged('a member has two names');
  const start = member.headerStart + 30 + nameBytes + header.readUInt16LE(28);
  const end = start + member.compressedBytes;
  if (end > archive.end || end <= start) throw damaged('a member lies outside the archive');
  return { start, end, deflated: member.deflated };
}

function readOffset(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged('an offset is out of range');
  return Number(value);
}

async function readExactly(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    // oxlint-disable-next-line no-await-in-loop -- each read begins where the last one stopped
    const { bytesRead } = await handle.read(bytes, done, length - done, start + done);
    if (bytesRead === 0) throw damaged('the archive is cut');
    done += bytesRead;
  }
  return bytes;
}

function damaged(detail: string, cause?: unknown): PackError {
  return new PackError('zip', detail, cause);
}
