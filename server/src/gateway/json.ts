import { limits } from '#base';

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };
export interface JsonObject {
  readonly [key: string]: Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The path of a member. A name that holds a mark of paths is quoted, so that no two values stand at
 * one path: what is found in one must not be masked, cleared or recorded in another.
 */
export function memberPath(path: string, key: string): string {
  const step = key === '' || /[.[\]{}#~"]/.test(key) ? JSON.stringify(key) : key;
  return path === '' ? step : `${path}.${step}`;
}

/**
 * Reads JSON text that a stranger wrote. `exact` says that every reader gets this value: no name
 * stands twice, and no number loses digits.
 */
export function readJsonText(
  text: string,
): { readonly value: Json; readonly exact: boolean } | 'too_deep' | 'invalid' {
  const outline = outlineOf(text);
  if (outline === undefined) return 'too_deep';
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return 'invalid';
  }
  return { value, exact: outline.exactNumbers && outline.members === countMembers(value) };
}

function countMembers(value: Json): number {
  let members = 0;
  if (Array.isArray(value))
    for (const item of value as readonly Json[]) members += countMembers(item);
  else if (isObject(value)) {
    for (const key of Object.keys(value)) members += 1 + countMembers(value[key]!);
  }
  return members;
}

/**
 * Brackets and members, counted outside strings; JSON.parse itself would recurse into whatever it
 * is given. Fewer members in the parsed value than in the text mean that a name stood twice.
 * @returns undefined for text that is nested too deeply
 */
function outlineOf(text: string): { members: number; exactNumbers: boolean } | undefined {
  let depth = 0;
  let members = 0;
  let digits = 0;
  let exactNumbers = true;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if ((code >= 0x30 && code <= 0x39) || code === 0x2e || code === 0x65 || code === 0x45) {
      // A double keeps fifteen digits of any number.
      if (++digits > 15) exactNumbers = false;
      continue;
    }
    digits = 0;
    switch (code) {
      case 0x22: // a string: skip to its closing quote
        i = endOfString(text, i + 1);
        break;
      case 0x7b:
      case 0x5b:
        if (++depth > limits.jsonDepth) return undefined;
        break;
      case 0x7d:
      case 0x5d:
        depth--;
        break;
      case 0x3a:
        members++;
        break;
      default:
    }
  }
  return { members, exactNumbers };
}

/** Searching for quotes is faster than looking at every character between them. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 1)) {
    let marks = 0;
    while (at - marks > from && text.charCodeAt(at - marks - 1) === 0x5c) marks++;
    if (marks % 2 === 0) return at;
  }
  return text.length;
}
