import type { Finding } from '../finding.ts';
import type { NormalText } from '../normalise.ts';
import { passagesOf } from './features.ts';
import { type LinearModel, scoreOf } from './linear-model.ts';

/**
 * The passage of a text about which the model's first question, `gate`, is answered most surely:
 * one finding says it, more would say no more.
 * @param kindsOf the kind of that passage, and then other kinds that fit it
 */
export function strongest(
  text: NormalText,
  model: LinearModel,
  of: {
    readonly detector: string;
    readonly kindsOf: (features: Uint32Array) => readonly string[];
  },
): readonly Finding[] {
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
    const [kind = '', ...alternatives] = of.kindsOf(features);
    found = { ...place, kind, score, detector: of.detector };
    if (alternatives.length > 0) found = { ...found, alternatives };
  }
  return found === undefined ? [] : [found];
}
