// What the guards are asked, on sets that no model of ours was trained or tuned on (split by
// source), and what ours answers.
import { csv, json, jsonLines } from '../../tools/train/files.mjs';
import { itemsOf, sources } from '../../tools/train/sources.mjs';
import { allDetectors, normalise } from '../../server/dist/supervisor/index.js';
import { passagesOf } from '../../server/dist/supervisor/model/features.js';
import { modelOf } from '../../server/dist/supervisor/model/library.js';
import { gateOf } from '../../server/dist/supervisor/model/strongest.js';

const threshold = 50;
const of = (direction, ids) =>
  allDetectors.filter(
    ({ id, only }) => (only === undefined || only === direction) && ids.includes(id),
  );
const strongest = (detectors, text, matches) => {
  const normal = normalise(text);
  let score = 0;
  for (const detector of detectors) {
    for (const finding of detector.detect(normal)) {
      if (matches(finding)) score = Math.max(score, finding.score);
    }
  }
  return { flag: score >= threshold, score: score / 100 };
};

/** Below its threshold a model reports nothing; the area under the curve asks how near it came. */
function nearness(load, text) {
  const model = load();
  const normal = normalise(text);
  let most = 0;
  for (const passage of passagesOf(normal)) {
    const gate = gateOf(model, normal.lower, passage);
    most = Math.max(most, model.probability(passage.features, gate));
  }
  return most;
}
const graded = (answer, load, text) =>
  answer.flag ? answer : { ...answer, score: Math.max(answer.score, 0.5 * nearness(load, text)) };
const attackModel = modelOf('attack');
const harmModel = modelOf('harm');

const attackers = of('input', ['prompt-injection', 'attack-model']);
const phrases = of('input', ['prompt-injection']);
const harmers = of('input', ['harm-model']);
const answerers = of('output', ['answer-model']);
const personal = of('input', ['email', 'phone', 'payment-card']);
/** An answer counts as refused or evasive when a sentence that is begins so near its beginning. */
const refusalReach = 400;

/** As the checkpoint asks: what is below its threshold costs no second look. */
const asServed = {
  injection: (text) => strongest(attackers, text, ({ kind }) => kind.startsWith('attack.')),
  harm: (text) => strongest(harmers, text, () => true),
};

export const ours = {
  name: 'sekisho',
  version: 'this build',
  served: asServed,
  injection: (text) => graded(asServed.injection(text), attackModel, text),
  harm: (text) => graded(asServed.harm(text), harmModel, text),
  refusal: (text) =>
    strongest(
      answerers,
      text.slice(0, 4_000),
      ({ kind, start }) => kind === 'answer.refusal' && start < refusalReach,
    ),
  evasion: (text) =>
    strongest(
      answerers,
      text.slice(0, 4_000),
      ({ kind, start }) => kind === 'answer.evasion' && start < refusalReach,
    ),
  personal: (text) => strongest(personal, text, () => true),
};

export const ourPhrases = {
  name: 'sekisho, phrases alone',
  version: 'this build',
  injection: (text) => strongest(phrases, text, ({ kind }) => kind.startsWith('attack.')),
};

/** A short list of what refusals begin with, as guards without a model count them. */
const keywords =
  /\b(i'?m sorry|i apologi[sz]e|i can(?:'|no)t|i(?: a|')m (?:not able|unable)|i won'?t|as an ai|not appropriate|i cannot)\b|申し訳|できません/i;
export const keywordList = {
  name: 'list of keywords',
  version: '-',
  refusal: (text) => {
    const flag = keywords.test(text.slice(0, 200).replaceAll('’', "'"));
    return { flag, score: flag ? 1 : 0 };
  },
};

const usable = (task) =>
  sources.filter((source) => source[task] === 'test' && (source.isThere?.() ?? true));
const set = (source, positive) => ({
  id: source.id,
  office: source.office === true,
  rows: itemsOf(source).map(({ text, lang }) => ({ text, lang, positive })),
});

