// Rows of medians, and how far the rounds lay apart. No round is left out.
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

export const medianOf = (rounds, name) => median(rounds.map((round) => round[name]));

/** @param columns title, member, digits, and the width of the column */
export function printRounds(title, results, columns) {
  const names = Object.keys(results).filter((name) => results[name].length > 0);
  const width = Math.max(...names.map((name) => name.length), 12);
  const head = columns.map(([text]) => text.padStart(24)).join('');
  const rows = names.map((name) => {
    const cells = columns.map(([, member, digits]) => cell(results[name], member, digits));
    return `  ${name.padEnd(width)}${cells.join('')}\n`;
  });
  process.stdout.write(`${title}\n  ${' '.repeat(width)}${head}\n${rows.join('')}`);
}

function cell(rounds, member, digits) {
  const values = rounds.map((round) => round[member]).filter((value) => !Number.isNaN(value));
  if (values.length === 0 || values.some((value) => value === undefined)) return '-'.padStart(24);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spread = `${low.toFixed(digits)} to ${high.toFixed(digits)}`;
  return `${median(values).toFixed(digits)} (${spread})`.padStart(24);
}

/** Lines that compare medians: what, of whom, with whom. */
export function printRatios(results, lines) {
  for (const [text, value] of lines(results)) {
    if (Number.isFinite(value)) process.stdout.write(`  ${text}: ${value.toFixed(2)}\n`);
  }
  process.stdout.write('\n');
}
