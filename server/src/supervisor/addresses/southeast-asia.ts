import { type Reader, isLatin } from '../names/reader.ts';
import { isMainlandScript } from '../names/script-name.ts';
import { createTrie } from '../names/trie.ts';
import type { Place } from './japan.ts';

/** What streets and blocks are called, with the blank behind it where one is written. */
const streets = createTrie(() => [
  'Jl. ',
  'Jl ',
  'Jln. ',
  'Jln ',
  'Jalan ',
  'Lorong ',
  'Lrg ',
  'Blk ',
  'Block ',
  'Kampung ',
  'Kg. ',
  'Brgy. ',
  'Barangay ',
  'đường ',
  'Đường ',
  'phố ',
  'ngõ ',
  'ถนน',
  'ซอย',
  'หมู่บ้าน',
  'លេខ',
]);
const mostName = 60;

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Where a street, or the number of a house before it, may begin. */
export function mayBeginStreet(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  const previous = text.charCodeAt(at - 1);
  if (isDigit(code)) return !isDigit(previous) && !isLatin(previous) && previous !== 47;
  if (isLatin(code)) return !isLatin(previous);
  return code === 0xe16 || code === 0xe0b || code === 0xe2b || code === 0x179b;
}

/**
 * A street and the number of a house, as Singapore, Malaysia, Indonesia, the Philippines, Vietnam
 * and Thailand write them, up to the postal code when it follows on the same line.
 */
export function streetAddressAt(reader: Reader, start: number): Place | undefined {
  const leading = isDigit(reader.code(start)) ? houseNumber(reader, start) : start;
  if (isDigit(reader.code(start)) && leading === start) return undefined;
  const street = streets.longest(reader, leading);
  if (street === 0) return undefined;
  return readStreet(reader, { start, from: leading + street, numbered: leading > start });
}

/** 99/1 and 12A with the blank behind it. */
function houseNumber(reader: Reader, start: number): number {
  let at = start;
  while (at - start < 5 && isDigit(reader.code(at))) at++;
  if (reader.code(at) === 47) {
    const slash = at++;
    while (at - slash < 5 && isDigit(reader.code(at))) at++;
  }
  if (/[A-D]/.test(reader.at(at))) at++;
  return reader.code(at) === 0x20 ? at + 1 : start;
}

function readStreet(
  reader: Reader,
  { start, from, numbered }: { start: number; from: number; numbered: boolean },
): Place | undefined {
  let at = from;
  let end = from;
  let digits = 0;
  let postal = false;
  while (at - from < mostName && !postal) {
    const code = reader.code(at);
    if (isDigit(code)) {
      const run = at;
      while (at - run < 7 && isDigit(reader.code(at))) at++;
      if (at - run > 6) break;
      postal = at - run > 4;
      digits++;
      end = at;
    } else if (isLatin(code) || isMainlandScript(code)) end = ++at;
    else if (isJoint(code)) at++;
    else break;
  }
  if (!numbered && digits === 0) return undefined;
  // A sentence that goes on behind the street would be swallowed with it.
  const close = postal ? end : phraseEnd(reader, from, end);
  return close - from < 3 ? undefined : { start, end: close, score: postal ? 88 : 78 };
}

function isJoint(code: number): boolean {
  return (
    code === 0x20 || code === 0x2e || code === 0x2c || code === 0x23 || code === 0x2d || code === 47
  );
}

/** Up to the last number, or the first comma, of what was read. */
function phraseEnd(reader: Reader, from: number, end: number): number {
  const read = reader.text.slice(from, end);
  const last = /^.*\d/.exec(read)?.[0].length;
  const comma = /^[^,.]*/.exec(read)?.[0].length ?? read.length;
  return from + (last ?? comma);
}
