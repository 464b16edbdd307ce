import { randomBytes } from 'node:crypto';

/** 128 random bits: unguessable, so an id may serve as the address of a receipt. */
export function randomBytes128(): Uint8Array {
  return new Uint8Array(randomBytes(16));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** @returns the bytes, or undefined when the text is not an even number of lower-case hex digits */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text, 'hex'));
}
