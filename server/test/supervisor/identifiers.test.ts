import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Finding, allDetectors, normalise } from '../../src/supervisor/index.ts';
import { luhn, mrzCheckDigit } from '../../src/supervisor/checks.ts';
import { isCorporateNumber } from '../../src/supervisor/detectors/jp-corporate-number.ts';
import { isDriverLicence } from '../../src/supervisor/detectors/jp-driver-licence.ts';
import { isInsurerNumber } from '../../src/supervisor/detectors/jp-insurer-number.ts';
import { isMyNumber } from '../../src/supervisor/detectors/jp-my-number.ts';
import { isMyKad } from '../../src/supervisor/detectors/my-mykad.ts';
import { isNik } from '../../src/supervisor/detectors/id-nik.ts';
import { isPhTin } from '../../src/supervisor/detectors/ph-identifiers.ts';
import { isThaiPin } from '../../src/supervisor/detectors/th-pin.ts';
import { isCccd, isMst } from '../../src/supervisor/detectors/vn-identifiers.ts';
import { samples } from './samples.ts';

const folder = new URL('../../../../shared/data/identifiers/', import.meta.url);
const present = existsSync(folder);
if (!present) {
  process.stdout.write('skipped: the folder shared/data/identifiers is not beside the project\n');
}

function find(text: string, least = 0): readonly Finding[] {
  const normal = normalise(text);
  return allDetectors.flatMap((d) => d.detect(normal)).filter(({ score }) => score >= least);
}

function findKind(text: string, kind: string, least = 0): Finding | undefined {
  return find(text, least).find((finding) => finding.kind === kind);
}

/** Kind, and the label a person would write before it. */
const labelled: Readonly<Record<string, readonly [kind: string, label: string]>> = {
  jp_my_number: ['personal.jp_my_number', 'マイナンバー'],
  jp_corporate_number: ['organisation.jp_corporate_number', '法人番号'],
  jp_driver_licence: ['personal.jp_driver_licence', '運転免許証番号'],
  jp_insurer_number: ['organisation.jp_insurer_number', '保険者番号'],
  sg_nric_fin: ['personal.sg_nric', 'NRIC'],
  sg_uen: ['organisation.sg_uen', 'UEN'],
  th_pin: ['personal.th_pin', 'เลขประจำตัวประชาชน'],
  id_nik: ['personal.id_nik', 'NIK'],
  id_npwp: ['personal.id_npwp', 'NPWP'],
  my_mykad: ['personal.my_mykad', 'MyKad'],
  vn_mst: ['personal.vn_mst', 'mã số thuế'],
  vn_cccd: ['personal.vn_cccd', 'CCCD'],
  ph_tin: ['personal.ph_tin', 'TIN'],
  payment_card_luhn: ['personal.payment_card', 'カード番号'],
};

