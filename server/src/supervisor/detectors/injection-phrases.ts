import type { Phrase } from './injection-phrase.ts';
import { asianPhrases } from './injection-phrases-asia.ts';
import { englishPhrases } from './injection-phrases-en.ts';
import { japanesePhrases } from './injection-phrases-ja.ts';
import { phrasesAcrossScripts } from './injection-phrases-kana.ts';

/**
 * Marks of chat templates: in text that a person or a document wrote they stand for another
 * speaker.
 */
export const delimiters: readonly { readonly word: string; readonly score: number }[] = [
  { word: '<|im_start|>', score: 92 },
  { word: '<|im_end|>', score: 88 },
  { word: '<|system|>', score: 92 },
  { word: '<|assistant|>', score: 88 },
  { word: '<|user|>', score: 86 },
  { word: '<|endoftext|>', score: 88 },
  { word: '<|eot_id|>', score: 90 },
  { word: '<|start_header_id|>', score: 92 },
  { word: '<|begin_of_text|>', score: 90 },
  { word: '<start_of_turn>', score: 88 },
  { word: '<end_of_turn>', score: 88 },
  { word: '<<sys>>', score: 90 },
  { word: '<</sys>>', score: 90 },
  { word: '[inst]', score: 86 },
  { word: '[/inst]', score: 86 },
  { word: '[system]', score: 60 },
  { word: '</system>', score: 70 },
  { word: '<system>', score: 70 },
  { word: '</user_input>', score: 75 },
  { word: '### system', score: 70 },
  { word: '### instruction', score: 55 },
  { word: '[end of user input]', score: 86 },
  { word: 'end of user input', score: 70 },
  { word: 'begin system prompt', score: 86 },
];

export const phrases: readonly Phrase[] = [
  ...englishPhrases,
  ...japanesePhrases,
  ...asianPhrases,
  ...phrasesAcrossScripts,
];
