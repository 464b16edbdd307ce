import type { PassageDetail } from '../api/passages.ts';
import { fill } from '../text/format.ts';
import type { Words } from '../text/words.tsx';
import type { Gate, StationId, Way } from './way.ts';

export interface StationWords {
  readonly name: string;
  readonly line: string;
}

/** What is said at each station of the way. */
export function wayWords(
  passage: PassageDetail,
  way: Way,
  words: Words,
): Readonly<Record<StationId, StationWords>> {
  const { text, format } = words;
  const say = text.passage;
  const entry = (index: number | null): string =>
    index === null ? say.notYet : fill(say.entry, { index: format.number(index) });
  const answered = way.attempts.map(({ upstream }) => upstream);
  return {
    caller: { name: passage.key || say.caller, line: say[way.received] },
    in: { name: say.supervisorIn, line: gateLine(way.gates.in, words) },
    intent: { name: say.intent, line: entry(passage.index) },
    upstream: {
      name: say.upstream,
      line: answered.length > 0 ? format.list(answered) : notReached(passage, words),
    },
    out: { name: say.supervisorOut, line: gateLine(way.gates.out, words) },
    outcome: { name: say.outcome, line: entry(passage.outcomeIndex) },
  };
}

function notReached(passage: PassageDetail, { text }: Words): string {
  return passage.end === null ? text.end.open : text.passage.notReached;
}

function gateLine(gate: Gate, words: Words): string {
  const seen = gateFindings(gate, words);
  return gate.reached ? words.format.list([seen, words.text.decision[gate.decision]]) : seen;
}

/** What was seen at a gate, without what was decided. */
export function gateFindings(gate: Gate, { text, format }: Words): string {
  const say = text.passage;
  if (!gate.reached) return say.notReached;
  if (gate.noModel) return text.outcome.not_permitted;
  if (gate.findings === 0) return say.nothingFound;
  return fill(say.found, { count: format.number(gate.findings) });
}