describe.runIf(present)('the published and generated examples', () => {
  const vectors = present
    ? (JSON.parse(readFileSync(new URL('id_vectors.json', folder), 'utf8')) as Record<
        string,
        { valid: string[]; invalid: string[] }
      >)
    : {};

  test.each(Object.entries(labelled))('of %s are classified as marked', (name, [kind, label]) => {
    const { valid, invalid } = vectors[name] ?? { valid: [], invalid: [] };
    expect(valid.length + invalid.length).toBeGreaterThan(20);
    for (const number of valid) {
      for (const text of [
        `${label}: ${number}`,
        `${label}${number}です`,
        `${label}は${number}、`,
      ]) {
        if (/^[A-Z]/.test(label) && !text.startsWith(`${label}:`)) continue;
        expect({ text, ...findKind(text, kind) }).toMatchObject({ text, kind });
        expect(findKind(text, kind)?.malformed).toBeUndefined();
        expect(findKind(text, kind)?.score).toBeGreaterThanOrEqual(88);
      }
    }
    for (const number of invalid) {
      const found = findKind(`${label}: ${number}`, kind);
      expect({ number, sound: found !== undefined && found.malformed === undefined }).toEqual({
        number,
        sound: false,
      });
    }
  });

  test('of the machine-readable zone have the check digits that are given', () => {
    const pairs = vectors['icao_mrz_check'] as unknown as Record<
      'valid' | 'invalid',
      [string, string][]
    >;
    for (const [field, digit] of pairs.valid) expect(String(mrzCheckDigit(field))).toBe(digit);
    for (const [field, digit] of pairs.invalid)
      expect(String(mrzCheckDigit(field))).not.toBe(digit);
  });

  test('random numbers pass the checks at the computed rates', () => {
    const random = generator(20_261_101);
    const checks: Readonly<Record<string, [check: (digits: string) => boolean, digits: number]>> = {
      jp_my_number: [isMyNumber, 12],
      jp_driver_licence: [isDriverLicence, 12],
      my_mykad: [isMyKad, 12],
      vn_cccd: [isCccd, 12],
      ph_tin: [isPhTin, 12],
      jp_corporate_number: [isCorporateNumber, 13],
      th_pin: [isThaiPin, 13],
      id_nik: [isNik, 16],
      payment_card_luhn: [luhn, 16],
      jp_insurer_number: [isInsurerNumber, 8],
      vn_mst: [isMst, 10],
    };
    const rows = readFileSync(new URL('false_positive_rates.csv', folder), 'utf8')
      .trim()
      .split('\n');
    let compared = 0;
    for (const row of rows) {
      const [input = '', kind = '', rate = ''] = row.split(',');
      const entry = checks[kind];
      if (entry === undefined || input !== `random ${entry[1]} digits`) continue;
      let passed = 0;
      for (let draw = 0; draw < 100_000; draw++) if (entry[0](random(entry[1]))) passed++;
      expect({ kind, off: Math.abs(passed / 100_000 - Number(rate)) < 0.005 }).toEqual({
        kind,
        off: true,
      });
      compared++;
    }
    expect(compared).toBe(11);
  });
});

/** Mulberry32: the same numbers in every run, and digits that do not depend on one another. */
function generator(seed: number): (digits: number) => string {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return (digits) => {
    let out = '';
    while (out.length < digits) out += String(next() % 10);
    return out;
  };
}

test('beside words of orders and goods at most one random number in a thousand is taken for a person', () => {
  const random = generator(7);
  let taken = 0;
  const draws = 4_000;
  const words = [
    '注文番号',
    '伝票番号',
    '受付番号: ',
    '追跡番号 ',
    'JAN',
    'order no. ',
    'tracking ',
    'log ',
  ];
  for (let draw = 0; draw < draws; draw++) {
    const text = `${words[draw % words.length]}${random(8 + (draw % 9))}`;
    if (find(text, 50).some(({ kind }) => kind.startsWith('personal.'))) taken++;
  }
  expect(taken / draws).toBeLessThanOrEqual(0.001);
});

test('an unlabelled number that passes is possible, and one that fails is nothing', () => {
  expect(findKind('番号123456789018です', 'personal.jp_my_number')?.score).toBe(60);
  expect(findKind('番号123456789019です', 'personal.jp_my_number')).toBeUndefined();
  expect(findKind('マイナンバー123456789019です', 'personal.jp_my_number')).toMatchObject({
    score: 70,
    malformed: true,
  });
});

describe('a My Number is found however it is written', () => {
  const writings = [
    '123456789018',
    '1234 5678 9018',
    '1234-5678-9018',
    '１２３４５６７８９０１８',
    '１２３４－５６７８－９０１８',
    '1234　5678　9018',
    '一二三四五六七八九〇一八',
    '1234‐5678‐9018',
    '1234—5678—9018',
    '1234ー5678ー9018',
    '1234\n5678\n9018',
    '1234-5678-\n9018',
    '123456\r\n789018',
    '1 2 3 4 5 6 7 8 9 0 1 8',
    '123 456 789 018',
    '12\u200b3456789018',
    '①②③④⑤⑥⑦⑧⑨⓪①⑧',
    '๑๒๓๔๕๖๗๘๙๐๑๘',
    '၁၂၃၄၅၆၇၈၉၀၁၈',
    '១២៣៤៥៦៧៨៩០១៨',
    '𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗𝟎𝟏𝟖',
  ];
  test.each(writings)('%j', (number) => {
    const frames = [
      'マイナンバーは#です。',
      '個人番号#を確認',
      'ﾏｲﾅﾝﾊﾞｰ:#',
      '（#）が私のマイナンバー',
      'My Number: #, thanks',
    ];
    for (const frame of frames) {
      const text = frame.replace('#', number);
      const found = findKind(text, 'personal.jp_my_number', 70);
      expect({ text, found: text.slice(found?.start, found?.end) }).toEqual({
        text,
        found: number,
      });
    }
  });
});

