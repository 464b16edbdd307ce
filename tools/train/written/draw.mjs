import { chanceFrom } from '../../../server/dist/supervisor/training/chance.js';

/** Sentences of a grammar: one choice of each slot, without repeats, the same each time. */
export function draw(slots, count, seed) {
  const chance = chanceFrom(seed);
  const drawn = new Set();
  for (let attempt = 0; attempt < count * 8 && drawn.size < count; attempt++) {
    const parts = slots.map((choices) => choices[Math.floor(chance() * choices.length)]);
    let sentence = '';
    for (const part of parts) {
      const joined = sentence === '' || /^[ .,、。;:]/.test(part) || part === '';
      const dense = /[\u0e00-\u0eff\u3000-\u9fff]$/.test(sentence) && /^[\u0080-\uffff]/.test(part);
      sentence += joined || dense || sentence.endsWith(' ') ? part : ` ${part}`;
    }
    drawn.add(sentence.trim());
  }
  return [...drawn];
}
