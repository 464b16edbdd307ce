import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Calendar } from '../../src/gateway/calendar.ts';
import { TokenBucket } from '../../src/gateway/token-bucket.ts';

describe('a bucket of so many a minute', () => {
  test('gives out neither one too many nor one too few, at any times', () => {
    const steps = fc.array(
      fc.record({
        wait: fc.integer({ min: 0, max: 40_000 }),
        count: fc.integer({ min: 1, max: 9 }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), steps, (perMinute, list) => {
        const bucket = new TokenBucket(perMinute, 0);
        // The same in exact fractions: sixty-thousandths of one, in integers without a limit.
        let level = BigInt(perMinute) * 60_000n;
        let now = 0;
        for (const { wait, count } of list) {
          now += wait;
          level += BigInt(wait) * BigInt(perMinute);
          if (level > BigInt(perMinute) * 60_000n) level = BigInt(perMinute) * 60_000n;
          const enough = level >= BigInt(count) * 60_000n;
          const waitMs = bucket.take(count, now);
          expect(waitMs === 0).toBe(enough);
          if (enough) level -= BigInt(count) * 60_000n;
          else if (count <= perMinute) {
            const missing = BigInt(count) * 60_000n - level;
            const at = BigInt(waitMs);
            expect(at * BigInt(perMinute) >= missing).toBe(true);
            expect((at - 1n) * BigInt(perMinute) < missing).toBe(true);
          }
        }
      }),
    );
  });

  test('never serves what is more than its whole size', () => {
    expect(new TokenBucket(10, 0).take(11, 0)).toBe(Infinity);
  });

  test('goes into debt for what turned out after the fact, and takes back what was not used', () => {
    const bucket = new TokenBucket(60, 0);
    expect(bucket.take(50, 0)).toBe(0);
    bucket.settle(40, 0);
    expect(bucket.remaining(0)).toBe(0);
    expect(bucket.take(1, 0)).toBe(31_000);
    bucket.settle(-1_000, 0);
    expect(bucket.remaining(0)).toBe(60);
  });

  test('stays exact at the largest limit and after a year without a request', () => {
    const bucket = new TokenBucket(1_000_000_000, 0);
    expect(bucket.take(1_000_000_000, 0)).toBe(0);
    expect(bucket.take(1, 365 * 86_400_000)).toBe(0);
    expect(bucket.remaining(365 * 86_400_000)).toBe(999_999_999);
  });
});

describe('days and months', () => {
  test('begin where the institution is', () => {
    const at = Date.UTC(2026, 10, 30, 15, 30);
    expect(new Calendar('UTC').day(at)).toBe('2026-11-30');
    expect(new Calendar('Asia/Tokyo').day(at)).toBe('2026-12-01');
    expect(new Calendar('Asia/Tokyo').month(at)).toBe('2026-12');
    expect(new Calendar('Asia/Kathmandu').day(Date.UTC(2026, 10, 30, 18, 15))).toBe('2026-12-01');
  });

  test('end when the next one begins, also where the clocks change', () => {
    const utc = new Calendar('UTC');
    const noon = Date.UTC(2026, 10, 24, 12);
    expect(utc.left(noon, 'day')).toBe(12 * 3_600_000);
    expect(utc.left(noon, 'month')).toBe(6.5 * 86_400_000);
    const berlin = new Calendar('Europe/Berlin');
    expect(berlin.left(Date.UTC(2026, 9, 24, 22), 'day')).toBe(25 * 3_600_000);
  });
});
