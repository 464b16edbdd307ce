import { describe, expect, test } from 'vitest';
import { address } from '../../src/supervisor/detectors/address.ts';
import { type Finding, allDetectors, normalise } from '../../src/supervisor/index.ts';
import { resolve } from '../../src/supervisor/resolve.ts';

function addresses(text: string): readonly string[] {
  const raws = address
    .detect(normalise(text))
    .map((finding) => ({ finding, contest: 'name', rank: 0 }));
  return resolve(raws).findings.map(({ start, end }) => text.slice(start, end));
}

describe('an address down to the house', () => {
  test.each([
    ['住まいは長野県松本市丸の内3丁目7番1号です。', '長野県松本市丸の内3丁目7番1号'],
    ['〒390-8620 長野県松本市丸の内3-7に送る', '〒390-8620 長野県松本市丸の内3-7'],
    ['東京都千代田区霞が関１－２－３へ', '東京都千代田区霞が関１－２－３'],
    [
      '東京都府中市宮西町2丁目24番地 コーポ山田203号室です',
      '東京都府中市宮西町2丁目24番地 コーポ山田203号室',
    ],
    ['三鷹市下連雀四丁目二十番五号', '三鷹市下連雀四丁目二十番五号'],
    ['北海道札幌市中央区北1条西2丁目', '北海道札幌市中央区北1条西2丁目'],
    [
      '京都市中京区寺町通御池上る上本能寺前町488番地',
      '京都市中京区寺町通御池上る上本能寺前町488番地',
    ],
    ['横浜市西区みなとみらい2-3-5 ハイツ港502', '横浜市西区みなとみらい2-3-5 ハイツ港502'],
    ['住所:栄町1-2-3', '栄町1-2-3'],
    ['Jl. Sudirman No. 12, Jakarta 10220', 'Jl. Sudirman No. 12, Jakarta 10220'],
    ['99/1 ถนนสุขุมวิท กรุงเทพ 10110', '99/1 ถนนสุขุมวิท กรุงเทพ 10110'],
    [
      'Blk 123 Ang Mo Kio Ave 3 #12-34 Singapore 560123 now',
      'Blk 123 Ang Mo Kio Ave 3 #12-34 Singapore 560123',
    ],
    ['123 đường Nguyễn Huệ, Quận 1', '123 đường Nguyễn Huệ, Quận 1'],
  ])('%s', (text, found) => expect(addresses(text)).toEqual([found]));
});

describe('no address is found in', () => {
  test.each([
    '東京都千代田区で会議があります。',
    '千葉県2-1で勝利した。',
    '東京都港区の2024-25年の予算',
    '松本市は2024年3月に発表した。',
    '町内会の区域は1丁目から3丁目です。',
    '市町村合併で3市1町になった。',
    '第3章の2-1-4を読む。',
  ])('%s', (text) => expect(addresses(text)).toEqual([]));
});

function find(text: string, kind: string): Finding | undefined {
  const normal = normalise(text);
  return allDetectors.flatMap((d) => d.detect(normal)).find((finding) => finding.kind === kind);
}

describe('identifiers without a detector of digits', () => {
  test.each([
    ['GB82 WEST 1234 5698 7654 32', 88],
    ['DE89370400440532013000', 88],
    ['TL38 0080 0123 4567 8910 157', 88],
  ])('the IBAN %s passes the remainder of ISO 13616', (number, score) => {
    expect(find(`Pay ${number}, now`, 'personal.iban')?.score).toBe(score);
    const wrong = number.replace(/.$/, (last) => String((Number(last) + 1) % 10));
    expect(find(`Pay ${wrong}, now`, 'personal.iban')).toBeUndefined();
    expect(find(`IBAN ${wrong}, now`, 'personal.iban')?.malformed).toBe(true);
  });

  test('addresses of devices, but none of a private network, of documentation or of a version', () => {
    expect(find('IPアドレス 198.18.7.42', 'personal.ip_address')?.score).toBe(80);
    expect(find('from 2400:4050:1234:5600::1 today', 'personal.ip_address')?.score).toBe(52);
    for (const text of [
      '192.168.1.1',
      '10.0.0.7',
      '127.0.0.1',
      '203.0.113.9',
      'version 8.8.8.8',
      '1.2.3',
      '999.1.1.1',
      '2001:db8::1',
      '12:30:45',
    ]) {
      expect({ text, found: find(text, 'personal.ip_address') }).toEqual({
        text,
        found: undefined,
      });
    }
    expect(find('00-1b-44-11-3a-b7', 'personal.mac_address')?.score).toBe(80);
    expect(find('00-1b:44-11-3a-b7', 'personal.mac_address')).toBeUndefined();
  });

  test('symbol, number and branch of an insured person, and not of a savings account', () => {
    const text = '保険証の記号1234 番号56 枝番01';
    const found = allDetectors
      .flatMap((d) => d.detect(normalise(text)))
      .filter(({ kind }) => kind === 'personal.jp_insured_number');
    expect(found.map(({ start, end }) => text.slice(start, end))).toEqual(['1234', '56', '01']);
    expect(
      find('ゆうちょ銀行 記号12345 番号1234567', 'personal.jp_insured_number'),
    ).toBeUndefined();
    expect(find('記号の番号は5です', 'personal.jp_insured_number')?.score).toBe(85);
  });
});
