import { limits } from '#base';
import { aboutOf, guard, guardRequest } from '#api';
import type { Supervisor } from '#supervisor';
import { z } from 'zod';

const id = z.union([z.string().max(1_000), z.number()]);
const lineRequest = guardRequest.extend({ id });

const lineFeed = 10;

/**
 * One verdict for each line of JSON, in the same order. A line that cannot be read is answered with
 * its error, and the next one is looked at.
 * @param input bytes of UTF-8, however they are cut
 */
export async function* guardLines(
  supervisor: Supervisor,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly line: string; readonly failed: boolean }> {
  for await (const bytes of linesOf(input)) {
    const answer = bytes === 'too_long' ? fault(null, 'line_too_long') : judge(supervisor, bytes);
    if (answer !== undefined) {
      yield { line: `${JSON.stringify(answer)}\n`, failed: 'error' in answer };
    }
  }
}

type Fault = 'line_too_long' | 'invalid_utf8' | 'invalid_json' | 'invalid_value';

function fault(
  of: string | number | null,
  code: Fault,
  detail?: string,
): { readonly id: string | number | null; readonly error: object } {
  return { id: of, error: { code, ...(detail === undefined ? {} : { detail }) } };
}

function judge(supervisor: Supervisor, bytes: Uint8Array): object | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return fault(null, 'invalid_utf8');
  }
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fault(null, 'invalid_json');
  }
  const parsed = lineRequest.safeParse(value);
  if (!parsed.success) {
    const known = z.object({ id }).safeParse(value);
    const [issue] = parsed.error.issues;
    const detail = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
    return fault(known.success ? known.data.id : null, 'invalid_value', detail);
  }
  const { decision, findings } = guard(supervisor, parsed.data, aboutOf(parsed.data));
  return {
    id: parsed.data.id,
    decision,
    findings: findings.map(({ kind, start, end, score, detector }) => {
      return { kind, start, end, score, detector };
    }),
  };
}

/** The lines of a stream of bytes. Of one that exceeds the limit nothing is kept. */
async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | 'too_long'> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  const take = (): Uint8Array | 'too_long' => {
    const line = size > limits.requestBodyBytes ? 'too_long' : Buffer.concat(pieces, size);
    pieces = [];
    size = 0;
    return line;
  };
  const add = (piece: Uint8Array): void => {
    size += piece.length;
    if (size > limits.requestBodyBytes) pieces = [];
    else pieces.push(piece);
  };
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      add(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    add(chunk.subarray(start));
  }
  if (size > 0) yield take();
}
