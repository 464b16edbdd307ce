import { vocabulary, wordBefore } from '../context.ts';
import { hasDigits, isAsciiWord } from '../digits.ts';
import { type Detector, type Finding, detectorName } from '../finding.ts';
import { Reader } from '../names/reader.ts';
import type { NormalText } from '../normalise.ts';
import { spanOf } from '../number.ts';

const ipLabels = vocabulary('ip', 'ipアドレス', 'ip address', 'ipv4', 'ipv6', '接続元', '送信元');
const versions = vocabulary('version', 'ver', 'v', 'バージョン', 'oid', 'build', '版', 'release');
const name = detectorName({ id: 'network-address', version: 1 });
const ip = 'personal.ip_address';
const mac = 'personal.mac_address';
/** Eight groups of four and the colons between. */
const longest = 40;

/**
 * Addresses of devices. An address of a private network, of the machine itself or of documentation
 * is nobody's.
 */
export const networkAddress: Detector = {
  id: 'network-address',
  version: 1,
  kinds: [
    { kind: ip, title: { en: 'IP address', ja: 'IPアドレス' } },
    { kind: mac, title: { en: 'MAC address of a device', ja: '機器のMACアドレス' } },
  ],
  maxSpan: longest + 1,
  anchor: {
    present: (text, from) =>
      hasDigits(text, from, 1) &&
      (text.text.indexOf('.', from) >= 0 || text.text.indexOf(':', from) >= 0 || hasPairs(text)),
    openFrom({ text }, from) {
      const reader = new Reader(text);
      for (let at = Math.max(from, text.length - longest - 1); at < text.length; at++) {
        reader.rewind();
        addressAt(reader, at);
        if (reader.atEnd) return at;
      }
      return text.length;
    },
  },
  detect: (text) => [...addresses(text)],
};

function hasPairs({ text }: NormalText): boolean {
  return text.includes('-');
}

function* addresses(text: NormalText): Generator<Finding> {
  const reader = new Reader(text.text);
  for (let at = 0; at + 6 < reader.text.length; at++) {
    if (!mayBegin(reader.text, at)) continue;
    const found = addressAt(reader, at);
    if (found === undefined) continue;
    const span = { ...spanOf(text, { start: at, end: found.end }), detector: name };
    if (found.mac) yield { ...span, kind: mac, score: 80 };
    else if (wordBefore(text, at, ipLabels) !== undefined) yield { ...span, kind: ip, score: 80 };
    else if (wordBefore(text, at, versions, 12) === undefined)
      yield { ...span, kind: ip, score: 52 };
    at = found.end - 1;
  }
}

function isHex(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
}

/** Whether a mark stands where every address has its first: behind one to four digits. */
function mayBegin(text: string, at: number): boolean {
  if (!isHex(text.charCodeAt(at))) return false;
  for (let end = at + 1; end <= at + 4; end++) {
    const code = text.charCodeAt(end);
    if (code === 45 || code === 46 || code === 58) return true;
    if (!isHex(code)) return false;
  }
  return false;
}

interface Found {
  readonly end: number;
  readonly mac: boolean;
}

function addressAt(reader: Reader, start: number): Found | undefined {
  if (!isHex(reader.code(start))) return undefined;
  const { text } = reader;
  if (start > 0 && (isAsciiWord(text, start - 1) || '.:-'.includes(text[start - 1] ?? ' '))) {
    return undefined;
  }
  let end = start;
  while (end - start < longest && (isHex(reader.code(end)) || '.:-'.includes(reader.at(end)))) {
    if (reader.at(end) === '') break;
    end++;
  }
  if (end - start >= longest) return undefined;
  while (end > start && !isHex(text.charCodeAt(end - 1))) end--;
  if (isAsciiWord(text, end)) return undefined;
  const written = text.slice(start, end);
  if (/^(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}$/.test(written)) {
    return { end, mac: true };
  }
  return isPublicV4(written) || isPublicV6(written) ? { end, mac: false } : undefined;
}

/** Four numbers below 256, none of RFC 1918, 3927, 5737 or 6598. */
function isPublicV4(written: string): boolean {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(written)) return false;
  const parts = written.split('.').map(Number);
  const [a = 0, b = 0, c = 0] = parts;
  if (parts.some((part) => part > 255) || a === 0 || a === 10 || a === 127 || a > 223) return false;
  if ((a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)) return false;
  if ((a === 169 && b === 254) || (a === 100 && b >= 64 && b < 128)) return false;
  const documented = [192_000_002, 198_051_100, 203_000_113].includes(a * 1e6 + b * 1e3 + c);
  return !documented;
}

/** Groups of up to four hex digits, in full or with one gap, of the global range 2000::/3. */
function isPublicV6(written: string): boolean {
  const gap = written.includes('::');
  const groups = written.split(':').filter((group) => group !== '');
  if (groups.some((group) => !/^[0-9A-Fa-f]{1,4}$/.test(group))) return false;
  if (gap ? groups.length < 3 || groups.length > 7 : groups.length !== 8) return false;
  return /^[23][0-9A-Fa-f]{3}:/.test(written) && !/^2001:0?db8:/i.test(written);
}
