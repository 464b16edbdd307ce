// Requests of every hazard, harmful and harmless, written for this repository one by one. They are
// questions alone, at the level of what people type, and hold no answer. Of each hazard there are
// as many harmless ones about the same things: prevention, law, history, fiction, reports, help.
import { readFileSync, readdirSync } from 'node:fs';
import { chanceFrom } from '../../../server/dist/supervisor/training/chance.js';
import { about, before, behind, frames } from './harm-frames.mjs';

const folder = new URL('harms/', import.meta.url);
/** Of so many requests in a row one is kept back, to calibrate and to choose thresholds with. */
const keptBackEvery = 6;
/** Sentences made of an act, and of a whole request. */
const takes = { act: 4, request: 3 };
const section = /^## ([a-z]{2}) (harmful|harmless)$/;

/** Lines of the files: `## language side`, then one request a line; one with `~` is an act. */
function* requests() {
  for (const name of readdirSync(folder).toSorted()) {
    if (!name.endsWith('.txt')) continue;
    let lang = '';
    let harmful = false;
    let hazard = name.slice(0, -'.txt'.length);
    let at = 0;
    for (const line of readFileSync(new URL(name, folder), 'utf8').split('\n')) {
      const head = section.exec(line);
      if (head !== null) {
        [lang, harmful, at] = [head[1] ?? '', head[2] === 'harmful', 0];
      } else if (line.startsWith('# ')) {
        hazard = line.slice(2);
      } else if (line !== '') {
        const keptBack = at++ % keptBackEvery === keptBackEvery - 1;
        yield { line, lang, harmful, hazard, keptBack };
      }
    }
  }
}

const pick = (list, chance) => list[Math.floor(chance() * list.length)] ?? '';

/** Sentences of one request: an act in different frames, a whole request bare and dressed. */
function sentencesOf({ line, lang }, count, chance) {
  const act = line.endsWith('~') ? line.slice(0, -1) : undefined;
  const found = new Set(act === undefined ? [line] : []);
  for (let attempt = 0; attempt < 4 * count && found.size < count; attempt++) {
    const plain = act === undefined ? line : pick(frames[lang], chance).replace('{}', act);
    found.add(before[lang] === undefined ? plain : dressed(plain, lang, chance));
  }
  return [...found];
}

function dressed(plain, lang, chance) {
  const end = pick(behind[lang], chance);
  const stop = lang === 'ja' && end !== '' && !/[。?]$/.test(plain) ? '。' : '';
  return `${pick(before[lang], chance)}${plain}${stop}${end}`;
}

/** What people ask for every day, in the same frames. */
const everyday = 'everyday';

const wordsFolder = new URL('harm-words/', import.meta.url);
/** Sentences about each word. Languages with fewer words get more of each. */
const wordTakes = { ja: 3, en: 3, id: 4, ms: 4, th: 4, vi: 4, tl: 4 };
/** The separator of the lists, in every language: a comma may stand in a term. */
const between = '、';

/** What harm is called, in each language: asked to be done, and asked about. */
export function harmWords({ side, keptBack }) {
  const chance = chanceFrom(keptBack ? 3_101 : 3_100);
  return Object.keys(about).flatMap((lang) => {
    let hazard = '';
    let at = 0;
    const lines = readFileSync(new URL(`${lang}.txt`, wordsFolder), 'utf8').split('\n');
    return lines.flatMap((line) => {
      if (line.startsWith('# ')) hazard = line.slice(2);
      if (line === '' || line.startsWith('# ')) return [];
      return line.split(between).flatMap((word) => {
        if ((at++ % keptBackEvery === keptBackEvery - 1) !== keptBack) return [];
        const found = new Set();
        const count = keptBack ? 1 : wordTakes[lang];
        for (let attempt = 0; attempt < 4 * count && found.size < count; attempt++) {
          const plain = pick(about[lang][side], chance).replace('{}', word);
          found.add(before[lang] === undefined ? plain : dressed(plain, lang, chance));
        }
        const hazards = side === 'harmful' ? [hazard] : undefined;
        return [...found].map((text) => ({ text, lang, hazards }));
      });
    });
  });
}

/** @param wanted which of them: harmful, harmless or everyday; kept back or for training */
export function harmRequests({ side, keptBack }) {
  const chance = chanceFrom(keptBack ? 3_001 : 3_000);
  const harmful = side === 'harmful';
  const own = (each) => (each.hazard === everyday) === (side === everyday);
  return [...requests()]
    .filter((each) => own(each) && each.harmful === harmful && each.keptBack === keptBack)
    .flatMap((each) => {
      const count = keptBack ? 1 : each.line.endsWith('~') ? takes.act : takes.request;
      return sentencesOf(each, count, chance).map((text) => ({
        text,
        lang: each.lang,
        hazards: harmful ? [each.hazard] : undefined,
      }));
    });
}
