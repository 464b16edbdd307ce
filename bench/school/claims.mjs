// True sentences of published commentary, and the same with one thing changed by a seeded
// generator: a number, a year, a name or the polarity. The generator knows nothing of the checks.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { commentary, educationFile } from './pack.mjs';

const volumes = [1, 2, 3].map(
  (at) =>
    `curriculum-jp/highschool-commentary-md/【地理歴史編】高等学校学習指導要領（平成30年告示）_${at}.md.gz`,
);

/** Paragraphs of the upper secondary commentary: taken from PDF, so lines are joined again. */
export function highSchoolPassages() {
  const passages = [];
  for (const path of volumes) {
    const text = gunzipSync(readFileSync(educationFile(path))).toString('utf8');
    const lines = text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !/^[#\d\s|－-]+$/.test(line) && line.length > 8);
    let paragraph = '';
    const close = () => {
      if (paragraph.length >= 60 && /。/.test(paragraph)) {
        passages.push({
          id: `h${passages.length}`,
          text: paragraph.slice(0, 3_000),
          codes: [],
          years: [10],
          subject: null,
          title: '高等学校学習指導要領解説 地理歴史編',
          source: 'commentary',
        });
      }
      paragraph = '';
    };
    for (const line of lines) {
      if (/^[#（(①-⑳○●ア-オ]/.test(line)) close();
      paragraph += line.replaceAll(/^#+\s*/g, '');
      if (paragraph.length > 600 && line.endsWith('。')) close();
    }
    close();
  }
  return passages;
}

export const claimPassages = () => [...commentary(), ...highSchoolPassages()];

/** Mulberry32: the same seed, the same sentences. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const pick = (random, list) => list[Math.floor(random() * list.length)];
const strip = (text) => text.replaceAll(/<rt>[^<]*<\/rt>|<\/?[a-z]+>/g, '').trim();

/** Sentences with something in them that can be wrong. */
export function trueSentences(passages) {
  const sentences = [];
  for (const { text } of passages) {
    for (const [sentence] of strip(text).matchAll(/[^。\n]{18,180}。/g)) {
      sentences.push(sentence.trim().replace(/^[\s\u3000]+/, ''));
    }
  }
  return [...new Set(sentences)];
}

const groups = [
  '中国 韓国 インド ロシア ブラジル アメリカ イギリス フランス ドイツ オーストラリア タイ エジプト イタリア スペイン ポルトガル オランダ カナダ メキシコ トルコ モンゴル ベトナム インドネシア',
  '東京都 大阪府 京都府 沖縄県 北海道 広島県 長崎県 福岡県 愛知県 新潟県',
  '太平洋 大西洋 インド洋 日本海 地中海 オホーツク海',
  'アジア ヨーロッパ アフリカ 北アメリカ 南アメリカ オセアニア 東南アジア 西アジア 東アジア 南アジア',
  '源頼朝 足利義満 織田信長 豊臣秀吉 徳川家康 徳川家光 聖徳太子 聖武天皇 藤原道長 紫式部 清少納言 雪舟 ザビエル ペリー 西郷隆盛 大久保利通 木戸孝允 福沢諭吉 板垣退助 伊藤博文 大隈重信 野口英世',
  '縄文時代 弥生時代 平安時代 鎌倉時代 室町時代 江戸時代 明治時代 大正時代 昭和時代',
  'イスラーム キリスト教 仏教 ヒンドゥー教 ユダヤ教 儒教',
  '第一次世界大戦 第二次世界大戦 日清戦争 日露戦争 冷戦',
  '元 明 清 唐 宋 隋'.replaceAll(/ ?[元明清唐宋隋]/g, ''),
]
  .map((line) => line.split(' ').filter((name) => name !== ''))
  .filter((names) => names.length > 1);

const isName = (sentence, at, name) => {
  const [before, after] = [sentence[at - 1] ?? '', sentence[at + name.length] ?? ''];
  const same = (letter) =>
    /[ァ-ンー]/.test(name.at(-1)) ? /[ァ-ンー]/.test(letter) : /\p{sc=Han}/u.test(letter);
  return !same(before) && !same(after);
};

function swapName(sentence, random) {
  const found = [];
  for (const names of groups) {
    for (const name of names) {
      for (let at = sentence.indexOf(name); at >= 0; at = sentence.indexOf(name, at + 1)) {
        if (isName(sentence, at, name)) found.push({ at, name, names });
      }
    }
  }
  if (found.length === 0) return undefined;
  const { at, name, names } = pick(random, found);
  const others = names.filter((other) => !sentence.includes(other));
  if (others.length === 0) return undefined;
  return replaced(sentence, at, name, pick(random, others));
}

const replaced = (sentence, at, from, to) => ({
  text: sentence.slice(0, at) + to + sentence.slice(at + from.length),
  start: at,
  end: at + to.length,
});

function swapYear(sentence, random) {
  const found = [
    ...sentence.matchAll(/(?<!\d)(1[0-9]{3}|20[0-2][0-9]|[０-９]{4})(?=\s?年(?!代|間|前|後))/g),
    ...sentence.matchAll(/(?<=明治|大正|昭和|平成|令和)\s?([0-9０-９]{1,2})(?=\s?年)/g),
  ];
  if (found.length === 0) return undefined;
  const match = pick(random, found);
  const plain = Number(match[0].normalize('NFKC'));
  const shift = (1 + Math.floor(random() * 40)) * (random() < 0.5 ? -1 : 1);
  const year = plain < 100 ? ((plain + Math.abs(shift) - 1) % 60) + 1 : plain + shift;
  if (year === plain) return undefined;
  return replaced(sentence, match.index, match[0], String(year));
}

function swapNumber(sentence, random) {
  const unit =
    '年間|人|か国|カ国|種|つ|回|倍|都道府県|km|％|%|割|世紀|か月|時間|の事象|点|段階|以上|程度|大陸|項目';
  const pattern = new RegExp(
    `(?<![\\d０-９.,第（(])([0-9０-９][0-9０-９,]*|[一二三四五六七八九十]{1,3})(?=\\s?(?:${unit}))`,
    'g',
  );
  const found = [...sentence.matchAll(pattern)].filter(
    ({ 0: number, index }) =>
      !/^(一)(つ|人)/.test(sentence.slice(index, index + number.length + 1)) &&
      !/[統唯同均第万]$/.test(sentence.slice(0, index)),
  );
  if (found.length === 0) return undefined;
  const match = pick(random, found);
  const isKanji = !/\d/.test(match[0].normalize('NFKC'));
  if (isKanji) {
    const others = ['二', '三', '四', '五', '六', '七', '八', '九'].filter((n) => n !== match[0]);
    return replaced(sentence, match.index, match[0], pick(random, others));
  }
  const plain = Number(match[0].normalize('NFKC').replaceAll(',', ''));
  const factor = pick(random, [0.3, 0.5, 0.7, 1.5, 2, 3, 10]);
  const value = Math.max(1, Math.round(plain * factor));
  const other = value === plain ? plain + 1 : value;
  return replaced(sentence, match.index, match[0], other.toLocaleString('en-US'));
}

const turns = [
  ['できる', 'できない'],
  ['である。', 'ではない。'],
  ['ている。', 'ていない。'],
  ['した。', 'しなかった。'],
  ['された。', 'されなかった。'],
  ['する。', 'しない。'],
  ['ではない', 'である'],
  ['ていない', 'ている'],
  ['増加', '減少'],
  ['減少', '増加'],
  ['拡大', '縮小'],
  ['輸出', '輸入'],
  ['輸入', '輸出'],
  ['高い', '低い'],
  ['多い', '少ない'],
  ['重要', '不要'],
  ['大切', '無用'],
  ['上昇', '低下'],
];

function turnOver(sentence, random) {
  const found = turns.filter(([from]) => sentence.includes(from));
  if (found.length === 0) return undefined;
  const [from, to] = pick(random, found);
  return replaced(sentence, sentence.lastIndexOf(from), from, to);
}

export const changes = { number: swapNumber, year: swapYear, name: swapName, polarity: turnOver };

/** The same said as a model would say it: politely, without the opening, in plain digits. */
export function restyled(sentence, random) {
  let text = sentence
    .replace(/^(?:また|さらに|なお|その際|例えば|そこで|ここでは|したがって|このように)，/, '')
    .replaceAll('，', '、')
    .replace(/である。$/, 'です。')
    .replace(/ている。$/, 'ています。')
    .replace(/ていない。$/, 'ていません。')
    .replace(/ではない。$/, 'ではありません。')
    .replace(/する。$/, 'します。')
    .replace(/しない。$/, 'しません。')
    .replace(/しなかった。$/, 'しませんでした。')
    .replace(/した。$/, 'しました。')
    .replace(/できる。$/, 'できます。')
    .replace(/できない。$/, 'できません。');
  if (random() < 0.5) text = text.replaceAll(/[０-９]/g, (digit) => digit.normalize('NFKC'));
  const clauses = text.split('、');
  if (clauses.length > 3 && random() < 0.5) text = clauses.slice(-3).join('、');
  return text;
}

const letters = '〇一二三四五六七八九';
function inKanji(value) {
  if (value < 10) return letters[value];
  let text = '';
  for (const [size, letter] of [
    [1_000, '千'],
    [100, '百'],
    [10, '十'],
  ]) {
    const digit = Math.floor(value / size) % 10;
    if (digit > 0) text += (digit > 1 ? letters[digit] : '') + letter;
  }
  return text + (value % 10 > 0 ? letters[value % 10] : '');
}
const eraOf = (year) => {
  const [name, first] =
    year >= 2019
      ? ['令和', 2019]
      : year >= 1989
        ? ['平成', 1989]
        : year >= 1926
          ? ['昭和', 1926]
          : year >= 1912
            ? ['大正', 1912]
            : ['明治', 1868];
  return `${name}${year === first ? '元' : year - first + 1}年`;
};

/** The same value written otherwise: nothing may be said against it. */
export function sameValue(sentence, random) {
  const year = [
    ...sentence.matchAll(/(?<!\d)(18[7-9]\d|19\d\d|20[0-2]\d)\s?年(?!代|間|前|後|度)/g),
  ];
  if (year.length > 0 && random() < 0.6) {
    const { 0: from, 1: value, index } = pick(random, year);
    return replaced(sentence, index, from, eraOf(Number(value))).text;
  }
  const number = [
    ...sentence.matchAll(
      /(?<![\d０-９.,第（(])([1-9]\d{0,3})(?=\s?(?:人|か国|種|つ|回|倍|年|世紀))/g,
    ),
  ];
  if (number.length === 0) return undefined;
  const { 0: from, index } = pick(random, number);
  const value = Number(from);
  const other =
    random() < 0.5
      ? inKanji(value)
      : from.replaceAll(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
  return replaced(sentence, index, from, other).text;
}

export const isDevelopment = (text) => {
  let hash = 7;
  for (const letter of text) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return hash % 2 === 0;
};
