import { readingsOf } from './decoding/index.ts';
import { type Detected, type Panel, detectAll } from './inspection.ts';
import type { NormalText } from './normalise.ts';
import type { Raw } from './resolve.ts';

/**
 * What the panel's detectors see in a text once its encodings are undone. A finding points at the
 * encoded characters of the original and says what they were read through; what stands there in the
 * clear as well is not told twice.
 */
export function detectDecoded(panel: Panel, text: NormalText, plain: readonly Raw[]): Detected {
  const raws: Raw[] = [];
  const failed: string[] = [];
  const known = new Known(plain);
  for (const { layer, kind } of readingsOf(text)) {
    const asked = kind === 'exact' ? panel.groups : panel.attackGroups;
    const found = detectAll(panel, layer.text, 0, asked);
    failed.push(...found.failed);
    for (const raw of found.raws) {
      const place = layer.placeOf(raw.finding);
      if (place === undefined) continue;
      const { through } = raw.finding;
      const all = through === undefined ? place.through : `${place.through}+${through}`;
      const decoded = { ...raw, finding: { ...raw.finding, ...place, through: all } };
      if (known.has(decoded)) continue;
      known.add(decoded);
      raws.push(decoded);
    }
  }
  return { raws, failed };
}

/** Findings by kind, to tell whether the same was seen at the same place. */
class Known {
  readonly #spans = new Map<string, { start: number; end: number; score: number }[]>();

  constructor(raws: readonly Raw[]) {
    for (const raw of raws) this.add(raw);
  }

  add({ finding: { kind, start, end, score } }: Raw): void {
    const spans = this.#spans.get(kind) ?? [];
    spans.push({ start, end, score });
    this.#spans.set(kind, spans);
  }

  has({ finding }: Raw): boolean {
    return (this.#spans.get(finding.kind) ?? []).some(
      ({ start, end, score }) =>
        start < finding.end && finding.start < end && score >= finding.score,
    );
  }
}
