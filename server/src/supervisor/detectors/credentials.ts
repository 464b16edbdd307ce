import { vocabulary } from '../context.ts';
import { type Anchor, type Detector, type Finding, detectorName } from '../finding.ts';
import { createLexicon } from '../lexicon.ts';
import { type NormalText, lowerCase } from '../normalise.ts';
import { spanOf } from '../number.ts';

const name = detectorName({ id: 'credentials', version: 1 });

/** Keys whose issuers gave them a prefix, so that they can be found. */
const prefixes: readonly { readonly prefix: string; readonly least: number }[] = [
  { prefix: 'sk-', least: 20 },
  { prefix: 'sk_live_', least: 16 },
  { prefix: 'sk_test_', least: 16 },
  { prefix: 'rk_live_', least: 16 },
  { prefix: 'whsec_', least: 24 },
  { prefix: 'ghp_', least: 30 },
  { prefix: 'gho_', least: 30 },
  { prefix: 'ghu_', least: 30 },
  { prefix: 'ghs_', least: 30 },
  { prefix: 'ghr_', least: 30 },
  { prefix: 'github_pat_', least: 40 },
  { prefix: 'glpat-', least: 18 },
  { prefix: 'AKIA', least: 16 },
  { prefix: 'ASIA', least: 16 },
  { prefix: 'AIza', least: 30 },
  { prefix: 'ya29.', least: 20 },
  { prefix: 'xoxb-', least: 20 },
  { prefix: 'xoxp-', least: 20 },
  { prefix: 'xoxa-', least: 20 },
  { prefix: 'xoxr-', least: 20 },
  { prefix: 'xoxs-', least: 20 },
  { prefix: 'xapp-', least: 20 },
  { prefix: 'hf_', least: 30 },
  { prefix: 'npm_', least: 30 },
  { prefix: 'pypi-', least: 40 },
  { prefix: 'SG.', least: 40 },
  { prefix: 'dop_v1_', least: 40 },
  { prefix: 'shpat_', least: 24 },
  { prefix: 'AGE-SECRET-KEY-1', least: 40 },
  { prefix: 'GOCSPX-', least: 20 },
  { prefix: 'gsk_', least: 30 },
  { prefix: 'xai-', least: 30 },
  { prefix: 'pplx-', least: 30 },
  { prefix: 'nvapi-', least: 30 },
  { prefix: 'dckr_pat_', least: 20 },
  { prefix: 'lin_api_', least: 20 },
  { prefix: 'glsa_', least: 20 },
  { prefix: 'hvs.', least: 20 },
  { prefix: 'PMAK-', least: 30 },
  { prefix: 'figd_', least: 30 },
  { prefix: 'ATATT3', least: 30 },
  { prefix: 'sk_org_', least: 20 },
  { prefix: 'AccountKey=', least: 40 },
  { prefix: 'eyJ', least: 40 },
];
const longestToken = 2_048;
/** PEM of the largest keys in use; the header alone is enough for a rule that blocks. */
const longestPem = 16_384;
const pemHeader = '-----BEGIN ';
const longestHeader = 80;

const assignments = vocabulary(
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'パスワード',
  'パスフレーズ',
  '暗証番号',
  'secret',
  'api_key',
  'apikey',
  'api-key',
  'api key',
  'access_key',
  'access key',
  'secret_key',
  'client_secret',
  'auth_token',
  'access_token',
  'apiキー',
  'token',
  'passcode',
  'private_key',
  'encryption_key',
  'connection_string',
  'シークレット',
  'トークン',
  'アクセスキー',
  'kata sandi',
  'kata laluan',
  'mật khẩu',
  'รหัสผ่าน',
);
const longestValue = 128;
const longestGap = 8;

function isTokenUnit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 45 ||
    code === 46 ||
    code === 95
  );
}

function isValueUnit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code > 32 && code < 127 && !`"'\`<>,;`.includes(text[at] ?? '');
}

const assigning = assignments.lexicon;
const starts = createLexicon(() => [pemHeader, ...prefixes.map(({ prefix }) => prefix)]);
const leastUnits = new Map(prefixes.map(({ prefix, least }) => [prefix, least]));

const credentialAnchor: Anchor = {
  present(whole, from) {
    const { text } = whole;
    if (text.indexOf('@', from) >= 0 || starts.firstAt(text, from) !== undefined) return true;
    // The word may stand before the first unit of its value.
    const begin = Math.max(0, from - longestGap - 20);
    const lower = begin === 0 ? whole.lower : lowerCase(text.slice(begin));
    return assigning.firstAt(lower, 0) !== undefined;
  },
  openFrom(text, from) {
    const open = Math.min(openToken(text.text, from), openPem(text.text, from));
    return Math.min(open, openValue(text, from), openUrl(text.text, from));
  },
};

