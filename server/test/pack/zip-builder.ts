import { deflateRawSync } from 'node:zlib';

export interface TestMember {
  readonly name: string;
  readonly data: Uint8Array;
  readonly stored?: boolean;
  /** Lies for hostile archives. */
  readonly claimedBytes?: number;
  readonly claimedPackedBytes?: number;
  readonly localName?: string;
  readonly flags?: number;
  readonly headerStart?: number;
  /** Writes the sizes and the offset in the zip64 field. */
  readonly zip64?: boolean;
}

/**
 * A ZIP archive, honest unless told otherwise. Checksums are left zero; the reader has a better
 * one.
 */
export function buildZip(members: readonly TestMember[], comment = ''): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const member of members) {
    const packed = member.stored === true ? Buffer.from(member.data) : deflateRawSync(member.data);
    const fields = {
      method: member.stored === true ? 0 : 8,
      flags: member.flags ?? 0,
      packedBytes: member.claimedPackedBytes ?? packed.length,
      bytes: member.claimedBytes ?? member.data.length,
      headerStart: member.headerStart ?? at,
    };
    const local = localHeader(member.localName ?? member.name, fields);
    parts.push(local, packed);
    at += local.length + packed.length;
    central.push(centralHeader(member.name, fields, member.zip64 === true));
  }
  const directory = Buffer.concat(central);
  return Buffer.concat([
    ...parts,
    directory,
    endRecord(members.length, directory.length, at, comment),
  ]);
}

interface Fields {
  readonly method: number;
  readonly flags: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly headerStart: number;
}

function localHeader(name: string, fields: Fields): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04_03_4b_50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(fields.flags, 6);
  header.writeUInt16LE(fields.method, 8);
  header.writeUInt32LE(fields.packedBytes, 18);
  header.writeUInt32LE(fields.bytes, 22);
  header.writeUInt16LE(Buffer.byteLength(name), 26);
  return Buffer.concat([header, Buffer.from(name)]);
}

function centralHeader(name: string, fields: Fields, zip64: boolean): Buffer {
  const extra = zip64 ? zip64Field(fields) : Buffer.alloc(0);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02_01_4b_50, 0);
  header.writeUInt16LE(fields.flags, 8);
  header.writeUInt16LE(fields.method, 10);
  header.writeUInt32LE(zip64 ? 0xff_ff_ff_ff : fields.packedBytes, 20);
  header.writeUInt32LE(zip64 ? 0xff_ff_ff_ff : fields.bytes, 24);
  header.writeUInt16LE(Buffer.byteLength(name), 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(zip64 ? 0xff_ff_ff_ff : fields.headerStart, 42);
  return Buffer.concat([header, Buffer.from(name), extra]);
}

function zip64Field(fields: Fields): Buffer {
  const field = Buffer.alloc(28);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(24, 2);
  field.writeBigUInt64LE(BigInt(fields.bytes), 4);
  field.writeBigUInt64LE(BigInt(fields.packedBytes), 12);
  field.writeBigUInt64LE(BigInt(fields.headerStart), 20);
  return field;
}

function endRecord(count: number, length: number, start: number, comment: string): Buffer {
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06_05_4b_50, 0);
  record.writeUInt16LE(count, 8);
  record.writeUInt16LE(count, 10);
  record.writeUInt32LE(length, 12);
  record.writeUInt32LE(start, 16);
  record.writeUInt16LE(Buffer.byteLength(comment), 20);
  return Buffer.concat([record, Buffer.from(comment)]);
}
