import { promptLeak } from './detectors/prompt-leak.ts';
import { promptOverlap } from './detectors/prompt-overlap.ts';
import type { Detector } from './finding.ts';

/** Canaries that instructions name; more are no canaries. */
const mostCanaries = 16;
const leastUnits = 8;
const mostUnits = 128;

/** Detectors of what one request told its model. */
export class InstructionLeaks {
  readonly #markers: readonly string[];
  readonly #known = new WeakMap<readonly string[], readonly Detector[]>();

  constructor(markers: readonly string[]) {
    this.#markers = markers;
  }

  of(instructions: readonly string[]): readonly Detector[] {
    let detectors = this.#known.get(instructions);
    if (detectors === undefined) {
      const overlap = promptOverlap(instructions);
      const canaries = this.#canaries(instructions);
      detectors = [
        ...(canaries.length === 0 ? [] : [promptLeak(canaries)]),
        ...(overlap === undefined ? [] : [overlap]),
      ];
      this.#known.set(instructions, detectors);
    }
    return detectors;
  }

  /** What stands behind a marker, up to the next blank. */
  #canaries(instructions: readonly string[]): readonly string[] {
    const found = new Set<string>();
    for (const marker of this.#markers) {
      for (const text of instructions) {
        for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, at + 1)) {
          const from = at + marker.length;
          const [canary = ''] = text
            .slice(from, from + mostUnits + 1)
            .trimStart()
            .split(/\s/);
          if (canary.length >= leastUnits && canary.length <= mostUnits) found.add(canary);
          if (found.size === mostCanaries) return [...found];
        }
      }
    }
    return [...found];
  }
}
