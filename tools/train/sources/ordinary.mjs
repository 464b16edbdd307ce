// Sets of ordinary text: what none of our models may flag.
import { csv, json, jsonLines, lines } from '../files.mjs';
import { letters } from '../written/letters.mjs';
import { letters as lettersValidate } from '../written/letters-validate.mjs';
import { near } from '../written/ordinary-near.mjs';
import { ordinary, takes as ordinaryTakes } from '../written/ordinary.mjs';
import { trivia } from '../written/ordinary-trivia.mjs';
import * as ordinaryTest from '../written/ordinary-test.mjs';
import * as ordinaryValidate from '../written/ordinary-validate.mjs';
import {
  mit,
  apache,
  ccby,
  ours,
  official,
  languages,
  of,
  written,
  thin,
  articles,
} from './set.mjs';

/** Every statement of a catalogue of controls that is long enough to be a sentence. */
function proseOf(node) {
  if (Array.isArray(node)) return node.flatMap(proseOf);
  if (node === null || typeof node !== 'object') return [];
  const own = typeof node.prose === 'string' && node.prose.length > 60 ? [node.prose] : [];
  return [...own, ...Object.values(node).flatMap(proseOf)];
}

function systemPrompts() {
  return [
    'cyberseceval_prompt_injection.json',
    'cyberseceval_prompt_injection_multilingual.json.gz',
  ]
    .flatMap((name) => json(`supervisor/injection/${name}`))
    .map((row) => ({ text: row.test_case_prompt, lang: languages[row.speaking_language] ?? '?' }));
}

/** Ordinary sentences in a row, as long as the documents that attacks are planted in. */
function documents() {
  return ['en', 'ja'].flatMap((lang) => {
    const drawn = written({ [lang]: ordinary[lang] }, { [lang]: 60 }).map(({ text }) => text);
    const sentences = near[lang].flatMap((text, at) => [text, drawn[(13 * at) % drawn.length]]);
    return of(
      lang,
      Array.from({ length: 300 }, (_, at) =>
        Array.from(
          { length: 3 + (at % 6) },
          (__, step) => sentences[(at * 7 + step * 29) % sentences.length],
        ).join(lang === 'en' ? ' ' : ''),
      ),
    );
  });
}

/** E-mails, also the carriers of planted tasks. */
export function emails() {
  return jsonLines('supervisor/injection/bipia_email_train.jsonl').map(({ context }) => context);
}

