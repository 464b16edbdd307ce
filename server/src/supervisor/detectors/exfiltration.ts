import { type Anchor, type Detector, type Finding, detectorName } from '../finding.ts';
import type { NormalText } from '../normalise.ts';
import { spanOf } from '../number.ts';

const name = detectorName({ id: 'exfiltration', version: 1 });
const longestLabel = 200;
const longestUrl = 1_024;
const longest = longestLabel + longestUrl + 8;

/**
 * Markdown pictures and links, and HTML pictures, whose address carries data: a picture is fetched
 * as soon as the answer is shown, so that what stands in its address has left.
 */
export const exfiltration: Detector = exfiltrationBeyond([]);

/** @param hosts to which links may lead; their subdomains are meant as well */
export function exfiltrationBeyond(hosts: readonly string[]): Detector {
  return {
    id: 'exfiltration',
    version: 1,
    kinds: [
      {
        kind: 'exfiltration.image',
        title: { en: 'Picture that sends data elsewhere', ja: '外部へデータを送る画像' },
      },
      {
        kind: 'exfiltration.link',
        title: { en: 'Link that sends data elsewhere', ja: '外部へデータを送るリンク' },
      },
    ],
    maxSpan: longest,
    anchor: {
      present: ({ text }, from) => text.indexOf('[', from) >= 0 || text.indexOf('<', from) >= 0,
      openFrom: ({ text }, from) => Math.min(openMarkdown(text, from), openHtml(text, from)),
    } satisfies Anchor,
    detect: (text) => [...markdown(text, hosts), ...html(text, hosts)],
  };
}

type Reading = { readonly urlStart: number; readonly urlEnd: number; readonly end: number };

/** From a [ to the end of its address. @returns `open` when the text ends first */
function readLink(text: string, open: number): Reading | 'open' | 'none' {
  let at = open + 1;
  // A label may hold brackets of its own, one level deep, as a picture inside a link does not.
  let depth = 1;
  for (; at < text.length && at - open <= longestLabel; at++) {
    const unit = text[at];
    if (unit === '[') depth++;
    if (unit === ']' && --depth === 0) break;
    if (unit === '\n' && text[at + 1] === '\n') return 'none';
  }
  if (at - open > longestLabel) return 'none';
  if (at >= text.length - 1) return 'open';
  if (text[at + 1] === ':') return readUrl(text, at + 2, '\n');
  if (text[at + 1] !== '(') return 'none';
  return readUrl(text, at + 2, ')');
}

/** The address from where it may begin up to the unit that ends it; too long ends it as well. */
function readUrl(text: string, from: number, close: string): Reading | 'open' | 'none' {
  let at = from;
  while (at - from < 4 && (text[at] === ' ' || text[at] === '<')) at++;
  const urlStart = at;
  while (at < text.length && at - urlStart < longestUrl) {
    const unit = text[at] ?? '';
    if (unit === close || unit === '>' || unit === '\n' || unit === '"') break;
    at++;
  }
  if (at === text.length && at - urlStart < longestUrl) return 'open';
  const end = text[at] === close && close !== '\n' ? at + 1 : at;
  return at === urlStart ? 'none' : { urlStart, urlEnd: at, end };
}

function openMarkdown(text: string, from: number): number {
  const reach = Math.max(from, text.length - longest);
  for (let at = text.indexOf('[', reach); at >= 0; at = text.indexOf('[', at + 1)) {
    if (readLink(text, at) === 'open') return text[at - 1] === '!' ? Math.max(from, at - 1) : at;
  }
  return text.endsWith('!') ? Math.max(from, text.length - 1) : text.length;
}

function* markdown(text: NormalText, hosts: readonly string[]): Generator<Finding> {
  const { text: units } = text;
  for (let at = units.indexOf('['); at >= 0; at = units.indexOf('[', at + 1)) {
    const link = readLink(units, at);
    if (typeof link === 'string') continue;
    const picture = units[at - 1] === '!';
    const score = scoreUrl(units.slice(link.urlStart, link.urlEnd), { picture, hosts });
    if (score === 0) continue;
    const kind = picture ? 'exfiltration.image' : 'exfiltration.link';
    const start = picture ? at - 1 : at;
    yield { ...spanOf(text, { start, end: link.end }), kind, score, detector: name };
  }
}

