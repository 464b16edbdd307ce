import { doubtsOf } from '../../server/dist/school/claims.js';
import { Ground } from '../../server/dist/school/ground.js';
import {
  changes,
  claimPassages,
  isDevelopment,
  randomOf,
  restyled,
  sameValue,
  trueSentences,
} from './claims.mjs';
import { packOf } from './pack.mjs';
import { hardClaims, textbook } from './textbook.mjs';

const bars = { number: 0.95, year: 0.95, name: 0.85, polarity: 0.7 };
const alarms = (text, ground) =>
  doubtsOf(text, ground).filter(({ kind }) => kind.startsWith('contradiction'));
/** A century is a year to one and a number to the other. */
const isOf = (kind, found) => {
  const kinds = kind === 'number' || kind === 'year' ? ['number', 'year'] : [kind];
  return kinds.some((one) => found.kind === `contradiction.${one}`);
};

/** Sentences of the part nothing was set on, with one thing changed, and the same untouched. */
export function corruptions() {
  const passages = [...claimPassages(), ...textbook];
  const ground = new Ground(packOf({ passages }));
  const all = trueSentences(passages);
  const sentences = all.filter((sentence) => !isDevelopment(sentence));
  const random = randomOf(20_261_125);
  const rows = [];
  for (const style of ['as printed', 'said politely']) {
    for (const [kind, change] of Object.entries(changes)) {
      let n = 0;
      let hits = 0;
      for (const sentence of sentences) {
        const changed = change(sentence, random);
        if (changed === undefined) continue;
        const mark = changed.text.slice(changed.start, changed.end);
        const text = style === 'as printed' ? changed.text : restyled(changed.text, random);
        const isKept = text.includes(mark) || text.includes(mark.normalize('NFKC'));
        if (!isKept && kind !== 'polarity') continue;
        n++;
        if (alarms(text, ground).some((found) => isOf(kind, found))) hits++;
      }
      rows.push([`${kind} changed, ${style}`, { hits, n, bar: bars[kind] }]);
    }
  }
  const alarming = (texts, against) =>
    texts.filter((text) => alarms(text, against).length > 0).length;
  const twins = sentences.map((sentence) => restyled(sentence, random));
  rows.push([
    'alarms: true, said politely',
    { hits: alarming(twins, ground), n: twins.length, bar: 0.02, most: true },
  ]);
  const same = sentences.flatMap((sentence) => sameValue(sentence, random) ?? []);
  rows.push([
    'alarms: the same value written otherwise',
    { hits: alarming(same, ground), n: same.length, bar: 0.02, most: true },
  ]);
  const out = new Set(all.filter((_, at) => at % 10 === 3));
  const rest = passages.flatMap((passage) => {
    const text = trueSentences([passage])
      .filter((sentence) => !out.has(sentence))
      .join('');
    return text === '' ? [] : [{ ...passage, text }];
  });
  const without = [...out].filter((sentence) => !isDevelopment(sentence));
  rows.push([
    'alarms: true, its own sentence taken from the pack',
    { hits: alarming(without, new Ground(packOf({ passages: rest }))), n: without.length },
  ]);
  const wrong = hardClaims.filter(([, kind]) => kind !== null);
  const right = hardClaims.filter(([, kind]) => kind === null);
  rows.push(
    [
      'hard set by hand: found',
      {
        hits: alarming(
          wrong.map(([text]) => text),
          ground,
        ),
        n: wrong.length,
      },
    ],
    [
      'hard set by hand: alarms',
      {
        hits: alarming(
          right.map(([text]) => text),
          ground,
        ),
        n: right.length,
        bar: 0.02,
        most: true,
      },
    ],
  );
  const words = [
    `${passages.length} passages, ${all.length} sentences; the finding must be of the kind that was changed.`,
    'The hard set was looked at while the checks were written: it is no longer unseen.',
    'Baseline: without the checks nothing is found and nothing alarms.',
  ];
  return { title: 'Corrupted sentences, and true ones that must not alarm', rows, words };
}
