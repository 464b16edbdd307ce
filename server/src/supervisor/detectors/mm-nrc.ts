import { vocabulary, wordBefore } from '../context.ts';
import { type Anchor, type Detector, type Finding, detectorName } from '../finding.ts';
import type { NormalText } from '../normalise.ts';
import { spanOf } from '../number.ts';

/** Region 1 to 14, township letters, type of citizenship, six digits: 12/OUKAMA(N)123456. */
const pattern =
  /(?<![0-9])(?:1[0-4]|[1-9]) ?\/ ?[A-Za-z\u1000-\u109f]{3,16} ?\((?:N|E|P|T|R|S|naing|ဧည့်|နိုင်|ပြု|သာ)\) ?[0-9]{6}(?![0-9])/giu;
const longest = 2 + 3 + 16 + 1 + 8 + 1 + 6 + 1;
const labels = vocabulary('nrc', 'မှတ်ပုံတင်', 'နိုင်ငံသားစိစစ်ရေး', 'ミャンマーの身分証');
const name = detectorName({ id: 'mm-nrc', version: 1 });

const slashAnchor: Anchor = {
  present: (text, from) => text.text.indexOf('/', from) >= 0,
  openFrom: ({ text }, from) => {
    const reach = Math.max(from, text.length - longest);
    for (let at = text.indexOf('/', reach); at >= 0; at = text.indexOf('/', at + 1)) {
      if (/[0-9] ?$/.test(text.slice(Math.max(0, at - 2), at)))
        return Math.max(from, reach, at - 3);
    }
    const tail = /[0-9]{1,2} ?$/.exec(text.slice(Math.max(from, text.length - 3)));
    return tail === null ? text.length : text.length - tail[0].length;
  },
};

export const mmNrc: Detector = {
  id: 'mm-nrc',
  version: 1,
  kinds: [
    {
      kind: 'personal.mm_nrc',
      title: { en: 'NRC (Myanmar)', ja: 'ミャンマーの国民登録番号(NRC)' },
    },
  ],
  maxSpan: longest,
  anchor: slashAnchor,
  detect: (text) => [...matches(text)],
};

function* matches(text: NormalText): Generator<Finding> {
  for (const match of text.text.matchAll(pattern)) {
    const place = { start: match.index, end: match.index + match[0].length };
    const labelled = wordBefore(text, place.start, labels) !== undefined;
    const score = labelled ? 95 : 85;
    yield { ...spanOf(text, place), kind: 'personal.mm_nrc', score, detector: name };
  }
}
