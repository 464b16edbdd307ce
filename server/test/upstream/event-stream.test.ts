import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventStreamReader } from '../../src/upstream/event-stream.ts';
import { frame, resealed } from '../fakes/bedrock-wire.ts';
import { cutAt } from './wire.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

function read(pieces: readonly Uint8Array[], limit = 100_000): { headers: object; text: string }[] {
  const reader = new EventStreamReader(limit);
  return pieces.flatMap((piece) =>
    reader.push(piece).map(({ headers, payload }) => ({
      headers: Object.fromEntries(headers),
      text: Buffer.from(payload).toString('utf8'),
    })),
  );
}

describe('a binary event stream', () => {
  test('reads messages whose bytes are known', () => {
    // No headers, no payload; then one header of each type and the payload {"a":1}.
    const empty = '00000010 00000000 05c248eb 7d98c8ff';
    expect(read([hex(empty)])).toEqual([{ headers: {}, text: '' }]);
    const headers = hex(
      '0161 00' + // true
        '0162 01' + // false
        '0163 02 7f' + // byte
        '0164 03 7fff' + // short
        '0165 04 7fffffff' + // integer
        '0166 05 7fffffffffffffff' + // long
        '0167 06 0002 abcd' + // bytes
        '0168 07 0003 e38182' + // text
        '0169 08 000001933e2a8000' + // timestamp
        '016a 09 00112233445566778899aabbccddeeff', // UUID
    );
    const plain = frame({}, Buffer.concat([headers, Buffer.from('{"a":1}')]));
    // The same bytes with the border between headers and payload moved.
    const moved = Buffer.concat([plain]);
    moved.writeUInt32BE(headers.length, 4);
    expect(() => read([moved])).toThrow(/checksum/);
    expect(read([resealed(moved)])).toEqual([{ headers: { h: 'あ' }, text: '{"a":1}' }]);
  });

  test('reads any messages through any cuts', () => {
    const message = fc.tuple(
      fc.dictionary(fc.stringMatching(/^[:a-z-]{1,20}$/), fc.string({ unit: 'binary' })),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(message), fc.array(fc.nat()), (messages, cuts) => {
        const bytes = Buffer.concat(
          messages.map(([headers, text]) => frame(headers, Buffer.from(text))),
        );
        const expected = messages.map(([headers, text]) => ({ headers: { ...headers }, text }));
        expect(read(cutAt(bytes, cuts))).toEqual(expected);
      }),
    );
  });

  test('believes no message in which one bit has fallen over', () => {
    const whole = frame({ ':event-type': 'x' }, Buffer.from('{"text":"hello"}'));
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const broken = Buffer.from(whole);
      broken[bit >> 3] ^= 1 << (bit & 7);
      expect(() => read([broken]), `bit ${bit}`).toThrow(/checksum/);
    }
  });

  test('refuses what is too large, and what contradicts itself', () => {
    expect(() => read([frame({}, Buffer.alloc(200))], 100)).toThrow(/exceeds 100/);
    const short = Buffer.alloc(16);
    short.writeUInt32BE(15, 0);
    expect(() => read([resealed(short)])).toThrow(/shorter/);
    const longer = frame({ a: 'b' }, Buffer.alloc(0));
    longer.writeUInt8(200, 12);
    expect(() => read([resealed(longer)])).toThrow(/cut off/);
    const odd = frame({ a: 'b' }, Buffer.alloc(0));
    odd.writeUInt8(77, 14);
    expect(() => read([resealed(odd)])).toThrow(/does not exist/);
  });

  test('says when a message has begun and not ended', () => {
    const reader = new EventStreamReader(1_000);
    const bytes = frame({}, Buffer.from('x'));
    reader.push(bytes.subarray(0, 5));
    expect(reader.unfinished).toBe(true);
    reader.push(bytes.subarray(5));
    expect(reader.unfinished).toBe(false);
  });
});
