import { type Anchor, type Detector, type Finding, detectorName } from '../finding.ts';
import { featuresOf, fewestFeatures } from '../model/features.ts';
import { modelOf } from '../model/library.ts';
import { type LinearModel, scoreOf } from '../model/linear-model.ts';
import { type Sentence, sentencesOf } from '../model/sentences.ts';
import type { NormalText } from '../normalise.ts';

const id = 'answer-model';
/** A finding may read no further back, and so looks for the sentence before it only there. */
const reachUnits = 240;

/**
 * Sentences of an answer that refuse or evade, so that refusals can be counted, too many of them as
 * well as too few. A finding stands at the end of such a sentence, because only there it is known:
 * so a stream waits for none of it. Of sentences in a row that do the same the first is told.
 */
export function createAnswerModel(load: () => LinearModel = modelOf('answer')): Detector {
  return {
    id,
    version: 1,
    only: 'output',
    kinds: [
      { kind: 'answer.refusal', title: { en: 'Refusal to answer', ja: '回答の拒否' } },
      { kind: 'answer.evasion', title: { en: 'Evasion of the question', ja: '回答の回避' } },
    ],
    maxSpan: 1,
    anchor: {
      present: (text, from) => from < text.text.length,
      openFrom: (text, from) => Math.max(from, text.text.length - 1),
    } satisfies Anchor,
    detect: (text) => [...turns(text, load())],
  };
}

function* turns(text: NormalText, model: LinearModel): Generator<Finding> {
  const heads = ['answer.refusal', 'answer.evasion'].map((name) => model.headOf(name));
  let before: { readonly start: number; readonly kind: string } | undefined;
  for (const sentence of sentencesOf(text)) {
    const said = kindOf(text, sentence, { model, heads });
    const known = before !== undefined && sentence.end - before.start <= reachUnits;
    if (said !== undefined && !(known && before?.kind === said.kind)) {
      const last = sentence.end - 1;
      yield { start: text.start(last), end: text.end(last), ...said };
    }
    before = said === undefined ? undefined : { start: sentence.start, kind: said.kind };
  }
}

function kindOf(
  { lower }: NormalText,
  { start, end }: Sentence,
  { model, heads }: { readonly model: LinearModel; readonly heads: readonly number[] },
): Pick<Finding, 'kind' | 'score' | 'detector'> | undefined {
  const features = featuresOf(lower, start, end);
  if (features.length < fewestFeatures) return undefined;
  let said: { readonly kind: string; readonly score: number } | undefined;
  for (const index of heads) {
    const head = model.heads[index];
    const score = head && scoreOf(model.probability(features, index), head);
    if (head === undefined || score === undefined || score <= (said?.score ?? 0)) continue;
    said = { kind: head.name, score };
  }
  return said && { ...said, detector: detectorName({ id, version: 1 }) };
}
