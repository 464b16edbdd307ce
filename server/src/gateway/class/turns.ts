import type { ParsedRequest } from '../dialect.ts';
import type { Dialect } from '../dialect.ts';
import type { Json, JsonObject } from '../json.ts';

/** What a model said, and why it is asked to write that again. */
export interface Turn {
  readonly said: string;
  readonly again: string;
}

/** The same request with what was said since, in the form in which it came. */
export function withTurns(
  dialect: Dialect,
  request: ParsedRequest,
  turns: readonly Turn[],
): ParsedRequest {
  const more = turns.flatMap(({ said, again }): JsonObject[] => [
    // An empty turn is refused by some upstreams.
    ...(said === '' ? [] : [{ role: 'assistant', content: said }]),
    { role: 'user', content: again },
  ]);
  const { wire } = request;
  const member = wire['messages'] === undefined ? 'input' : 'messages';
  const before = wire[member];
  const list: readonly Json[] = Array.isArray(before)
    ? (before as readonly Json[])
    : [{ role: 'user', content: before ?? '' }];
  return dialect.parse({ ...wire, [member]: [...list, ...more] });
}
