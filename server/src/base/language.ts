export const languages = ['en', 'ja'] as const;
export type Language = (typeof languages)[number];

/** Text that a person reads: both languages or it does not compile. */
export interface Bilingual {
  readonly en: string;
  readonly ja: string;
}

/**
 * The reader's language from an Accept-Language header (RFC 9110, section 12.5.4), or the fallback.
 * Only the languages we speak are looked for, in the order of their weights.
 */
export function preferredLanguage(header: string | undefined, fallback: Language): Language {
  let best: { language: Language; weight: number } | undefined;
  for (const part of (header ?? '').slice(0, 500).split(',')) {
    const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
    const language = languages.find((known) => tag === known || tag.startsWith(`${known}-`));
    if (language === undefined) continue;
    const q = parameters.map((p) => /^\s*q=(\d(?:\.\d{1,3})?)\s*$/.exec(p)?.[1]).find(Boolean);
    const weight = q === undefined ? 1 : Number(q);
    if (weight > 0 && (best === undefined || weight > best.weight)) best = { language, weight };
  }
  return best?.language ?? fallback;
}
