import type { Bilingual, Language } from '#base';
import type { SchoolNote, Signs, Texts } from '#school';

const words = {
  en: {
    hold: 'Your teacher will look at this first. When your teacher has decided, you can read it here:',
    stop: 'This cannot be answered here, because of a rule of your school.',
    locked:
      'This conversation waits for your teacher, who will look at it. Until then you can begin another one.',
    signs:
      'Thank you for writing this. You do not have to be alone with it. A person at your school will see what you wrote. Please also talk to somebody you trust, now if you can.',
    call: 'Here somebody listens to you:',
    danger: 'If you are in danger right now, call the emergency number or go to an adult near you.',
    rule: 'Rule',
    wrong: 'If you think this is wrong, say so here:',
  },
  ja: {
    hold: '先に先生が確認します。先生が確認したあと、ここで読めます。',
    stop: '学校のきまりにより、ここでは答えられません。',
    locked: 'この会話は、先生の確認を待っています。確認が終わるまでは、新しい会話を始められます。',
    signs:
      '書いてくれてありがとう。ひとりでかかえこまなくて大丈夫です。学校の人が、あなたの書いたことを読みます。できれば今、信頼できる人にも話してください。',
    call: '話を聞いてくれるところ:',
    danger: '今あぶないときは、緊急の番号に電話するか、近くの大人のところへ行ってください。',
    rule: 'きまり',
    wrong: 'まちがいだと思うときは、ここから伝えられます。',
  },
} as const satisfies Record<Language, Record<string, string>>;

export interface NoticeContext {
  /** Tags in the order in which the reader would like them. */
  readonly languages: readonly string[];
  /** The page on which a pupil sees how it stands and can say that it is wrong. */
  readonly page: string;
}

/** The text in the first language it exists in, as the reader would have it. */
export function textIn(texts: Texts, languages: readonly string[]): string {
  for (const tag of languages) {
    const found = texts[tag] ?? texts[tag.split('-')[0] ?? tag];
    if (found !== undefined) return found;
  }
  return texts['en'] ?? Object.values(texts)[0] ?? '';
}

export function holdNotice({ languages, page }: NoticeContext): string {
  const say = wordsIn(languages);
  return `${say.hold}\n${page}`;
}

export function lockedNotice({ languages, page }: NoticeContext): string {
  const say = wordsIn(languages);
  return `${say.locked}\n${page}`;
}

/** @param notes those because of which it was stopped */
export function stopNotice(notes: readonly SchoolNote[], of: NoticeContext): string {
  const say = wordsIn(of.languages);
  const reasons = notes.map(
    ({ rule, text }) => `[${say.rule}: ${rule}] ${textIn(text, of.languages)}`,
  );
  return [say.stop, ...new Set(reasons), `${say.wrong} ${of.page}`].join('\n');
}

/** Calm, and with a way to people: never a rule, and never a reproach. */
export function signsNotice({ helplines }: Signs, { languages }: NoticeContext): string {
  const say = wordsIn(languages);
  const lines = helplines.map(({ title, contact, hours, url }) => {
    const when = hours === undefined ? '' : ` (${textIn(hours, languages)})`;
    return `- ${textIn(title, languages)}: ${contact}${when}${url === undefined ? '' : ` ${url}`}`;
  });
  return [say.signs, ...(lines.length === 0 ? [] : [say.call, ...lines]), say.danger].join('\n');
}

/**
 * Tags in order of preference: what the client asks for, what the pupil writes if it is a language
 * of the pack, the pack's own, English.
 * @param acceptLanguage the header, which a stranger wrote
 */
export function readerLanguages(
  acceptLanguage: string | undefined,
  written: Language,
  pack: readonly string[],
): readonly string[] {
  const asked = (acceptLanguage ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => part.split(';')[0]!.trim())
    .filter((tag) => /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(tag));
  const own = pack.length === 0 || pack.includes(written) ? [written] : [];
  return [...new Set([...asked, ...own, ...pack, 'en'])];
}

function wordsIn(languages: readonly string[]): (typeof words)[Language] {
  const known = languages
    .map((tag) => tag.split('-')[0])
    .find((tag) => tag === 'ja' || tag === 'en');
  return words[known ?? 'en'];
}

/** What a teacher and a pupil are told where nothing of the pack says it. */
export const builtInNotes = {
  'check-failed': {
    en: 'This could not be checked, so a teacher looks at it first.',
    ja: '検査ができなかったため、先に先生が確認します。',
  },
  'pack-missing': {
    en: 'The country pack of this class is not there, so nothing can be checked. Tell the operator.',
    ja: 'この学級の国別パックがないため、検査ができません。管理者に知らせてください。',
  },
  'year-unknown': {
    en: 'The country pack of this class does not know its year, so nothing can be checked.',
    ja: 'この学級の学年が国別パックにないため、検査ができません。',
  },
  'class-missing': {
    en: 'The class of this key does not exist, so nothing can be checked. Tell the operator.',
    ja: 'このキーの学級がないため、検査ができません。管理者に知らせてください。',
  },
  'too-long': {
    en: 'This is too long to be checked, so a teacher looks at it first.',
    ja: '長すぎて検査ができないため、先に先生が確認します。',
  },
  'not-mended': {
    en: 'The model was asked to write the answer again and did not mend it.',
    ja: 'モデルに書き直しを求めましたが、直りませんでした。',
  },
  'judge-above': {
    en: 'A model takes this for something taught in a later year.',
    ja: 'モデルは、もっと上の学年で学ぶ内容だと判断しました。',
  },
  'judge-outside': {
    en: 'A model takes this for no matter of this class.',
    ja: 'モデルは、このクラスで学ぶ内容ではないと判断しました。',
  },
  'judge-silent': {
    en: 'Whether this belongs to what is taught in this class could not be told.',
    ja: 'このクラスで学ぶ内容かどうか、判断できませんでした。',
  },
  'earlier-in-this-conversation': {
    en: 'Something earlier in this conversation waits for a teacher, or was stopped.',
    ja: 'この会話では、先に確認待ちになったもの又は止められたものがあります。',
  },
} as const satisfies Record<string, Bilingual>;
export type BuiltInRule = keyof typeof builtInNotes;
