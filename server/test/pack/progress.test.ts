import { describe, expect, it } from 'vitest';
import { createProgressBar, type Progress, ProgressMeter } from '../../src/pack/progress.ts';

function meterAt(total: number): {
  meter: ProgressMeter;
  at: (ms: number, received: number) => Progress;
} {
  let now = 0;
  const meter = new ProgressMeter(total, () => now);
  return {
    meter,
    at: (ms, received) => {
      now = ms;
      return meter.update(received);
    },
  };
}

describe('progress', () => {
  it('knows no time left before it knows a speed', () => {
    expect(meterAt(1_000).at(0, 0)).toEqual({
      received: 0,
      total: 1_000,
      bytesPerSecond: 0,
      secondsLeft: undefined,
    });
  });

  it('tells speed and time left', () => {
    expect(meterAt(1_000).at(1_000, 250)).toMatchObject({ bytesPerSecond: 250, secondsLeft: 3 });
  });

  it('follows the last seconds, not the average since the beginning', () => {
    const { at } = meterAt(1_000_000);
    for (let ms = 0; ms <= 20_000; ms += 500) at(ms, ms);
    let last: Progress | undefined;
    for (let ms = 20_500; ms <= 40_000; ms += 500) last = at(ms, 20_000 + (ms - 20_000) * 10);
    expect(last?.bytesPerSecond).toBeCloseTo(10_000, 0);
  });
});

function bar(
  terminal: boolean,
  columns = 100,
  language: 'en' | 'ja' = 'en',
): { update: (received: number) => void; end: () => void; written: string[] } {
  const written: string[] = [];
  let now = 0;
  const made = createProgressBar({
    write: (text) => written.push(text),
    terminal,
    columns,
    language,
    title: '小さなモデル',
    nowMs: () => now,
  });
  return {
    written,
    update: (received) => {
      now += 1_000;
      made.update({
        received,
        total: 100e6,
        bytesPerSecond: 10e6,
        secondsLeft: (100e6 - received) / 10e6,
      });
    },
    end: () => made.end(),
  };
}

describe('the progress bar', () => {
  it('redraws one line on a terminal with size, speed and time left', () => {
    const { update, end, written } = bar(true);
    update(50e6);
    end();
    expect(written).toEqual([
      '\r\u001B[2K小さなモデル [###############---------------]  50% 50.0/100.0 MB  10.0 MB/s  0:05 left',
      '\n',
    ]);
  });

  it('never wraps, however narrow the terminal', () => {
    for (const columns of [20, 40, 60, 80, 120]) {
      const { update, written } = bar(true, columns, 'ja');
      update(50e6);
      const line = written.join('').replace('\r\u001B[2K', '');
      let cells = 0;
      for (const c of line) cells += (c.codePointAt(0) ?? 0) >= 0x11_00 ? 2 : 1;
      expect(cells).toBeLessThan(columns);
    }
  });

  it('writes a line every tenth where there is no terminal', () => {
    const { update, written } = bar(false, 80, 'ja');
    for (let received = 0; received <= 100e6; received += 1e6) update(received);
    expect(written).toHaveLength(11);
    expect(written[5]).toBe('小さなモデル:  50% 50.0/100.0 MB  10.0 MB/s  残り 0:05\n');
  });

  it('prints nothing when there was nothing to fetch', () => {
    const { end, written } = bar(true);
    end();
    expect(written).toEqual([]);
  });
});
