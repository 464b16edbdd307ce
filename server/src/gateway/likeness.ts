/**
 * Whether two questions ask the same, without a model. Two gates, and both must open.
 *
 * The first is strict: what is left of each text when courtesies and sentence marks are taken away,
 * and one article is as good as another, must be equal, word for word and in order. So numbers,
 * negations, names, places, directions and units are equal, and no length of text hides a small
 * difference. The second says how much of what was taken away may differ: the cosine of hashed
 * words and groups of three characters.
 */
export interface Question {
  /** What must be equal. Empty where a text is nothing but courtesies. */
  readonly essence: string;
  /** Of length 1. */
  readonly features: Float32Array;
}

const dimensions = 512;

export function questionOf(text: string): Question {
  const plain = plainText(text);
  return { essence: essenceOf(plain), features: featuresOf(plain) };
}

/** @returns 0 to 100; 0 where the essence differs */
export function likeness(a: Question, b: Question): number {
  if (a.essence === '' || a.essence !== b.essence) return 0;
  let cosine = 0;
  for (let i = 0; i < dimensions; i++) cosine += a.features[i]! * b.features[i]!;
  return Math.min(100, cosine * 100);
}

/** One width of letters and digits, one apostrophe, one kind of space. */
function plainText(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(/[\u2018\u2019]/g, "'")
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Ways to begin and to end that ask for nothing. English ones in any case of letters. */
const openings = [
  /^(?:hello|hi|hey|good (?:morning|afternoon|evening)|excuse me|please)\b[ ,.!]*/i,
  /^(?:can|could|would|will) you (?:please |kindly )?(?:tell|explain to|show) me\b[ ,:]*/i,
  /^(?:i would|i'd) like to know\b[ ,:]*/i,
  /^tell me\b[ ,:]*/i,
  /^(?:こんにちは|こんばんは|おはようございます|すみません|すいません|恐れ入りますが)[、。,.! ]*/,
] as const;
const endings = [
  /[ ,.!?]*\b(?:please|thanks(?: a lot)?|thank you(?: very much)?)[ .!?]*$/i,
  /(?:[。、.,?… ]|(?<![\d)])!)+$/,
  /(?:を)?(?:教えて|おしえて)(?:ください|下さい|くださいませんか|いただけますか|もらえますか|くれますか)?$/,
  /(?:よろしく)?お願い(?:いた)?します$/,
  /(?:です|でしょう)か$/,
] as const;

/** They say nothing of their own wherever they stand. */
const courtesies = new Set(['please', 'kindly']);

/** One stands for the other, but none for nothing: few is not a few, and a plan not plan a. */
const articles = new Set(['a', 'an', 'the']);

/**
 * Behind these it matters which article it is: a number of them are many, the number is one; a
 * second is short, the second comes after the first; a day is a rate, the day is today.
 */
const weighty = new Set(
  (
    'few little number couple bit lot great good most majority minority total half third quarter ' +
    'fourth fifth sixth seventh eighth ninth tenth hundredth thousandth second minute hour day ' +
    'night week month quarter year decade century one other same only first last next'
  ).split(' '),
);

/** Marks that end a sentence or part one. All others may carry a meaning, as in a sum or a path. */
const softMark = /^[。、…]$/u;

/** Numbers whole; words of one script, since some scripts put no space between them; marks. */
const token =
  /[-+−]?\d+(?:[.,]\d+)*|\p{Script=Han}+|[\p{Script=Katakana}ー]+|\p{Script=Hiragana}+|[\p{L}\p{M}]+(?:'[\p{L}\p{M}]+)*|[^\s]/gu;

function essenceOf(plain: string): string {
  const words: string[] = [];
  const bare = withoutCourtesies(plain);
  const tokens = [...bare.matchAll(token)];
  for (const [i, { 0: word, index }] of tokens.entries()) {
    if (softMark.test(word) || isSentenceMark(bare, word, index)) continue;
    // The first letter of a text is written large whatever the word is; elsewhere it is a name's.
    const first = words.length === 0 && /^\p{Lu}\p{Ll}*(?:'\p{Ll}+)*$/u.test(word);
    const said = first ? word.toLowerCase() : word;
    if (courtesies.has(said)) continue;
    if (articles.has(said) && !weighty.has(tokens[i + 1]?.[0].toLowerCase() ?? '')) {
      words.push('the');
      continue;
    }
    words.push(...spelledOut(said, bare.slice(0, index)));
  }
  return words.join(' ');
}

/** A point or comma before a space or at the end, and not within a number or a name. */
function isSentenceMark(text: string, word: string, index: number): boolean {
  return (word === '.' || word === ',') && /^(?:\s|$)/.test(text.slice(index + 1));
}

function withoutCourtesies(plain: string): string {
  let text = plain;
  for (let before = ''; before !== text;) {
    before = text;
    for (const one of [...openings, ...endings]) text = text.replace(one, '');
  }
  return text;
}

const contractions: ReadonlyMap<string, readonly string[]> = new Map([
  ["can't", ['can', 'not']],
  ['cannot', ['can', 'not']],
  ["won't", ['will', 'not']],
  ["what's", ['what', 'is']],
  ["where's", ['where', 'is']],
  ["who's", ['who', 'is']],
  ["when's", ['when', 'is']],
  ["how's", ['how', 'is']],
  ["i'm", ['i', 'am']],
]);

/** A minus is part of a number only where it is no hyphen, as it is in a date. */
function spelledOut(word: string, before: string): readonly string[] {
  if (/^[-+−]?\d/.test(word)) {
    const digits = word.replaceAll(/,(?=\d{3}(?!\d))/g, '').replace('−', '-');
    const hyphen = /^[-+]/.test(digits) && /[\p{L}\p{N}]$/u.test(before);
    return hyphen ? [digits[0]!, digits.slice(1)] : [digits];
  }
  const known = contractions.get(word);
  if (known !== undefined) return known;
  return word.endsWith("n't") ? [word.slice(0, -3), 'not'] : [word];
}

function featuresOf(plain: string): Float32Array {
  const features = new Float32Array(dimensions);
  const lower = plain.toLowerCase();
  const add = (feature: string): void => {
    const at = hashOf(feature) % dimensions;
    features[at] = features[at]! + 1;
  };
  for (const [word] of lower.matchAll(token)) add(`w${word}`);
  const padded = ` ${lower} `;
  for (let i = 0; i + 3 <= padded.length; i++) add(padded.slice(i, i + 3));
  const length = Math.hypot(...features);
  return length === 0 ? features : features.map((value) => value / length);
}

/** FNV-1a of 32 bits over UTF-16 units (Fowler, Noll and Vo). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
