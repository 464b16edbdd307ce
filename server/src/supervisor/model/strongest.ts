import type { Finding } from '../finding.ts';
import type { NormalText } from '../normalise.ts';
import { passagesOf } from './features.ts';
import { type LinearModel, scoreOf } from './linear-model.ts';

/** A model's first question, and the same question where a script is written without blanks. */
const gateName = 'gate';
export const denseGateName = 'gate-dense';
/** Every so many units of a passage one is looked at, and from so large a share on it is dense. */
const lookEvery = 4;
const denseShare = 1 / 3;
/** The first script written without blanks (Thai); everything above it is taken for one. */
const firstDense = 0xe00;
/** Vietnamese and Greek letters and typographic marks, which say nothing of the kind. */
const firstMixed = 0x1e00;
const lastMixed = 0x2fff;

/**
 * Whether a passage is mostly of a script without blanks: Japanese, Chinese, Thai and so on. One
 * threshold for both would follow whichever is told worse.
 */
export function isDense(lower: string, start: number, end: number): boolean {
  let seen = 0;
  let dense = 0;
  for (let at = start; at < end; at += lookEvery) {
    const code = lower.charCodeAt(at);
    seen++;
    if (code >= firstDense && (code < firstMixed || code > lastMixed)) dense++;
  }
  return dense >= seen * denseShare;
}

/** Which head of a model asks its first question about a passage. */
export function gateOf(
  model: LinearModel,
  lower: string,
  { start, end }: { readonly start: number; readonly end: number },
): number {
  return model.headOf(isDense(lower, start, end) ? denseGateName : gateName);
}

/**
 * The passage of a text about which the model's first question is answered most surely:
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
  let best = 0;
  let found: Finding | undefined;
  for (const { start, end, features } of passagesOf(text)) {
    const gate = gateOf(model, text.lower, { start, end });
    const head = model.heads[gate];
    const probability = model.probability(features, gate);
    if (head === undefined || probability <= best) continue;
    const score = scoreOf(probability, head);
    if (score === undefined) continue;
    best = probability;
    const place = { start: text.start(start), end: text.end(end - 1) };
    const [kind = '', ...alternatives] = of.kindsOf(features);
    found = { ...place, kind, score, detector: of.detector };
    if (alternatives.length > 0) found = { ...found, alternatives };
  }
  return found === undefined ? [] : [found];
}
