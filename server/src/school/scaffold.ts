import { foldText } from './folded.ts';
import { type Span, sentencesOf } from './sentences.ts';

const asks =
  /答え(?:だけ|を(?:教|おし|言|書|くれ|ちょうだい)|ちょうだい|おしえ)|こたえ(?:だけ|を?(?:教|おし))|正解(?:だけ|を教)|解いて|といて(?:ください|くれ|ほしい)|(?:作文|感想文|レポート|日記|詩|スピーチ|原稿|作品)を?(?:書|かい|作|つく|考え)|代わりに(?:書|や|解|考)|宿題を?(?:や|解|終|して)|全部(?:書い|やっ|解い)て|just (?:give|tell) me the answer|give me the answer|what(?:'s| is) the answer|solve (?:this|it|the)|do my homework|write (?:my|an|a|the) (?:essay|report|story|poem|speech|summary)|jawab(?:an|kan)|kunci jawaban|kerjakan|buatkan|jawapan|bài giải|đáp án|giải (?:bài|giúp|hộ)|viết (?:bài|giúp|hộ)|ขอคำตอบ|เฉลย|ทำการบ้าน|เขียน(?:เรียงความ|ให้)|ano ang sagot|sagutan|gawin mo/u;
const writing =
  /(?:作文|感想文|レポート|日記|スピーチ|原稿|詩)|essay|report|story|poem|speech|karangan|esai|bài văn|เรียงความ|sanaysay/u;
const task =
  /(?:計算し|求め|解き|答え)(?:よ|なさい|ましょう|てください|て)|いくつ|いくら|何(?:個|人|本|円|枚|倍|分|時間|メートル|cm|km|kg|g|%)|\d\s?[+\-×÷*/−]\s?\d|[=＝]\s?[?？□]|how (?:many|much|far|long)|calculate|berapa|hitung|bao nhiêu|tính|เท่าไร|เท่าไหร่|กี่|ilan|magkano/u;
const result =
  /(?:答え|こたえ|正解|解答|結果)(?:は|:|：|が)\s?(?!何|なん|どう|いくつ|いくら|自分|ど[のれこ])[^。？?\n]{1,60}|(?:the )?(?:final )?answer (?:is|:|=)\s?(?!up to|yours|what|not|in )[^.?\n]{1,60}|answer: ?[^.?\n]{1,60}|jawaban(?:nya)? (?:adalah|:|ialah)[^.?\n]{1,60}|jawapan(?:nya)? (?:ialah|adalah|:)[^.?\n]{1,60}|đáp (?:án|số) (?:là|:)[^.?\n]{1,60}|(?:คำตอบ|ตอบ)(?:คือ|:| )[^?\n]{1,60}|ang sagot ay[^.?\n]{1,60}/gu;
// Begins where a number begins, and ends after some terms: a page of digits is looked through once.
const equation =
  /(?<![\d.])(-?\d{1,15}(?:\.\d{1,15})?(?:\s?[a-zぁ-んァ-ン一-龠%℃円]{0,4}\s?[+\-×÷*/·−]\s?\(?-?\d{1,15}(?:\.\d{1,15})?\)?){1,12})[^=\n]{0,6}[=＝]\s?(-?\d+(?:\.\d+)?)/gu;
const numbers = /\d+(?:\.\d+)?/gu;
const hint =
  /ヒント|考えて|やって(?:み|ごらん)|試して|思いますか|どう(?:かな|でしょう)|try|hint|think about|what do you|coba|petunjuk|hãy thử|gợi ý|ลอง|คำใบ้|subukan/u;

/** Whether a pupil asks for the solution itself, rather than to understand it. */
export function asksForSolution(question: string): boolean {
  return asks.test(foldText(question).text);
}

/**
 * Where an answer hands over what the pupil was to find: the result of the task, or the text they
 * were to write. A result the pupil named, worked examples with other numbers, and questions back
 * are no such thing.
 */
export function handedOver(question: string, answer: string): Span | null {
  const asked = foldText(question);
  const said = foldText(answer);
  if (writing.test(asked.text) && asks.test(asked.text)) {
    const whole = writtenOut(answer);
    if (whole !== null) return whole;
  }
  const given = new Set(asked.text.match(numbers));
  for (const match of said.text.matchAll(equation)) {
    const used = [...new Set(match[1]!.match(numbers))].filter((number) => given.has(number));
    if (used.length < 2 || given.has(match[2]!)) continue;
    return spanOf(said, match.index, match[0].length);
  }
  const isTask = asks.test(asked.text) || task.test(asked.text);
  for (const match of isTask ? said.text.matchAll(result) : []) {
    if (isAsking(said.text, match.index + match[0].length)) continue;
    const named = match[0].match(numbers);
    if (named !== null && named.every((number) => given.has(number))) continue;
    return spanOf(said, match.index, match[0].length);
  }
  return null;
}

function spanOf(text: ReturnType<typeof foldText>, at: number, length: number): Span {
  return { start: text.start(at), end: text.end(at + length) };
}

function isAsking(text: string, end: number): boolean {
  return /^[^。.\n]{0,20}(?:か[。？?]|[？?]|かな|でしょう)/u.test(text.slice(end - 4));
}

/** A text of some length that gives no hints and asks little is the pupil's work done. */
function writtenOut(answer: string): Span | null {
  if (answer.length < 120) return null;
  const sentences = sentencesOf(answer).map(({ start, end }) => answer.slice(start, end));
  const asking = sentences.filter((one) => /[?？]$|か。?$|hint/iu.test(one) || hint.test(one));
  return asking.length * 4 >= sentences.length ? null : { start: 0, end: answer.length };
}