test('the published examples of Singapore, and the table many read from the wrong end', () => {
  for (const number of ['S1234567D', 'T1234567J', 'F1234567N', 'G1234567X', 'M1234567K']) {
    expect(findKind(`NRIC ${number}`, 'personal.sg_nric')?.malformed).toBeUndefined();
  }
  expect(findKind('NRIC M1234567X', 'personal.sg_nric')?.malformed).toBe(true);
  expect(findKind('M1234567X', 'personal.sg_nric')).toBeUndefined();
});

test("the driver's licence has a rule of its own", () => {
  expect(findKind('免許証番号 309012345620', 'personal.jp_driver_licence')?.score).toBe(95);
  expect(isDriverLicence('459803358720')).toBe(true);
  expect(isDriverLicence('459803358710')).toBe(false);
  expect(isDriverLicence('309012345620')).toBe(true);
});

test.each([
  ['03-1234-5678', 88],
  ['(03)1234-5678', 88],
  ['０９０－１２３４－５６７８', 92],
  ['+81 90-1234-5678', 95],
  ['+65 9123 4567', 95],
  ['+60 12-345 6789', 95],
  ['+62 812-3456-7890', 95],
  ['+63 917 123 4567', 95],
  ['+66 81 234 5678', 95],
  ['+84 912 345 678', 95],
  ['09012345678', 75],
  ['0422-12-3456', 88],
])('the telephone number %s is found without a label', (number, score) => {
  const text = `ご用の際は${number}まで`;
  const found = findKind(text, 'personal.phone');
  expect({ text: text.slice(found?.start, found?.end), score: found?.score }).toEqual({
    text: number,
    score,
  });
});

test('a telephone number of six neighbours is one with its label', () => {
  for (const text of [
    'TEL0312345678',
    'Telp. 0812 3456 7890',
    'โทร 081-234-5678',
    'điện thoại 0912345678',
  ]) {
    expect(findKind(text, 'personal.phone', 80)?.kind).toBe('personal.phone');
  }
  expect(find('緊急のときは110番か119番へ', 50)).toEqual([]);
});

describe('e-mail addresses', () => {
  test.each([
    ['メールはtaro@example.co.jpです', 'taro@example.co.jp'],
    ['<a.b+c@x-y.example.org>.', 'a.b+c@x-y.example.org'],
    ['ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍまで', 'ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ'],
    ['see taro@example.com. Next', 'taro@example.com'],
  ])('in %s', (text, address) => {
    const found = findKind(text, 'personal.email');
    expect(text.slice(found?.start, found?.end)).toBe(address);
  });

  test.each([
    'a@b',
    '@example.com',
    'npm i @scope/name',
    'user@localhost',
    'x @ y.com',
    'a@.com',
    'a@b..com',
  ])('not in %s', (text) => expect(find(text)).toEqual([]));
});

test.each(samples)(
  '$kind is found in its sample, and nothing else of that kind',
  ({ kind, text, found }) => {
    for (const whole of [text, `文章の中の${text}という例`, `${text}\n${'x'.repeat(300)}`]) {
      const same = find(whole, 50).filter((finding) => finding.kind === kind);
      expect(same.map(({ start, end }) => whole.slice(start, end))).toContain(found);
    }
  },
);

test('every kind that a detector declares has a sample and texts in both languages', () => {
  const declared = allDetectors.flatMap((detector) => detector.kinds);
  // What trained models alone declare has no fixed sample: they have tests of their own.
  const described = declared.filter(({ kind }) => !/^(?:harm|answer)\./.test(kind));
  expect(samples.map(({ kind }) => kind).toSorted()).toEqual(
    [...new Set(described.map(({ kind }) => kind))].toSorted(),
  );
  for (const { title } of declared) {
    expect(title.en).toMatch(/^[ -~]+$/);
    expect(title.ja).not.toBe('');
  }
  const ids = allDetectors.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