/** A token at the end of the text that begins like a key, or could still begin like one. */
function openToken(text: string, from: number): number {
  const reach = Math.max(from, text.length - longestToken);
  let start = text.length;
  while (start > reach && isTokenUnit(text, start - 1)) start--;
  if (start > from && start > 0 && isTokenUnit(text, start - 1)) return text.length;
  for (; start < text.length && '.-_'.includes(text[start] ?? ''); start++);
  const token = text.slice(start, start + 20);
  if (token === '') return text.length;
  const begun = prefixes.some(({ prefix }) => prefix.startsWith(token) || token.startsWith(prefix));
  return begun ? start : text.length;
}

/** Between the header of a private key and its end, or within what may become the header. */
function openPem(text: string, from: number): number {
  const reach = Math.max(from, text.length - longestPem);
  for (let at = text.indexOf(pemHeader, reach); at >= 0; at = text.indexOf(pemHeader, at + 1)) {
    const header = readHeader(text, at);
    if (header === 'open') return at;
    if (header === 'other') continue;
    if (pemEnd(text, header) === undefined) return at;
  }
  const dash = /-{1,5}(?:B|BE|BEG|BEGI|BEGIN)?$/.exec(text.slice(Math.max(from, text.length - 10)));
  return dash === null ? text.length : text.length - dash[0].length;
}

/** @returns the end of a private key's header, `open` when it may still become one */
function readHeader(text: string, at: number): number | 'open' | 'other' {
  const header = text.slice(at, at + longestHeader);
  const whole = /^-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/.exec(header);
  if (whole !== null) return at + whole[0].length;
  const growing =
    at + longestHeader > text.length && /^-----BEGIN [A-Z0-9 ]{0,60}-{0,5}$/.test(header);
  return growing ? 'open' : 'other';
}

/** Where the block ends: after its END line, or before the first unit that no block contains. */
function pemEnd(text: string, from: number): number | undefined {
  const most = from + longestPem - longestHeader;
  let at = from;
  for (; at < text.length && at < most; at++) {
    if (text.startsWith('-----END ', at)) {
      const close = text.slice(at + 9, at + longestHeader).indexOf('-----');
      if (close >= 0) return at + 9 + close + 5;
      return text.length - at < longestHeader ? undefined : at;
    }
    // Another block begins: stopping here also keeps hostile repetitions linear.
    if (text.startsWith(pemHeader, at)) return at;
    if (!/[A-Za-z0-9+/=\s:,\-\\]/.test(text[at] ?? '')) return at;
  }
  return at === most ? at : undefined;
}

/** Behind a word such as password: the sign between, and the value while it grows. */
function openValue(text: NormalText, from: number): number {
  const { length } = text.text;
  // A value that may grow reaches the end of the text, so its word stands just before that run.
  let run = length;
  while (run > 0 && length - run <= longestValue && isValueUnit(text.text, run - 1)) run--;
  const reach = Math.max(0, run - longestGap - 20);
  let open = length;
  // Only the tail is folded: this is asked for every piece of a stream.
  const tail = text.text.slice(reach);
  for (const { valueStart, valueEnd } of assignedValues(tail, lowerCase(tail))) {
    if (reach + valueEnd >= length) open = Math.min(open, Math.max(from, reach + valueStart));
  }
  return open;
}

