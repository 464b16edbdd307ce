import { weightedSum } from '../checks.ts';
import { vocabulary } from '../context.ts';
import type { Detector } from '../finding.ts';
import { numberDetector } from '../number.ts';

/** Codes of the 63 provinces of before July 2025: numbers that were issued keep them. */
const provinces = new Set(
  (
    '001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 ' +
    '036 037 038 040 042 044 045 046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 ' +
    '074 075 077 079 080 082 083 084 086 087 089 091 092 093 094 095 096'
  ).split(' '),
);

/** Province, century and sex, year of birth, serial; no check digit. */
export function isCccd(digits: string): boolean {
  return provinces.has(digits.slice(0, 3)) && /^[0-3]$/.test(digits[3] ?? '');
}

export const vnCccd: Detector = numberDetector({
  id: 'vn-cccd',
  version: 1,
  kind: 'personal.vn_cccd',
  title: { en: 'CCCD, citizen card (Vietnam)', ja: 'ベトナムの国民番号(CCCD)' },
  labels: vocabulary(
    'cccd',
    'căn cước',
    'cmnd',
    'chứng minh nhân dân',
    'định danh cá nhân',
    'số định danh',
    'ベトナムの国民',
  ),
  lengths: [12],
  shapes: ['3-3-3-3', '4-4-4', '3-9'],
  check: isCccd,
  proof: 'structure',
  alone: 45,
});

/** The card of before 2016: nine digits and nothing to check. */
export const vnCmnd: Detector = numberDetector({
  id: 'vn-cmnd',
  version: 1,
  kind: 'personal.vn_cmnd',
  title: { en: 'CMND, old identity card (Vietnam)', ja: 'ベトナムの旧身分証番号(CMND)' },
  labels: vocabulary('cmnd', 'chứng minh nhân dân', 'chứng minh thư'),
  lengths: [9],
  shapes: ['3-3-3'],
  proof: 'none',
  alone: 0,
});

/** A result of 10 is never issued. */
export function isMst(digits: string): boolean {
  const rest = weightedSum(digits, [31, 29, 23, 19, 17, 13, 7, 5, 3]) % 11;
  if (digits.length === 13 && digits.endsWith('000')) return false;
  return Number(digits[9]) === 10 - rest;
}

export const vnMst: Detector = numberDetector({
  id: 'vn-mst',
  version: 1,
  kind: 'personal.vn_mst',
  title: { en: 'MST, tax number (Vietnam)', ja: 'ベトナムの納税者番号(MST)' },
  labels: vocabulary('mã số thuế', 'mst', 'tax code', 'ベトナムの納税者'),
  lengths: [10, 13],
  shapes: ['10-3'],
  check: isMst,
  proof: 'digit',
  alone: 40,
});
