import type { Doubt } from './claims.ts';
import type { Texts } from './schema.ts';

/** What the built-in rules tell pupil and teacher. A pack's own rules bring their own words. */

/** Both at least: a text that is missing does not compile. */
type Told = { readonly en: string; readonly ja: string };

const quote = (text: string): string => (text.length > 120 ? `${text.slice(0, 120)}…` : text);

export function doubtText(doubt: Doubt, said: string): Told {
  const { instead, evidence } = doubt;
  const place = evidence === null ? '' : evidence.place;
  const source = evidence === null ? '' : quote(evidence.text);
  switch (doubt.kind) {
    case 'contradiction.number':
    case 'contradiction.year':
    case 'contradiction.name':
      return {
        en: `The answer says “${said}”; the passage says “${instead}”: “${source}” (${place})`,
        ja: `答えには「${said}」とありますが、資料では「${instead}」です。「${source}」(${place})`,
      };
    case 'contradiction.polarity':
      return {
        en: `The answer says the opposite of the passage: “${source}” (${place})`,
        ja: `資料と反対のことが書かれています。「${source}」(${place})`,
      };
    case 'unsupported':
      return {
        en: `No passage of the class's material bears out “${quote(said)}”. Check it before relying on it.`,
        ja: `「${quote(said)}」は、クラスの資料では確かめられません。使う前に調べましょう。`,
      };
  }
}

export function kanjiText(word: string, characters: string, reading: string | null): Told {
  return {
    en:
      reading === null
        ? `“${word}” has kanji not yet taught (${characters}); no reading is known to the pack.`
        : `“${word}” has kanji not yet taught (${characters}). Reading: ${reading}`,
    ja:
      reading === null
        ? `「${word}」にはまだ習っていない漢字(${characters})があります。読みはパックにありません。`
        : `「${word}」にはまだ習っていない漢字(${characters})があります。読みは「${reading}」です。`,
  };
}

export function wordText(word: string, simpler: string | undefined): Told {
  return simpler === undefined
    ? {
        en: `“${word}” is a word of a later year.`,
        ja: `「${word}」はもっと上の学年で習う言葉です。`,
      }
    : {
        en: `“${word}” is a word of a later year; simpler: ${simpler}`,
        ja: `「${word}」はもっと上の学年で習う言葉です。やさしく言うと「${simpler}」です。`,
      };
}

export const noteTexts = {
  overshoot: {
    en: 'Much of the answer is written in characters this year has not learnt.',
    ja: '答えの多くが、この学年でまだ習っていない漢字で書かれています。',
  },
  handedOver: {
    en: 'The answer hands over the solution. In this class the pupil is to find it with hints.',
    ja: '答えがそのまま書かれています。このクラスでは、ヒントをもとに自分で考えます。',
  },
  insists: {
    en: 'The pupil has asked several times for the solution itself.',
    ja: '答えそのものを、くり返し求めています。',
  },
  stand: {
    en: 'On this topic the class keeps to what happened and what is known; this sentence takes a stand.',
    ja: 'この話題では、起きたことと分かっていることを扱います。この文は一つの立場を述べています。',
  },
  above: {
    en: 'This is taught in a later year.',
    ja: 'これはもっと上の学年で学ぶ内容です。',
  },
  outside: {
    en: 'This does not seem to belong to what is taught in this class.',
    ja: 'このクラスで学ぶ内容ではないようです。',
  },
  unsure: {
    en: 'Whether this belongs to what is taught in this class could not be told.',
    ja: 'このクラスで学ぶ内容かどうか、判断できませんでした。',
  },
  safeguarding: {
    en: 'What was written may be a sign of need. A person will look, and here is who can be reached at once.',
    ja: '助けが必要なしるしかもしれません。人が確認します。すぐに相談できる先もお知らせします。',
  },
  year: {
    en: 'The grade is not one the pack knows, so a teacher has to look.',
    ja: 'パックにない学年のため、先生の確認が必要です。',
  },
  failure: {
    en: 'A check could not be carried out, so a teacher has to look.',
    ja: '確認の一部ができなかったため、先生の確認が必要です。',
  },
} as const satisfies Record<string, Told>;

export function lengthText(most: number): Told {
  return {
    en: `This sentence is long for the year (rule of thumb: ${most}).`,
    ja: `この文は、この学年には長めです(目安 ${most})。`,
  };
}

/** The pack's own words, and the view that is missing, in each language the pack has both in. */
export function oneViewText(note: Texts, other: Texts): Texts {
  return Object.fromEntries(
    Object.entries(note).map(([language, words]) => [
      language,
      `${words} (${other[language] ?? other['en'] ?? ''})`,
    ]),
  );
}
