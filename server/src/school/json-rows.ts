import { SchoolError } from './errors.ts';

/** @param where file and line @throws SchoolError `pack_invalid` */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SchoolError('pack_invalid', `${where}: not JSON`, cause);
  }
}

/**
 * The values of JSON lines that people wrote or published: empty lines are passed over.
 * @throws SchoolError `pack_invalid` with file and line
 */
export function jsonRows(
  text: string,
  file: string,
): readonly { readonly value: unknown; readonly where: string }[] {
  return text.split('\n').flatMap((line, index) => {
    const where = `${file}:${index + 1}`;
    return line.trim() === '' ? [] : [{ value: parseJson(line, where), where }];
  });
}

/** The first thing that does not keep to the format, by file, line and member. */
export function invalidRow(
  where: string,
  [issue]: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): SchoolError {
  const member = issue?.path.map(String).join('.');
  return new SchoolError('pack_invalid', `${where}: ${member}: ${issue?.message}`);
}