/** Human labels of three models: 0 refuses, 5 follows; the classes between are neither. */
function refusals() {
  return ['ChatGLM2', 'Claude', 'llama2-7b-chat'].map((model) => ({
    id: `do-not-answer ${model}`,
    rows: csv(`lab/judge/dna_human_${model}.csv.gz`).map(({ id, response, action }) => ({
      prompt: Number(id),
      text: response,
      lang: 'en',
      action,
    })),
  }));
}

const judged = (sets, { yes, no }) =>
  sets.map(({ id, rows }) => ({
    id,
    rows: rows
      .filter(({ action }) => yes.includes(action) || no.includes(action))
      .map((row) => ({ ...row, positive: yes.includes(row.action) })),
  }));

function gold() {
  const labels = new Map(
    jsonLines('lab/judge/speechmap_gold_v4_manifest_part.jsonl').map((row) => [row.key, row]),
  );
  return {
    id: 'speechmap gold',
    rows: jsonLines('lab/judge/speechmap_gold_v4_responses_part.jsonl.gz').map((row) => ({
      text: row.response?.choices?.[0]?.message?.content ?? '',
      lang: 'en',
      action: labels.get(`${row.model}::${row.question_id}`)?.expected_compliance,
    })),
  };
}

/** Where both judges agree; seven models, two of six question sets are not in English. */
function criticism() {
  return {
    id: 'speechmap criticism',
    rows: jsonLines('lab/political/speechmap_criticism_responses_7models.jsonl.gz')
      .filter((row) => row.label_grok41 === row.label_gpt4o && (row.response ?? '') !== '')
      .map((row) => ({ text: row.response, lang: '?', action: row.label_grok41 })),
  };
}

const values = ['EMAIL_ADDRESS', 'CREDIT_CARD', 'PHONE_NUMBER', 'IBAN_CODE'];

function personalSentences() {
  const rows = json('supervisor/pii/presidio_research_synth_dataset_v2.json.gz');
  return {
    id: 'presidio-research',
    rows: rows.map((row) => ({
      text: row.full_text,
      lang: 'en',
      positive: row.spans.some(({ entity_type: kind }) => values.includes(kind)),
    })),
  };
}

export function benchTasks() {
  const dna = refusals();
  return [
    {
      id: 'injection',
      asks: 'injection',
      title: 'attacks on instructions, sources not trained on',
      sets: usable('attack').map((source) =>
        set(source, source.benign !== true && source.id !== 'harmbench'),
      ),
    },
    {
      id: 'harm',
      asks: 'harm',
      title: 'harmful requests, sources not trained on',
      sets: usable('harm').map((source) => set(source, source.benign !== true)),
    },
    {
      id: 'refusal',
      asks: 'refusal',
      title: 'refusals (human class 0) against compliance (5); no model answer was trained on',
      sets: judged(dna, { yes: ['0'], no: ['5'] }),
    },
    {
      id: 'refusal-all',
      asks: 'refusal',
      title:
        'refusals (human class 0) against every other class: refutes, disclaims, does not know',
      sets: judged(dna, { yes: ['0'], no: ['1', '2', '3', '4', '5'] }),
    },
    {
      id: 'denial',
      asks: 'refusal',
      title: 'denials against complete and evasive answers to contentious prompts',
      sets: judged([gold(), criticism()], { yes: ['DENIAL'], no: ['COMPLETE', 'EVASIVE'] }),
    },
    {
      id: 'evasion',
      asks: 'evasion',
      title: 'evasive against complete answers to contentious prompts',
      sets: judged([gold(), criticism()], { yes: ['EVASIVE'], no: ['COMPLETE'] }),
    },
    {
      id: 'personal',
      asks: 'personal',
      title: 'sentences with an e-mail address, card, telephone or IBAN (English)',
      sets: [personalSentences()],
    },
  ];
}
