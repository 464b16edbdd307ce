/** Precision, recall and F1 of counts. */
export function score({ hits, false: wrong, missed }) {
  const precision = { part: hits, whole: hits + wrong };
  const recall = { part: hits, whole: hits + missed };
  const both = 2 * hits + wrong + missed;
  return { precision, recall, f1: both === 0 ? 0 : (2 * hits) / both, wanted: hits + missed };
}

/** A share with its 95 % interval (Wilson 1927). */
export function percent({ part, whole }) {
  if (whole === 0) return '    -                ';
  const z = 1.96;
  const p = part / whole;
  const middle = (p + (z * z) / (2 * whole)) / (1 + (z * z) / whole);
  const half =
    (z * Math.sqrt((p * (1 - p)) / whole + (z * z) / (4 * whole * whole))) / (1 + (z * z) / whole);
  const [at, low, high] = [p, Math.max(0, middle - half), Math.min(1, middle + half)].map((share) =>
    (100 * share).toFixed(1),
  );
  return `${at.padStart(5)} (${low}-${high})`.padEnd(20);
}
