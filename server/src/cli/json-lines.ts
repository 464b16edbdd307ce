import { limits } from '#base';
import { z } from 'zod';

export const lineId = z.union([z.string().max(1_000), z.number()]);
const identified = z.object({ id: lineId });

const lineFeed = 10;

/** What was wrong with a line. */
export interface LineFault {
  readonly code: 'line_too_long' | 'invalid_utf8' | 'invalid_json' | 'invalid_value';
  readonly detail?: string;
}

/** A line that reads as JSON and cannot be used; its id is given back where it has one. */
export class LineError extends Error {
  readonly fault: LineFault;

  constructor(detail: string) {
    super(detail);
    this.fault = { code: 'invalid_value', detail };
  }
}

/**
 * One answer for each line of JSON, in the same order. A line that cannot be read is answered with
 * its error, and the next one is looked at. Empty lines are passed over.
 * @param input bytes of UTF-8, however they are cut
 * @param answer throws LineError for a value that cannot be used
 */
export async function* answerJsonLines(
  input: AsyncIterable<Uint8Array>,
  answer: (value: unknown) => object,
): AsyncGenerator<{ readonly line: string; readonly failed: boolean }> {
  for await (const bytes of linesOf(input)) {
    const given =
      bytes === 'too_long' ? faulty(null, { code: 'line_too_long' }) : answerTo(bytes, answer);
    if (given !== undefined) yield { line: `${JSON.stringify(given)}\n`, failed: 'error' in given };
  }
}

/** @throws LineError */
export function readLine<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new LineError(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

function faulty(
  id: string | number | null,
  error: LineFault,
): { readonly id: string | number | null; readonly error: LineFault } {
  return { id, error };
}

function answerTo(bytes: Uint8Array, answer: (value: unknown) => object): object | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return faulty(null, { code: 'invalid_utf8' });
  }
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return faulty(null, { code: 'invalid_json' });
  }
  try {
    return answer(value);
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    const known = identified.safeParse(value);
    return faulty(known.success ? known.data.id : null, error.fault);
  }
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
