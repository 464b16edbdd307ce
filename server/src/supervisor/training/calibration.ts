/** A raw score and whether it was one. */
export interface Scored {
  readonly score: number;
  readonly positive: boolean;
}

export interface Calibration {
  readonly slope: number;
  readonly offset: number;
}

const rounds = 200;
/** A validation set that is told apart without a fault would ask for a slope without end. */
const mostSlope = 16;

/**
 * Platt scaling: the probability is 1 / (1 + exp(-(slope · score + offset))). Newton's method on
 * the targets of Platt (1999), which keep both classes from becoming certain, with a damped step
 * (Lin, Lin and Weng 2007). Both classes count alike, however many there are of each.
 */
export function calibrate(scored: readonly Scored[]): Calibration {
  const positives = scored.filter(({ positive }) => positive).length;
  const negatives = scored.length - positives;
  if (positives === 0 || negatives === 0) return { slope: 1, offset: 0 };
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (negatives + 2);
  let slope = 1;
  let offset = 0;
  for (let round = 0; round < rounds; round++) {
    let gs = 0;
    let go = 0;
    let ss = 1e-9;
    let so = 0;
    let oo = 1e-9;
    for (const { score, positive } of scored) {
      const weight = 0.5 / (positive ? positives : negatives);
      const p = 1 / (1 + Math.exp(-(slope * score + offset)));
      const error = weight * (p - (positive ? high : low));
      const curve = weight * p * (1 - p);
      gs += error * score;
      go += error;
      ss += curve * score * score;
      so += curve * score;
      oo += curve;
    }
    const determinant = ss * oo - so * so;
    if (Math.abs(determinant) < 1e-18) break;
    const ds = (oo * gs - so * go) / determinant;
    const dO = (ss * go - so * gs) / determinant;
    const damp = 1 / Math.max(1, Math.abs(ds), Math.abs(dO));
    slope = Math.min(mostSlope, Math.max(0.01, slope - damp * ds));
    offset -= damp * dO;
    if (Math.abs(ds) + Math.abs(dO) < 1e-9) break;
  }
  return { slope, offset };
}

export function calibrated({ slope, offset }: Calibration, score: number): number {
  return 1 / (1 + Math.exp(-(slope * score + offset)));
}

export interface Thresholds {
  readonly threshold: number;
  readonly sure: number;
}

/**
 * The probability with the best F1 among those that keep false alarms within bounds, and the one
 * at which hardly any are left. Chosen on examples that are neither trained on nor tested on.
 * @param scored probabilities
 */
export function chooseThresholds(
  scored: readonly Scored[],
  { mostFalse, sureFalse }: { readonly mostFalse: number; readonly sureFalse: number },
): Thresholds {
  const negatives = scored.filter(({ positive }) => !positive).map(({ score }) => score);
  const atMost = (share: number): number => {
    const sorted = negatives.toSorted((a, b) => b - a);
    const allowed = Math.floor(share * sorted.length);
    return Math.min(0.999, (sorted[allowed] ?? 0) + 1e-4);
  };
  const floor = atMost(mostFalse);
  let threshold = floor;
  let best = -1;
  for (const candidate of [floor, ...scored.map(({ score }) => score)]) {
    if (candidate < floor) continue;
    const f1 = f1At(scored, candidate);
    if (f1 <= best) continue;
    best = f1;
    threshold = candidate;
  }
  return { threshold, sure: Math.max(threshold, atMost(sureFalse)) };
}

function f1At(scored: readonly Scored[], threshold: number): number {
  let hits = 0;
  let alarms = 0;
  let misses = 0;
  for (const { score, positive } of scored) {
    if (score >= threshold && positive) hits++;
    else if (score >= threshold) alarms++;
    else if (positive) misses++;
  }
  return hits === 0 ? 0 : (2 * hits) / (2 * hits + alarms + misses);
}