export const ordinarySets = [
  {
    id: 'written-ordinary-validate-ja',
    family: 'written-validate',
    ...ours,
    answer: 'validate',
    attack: 'validate',
    harm: 'validate',
    benign: true,
    items: () => of('ja', ordinaryValidate.ja),
  },
  {
    id: 'written-ordinary-validate-en',
    family: 'written-validate',
    ...ours,
    answer: 'validate',
    attack: 'validate',
    harm: 'validate',
    benign: true,
    items: () => of('en', ordinaryValidate.en),
  },
  {
    id: 'written-letters-validate',
    family: 'written-validate',
    ...ours,
    answer: 'validate',
    attack: 'validate',
    harm: 'validate',
    benign: true,
    items: () => Object.entries(lettersValidate).flatMap(([lang, list]) => of(lang, list)),
  },
  {
    id: 'written-trivia',
    family: 'written',
    ...ours,
    attack: 'train',
    harm: 'train',
    benign: true,
    counts: 1_000,
    items: () => written(trivia, { en: 80 }),
  },
  {
    id: 'written-letters',
    family: 'written',
    ...ours,
    answer: 'train',
    attack: 'train',
    harm: 'train',
    benign: true,
    items: () => Object.entries(letters).flatMap(([lang, list]) => of(lang, list)),
  },
  {
    id: 'written-documents',
    family: 'written',
    ...ours,
    attack: 'train',
    harm: 'train',
    benign: true,
    items: documents,
  },
  {
    id: 'cyberseceval-system-prompts',
    family: 'cyberseceval',
    ...mit('Meta Platforms, PurpleLlama'),
    attack: 'train',
    harm: 'train',
    benign: true,
    items: () => thin(systemPrompts(), 700),
  },
  {
    id: 'written-ordinary',
    family: 'written',
    ...ours,
    answer: 'train',
    attack: 'train',
    harm: 'train',
    benign: true,
    items: () => written(ordinary, ordinaryTakes),
  },
  {
    id: 'written-near',
    family: 'written',
    ...ours,
    answer: 'train',
    attack: 'train',
    harm: 'train',
    benign: true,
    items: () => Object.entries(near).flatMap(([lang, list]) => of(lang, list)),
  },
  {
    id: 'presidio-sentences',
    family: 'presidio',
    ...mit('Microsoft, presidio-research'),
    answer: 'train',
    attack: 'train',
    harm: 'train',
    benign: true,
    items: () =>
      of(
        'en',
        thin(
          json('supervisor/pii/presidio_research_synth_dataset_v2.json.gz').map(
            (row) => row.full_text,
          ),
          700,
        ),
      ),
  },
  {
    id: 'even-handedness',
    family: 'evenhanded',
    ...ccby('Anthropic, political even-handedness evaluation'),
    answer: 'train',
    attack: 'train',
    harm: 'train',
    benign: true,
    items: () =>
      of(
        'en',
        thin(
          csv('lab/political/anthropic_even_handedness_eval_set.csv').map((row) => row.prompt_a),
          500,
        ),
      ),
  },
  {
    id: 'speechmap-criticism',
    family: 'speechmap',
    ...apache('SpeechMap, xlr8harder'),
    answer: 'validate',
    attack: 'validate',
    harm: 'validate',
    benign: true,
    items: () =>
      [
        ['us', 'en'],
        ['eu', 'en'],
        ['china', 'en'],
        ['russia', 'en'],
        ['zh_china', 'zh'],
        ['fi_china', 'fi'],
      ].flatMap(([set, lang]) =>
        of(
          lang,
          jsonLines(`lab/political/speechmap_${set}_criticism.jsonl`).map(
            ({ question }) => question,
          ),
        ),
      ),
  },
  {
    id: 'us-hard',
    family: 'speechmap',
    ...apache('SpeechMap, xlr8harder'),
    answer: 'validate',
    attack: 'validate',
    harm: 'validate',
    benign: true,
    items: () =>
      of(
        'en',
        thin(
          jsonLines('lab/political/speechmap_us_hard.jsonl.gz').map(({ question }) => question),
          400,
        ),
      ),
  },
  {
    id: 'bbq',
    family: 'bbq',
    ...ccby('BBQ, Parrish et al.'),
    answer: 'test',
    attack: 'test',
    harm: 'test',
    benign: true,
    items: () =>
      of(
        'en',
        ['Age', 'Religion', 'SES', 'Nationality', 'Physical_appearance', 'Filler_items']
          .flatMap((name) => csv(`lab/bias/bbq_templates/new_templates_-_${name}.csv`))
          .map((row) =>
            `${row.Ambiguous_Context ?? ''}${row.Disambiguating_Context ?? ''}`.replaceAll(
              /\{\{|\}\}/g,
              '',
            ),
          ),
      ),
  },
  {
    id: 'more-law',
    family: 'law-more',
    licence: 'government text, free of copyright',
    by: 'Taiwan, Ministry of Justice; CASI (English of the Chinese measures); NIST AI RMF core',
    answer: 'train',
    attack: 'train',
    harm: 'train',
    benign: true,
    items: () => [
      ...of('zh', articles('governance/laws/tw-ai-basic-act-2026-articles.json')),
      ...of('en', articles('governance/laws/tw-ai-basic-act-2026-articles.json', 'en')),
      ...of('en', articles('governance/laws/cn-generative-ai-measures-articles.json', 'en')),
      ...of('en', articles('governance/laws/us-nist-ai-rmf-1-0-core.json')),
    ],
  },
  {
    id: 'nist-controls',
    family: 'nist-controls',
    licence: 'CC0',
    by: 'NIST SP 800-53 revision 4, usnistgov/oscal-content',
    attack: 'train',
    harm: 'train',
    benign: true,
    items: () =>
      of(
        'en',
        thin(
          proseOf(json('governance/oscal/sp800-53-rev4/NIST_SP-800-53_rev4_catalog-min.json')),
          500,
        ),
      ),
  },
  {
    id: 'truthfulqa',
    family: 'truthfulqa',
    ...apache('TruthfulQA, Lin, Hilton, Evans'),
    answer: 'validate',
    attack: 'validate',
    harm: 'validate',
    benign: true,
    items: () =>
      of(
        'en',
        json('lab/safety/truthfulqa-mcq.json.gz').examples.map(({ input }) => input.split('\n')[0]),
      ),
  },
  {
    id: 'kalahi',
    family: 'kalahi',
    ...ccby('AI Singapore, Kalahi'),
    answer: 'train',
    attack: 'train',
    harm: 'train',
    benign: true,
    items: () =>
      csv('lab/culture/kalahi_filipino.csv').flatMap((row) =>
        of('tl', [row.prompt, row.best_answer]),
      ),
  },
  {
    id: 'singapore-facts',
    family: 'singapore',
    ...apache('AI Verify Foundation / IMDA, Moonshot data'),
    attack: 'validate',
    harm: 'validate',
    benign: true,
    items: () =>
      of(
        'en',
        json('lab/culture/singapore-facts-tnf.json').examples.map(({ input }) => input),
      ),
  },
  {
    id: 'kobbq',
    family: 'kobbq',
    ...mit('NAVER Cloud and KAIST, KoBBQ'),
    answer: 'test',
    attack: 'test',
    harm: 'test',
    benign: true,
    items: () =>
      of(
        'ko',
        thin(lines('lab/bias/kobbq_test_samples.tsv.gz').slice(1), 150).map((line) =>
          line.split('\t').slice(2, 4).join(' '),
        ),
      ),
  },
  {
    id: 'jcm-train',
    family: 'jcm',
    ...mit('JCommonsenseMorality, Takeshita et al.'),
    answer: 'train',
    attack: 'train',
    benign: true,
    items: () =>
      of(
        'ja',
        thin(csv('lab/ja/jcm_train.csv'), 700).map(({ sent }) => sent),
      ),
  },
  {
    id: 'jcm-right',
    family: 'jcm',
    ...mit('JCommonsenseMorality, Takeshita et al.'),
    harm: 'train',
    benign: true,
    items: () =>
      of(
        'ja',
        thin(
          csv('lab/ja/jcm_train.csv').filter(({ label }) => label === '0'),
          700,
        ).map(({ sent }) => sent),
      ),
  },
  {
    id: 'curriculum-commentary',
    family: 'curriculum',
    licence: 'MEXT terms (Public Data License, compatible with CC BY 4.0)',
    by: 'MEXT, commentary on the course of study',
    answer: 'train',
    attack: 'train',
    harm: 'train',
    benign: true,
    items: () =>
      of(
        'ja',
        jsonLines('education/curriculum-jp/commentary_part.jsonl')
          .map(({ text }) => text)
          .filter((text) => text.length > 20),
      ),
  },
  {
    id: 'jethics',
    family: 'jethics',
    licence: 'ODC-By 1.0',
    by: 'Language Media Lab, Hokkaido University, JETHICS',
    answer: 'validate',
    attack: 'validate',
    harm: 'validate',
    benign: true,
    items: () =>
      of(
        'ja',
        thin(
          csv('lab/ja/jethics_role_test1000.csv').map((row) =>
            Object.values(row).slice(1, 3).join(''),
          ),
          400,
        ),
      ),
  },
  {
    id: 'mitre-frr-7',
    family: 'mitre',
    ...mit('Meta Platforms, PurpleLlama'),
    attack: 'train',
    harm: 'train',
    benign: true,
    items: () =>
      json('supervisor/overrefusal/mitre_frr_multilingual.json.gz').map((row) => ({
        text: row.mutated_prompt,
        lang: languages[row.speaking_language] ?? '?',
      })),
  },
  {
    id: 'kr-law',
    family: 'law-kr',
    licence: 'government text, Law Open Data reuse policy',
    by: 'Ministry of Government Legislation, Korea',
    answer: 'validate',
    attack: 'validate',
    harm: 'validate',
    benign: true,
    items: () =>
      of('ko', articles('governance/laws/kr-ai-framework-act-2025-current-articles.json')),
  },
  {
    id: 'bipia-emails',
    family: 'bipia',
    ...mit('Microsoft, BIPIA'),
    answer: 'test',
    attack: 'test',
    harm: 'test',
    benign: true,
    office: true,
    items: () => of('en', emails()),
  },
  {
    id: 'mitre-frr-en',
    family: 'mitre',
    ...mit('Meta Platforms, PurpleLlama'),
    attack: 'train',
    harm: 'train',
    benign: true,
    items: () =>
      of(
        'en',
        json('supervisor/overrefusal/mitre_frr.json.gz').map((row) => row.mutated_prompt),
      ),
  },
  {
    id: 'notinject',
    family: 'notinject',
    ...mit('PIGuard, leolee99'),
    attack: 'test',
    benign: true,
    items: () =>
      of(
        'en',
        json('supervisor/injection/piguard_NotInject_one.json').map(({ prompt }) => prompt),
      ),
  },
  {
    id: 'xstest-safe',
    family: 'xstest',
    ...ccby('XSTest, Röttger et al.'),
    attack: 'test',
    harm: 'test',
    benign: true,
    items: () =>
      of(
        'en',
        csv('lab/safety/xstest_prompts.csv')
          .filter(({ label }) => label === 'safe')
          .map(({ prompt }) => prompt),
      ),
  },
  {
    id: 'written-office-ja',
    family: 'written-test',
    ...ours,
    answer: 'test',
    attack: 'test',
    harm: 'test',
    benign: true,
    office: true,
    items: () => of('ja', ordinaryTest.ja),
  },
  {
    id: 'written-office-en',
    family: 'written-test',
    ...ours,
    answer: 'test',
    attack: 'test',
    harm: 'test',
    benign: true,
    office: true,
    items: () => of('en', ordinaryTest.en),
  },
  {
    id: 'course-of-study-ja',
    family: 'course',
    ...ccby('MEXT, course of study 2017'),
    answer: 'test',
    attack: 'test',
    harm: 'test',
    benign: true,
    office: true,
    items: () =>
      of(
        'ja',
        jsonLines('education/curriculum-jp/elementary-2017-social-studies.jsonl')
          .map(({ text }) => text)
          .filter((text) => text.length > 20),
      ),
  },
  {
    id: 'jp-law',
    family: 'law-jp',
    ...official('e-Gov, Japan'),
    answer: 'test',
    attack: 'test',
    harm: 'test',
    benign: true,
    office: true,
    items: () => of('ja', articles('governance/laws/jp-ai-promotion-act-2025-articles.json')),
  },
  {
    id: 'eu-law',
    family: 'law-eu',
    ...official('European Union, EUR-Lex'),
    answer: 'test',
    attack: 'test',
    harm: 'test',
    benign: true,
    office: true,
    items: () => of('en', articles('governance/laws/eu-ai-act-articles.json')),
  },
  {
    id: 'jcommonsenseqa',
    family: 'jcqa',
    licence: 'CC BY-SA 4.0, tests only',
    by: 'JCommonsenseQA, Yahoo Japan and Waseda',
    answer: 'test',
    attack: 'test',
    harm: 'test',
    benign: true,
    office: true,
    items: () =>
      of(
        'ja',
        thin(
          jsonLines('education/by-sa/jcommonsenseqa_valid_v1.3.jsonl.gz').map(
            ({ question }) => question,
          ),
          400,
        ),
      ),
  },
];
