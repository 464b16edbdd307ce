// Trains the model of names: what strings of kanji and katakana look like that are names of
// persons, from words of a dictionary, against words and compounds that are none.
import { chanceFrom } from '../../server/dist/supervisor/training/chance.js';
import { quantised } from '../../server/dist/supervisor/training/linear-trainer.js';
import { trainNames } from '../../server/dist/supervisor/training/name-trainer.js';
import {
  nameFeatureBits,
  nameFeatureVersion,
} from '../../server/dist/supervisor/names/name-features.js';
import { honorifics, placesAfter, titles } from '../../server/dist/supervisor/names/name-words.js';
import { surnames } from '../../server/dist/supervisor/names/surnames.js';
import { isThere, lines } from './files.mjs';
import { itemsOf, sources } from './sources.mjs';

const seed = 20_261_125;
export const nameDictionary = {
  id: 'sudachidict-core',
  file: 'names/sudachi-core-20261015.tsv.gz',
  licence: 'Apache-2.0',
  by: 'Works Applications, SudachiDict 20261015 (with UniDic and NEologd in it)',
};
export const hasNames = () => isThere(nameDictionary.file);

/** Words by class and script: S family names, G given names, P other persons, L places, X other
 * proper nouns, N nouns; with the cost of the dictionary, which is low for what is frequent. */
function dictionary() {
  const words = new Map();
  for (const line of lines(nameDictionary.file)) {
    const [kind, word, cost] = line.split('\t');
    const key = `${kind}${/^[ァ-ヴー]/.test(word) ? 'K' : 'J'}`;
    if (!words.has(key)) words.set(key, []);
    words.get(key).push({ word, cost: Number(cost) });
  }
  return (key) => words.get(key) ?? [];
}

/** Texts that were trained on elsewhere too, in which names are rare. */
export const nameTextSets = ['written-ordinary', 'jcm-train', 'jcm-right', 'curriculum-commentary'];

function kanjiRuns() {
  const counts = new Map();
  for (const source of sources.filter(({ id }) => nameTextSets.includes(id))) {
    for (const { text } of itemsOf(source)) {
      for (const [run] of text.matchAll(/[\u4e00-\u9fff々]+/g)) {
        if (run.length <= 8) counts.set(run, (counts.get(run) ?? 0) + 1);
      }
    }
  }
  return counts;
}

/** Names and words drawn by how frequent the dictionary says they are: a lower cost, more often. */
function drawBy(chance, entries, spread) {
  const sums = new Float64Array(entries.length);
  let sum = 0;
  for (const [at, { cost }] of entries.entries()) {
    sum += spread === undefined ? 1 : Math.exp((6_000 - cost) / spread);
    sums[at] = sum;
  }
  return () => {
    const wanted = chance() * sum;
    let low = 0;
    let high = entries.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return entries[low].word;
  };
}

/** Entries that the dictionary got in bulk have this cost, whatever their frequency. */
const bulkCost = 10_000;

/** Families of China and Korea that the dictionary's whole names begin with. */
const neighbours =
  '李劉陳楊趙孫郭鄭梁宋馮鄧曹彭蕭董袁潘蔣蒋蔡蘇魏呂沈姚盧姜崔譚汪廖賈鄒邱尹薛閻陶黎龔邵' +
  '銭戴朴張周徐習毛羅呉金曺黄王林許何高馬胡朱范文安白全南申洪韓';

export function nameExamples() {
  const words = dictionary();
  const chance = chanceFrom(seed);
  const examples = [];
  const whole = (a, b, positive, weight) => {
    const parts = [
      { text: a, part: 'family' },
      { text: b, part: 'given' },
    ];
    examples.push({ parts, positive, weight });
  };
  const names = new Set();
  const tools = { words, chance, names, whole, ...drawn(words, chance) };
  putTogether(tools);
  const nothing = (word, weight) => {
    if (word.length < 2 || word.length > 7 || names.has(word)) return;
    for (let at = 1; at <= 3 && at < word.length; at++) {
      if (word.length - at <= 4) whole(word.slice(0, at), word.slice(at), false, weight);
    }
  };
  things({ ...tools, nothing });
  surrounded({ ...tools, nothing });
  foreign({
    words,
    single: (text, part, positive, weight) =>
      examples.push({ parts: [{ text, part }], positive, weight }),
  });
  return examples;
}

const short = (entries, most) => entries.filter(({ word }) => word.length <= most);
const evenly = (list) => list.map((word) => ({ word, cost: 0 }));

