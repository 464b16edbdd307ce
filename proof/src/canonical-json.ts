/**
 * RFC 8785 for the values an entry may hold: whole numbers, strings, arrays and objects. Without
 * floats its hard part falls away, and what is left is ordinary JSON with sorted keys.
 */
export type CanonicalValue =
  | number
  | string
  | readonly CanonicalValue[]
  | { readonly [key: string]: CanonicalValue };

const depthMax = 16;

/** @throws TypeError for a value the form cannot hold */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  if (depth > depthMax) throw new TypeError("couldn't write the value: nested too deeply");
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      throw new TypeError("couldn't write the number: not a safe whole number");
    }
    return String(value);
  }
  if (typeof value === 'string') return writeString(value);
  if (Array.isArray(value)) {
    return `[${value.map((item: unknown) => write(item, depth + 1)).join(',')}]`;
  }
  if (!isMembers(value)) {
    throw new TypeError("couldn't write the value: not a number, string, array or object");
  }
  // Default sort compares UTF-16 code units, which is the order RFC 8785 asks for.
  const keys = Object.keys(value).toSorted();
  return `{${keys.map((key) => `${writeString(key)}:${write(value[key], depth + 1)}`).join(',')}}`;
}

function isMembers(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Printable ASCII without quote and backslash stands for itself, and nearly every text is that. */
const plainText = /^[ !#-[\]-~]*$/;

function writeString(text: string): string {
  if (plainText.test(text)) return `"${text}"`;
  if (/\p{Surrogate}/u.test(text)) {
    throw new TypeError("couldn't write the string: half of a surrogate pair");
  }
  return JSON.stringify(text);
}

/** Whether a value is of the form's kinds, and its members stand in the form's order. */
function isSorted(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return true;
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0);
  if (depth > depthMax) return false;
  if (Array.isArray(value)) return value.every((item) => isSorted(item, depth + 1));
  if (!isMembers(value)) return false;
  let previous: string | undefined;
  for (const [key, member] of Object.entries(value)) {
    if (previous !== undefined && previous >= key) return false;
    if (!isSorted(member, depth + 1)) return false;
    previous = key;
  }
  return true;
}

/**
 * Reads canonical JSON. A second spelling of the same value, a duplicate key, a float or `null`
 * does not survive the comparison with what we would have written.
 * @returns undefined for anything that is not exactly the canonical form
 */
export function parseCanonicalJson(text: string): CanonicalValue | undefined {
  try {
    const value: CanonicalValue = JSON.parse(text);
    // Without escapes the platform writes the canonical form, once members are known to be sorted.
    // Measured, that is three times as fast, and no entry of ours has an escape.
    const isPlain = !text.includes('\\') && isSorted(value, 0);
    return (isPlain ? JSON.stringify(value) : canonicalJson(value)) === text ? value : undefined;
  } catch {
    return undefined;
  }
}