const tags = [
  '<img',
  '<iframe',
  '<object',
  '<embed',
  '<link',
  '<video',
  '<audio',
  '<source',
  '<svg',
];

/** The end of a tag, or undefined when the text or the longest tag ends first. */
function tagEnd(text: string, at: number): number | 'open' | 'none' {
  const head = text.slice(at, at + 8).toLowerCase();
  if (at + head.length === text.length && tags.some((tag) => tag.startsWith(head))) return 'open';
  if (!tags.some((tag) => head.startsWith(tag))) return 'none';
  const close = text.slice(at, at + longest).indexOf('>');
  if (close >= 0) return at + close + 1;
  return text.length - at < longest ? 'open' : at + longest;
}

function openHtml(text: string, from: number): number {
  const reach = Math.max(from, text.length - longest);
  for (let at = text.indexOf('<', reach); at >= 0; at = text.indexOf('<', at + 1)) {
    if (tagEnd(text, at) === 'open') return at;
  }
  return text.length;
}

function* html(text: NormalText, hosts: readonly string[]): Generator<Finding> {
  const { text: units } = text;
  for (let at = units.indexOf('<'); at >= 0; at = units.indexOf('<', at + 1)) {
    const end = tagEnd(units, at);
    if (typeof end === 'string') continue;
    const url = /(?:src|href|data|poster) ?= ?["']?([^"'\s>]{1,1024})/i.exec(
      units.slice(at, end),
    )?.[1];
    const score = url === undefined ? 0 : scoreUrl(url, { picture: true, hosts });
    if (score === 0) continue;
    const kind = 'exfiltration.image';
    yield { ...spanOf(text, { start: at, end }), kind, score, detector: name };
  }
}

/** How much of the caller's text an address may be carrying. */
function scoreUrl(
  address: string,
  { picture, hosts }: { readonly picture: boolean; readonly hosts: readonly string[] },
): number {
  const url = /^ ?(?:https?:)?\/\/([^/?#\s]{1,255})([^\s]*)/i.exec(address);
  if (url === null) return 0;
  const [, host = '', rest = ''] = url;
  if (isAllowed(host, hosts)) return 0;
  // A placeholder would be filled in with the caller's own data after this check.
  if (/\[[A-Z][A-Z0-9_]*_[0-9]{1,6}\]/.test(rest) || /\[[A-Z][A-Z0-9_]*_[0-9]{1,6}\]/.test(host))
    return 95;
  if (address.length >= longestUrl) return 90;
  const query = rest.includes('?') ? rest.slice(rest.indexOf('?') + 1) : '';
  const values = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
  const payload = values.reduce((most, value) => (value.length > most.length ? value : most), '');
  if (/\$?\{\{?|<[a-z_]+>|%7B|\{[A-Za-z_]+\}/i.test(rest)) return picture ? 85 : 70;
  if (payload.length >= 24) return picture ? 90 : isEncoded(payload) ? 75 : 50;
  if (longSegment(rest) || longLabel(host)) return picture ? 80 : 60;
  return picture && payload.length >= 8 ? 55 : 0;
}

/** User info before the host, or another port, is no part of what was allowed. */
function isAllowed(host: string, hosts: readonly string[]): boolean {
  const name = host.toLowerCase();
  return hosts.some((allowed) => name === allowed || name.endsWith(`.${allowed}`));
}

/** Base64 of some length, or an address; a search for a few words is neither. */
function isEncoded(payload: string): boolean {
  if (/@|%40/.test(payload)) return true;
  const dense = /^(?:[A-Za-z0-9_-]|%2[BF]|%3D){32,}={0,2}$/.test(payload);
  return dense && /[a-z]/.test(payload) && /[A-Z]/.test(payload) && /[0-9]/.test(payload);
}

function longSegment(path: string): boolean {
  return (path.split('?')[0] ?? '')
    .split('/')
    .some((part) => part.length >= 64 && !part.includes('.'));
}

function longLabel(host: string): boolean {
  return host.split('.').some((part) => part.length >= 40);
}
