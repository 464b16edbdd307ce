// Sentences of others whose names were marked by people: an encyclopaedia's, which rules and
// thresholds may be looked at with one half of, and those of a news site.
import { existsSync, readFileSync } from 'node:fs';
import { isThere, json, text as textOf } from '../../tools/train/files.mjs';

const kinds = ['personal.name'];
const frameOf = (name) =>
  /^[ァ-ヶー・＝=゠·]+$/.test(name)
    ? /[・＝=゠·]/.test(name)
      ? 'katakana, joined'
      : 'katakana, alone'
    : /^[\u4e00-\u9fff々ヶノ]+$/.test(name)
      ? 'kanji'
      : 'kana, Latin and mixed';

const ours = 'names/ner-wikipedia.json';

/** Sentences with names; those of every second article, because the others were looked at. */
export function encyclopaediaTexts() {
  const file = process.env.NER_WIKIPEDIA;
  if ((file === undefined || !existsSync(file)) && !isThere(ours)) return undefined;
  const rows =
    file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : json(ours);
  return rows
    .filter(({ curid }) => !wasSeen(curid))
    .map(({ text, entities }) => ({
      text,
      wanted: entities
        .filter(({ type }) => type === '人名')
        .map(({ span, name }) => ({ start: span[0], end: span[1], kinds, frame: frameOf(name) })),
    }));
}

function wasSeen(curid) {
  let hash = 7;
  for (const unit of curid) hash = (hash * 31 + unit.charCodeAt(0)) >>> 0;
  return hash % 2 === 0;
}

const news = 'names/wikinews-iob2.txt';

/** 500 sentences of Wikinews, one word a line, with IOB2 tags. */
export function newsTexts() {
  if (!isThere(news)) return undefined;
  return textOf(news)
    .split(/\n\s*\n/)
    .map((sentence) => {
      let text = '';
      const wanted = [];
      for (const line of sentence.split('\n')) {
        const [word = '', ...cells] = line.split('\t');
        const tag = cells.at(-1) ?? '';
        if (tag === 'B-PSN') {
          wanted.push({ start: text.length, end: text.length + word.length, kinds });
        } else if (tag === 'I-PSN' && wanted.length > 0) {
          wanted.at(-1).end = text.length + word.length;
        }
        text += word;
      }
      const framed = wanted.map((one) => ({
        ...one,
        frame: frameOf(text.slice(one.start, one.end)),
      }));
      return { text, wanted: framed };
    })
    .filter(({ text }) => text !== '');
}
