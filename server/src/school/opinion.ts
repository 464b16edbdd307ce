import { type Span, sentencesOf } from './sentences.ts';

/** Words by which a sentence values or demands instead of telling what happened or is known. */
const valuing =
  /べき(?:だ|で|と|。|では)|べきで(?:す|ある|ない)|許せ(?:ない|ません)|許されない|間違ってい(?:る|ます)|正しい(?:です|の|と思|こと)|正義|悪(?:い|者)(?:です|の|だ|と)|最悪|すばらし|素晴らし|立派|恥ずべき|卑劣|愚か|責任を取|と思います|と考えます|賛成です|反対です|に賛成|に反対すべき|\bshould\b|\bmust\b|\bi (?:think|believe)\b|in my opinion|\b(?:right|wrong) (?:to|that|side)\b|\bevil\b|\bshameful\b|\bglorious\b|seharusnya|menurut saya|patut|sepatutnya|nên\b|tôi (?:nghĩ|cho rằng)|ควร|ฉันคิดว่า|ผมคิดว่า|dapat\b|sa aking palagay/iu;
/** Whose value it is: reporting what others hold is telling a fact. */
const reported =
  /という(?:意見|考え|主張|声|見方|立場)|とする(?:意見|主張|考え|立場)|と(?:主張|批判|述べ|訴え)|と考える人|と言う人|\bsome (?:people )?(?:say|argue|believe)|\bargu(?:e|ed|es) that|according to|sebagian orang|ada yang berpendapat|có ý kiến|một số người|บางคน|ayon sa/iu;

/** The first sentence that takes a stand of its own. */
export function standOf(text: string): Span | null {
  for (const span of sentencesOf(text)) {
    const sentence = text.slice(span.start, span.end);
    if (/[?？]$|か。?$/u.test(sentence)) continue;
    if (valuing.test(sentence) && !reported.test(sentence)) return span;
  }
  return null;
}
