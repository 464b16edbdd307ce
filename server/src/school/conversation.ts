import type { ConversationState } from './lesson.ts';
import type { Level } from './level.ts';

/** Rules remembered of one conversation: a pack has fewer, and a stranger's pack no more than this. */
const mostRules = 2_000;

/** The state after a turn: the level never falls, what was seen is never forgotten. */
export function afterTurn(
  before: ConversationState,
  level: Level,
  rules: Iterable<string>,
): ConversationState {
  const seen: Record<string, number> = { ...before.seen };
  let size = Object.keys(seen).length;
  for (const rule of new Set(rules)) {
    if (seen[rule] === undefined && size++ >= mostRules) continue;
    seen[rule] = (seen[rule] ?? 0) + 1;
  }
  return { level: level > before.level ? level : before.level, seen };
}

/** What was held or stopped stays so until somebody has looked: the next turn cannot lower it. */
export function heldLevel(before: ConversationState, found: Level): Level {
  return before.level >= 3 && before.level > found ? before.level : found;
}
