import { z } from 'zod';
import { featureBits } from './features.ts';

/** "SKSLIN" and the version of the layout. */
const magic = new Uint8Array([0x53, 0x4b, 0x53, 0x4c, 0x49, 0x4e, 0x00, 0x01]);
const prefixBytes = magic.length + 4;
const mostHeaderBytes = 64 * 1024;
/** What a package may weigh; a larger file is none of ours. */
export const mostWeightsBytes = 4 * 1024 * 1024;

const number = z.number().refine(Number.isFinite);
const headSchema = z.strictObject({
  /** What it answers for: a kind, or `gate`. */
  name: z.string().min(1).max(64),
  /** One step of a stored weight. */
  scale: number.positive(),
  bias: number,
  /** Platt: the probability is 1 / (1 + exp(-(slope · z + offset))). */
  slope: number.positive(),
  offset: number,
  /** From this probability on it is a finding, from that one on a sure one. */
  threshold: number.min(0).max(1),
  sure: number.min(0).max(1),
});
const headerSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  version: z.int().min(1).max(1_000_000),
  /** Of the way its features are hashed; a model refuses another than its own. */
  features: z.int().min(1).max(255),
  bits: z.int().min(4).max(featureBits),
  heads: z.array(headSchema).min(1).max(32),
});

export type Head = Readonly<z.infer<typeof headSchema>>;
export type WeightsHeader = Readonly<z.infer<typeof headerSchema>>;

export interface Weights {
  readonly header: WeightsHeader;
  /** By bucket, then by head. */
  readonly values: Int8Array;
}

/**
 * Reads a weights file: magic and version, length of the header (32 bits, little endian), header
 * (JSON), then one signed byte for each bucket and head.
 * @throws {Error} `couldn't read weights: …` when anything is other than that
 */
export function parseWeights(file: Uint8Array): Weights {
  const refuse = (why: string): never => {
    throw new Error(`couldn't read weights: ${why}`);
  };
  if (file.length > mostWeightsBytes) refuse('too long');
  if (file.length < prefixBytes) refuse('too short');
  if (!magic.every((byte, at) => file[at] === byte)) refuse('not such a file, or another version');
  const headerBytes = new DataView(file.buffer, file.byteOffset).getUint32(magic.length, true);
  const start = prefixBytes + headerBytes;
  if (headerBytes > mostHeaderBytes || start > file.length) refuse('the header is too long');
  const parsed = headerSchema.safeParse(headerOf(file.subarray(prefixBytes, start)));
  if (!parsed.success) return refuse('the header is not as it should be');
  const header = parsed.data;
  const count = 2 ** header.bits * header.heads.length;
  if (file.length - start !== count) refuse('not as many weights as the header says');
  // A copy, because the file may be a window of a larger buffer.
  return { header, values: new Int8Array(new Uint8Array(file.subarray(start)).buffer) };
}

function headerOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** The bytes of a weights file: the same for the same weights. */
export function writeWeights({ header, values }: Weights): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(prefixBytes + json.length + values.length);
  file.set(magic);
  new DataView(file.buffer).setUint32(magic.length, json.length, true);
  file.set(json, prefixBytes);
  file.set(
    new Uint8Array(values.buffer, values.byteOffset, values.length),
    prefixBytes + json.length,
  );
  return file;
}
