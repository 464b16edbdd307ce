/** How far the school's rules go, from least to most. The highest of several holds. */
export const levels = { pass: 0, annotate: 1, rewrite: 2, hold: 3, stop: 4 } as const;
export type SchoolDecision = keyof typeof levels;
export type Level = (typeof levels)[SchoolDecision];

const names = Object.keys(levels) as readonly SchoolDecision[];

export function decisionOf(level: Level): SchoolDecision {
  return names[level]!;
}

/** A lower finding never cancels a higher one. */
export function highest(all: Iterable<Level>): Level {
  let most: Level = 0;
  for (const level of all) if (level > most) most = level;
  return most;
}
