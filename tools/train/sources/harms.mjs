// Sets of harmful requests, with the hazards they are about in the codes of AILuminate.
import { csv, json, lines } from '../files.mjs';
import { mit, apache, ccby, of, thin } from './set.mjs';

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

export const harmSets = [
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
];