/** Family and given names, frequent ones more often, and how one of several lists is drawn from. */
function drawn(words, chance) {
  const draw = (entries, spread) => drawBy(chance, entries, spread);
  const chosen = (key) => words(key).filter(({ cost }) => cost !== bulkCost);
  const frequent = [...surnames()].filter(([, of]) => of.frequent).map(([word]) => word);
  const family = [
    [0.3, draw(evenly(frequent))],
    [0.25, draw(short(chosen('SJ'), 3), 600)],
    [0.25, draw(short(chosen('SJ'), 3))],
    [0.2, draw(short(words('SJ'), 3))],
  ];
  const given = [
    [0.35, draw(short(chosen('GJ'), 4), 600)],
    [0.4, draw(short(chosen('GJ'), 4))],
    [0.25, draw(short(words('GJ'), 4))],
  ];
  const pick = (among) => {
    let left = chance();
    for (const [share, one] of among) if ((left -= share) < 0) return one();
    return among[0][1]();
  };
  return { draw, pick, family, given, noun: draw(short(words('NJ'), 3), 700) };
}

function putTogether({ words, names, whole, pick, family, given }) {
  for (let at = 0; at < 120_000; at++) {
    const [a, b] = [pick(family), pick(given)];
    names.add(a + b);
    whole(a, b, true, 1);
  }
  for (const { word } of words('PJ')) {
    if (word.length !== 3 || !neighbours.includes(word[0])) continue;
    names.add(word);
    for (let at = 0; at < 6; at++) whole(word[0], word.slice(1), true, 1);
  }
}

/** Words of ordinary texts and of the dictionary, and compounds of them. */
function things({ words, chance, draw, pick, family, noun, nothing }) {
  for (const [run, count] of kanjiRuns()) nothing(run, Math.min(4, 1 + Math.log(count)));
  const anyNoun = draw(words('NJ'));
  const place = draw(short(words('LJ'), 3), 700);
  const anyPlace = draw(words('LJ'));
  const other = draw(words('XJ'));
  for (let at = 0; at < 60_000; at++) {
    nothing(noun() + noun(), 0.7);
    nothing((chance() < 0.5 ? place() : anyPlace()) + noun(), 0.7);
  }
  for (let at = 0; at < 25_000; at++) {
    nothing(anyNoun(), 1);
    nothing(other(), 1);
    nothing(anyPlace(), 0.7);
    nothing(pick(family) + noun(), 0.5);
    nothing(noun() + pick(family), 0.5);
  }
  for (const { word } of words('NJ')) nothing(word, 0.5);
}

/** A name with more around it is no name: 佐藤監督, 細川綱利時代, 弟俊介, 初代相馬哲平. */
function surrounded({ draw, pick, family, given, noun, nothing }) {
  const behind = [honorifics, titles, placesAfter].flatMap((list) =>
    [...list.words].filter((word) => /^[\u4e00-\u9fff]+$/.test(word)),
  );
  const units = '等達方側家氏派宛役作率時代政権夫妻氏等一門一族一派一行'.match(/./gu);
  const endings = [
    [0.5, draw(evenly(behind))],
    [0.2, draw(evenly(units))],
    [0.3, noun],
  ];
  for (let at = 0; at < 60_000; at++) {
    const [a, b] = [pick(family), pick(given)];
    nothing(a + pick(endings), 1);
    nothing(a + b + pick(endings), 1);
    nothing(noun() + b, 0.7);
    nothing(noun() + a + b, 1);
  }
}

/** Katakana words of the texts, with how often each stands there: hardly one is a name. */
function katakanaRuns() {
  const counts = new Map();
  for (const source of sources.filter(({ id }) => nameTextSets.includes(id))) {
    for (const { text } of itemsOf(source)) {
      for (const [run] of text.matchAll(/[ァ-ヴー]+/g)) counts.set(run, (counts.get(run) ?? 0) + 1);
    }
  }
  return counts;
}

function foreign({ words, single }) {
  const of = (...keys) => new Set(keys.flatMap((key) => words(key).map(({ word }) => word)));
  const persons = of('SK', 'GK', 'PK');
  const others = of('NK', 'LK', 'XK');
  const usable = (word) => word.length > 1 && word.length <= 14;
  for (let turn = 0; turn < 3; turn++) {
    for (const word of persons) {
      if (usable(word)) single(word, 'foreign', true, others.has(word) ? 0.3 : 1);
    }
    for (const word of others) {
      if (usable(word)) single(word, 'foreign', false, persons.has(word) ? 0.7 : 1);
    }
    for (const [run, count] of katakanaRuns()) {
      if (usable(run)) single(run, 'foreign', false, Math.min(4, 1 + Math.log(count)));
    }
  }
}

export function fitNames() {
  const examples = nameExamples();
  const weights = trainNames(examples, { seed, epochs: 6, rate: 0.4 });
  const { values, scale } = quantised(weights);
  const header = {
    id: 'names',
    version: 1,
    features: nameFeatureVersion,
    bits: nameFeatureBits,
    heads: [{ name: 'person', scale, bias: 0, slope: 1, offset: 0, threshold: 0.5, sure: 0.9 }],
  };
  return { examples: examples.length, weights: { header, values } };
}
