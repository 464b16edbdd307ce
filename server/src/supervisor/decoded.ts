import { exactReadingsOf, readingsOf } from './decoding/index.ts';
import type { EncodedRun } from './encoded-runs.ts';
import { type Detected, type Panel, detectAll } from './inspection.ts';
import { type NormalText, normalise } from './normalise.ts';
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

/**
 * The same for one run of a text that goes out: only what is encoded in signs that mean exactly one
 * text, and only where the run is. What began before it in the clear may have left by now, so a
 * finding begins with the run at the earliest.
 */
export function detectRun(panel: Panel, text: NormalText, run: EncodedRun): Detected {
  const raws: Raw[] = [];
  const failed: string[] = [];
  const known = new Known([]);
  for (const { layer } of exactReadingsOf(normalise(text.original.slice(run.begin, run.to)))) {
    const found = detectAll(panel, layer.text);
    failed.push(...found.failed);
    for (const raw of found.raws) {
      const place = layer.placeOf(raw.finding);
      if (place === undefined || place.end + run.begin <= run.from) continue;
      const start = Math.max(run.from, place.start + run.begin);
      const { through } = raw.finding;
      const all = through === undefined ? place.through : `${place.through}+${through}`;
      const finding = { ...raw.finding, start, end: place.end + run.begin, through: all };
      const decoded = { ...raw, finding };
      if (known.has(decoded)) continue;
      known.add(decoded);
      raws.push(decoded);
    }
  }
  return { raws, failed };
}

/** Both together; what stands there in the clear as well is not told twice. */
export function withDecoded(plain: readonly Raw[], decoded: readonly Raw[]): readonly Raw[] {
  if (decoded.length === 0) return plain;
  const known = new Known(plain);
  return [...plain, ...decoded.filter((raw) => !known.has(raw))];
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
