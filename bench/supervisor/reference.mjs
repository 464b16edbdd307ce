// What the same kind of model reaches when it may learn from answers of models: trained on two
// models and four fifths of the prompts, asked about the third model and the prompts left out. It
// is measured here and thrown away, because no answer of a model may train what we ship.
import {
  hashed,
  rawScoreOfText,
  trainHead,
} from '../../server/dist/supervisor/training/linear-trainer.js';

const options = { seed: 1, bits: 16, epochs: 20, strength: 0.3 };
const folds = 5;
/** A refusal stands at the beginning of an answer. */
const beginning = 400;

/** @param sets one for each model, with the same prompts in the same order before filtering */
export function refusalReference(sets) {
  const models = sets.map(({ rows }) =>
    rows.map((row, at) => ({
      ...row,
      fold: (row.prompt ?? at) % folds,
      weight: 1,
      hashed: hashed(row.text.slice(0, beginning), options.bits),
    })),
  );
  const scored = [];
  for (const [left, held] of models.entries()) {
    const others = models.filter((_, at) => at !== left).flat();
    for (let fold = 0; fold < folds; fold++) {
      const head = trainHead(
        others.filter((row) => row.fold !== fold && row.hashed.length > 0),
        options,
      );
      for (const row of held.filter((each) => each.fold === fold)) {
        const probability = 1 / (1 + Math.exp(-rawScoreOfText(head, row.hashed)));
        scored.push({ score: probability, positive: row.positive });
      }
    }
  }
  return scored;
}
