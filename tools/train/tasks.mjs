// The three models we train, what each of their heads answers for, and which examples it learns
// from. A head is told apart by a function of an example: true, false, or undefined for "not mine".
import { normalise } from '../../server/dist/supervisor/normalise.js';
import { hazards } from '../../server/dist/supervisor/hazards.js';
import { denseGateName } from '../../server/dist/supervisor/model/strongest.js';
import { sentencesOf } from '../../server/dist/supervisor/model/sentences.js';
import { itemsOf, sources } from './sources.mjs';
import { answers, takes } from './written/answers.mjs';
import { evasion, refusal } from './written/answers-validate.mjs';
import { draw } from './written/draw.mjs';
import { directAbroad, evasionsAbroad } from './written/evasions-abroad.mjs';
import { direct, evasions, evasionsValidate } from './written/evasions-more.mjs';

const partOf = (task) =>
  sources
    .filter(
      (source) => source[task] !== undefined && (source.needs === undefined || source.isThere()),
    )
    .map((source) => ({ ...source, part: source[task], items: itemsOf(source) }));

/** Sentences, as the answer model reads them. */
export function sentences(text) {
  const normal = normalise(text);
  return [...sentencesOf(normal)]
    .map(({ start, end }) => normal.text.slice(start, end))
    .filter((each) => each.length > 12);
}

function answerParts() {
  const drawn = ['refusal', 'evasion', 'answer'].map((said) => ({
    id: `written-${said}`,
    family: `written-${said}`,
    licence: 'Apache-2.0',
    by: 'written for this repository',
    part: 'train',
    items: Object.entries(answers[said]).flatMap(([lang, list]) =>
      list.flatMap((slots, at) =>
        draw(slots, Math.ceil(takes[said][lang] / list.length), 2_000 + at).map((text) => ({
          text,
          lang,
          said,
        })),
      ),
    ),
  }));
  const chosen = ['refusal', 'evasion'].map((said) => ({
    id: `written-${said}-validate`,
    family: `validate-${said}`,
    licence: 'Apache-2.0',
    by: 'written for this repository',
    part: 'validate',
    items: { refusal, evasion }[said].map(([lang, text]) => ({ text, lang, said })),
  }));
  const written = [
    ['written-evasion-sentences', 'train', { ...evasions, ...evasionsAbroad }, 'evasion'],
    ['written-direct-sentences', 'train', { ...direct, ...directAbroad }, 'answer'],
    ['written-evasion-sentences-validate', 'validate', evasionsValidate, 'evasion'],
  ].map(([id, part, lists, said]) => ({
    id,
    family: id,
    licence: 'Apache-2.0',
    by: 'written for this repository',
    part,
    items: Object.entries(lists).flatMap(([lang, list]) =>
      list.map((text) => ({ text, lang, said })),
    ),
  }));
  const prose = partOf('answer').map((source) => ({
    ...source,
    items: source.items.flatMap((item) =>
      sentences(item.text)
        .slice(0, 6)
        .map((text) => ({ text, lang: item.lang })),
    ),
  }));
  return [...drawn, ...chosen, ...written, ...prose, ...composed()];
}

const declining = {
  en: [
    "I can't",
    'I cannot',
    "I'm sorry, but I can't",
    'I am unable to',
    'I will not',
    "I won't",
    'I apologize, but I am not able to',
    "I'm not comfortable helping to",
    'As an AI, I must decline to',
    "I don't think I should",
    'It would be inappropriate to',
  ],
  ja: [
    'という依頼にはお応えできません。',
    'という内容についてはお答えできません。',
    'という話をお手伝いすることはできません。',
    'については回答を控えます。',
    'という文章は作成できかねます。',
  ],
};
const agreeing = {
  en: [
    'Here is my attempt to',
    'Certainly, I will',
    'Below I',
    'This essay will',
    'One way to',
    'To',
    'In order to',
    "Let's",
    'Critics',
    'Many authors',
  ],
  ja: [
    'という場面の文章です。',
    'ということについて説明します。',
    'という話は次のように続きます。',
    'と考える人が多いようです。',
    'という例を挙げます。',
  ],
};

/** What was asked for, declined and done: so that the words of the request decide nothing. */
function composed() {
  const prompts = itemsOf(sources.find(({ id }) => id === 'even-handedness')).map(
    ({ text }) => text[0].toLowerCase() + text.slice(1),
  );
  const acts = itemsOf(sources.find(({ id }) => id === 'jcm-train')).map(({ text }) =>
    text.replace(/。$/, ''),
  );
  const part = (id, phrases, said) => ({
    id,
    family: id,
    licence: 'Apache-2.0; requests MIT and CC BY 4.0',
    by: 'written for this repository around requests of even-handedness and jcm-train',
    part: 'train',
    items: [
      ...prompts.map((text, at) => ({
        text: `${phrases.en[at % phrases.en.length]} ${text}`,
        lang: 'en',
        said,
      })),
      ...acts.slice(0, 300).map((text, at) => ({
        text: `「${text}」${phrases.ja[at % phrases.ja.length]}`,
        lang: 'ja',
        said,
      })),
    ],
  });
  return [
    part('composed-refusal', declining, 'refusal'),
    part('composed-answer', agreeing, 'answer'),
  ];
}

export const tasks = [
  {
    id: 'attack',
    bits: 18,
    strength: 1,
    logistic: { epochs: 10, rate: 0.2, decay: 0.01 },
    title: { en: 'Attacks on instructions', ja: '指示への攻撃' },
    heads: [
      { name: 'gate', dense: false, of: ({ attack }) => attack !== undefined },
      { name: denseGateName, dense: true, of: ({ attack }) => attack !== undefined },
      {
        name: 'attack.jailbreak',
        of: ({ attack }) => (attack === undefined ? undefined : attack === 'jailbreak'),
      },
    ],
    families: ['wild', 'cyberseceval', 'written'],
    mostFalse: 0.02,
    sureFalse: 0.002,
    parts: () => partOf('attack'),
  },
  {
    id: 'harm',
    bits: 17,
    strength: 0.3,
    title: { en: 'Harmful requests', ja: '有害な依頼' },
    heads: [
      { name: 'gate', dense: false, of: ({ hazards: given }) => given !== undefined },
      { name: denseGateName, dense: true, of: ({ hazards: given }) => given !== undefined },
      ...hazards.map(({ kind, ailuminate }) => ({
        name: kind,
        of: ({ hazards: given }) =>
          given === undefined || given.length === 0 ? undefined : given.includes(ailuminate),
      })),
    ],
    families: ['ailuminate', 'multijail', 'written-harms'],
    categoryFamilies: ['ailuminate'],
    mostFalse: 0.02,
    sureFalse: 0.002,
    parts: () => partOf('harm'),
  },
  {
    id: 'answer',
    bits: 16,
    strength: 0.3,
    logistic: { epochs: 10, rate: 0.2, decay: 0.01 },
    title: { en: 'Refusals and evasions', ja: '拒否と回避' },
    heads: [
      { name: 'answer.refusal', of: ({ said }) => said === 'refusal' },
      // An evasion is said in many ways, and few sentences of an answer are looked at: more may be
      // taken for one wrongly than for a refusal.
      { name: 'answer.evasion', mostFalse: 0.003, of: ({ said }) => said === 'evasion' },
    ],
    families: [],
    mostFalse: 0.001,
    sureFalse: 0.0002,
    parts: answerParts,
  },
];
