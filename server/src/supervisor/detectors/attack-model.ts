import { type Detector, type Finding, detectorName } from '../finding.ts';
import { passageUnits, passagesOf } from '../model/features.ts';
import { modelOf } from '../model/library.ts';
import { type LinearModel, scoreOf } from '../model/linear-model.ts';
import type { NormalText } from '../normalise.ts';

const id = 'attack-model';

/**
 * Attacks on a model's instructions by how they are written, whatever words they use: a linear
 * model over pieces of words, for what the phrases of `prompt-injection` do not know. Its card says
 * what it was trained on and how often it is right. Of whole texts only: what a person or a tool
 * sends is there in one piece.
 */
export function createAttackModel(load: () => LinearModel = modelOf('attack')): Detector {
  return {
    id,
    version: 1,
    only: 'input',
    kinds: [
      {
        kind: 'attack.prompt_injection',
        title: { en: 'Instruction that overrides instructions', ja: '指示を書き換えようとする文' },
      },
      {
        kind: 'attack.jailbreak',
        title: { en: 'Role-play that lifts restrictions', ja: '制限を外そうとする役割演技' },
      },
    ],
    maxSpan: passageUnits,
    detect: (text) => strongest(text, load()),
  };
}

/** The passage that is most likely an attack: one finding says it, more would say no more. */
function strongest(text: NormalText, model: LinearModel): readonly Finding[] {
  const gate = model.headOf('gate');
  const jailbreak = model.headOf('attack.jailbreak');
  const head = model.heads[gate];
  let best = 0;
  let found: Finding | undefined;
  for (const { start, end, features } of passagesOf(text)) {
    const probability = model.probability(features, gate);
    if (head === undefined || probability <= best) continue;
    best = probability;
    const score = scoreOf(probability, head);
    if (score === undefined) continue;
    const plays =
      model.probability(features, jailbreak) >= (model.heads[jailbreak]?.threshold ?? 1);
    const kind = plays ? 'attack.jailbreak' : 'attack.prompt_injection';
    const place = { start: text.start(start), end: text.end(end - 1) };
    found = { ...place, kind, score, detector: detectorName({ id, version: 1 }) };
  }
  return found === undefined ? [] : [found];
}
