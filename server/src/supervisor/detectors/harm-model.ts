import { type Detector, detectorName } from '../finding.ts';
import { hazards } from '../hazards.ts';
import { passageUnits } from '../model/features.ts';
import { modelOf } from '../model/library.ts';
import type { LinearModel } from '../model/linear-model.ts';
import { strongest } from '../model/strongest.ts';

const id = 'harm-model';
const detector = detectorName({ id, version: 1 });

/**
 * Requests that ask for something harmful, by category. Its first head asks whether at all, and
 * only then do the others say what. A weak judge on its own, as its card says: a reason to look
 * again or to ask a guard model, not to refuse.
 */
export function createHarmModel(load: () => LinearModel = modelOf('harm')): Detector {
  return {
    id,
    version: 1,
    only: 'input',
    kinds: hazards.map(({ kind, title }) => ({ kind, title })),
    maxSpan: passageUnits,
    detect(text) {
      const model = load();
      const kindsOf = (features: Uint32Array): readonly string[] => likeliest(features, model);
      return strongest(text, model, { detector, kindsOf });
    },
  };
}

/** Every other head that is at least as sure as its threshold says, and always the likeliest. */
function likeliest(features: Uint32Array, model: LinearModel): readonly string[] {
  const ranked = model.heads
    .map(({ name, threshold }, index) => ({
      name,
      threshold,
      probability: name.startsWith('gate') ? -1 : model.probability(features, index),
    }))
    .toSorted((a, b) => b.probability - a.probability);
  return ranked
    .filter(({ probability, threshold }, rank) => rank === 0 || probability >= threshold)
    .map(({ name }) => name);
}
