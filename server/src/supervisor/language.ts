/** Scripts that one language of the countries we serve has to itself. */
const scripts: readonly { readonly language: string; readonly pattern: RegExp }[] = [
  { language: 'ja', pattern: /[\u3041-\u30ff\uff66-\uff9d]/g },
  { language: 'ko', pattern: /[\uac00-\ud7a3]/g },
  { language: 'th', pattern: /[\u0e01-\u0e5b]/g },
  { language: 'lo', pattern: /[\u0e81-\u0edf]/g },
  { language: 'km', pattern: /[\u1780-\u17ff]/g },
  { language: 'my', pattern: /[\u1000-\u109f]/g },
  { language: 'zh', pattern: /[\u4e00-\u9fff]/g },
];

/** Letters that only Vietnamese has, and short words that its neighbours in Latin script share. */
const vietnamese = /[\u01a0\u01a1\u01af\u01b0\u0110\u0111\u1ea0-\u1ef9]/;
const words: Readonly<Record<string, ReadonlySet<string>>> = {
  en: new Set(
    'the of and to in is that for it with as was on are this be by or at from'.split(' '),
  ),
  id: new Set(
    'yang dan di ini itu dengan untuk tidak dari pada adalah akan ke saya anda'.split(' '),
  ),
  ms: new Set(
    'yang dan di ini itu dengan untuk tidak daripada ialah kepada boleh saya awak'.split(' '),
  ),
  tl: new Set('ang ng mga sa na ay at ko mo siya hindi ito po ba para kung'.split(' ')),
};

/** Units looked at: enough to tell, and not more for a long text. */
const most = 4_000;

/**
 * The language of a text by its script and its short words: ISO 639-1, `en` where nothing says
 * otherwise. A guess for rules that name languages, not a statement about the writer.
 */
export function languageOf(text: string): string {
  const piece = text.slice(0, most);
  // Kana decide for Japanese however many kanji stand beside them.
  const counted = scripts.map(({ language, pattern }) => ({
    language,
    count: piece.match(pattern)?.length ?? 0,
  }));
  const [kana] = counted;
  if (kana !== undefined && kana.count > 0) return 'ja';
  const best = counted.reduce((a, b) => (b.count > a.count ? b : a));
  if (best.count > 0 && best.count * 4 >= piece.replaceAll(/\s/g, '').length) return best.language;
  if (vietnamese.test(piece)) return 'vi';
  const spoken = piece.toLowerCase().match(/[a-z]+/g) ?? [];
  let found = { language: 'en', count: 0 };
  for (const [language, known] of Object.entries(words)) {
    const count = spoken.filter((word) => known.has(word)).length;
    if (count > found.count) found = { language, count };
  }
  return found.language;
}
