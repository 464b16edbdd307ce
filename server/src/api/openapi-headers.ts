import type { Bilingual, Language } from '#base';

/** Request headers of ours, and those of HTTP that mean something here. */
const requestHeaders: Readonly<Record<string, Bilingual>> = {
  'x-sekisho-data-class': {
    en: 'The data class of the request. Rules may raise it, never lower it.',
    ja: '要求のデータ区分。規則は引き上げることはあっても下げません。',
  },
  'x-sekisho-age-group': {
    en: 'Age group of the person who asks: under13, 13to15, 16to17 or adult.',
    ja: '尋ねる人の年齢層。under13、13to15、16to17、adult。',
  },
  'x-sekisho-conversation': {
    en: 'A name of the conversation, which a rule may keep with one upstream.',
    ja: '会話の名前。規則により同じ接続先を使い続けることがあります。',
  },
  'cache-control': {
    en: 'no-store, no-cache or max-age: whether an earlier answer may be given, and this one kept.',
    ja: 'no-store、no-cache、max-age。以前の回答を使ってよいか、この回答を残してよいかを示します。',
  },
  'x-sekisho-cache': {
    en: 'The same as cache-control, for clients that cannot send that.',
    ja: 'cache-control を送れないクライアントのための、同じ意味のヘッダー。',
  },
};

/** Headers of every answer and refusal that was recorded. */
const answerHeaders: Readonly<Record<string, Bilingual>> = {
  'x-sekisho-receipt': { en: 'Id of the receipt.', ja: '受領証の番号。' },
  'x-sekisho-receipt-url': { en: 'Where to fetch it.', ja: '受領証の取得先。' },
  'x-evidence': {
    en: 'Index and leaf hash of the intent.',
    ja: '受付の記録の位置と葉のハッシュ値。',
  },
  'x-evidence-promise': {
    en: 'The ledger’s signed promise of the same, in base64.',
    ja: '同じことについての台帳の署名付きの約束(base64)。',
  },
  'x-sekisho-data-class': {
    en: 'The data class in the end.',
    ja: '最終的なデータ区分。',
  },
  'x-sekisho-decision': {
    en: 'What was decided about the request.',
    ja: '要求についての判断。',
  },
  'x-sekisho-rules': {
    en: 'The rules that led to it.',
    ja: '判断の根拠となった規則。',
  },
  'x-sekisho-upstream': {
    en: 'The upstream that answered, now or when the answer was made.',
    ja: '回答した接続先(以前の回答では、作った接続先)。',
  },
  'x-sekisho-cache': {
    en: 'hit, semantic-hit or miss; absent where nobody looked for an earlier answer.',
    ja: 'hit、semantic-hit、miss。以前の回答を探さなかったときは付きません。',
  },
  'x-sekisho-fallback': {
    en: 'Upstreams that were passed over, and why.',
    ja: '見送られた接続先とその理由。',
  },
  'x-sekisho-school': {
    en: 'Of a class: pass, annotate, hold or stop.',
    ja: '学級のキーの場合の判断。pass、annotate、hold、stop。',
  },
  'x-sekisho-school-codes': {
    en: 'Of a class: curriculum codes the answer is about.',
    ja: '学級のキーの場合に、回答に関わる指導要領コード。',
  },
  'x-sekisho-not-carried': {
    en: 'Members of the request that were not passed on.',
    ja: '接続先に伝えられなかった要求の項目。',
  },
};

/** @returns parameters of a request to a model */
export function headerParameters(language: Language): readonly object[] {
  return Object.entries(requestHeaders).map(([name, text]) => ({
    name,
    in: 'header',
    required: false,
    description: text[language],
    schema: { type: 'string' },
  }));
}

/** @returns the headers of its answer, by name */
export function describedHeaders(language: Language): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.entries(answerHeaders).map(([name, text]) => [
      name,
      { description: text[language], schema: { type: 'string' } },
    ]),
  );
}
