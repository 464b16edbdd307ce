/** Ways of writing text so that a filter does not read it and a model does. */
export const encodings = [
  'tags',
  'variation_selectors',
  'base64',
  'base32',
  'hex',
  'binary',
  'percent',
  'unicode_escape',
  'html_entity',
  'morse',
  'look_alikes',
  'spacing',
  'leetspeak',
  'rot13',
  'atbash',
  'reversed',
] as const;

export type Encoding = (typeof encodings)[number];

/** One bit an encoding, so that a unit that went through several says so in one number. */
export function bitOf(encoding: Encoding): number {
  return 1 << encodings.indexOf(encoding);
}

/** The names behind the bits, such as `base64+rot13`. */
export function namesOf(bits: number): string {
  return encodings.filter((_, at) => (bits & (1 << at)) !== 0).join('+');
}
