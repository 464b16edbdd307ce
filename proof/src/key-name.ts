import { isWellFormed } from './bytes.ts';

/** Of a key, and so of a log. */
export const maxNameChars = 256;

/** Not empty, no Unicode white space, no plus sign, no control character. */
export function isKeyName(name: string): boolean {
  if (name === '' || name.length > maxNameChars || !isWellFormed(name)) return false;
  return !/[\p{White_Space}+]/u.test(name) && !hasControls(name);
}

export function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20) return true;
  return false;
}
