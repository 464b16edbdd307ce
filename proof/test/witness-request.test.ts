import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatWitnessRequest, parseWitnessRequest, witnessRequestBytesMax } from '../src/index.ts';
import { hasVectors, readVectorJson, reportPassed, vectorsTitle } from './vectors.ts';

const hash = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

describe('an add-checkpoint request', () => {
  it('reads back as it was written', async () => {
    const sizes = fc.maxSafeNat();
    const proofs = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 63 });
    await fc.assert(
      fc.asyncProperty(sizes, proofs, async (oldSize, proof) => {
        const request = { oldSize, proof, checkpoint: 'a\n\nb\n\n— c d\n' };
        expect(parseWitnessRequest(formatWitnessRequest(request))).toEqual(request);
      }),
    );
  });

  it('is refused in every other form', () => {
    const whole = formatWitnessRequest({ oldSize: 7, proof: [hash(1)], checkpoint: 'note' });
    expect(parseWitnessRequest(whole)).toBeDefined();
    for (const text of [
      '',
      'old 7\n',
      'old 7\nnote',
      whole.replace('old 7', 'old 07'),
      whole.replace('old 7', 'old  7'),
      whole.replace('old 7', 'old 9007199254740993'),
      whole.replace('old 7', 'Old 7'),
      whole.replace('=\n', '\n'),
      whole.replace('=\n', '=\r\n'),
      whole.replace('AQE=', 'AQF='),
      whole.replace('AQEB', ''),
      ` ${whole}`,
    ]) {
      expect([text, parseWitnessRequest(text)]).toEqual([text, undefined]);
    }
    const bytes = Buffer.from(whole);
    bytes[bytes.length - 1] = 0xff;
    expect(parseWitnessRequest(bytes)).toBeUndefined();
    const long = { oldSize: 7, proof: Array.from({ length: 64 }, hash), checkpoint: 'note' };
    expect(() => formatWitnessRequest(long)).toThrow(RangeError);
    expect(parseWitnessRequest(`old 7\n\n${'x'.repeat(witnessRequestBytesMax)}`)).toBeUndefined();
  });

  it.skipIf(!hasVectors)(vectorsTitle('of litewitness is read and written alike'), () => {
    const { exchanges } = readVectorJson<{ exchanges: { request: string }[] }>(
      'litewitness/add-checkpoint.json',
    );
    for (const { request } of exchanges) {
      expect(formatWitnessRequest(parseWitnessRequest(request)!)).toBe(request);
    }
    reportPassed('litewitness (requests)', exchanges.length);
  });
});
