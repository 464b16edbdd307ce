import { aboutOf, guard, guardRequest } from '#api';
import type { Supervisor } from '#supervisor';
import { answerJsonLines, lineId, readLine } from './json-lines.ts';

const lineRequest = guardRequest.extend({ id: lineId });

/**
 * One verdict for each line of JSON, in the same order. A line that cannot be read is answered with
 * its error, and the next one is looked at.
 * @param input bytes of UTF-8, however they are cut
 */
export function guardLines(
  supervisor: Supervisor,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly line: string; readonly failed: boolean }> {
  return answerJsonLines(input, (value) => {
    const { id, ...request } = readLine(lineRequest, value);
    const { decision, findings } = guard(supervisor, request, aboutOf(request));
    return {
      id,
      decision,
      findings: findings.map(({ kind, start, end, score, detector }) => {
        return { kind, start, end, score, detector };
      }),
    };
  });
}
