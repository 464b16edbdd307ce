import { type Detector, detectorName } from '../finding.ts';
import { passageUnits } from '../model/features.ts';
import { modelOf } from '../model/library.ts';
import type { LinearModel } from '../model/linear-model.ts';
import { strongest } from '../model/strongest.ts';

const id = 'attack-model';
const detector = detectorName({ id, version: 1 });

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
    detect(text) {
      const model = load();
      const kindsOf = (features: Uint32Array): readonly string[] => [kindOf(features, model)];
      return strongest(text, model, { detector, kindsOf });
    },
  };
}

function kindOf(features: Uint32Array, model: LinearModel): string {
  const jailbreak = model.headOf('attack.jailbreak');
  const plays = model.probability(features, jailbreak) >= (model.heads[jailbreak]?.threshold ?? 1);
  return plays ? 'attack.jailbreak' : 'attack.prompt_injection';
}
