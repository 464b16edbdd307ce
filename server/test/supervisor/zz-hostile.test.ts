import { test } from 'vitest';
import { allDetectors, normalise } from '../../src/supervisor/index.ts';
const units = [
  '1',
  '1 ',
  '1-',
  '1234 ',
  '1234-',
  '123456789018 ',
  '12345678-',
  '９',
  '一',
  '090-1234-5678',
  '@',
  'a@',
  'a@b.',
  '.',
  'sk-',
  '.sk-',
  'eyJ',
  'password:',
  '-----BEGIN PRIVATE KEY-----',
  '-----END ',
  '[',
  '![',
  '](',
  '[](',
  '<img',
  '<img src=',
  'ignore ',
  'ignore previous ',
  '全て指示',
  '<',
  'A<',
  '12/',
  '12/A(N)',
  '生',
  '1990年',
  '(',
  '+',
  '\u200b',
  'e\u0301',
  '\u0301',
  'S1234567D ',
  'a1',
  'http://a:',
  '://',
  'マイナンバー1',
  '普通1234567',
];
test('h', { timeout: 500000 }, () => {
  for (const u of units)
    for (const size of [20000, 40000]) {
      const t = u.repeat(Math.ceil(size / u.length));
      const s = performance.now();
      const n = normalise(t);
      const e = performance.now();
      if (e - s > 20) console.log(JSON.stringify(u), size, 'normalise', (e - s).toFixed(0));
      for (const d of allDetectors) {
        const a = performance.now();
        d.detect(n);
        const b = performance.now();
        if (b - a > 50) console.log(JSON.stringify(u), size, d.id, (b - a).toFixed(0));
      }
    }
});
