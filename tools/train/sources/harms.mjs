// Sets of harmful requests, with the hazards they are about in the codes of AILuminate.
import { csv, json, lines } from '../files.mjs';
import { harmRequests, harmWords } from '../written/harms.mjs';
import { mit, apache, ccby, ours, of, thin } from './set.mjs';

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
/** Only languages that harmless text is at hand in: elsewhere the language would be the harm. */
const multijailLanguages = ['en', 'vi', 'th'];
const multijail = () =>
  csv('lab/safety/multijail.csv').flatMap((row) => {
    const hazards = [
      ...new Set(
        Object.entries(multijailTags)
          .filter(([tag]) => row.tags.includes(`'${tag}'`))
          .map(([, hazard]) => hazard),
      ),
    ];
    return multijailLanguages.map((lang) => ({
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

/**
 * How many items these sets count for. The harmless twins count less than the harmful ones, so that
 * the words of a field are not lost as evidence: a finding is a reason to look again.
 */
const counts = { harmful: 3_000, harmless: 1_000, everyday: 1_000 };

/** Requests written for this repository: harmful, harmless about the same things, everyday ones. */
const writtenRequests = [false, true].flatMap((keptBack) =>
  ['harmful', 'harmless', 'everyday'].map((side) => ({
    id: `written-${side}${keptBack ? '-validate' : ''}`,
    family: `written-harms${keptBack ? '-validate' : ''}`,
    ...ours,
    harm: keptBack ? 'validate' : 'train',
    counts: counts[side],
    benign: side !== 'harmful',
    near: side === 'harmless',
    items: () => [
      ...harmRequests({ side, keptBack }),
      ...(side === 'everyday' ? [] : harmWords({ side, keptBack })),
    ],
  })),
);

export const harmSets = [
  ...writtenRequests,
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
    harm: 'test',
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
    harm: 'test',
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
