import { type Detector, type Finding, detectorName } from '../finding.ts';
import { hazards } from '../hazards.ts';
import { passageUnits, passagesOf } from '../model/features.ts';
import { modelOf } from '../model/library.ts';
import { type LinearModel, scoreOf } from '../model/linear-model.ts';
import type { NormalText } from '../normalise.ts';

const id = 'harm-model';

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
    detect: (text) => strongest(text, load()),
  };
}

function strongest(text: NormalText, model: LinearModel): readonly Finding[] {
  const gate = model.headOf('gate');
  const head = model.heads[gate];
  let best = 0;
  let found: Finding | undefined;
  for (const { start, end, features } of passagesOf(text)) {
    const probability = model.probability(features, gate);
    if (head === undefined || probability <= best) continue;
    best = probability;
    const score = scoreOf(probability, head);
    if (score === undefined) continue;
    const place = { start: text.start(start), end: text.end(end - 1) };
    const [kind = '', ...alternatives] = likeliest(features, model);
    found = { ...place, kind, score, detector: detectorName({ id, version: 1 }) };
    if (alternatives.length > 0) found = { ...found, alternatives };
  }
  return found === undefined ? [] : [found];
}

/** Every other head that is at least as sure as its threshold says, and always the likeliest. */
function likeliest(features: Uint32Array, model: LinearModel): readonly string[] {
  const ranked = model.heads
    .map(({ name, threshold }, index) => ({
      name,
      threshold,
      probability: name === 'gate' ? -1 : model.probability(features, index),
    }))
    .toSorted((a, b) => b.probability - a.probability);
  return ranked
    .filter(({ probability, threshold }, rank) => rank === 0 || probability >= threshold)
    .map(({ name }) => name);
}
