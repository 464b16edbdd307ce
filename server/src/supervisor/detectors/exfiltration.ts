import { type Anchor, type Detector, type Finding, detectorName } from '../finding.ts';
import type { NormalText } from '../normalise.ts';
import { spanOf } from '../number.ts';
import { longestAddress, scoreAddress } from './link-address.ts';

const name = detectorName({ id: 'exfiltration', version: 1 });
const longestLabel = 200;
const longestUrl = longestAddress;
const longest = longestLabel + longestUrl + 8;

/**
 * Links and pictures in Markdown, HTML and running text whose address carries data: a picture is
 * fetched as soon as the answer is shown, so that what stands in its address has left.
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
      present: ({ text, lower }, from) =>
        text.indexOf('[', from) >= 0 ||
        text.indexOf('<', from) >= 0 ||
        lower.indexOf('http', from) >= 0,
      openFrom: (text, from) =>
        Math.min(openMarkdown(text.text, from), openHtml(text.text, from), openBare(text, from)),
    } satisfies Anchor,
    detect: (text) => [...markdown(text, hosts), ...html(text, hosts), ...bare(text, hosts)],
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
    const score = scoreAddress(units.slice(link.urlStart, link.urlEnd), { picture, hosts });
    if (score === 0) continue;
    const kind = picture ? 'exfiltration.image' : 'exfiltration.link';
    const start = picture ? at - 1 : at;
    yield { ...spanOf(text, { start, end: link.end }), kind, score, detector: name };
  }
}

/** Tags that fetch as soon as they are shown, and tags that somebody has to use. */
const fetching = ['img', 'iframe', 'object', 'embed', 'link', 'video', 'audio', 'source', 'svg'];
const fetchingToo = ['script', 'meta', 'track', 'picture', 'input', 'style'];
const leading = ['a ', 'a\n', 'area', 'form', 'base', 'button'];
const pictures = [...fetching, ...fetchingToo].map((tag) => `<${tag}`);
const tags = [...pictures, ...leading.map((tag) => `<${tag}`)];
const attribute =
  /(?:src|srcset|href|data|poster|action|background|content|style|ping)[ \n]?=[ \n]?(?:"([^"]{1,1024})|'([^']{1,1024})|([^"'\s>][^\s>]{0,1023}))/gi;

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
    const tag = units.slice(at, end);
    const head = tag.slice(0, 8).toLowerCase();
    const picture = pictures.some((start) => head.startsWith(start));
    let score = 0;
    for (const [, double, single, unquoted] of tag.matchAll(attribute)) {
      for (const address of addressesIn(double ?? single ?? unquoted ?? '')) {
        score = Math.max(score, scoreAddress(address, { picture, hosts }));
      }
    }
    if (score === 0) continue;
    const kind = picture ? 'exfiltration.image' : 'exfiltration.link';
    yield { ...spanOf(text, { start: at, end }), kind, score, detector: name };
  }
}

/** The value of an attribute, and addresses within it: lists of sources, and style sheets. */
function addressesIn(value: string): readonly string[] {
  return [value, ...(value.match(/(?:https?:)?\/\/[^\s'"]+/gi) ?? [])];
}

/** The end of an address in running text. @returns `none` where there is no address */
function bareEnd(lower: string, at: number): number | 'open' | 'none' {
  const head = lower.slice(at, at + 8);
  const scheme = ['https://', 'http://'].find((one) => head.startsWith(one));
  if (scheme === undefined) {
    const growing = at + head.length === lower.length && /^http(?:s|s?:|s?:\/)?$/.test(head);
    return growing ? 'open' : 'none';
  }
  let end = at + scheme.length;
  while (end < lower.length && end - at < longestUrl && !isBareEnd(lower, end)) end++;
  return end === lower.length && end - at < longestUrl ? 'open' : end;
}

function isBareEnd(lower: string, at: number): boolean {
  return lower.charCodeAt(at) <= 32 || '<>"\'`)、。」'.includes(lower[at] ?? '');
}

function openBare({ lower }: NormalText, from: number): number {
  const reach = Math.max(from, lower.length - longest);
  for (let at = lower.indexOf('http', reach); at >= 0; at = lower.indexOf('http', at + 1)) {
    if (bareEnd(lower, at) === 'open') return at;
  }
  const begun = ['htt', 'ht', 'h'].find((head) => lower.endsWith(head))?.length ?? 0;
  return Math.max(from, lower.length - begun);
}

/** Addresses in running text, which readers make links of. Those of links were looked at there. */
function* bare(text: NormalText, hosts: readonly string[]): Generator<Finding> {
  const { lower } = text;
  if (!lower.includes('http')) return;
  const links = linkRanges(text.text);
  let next = 0;
  let covered = 0;
  // Addresses within addresses end where the outer one does: found once, the time stays linear.
  let known = 0;
  for (let at = lower.indexOf('http'); at >= 0; at = lower.indexOf('http', at + 1)) {
    for (; (links[next]?.start ?? Infinity) <= at; next++) {
      covered = Math.max(covered, links[next]?.end ?? 0);
    }
    if (at < covered) continue;
    const inside =
      at < known && known - at < longestUrl && /^https?:\/\//.test(lower.slice(at, at + 8));
    const read = inside ? known : bareEnd(lower, at);
    if (read === 'none') continue;
    // One that was cut as too long ends nowhere.
    if (read !== 'open') known = read - at < longestUrl ? read : 0;
    let end = read === 'open' ? lower.length : read;
    while (end > at && '.,;:!?'.includes(lower[end - 1] ?? '')) end--;
    const score = scoreAddress(text.text.slice(at, end), { picture: false, hosts });
    const kind = 'exfiltration.link';
    if (score > 0) yield { ...spanOf(text, { start: at, end }), kind, score, detector: name };
  }
}

/** Where links of Markdown and tags stand, in order of their beginning. */
function linkRanges(text: string): readonly { readonly start: number; readonly end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  for (let at = text.indexOf('['); at >= 0; at = text.indexOf('[', at + 1)) {
    const link = readLink(text, at);
    if (typeof link !== 'string') ranges.push({ start: at, end: link.end });
  }
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
    const end = tagEnd(text, at);
    if (typeof end === 'number') ranges.push({ start: at, end });
  }
  return ranges.toSorted((a, b) => a.start - b.start);
}