interface Assigned {
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** Values behind labels, also empty ones at the end of the text. */
function* assignedValues(units: string, lower: string): Generator<Assigned> {
  for (const { at, word } of assigning.scan(lower)) {
    const gap = /^["']?(?: ?(?:=>|[:=]|は|is)){0,2}[ "'\n「]{0,3}/.exec(
      units.slice(at + word.length, at + word.length + longestGap),
    )?.[0];
    const valueStart = at + word.length + (gap?.length ?? 0);
    if (valueStart < units.length && !/[:=は]|is/.test(gap ?? '')) continue;
    let valueEnd = valueStart;
    while (valueEnd - valueStart < longestValue && isValueUnit(units, valueEnd)) valueEnd++;
    yield { valueStart, valueEnd };
  }
}

const urlStart = /[a-z][a-z0-9+]{1,15}:\/\/[^\s/@:'"<>]{0,64}:([^\s/@'"<>]{1,128})@/g;

/** The password of user info at the end of the text, while no @ has said that it is one. */
function openUrl(text: string, from: number): number {
  const reach = Math.max(0, text.length - 220);
  const tail = text.slice(reach);
  if (!tail.includes('://')) return text.length;
  const open = /[a-z][a-z0-9+]{1,15}:\/\/[^\s/@:'"<>]{0,64}:([^\s/@'"<>]{0,128})$/.exec(tail)?.[1];
  return open === undefined ? text.length : Math.max(from, text.length - open.length);
}

export const credentials: Detector = {
  id: 'credentials',
  version: 1,
  kinds: [
    { kind: 'credential.api_key', title: { en: 'API key', ja: 'APIキー' } },
    { kind: 'credential.token', title: { en: 'Signed token (JWT)', ja: '署名付きトークン(JWT)' } },
    { kind: 'credential.private_key', title: { en: 'Private key', ja: '秘密鍵' } },
    { kind: 'credential.password', title: { en: 'Password', ja: 'パスワード' } },
  ],
  maxSpan: longestPem + 1,
  anchor: credentialAnchor,
  detect: (text) => [...keys(text), ...privateKeys(text), ...passwords(text), ...userInfo(text)],
};

function finding(text: NormalText, kind: string, place: Assigned & { score: number }): Finding {
  const span = spanOf(text, { start: place.valueStart, end: place.valueEnd });
  return { ...span, kind, score: place.score, detector: name };
}

function* keys(text: NormalText): Generator<Finding> {
  for (const { at, word: prefix } of starts.scan(text.text)) {
    const least = leastUnits.get(prefix);
    if (least === undefined || startsInside(text.text, at)) continue;
    let end = at + prefix.length;
    while (end - at < longestToken && isTokenUnit(text.text, end)) end++;
    while (end > at && text.text[end - 1] === '.') end--;
    const token = text.text.slice(at, end);
    if (token.length - prefix.length < least) continue;
    const jwt = prefix === 'eyJ';
    if (jwt && !/^eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*$/.test(token)) continue;
    const score = isExample(token) ? 30 : /[0-9]/.test(token) ? 95 : 60;
    const kind = jwt ? 'credential.token' : 'credential.api_key';
    yield finding(text, kind, { valueStart: at, valueEnd: end, score });
  }
}

/** Letters before a prefix make it part of a word: ask-, task-. Leading marks do not. */
function startsInside(text: string, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && at - before < 8 && '.-_'.includes(text[before] ?? '')) before--;
  return before >= 0 && isTokenUnit(text, before);
}

/** What documentation writes where a key belongs. */
function isExample(value: string): boolean {
  return /xxxx|your[-_ ]?|example|\*\*\*|\.\.\.|placeholder|changeme|dummy|sample|0000000|1234567890/i.test(
    value,
  );
}

function* privateKeys(text: NormalText): Generator<Finding> {
  const { text: units } = text;
  for (let at = units.indexOf(pemHeader); at >= 0; at = units.indexOf(pemHeader, at + 1)) {
    const header = readHeader(units, at);
    if (typeof header === 'string') continue;
    const valueEnd = pemEnd(units, header) ?? units.length;
    yield finding(text, 'credential.private_key', { valueStart: at, valueEnd, score: 98 });
  }
}

function* passwords(text: NormalText): Generator<Finding> {
  for (const { valueStart, valueEnd } of assignedValues(text.text, text.lower)) {
    let end = valueEnd;
    while (end > valueStart && '.)]}:'.includes(text.text[end - 1] ?? '')) end--;
    const score = scoreValue(text.text.slice(valueStart, end));
    if (score > 0) yield finding(text, 'credential.password', { valueStart, valueEnd: end, score });
  }
}

function* userInfo(text: NormalText): Generator<Finding> {
  if (!text.text.includes('://')) return;
  for (const match of text.text.matchAll(urlStart)) {
    const secret = match[1] ?? '';
    if (isExample(secret) || /^(pass|password|pw|secret|\$|\{|%)/i.test(secret)) continue;
    const valueEnd = match.index + match[0].length - 1;
    const valueStart = valueEnd - secret.length;
    yield finding(text, 'credential.password', { valueStart, valueEnd, score: 88 });
  }
}

/** A value that nobody would write by accident: classes of characters, length, variety. */
function scoreValue(value: string): number {
  if (value.length < 6 || isExample(value) || /^https?:|[(){}[\]$\\]|^[*•_-]+$/.test(value))
    return 0;
  const lower = /[a-z]/.test(value);
  const upper = /[A-Z]/.test(value);
  const digit = /[0-9]/.test(value);
  const symbol = /[^A-Za-z0-9._/-]/.test(value);
  const classes = [lower, upper, digit, symbol].filter(Boolean).length;
  // Names in code (process.env.DB_PASSWORD, max_length) have letters and joints only.
  if (!digit && !symbol) return 0;
  if (classes === 1) return digit && value.length <= 16 && new Set(value).size > 3 ? 55 : 0;
  const variety = entropyBits(value);
  if (variety < 14) return 0;
  if (value.length >= 8 && (classes >= 3 || variety >= 28)) return 88;
  return variety >= 20 ? 75 : 55;
}

/** Shannon entropy of the value's own units, in bits over the whole of it. */
function entropyBits(value: string): number {
  const counts = new Map<string, number>();
  for (const unit of value) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / value.length);
  return bits;
}
