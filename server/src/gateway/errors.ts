import { type Bilingual, CodedError, type Language } from '#base';
import { type McpErrorCode, mcpErrors } from './mcp/errors.ts';

/** What a caller is told, with its HTTP status; one row of the table below for each. */
export type GatewayErrorCode =
  | McpErrorCode
  | 'invalid_api_key'
  | 'session_ended'
  | 'cross_site_request'
  | 'person_key'
  | 'operator_key_required'
  | 'role_not_permitted'
  | 'key_class_exceeded'
  | 'key_model_not_allowed'
  | 'key_rate_limited'
  | 'class_needs_words'
  | 'class_in_use'
  | 'key_budget_exhausted'
  | 'policy_invalid'
  | 'policy_needs_restart'
  | 'invalid_json'
  | 'invalid_utf8'
  | 'invalid_value'
  | 'missing_required_parameter'
  | 'unknown_parameter'
  | 'unsupported_media_type'
  | 'body_too_large'
  | 'body_timeout'
  | 'stateless_only'
  | 'tokens_not_inspectable'
  | 'image_not_permitted'
  | 'data_class_unknown'
  | 'model_not_found'
  | 'no_permitted_upstream'
  | 'no_capable_upstream'
  | 'upstream_refused'
  | 'upstream_failed'
  | 'upstream_timeout'
  | 'too_many_requests'
  | 'not_found'
  | 'passage_under_way'
  | 'not_published_yet'
  | 'not_witnessed_yet'
  | 'passage_held'
  | 'passage_erased'
  | 'nothing_to_contest'
  | 'contested_before'
  | 'review_ended'
  | 'review_own'
  | 'drill_under_way'
  | 'method_not_allowed'
  | 'ledger_unavailable'
  | 'shutting_down'
  | 'internal_error';

export interface Meaning {
  readonly status: number;
  /** OpenAI's `type` member, which clients branch on. */
  readonly type: string;
  readonly text: Bilingual;
}

const invalid = 'invalid_request_error';

export const gatewayErrors: Readonly<Record<GatewayErrorCode, Meaning>> = {
  invalid_api_key: {
    status: 401,
    type: invalid,
    text: {
      en: 'The API key is missing or not known here. Send it as "Authorization: Bearer <key>".',
      ja: 'API キーがないか、登録されていません。「Authorization: Bearer <キー>」の形で送ってください。',
    },
  },
  session_ended: {
    status: 401,
    type: invalid,
    text: {
      en: 'You are not signed in any more. Sign in again.',
      ja: 'サインインの有効期間が終わりました。もう一度サインインしてください。',
    },
  },
  cross_site_request: {
    status: 403,
    type: invalid,
    text: {
      en: 'This request did not come from the console of this checkpoint, so it was not carried out.',
      ja: 'この関所のコンソールから送られた要求ではないため、実行しませんでした。',
    },
  },
  person_key: {
    status: 409,
    type: invalid,
    text: {
      en: 'This is the key of a person who signs in: it has no secret, and its bounds stand in the rule book.',
      ja: 'サインインする人のキーです。秘密の値はなく、上限は規則で定められています。',
    },
  },
  operator_key_required: {
    status: 403,
    type: invalid,
    text: {
      en: 'This needs the key of an operator.',
      ja: 'これには管理者のキーが必要です。',
    },
  },
  role_not_permitted: {
    status: 403,
    type: invalid,
    text: {
      en: 'The role of this key does not include this. Roles that do:',
      ja: 'このキーの役割ではできません。できる役割:',
    },
  },
  key_class_exceeded: {
    status: 403,
    type: 'policy_violation',
    text: {
      en: 'This key may not carry data of this class. Ask the operator for one that may.',
      ja: 'このキーでは、この区分のデータを扱えません。扱えるキーを管理者に求めてください。',
    },
  },
  key_model_not_allowed: {
    status: 403,
    type: invalid,
    text: {
      en: 'This key may not use this model, or none of those the policy allows.',
      ja: 'このキーでは、このモデル、又は規則で許されたモデルのいずれも使えません。',
    },
  },
  class_needs_words: {
    status: 403,
    type: 'policy_violation',
    text: {
      en: 'Keys of a class are answered in words: vectors cannot be checked for a pupil.',
      ja: '学級のキーには言葉で答えます。ベクトルは検査できないため、渡せません。',
    },
  },
  class_in_use: {
    status: 409,
    type: invalid,
    text: {
      en: 'Keys belong to this class. Move or withdraw them first.',
      ja: 'この学級に属するキーがあります。先に移すか失効させてください。',
    },
  },
  key_rate_limited: {
    status: 429,
    type: 'rate_limit_error',
    text: {
      en: 'This key has used what it may in a minute. Try again after the time in Retry-After.',
      ja: 'このキーの毎分の上限に達しました。Retry-After の時間の後に再度お試しください。',
    },
  },
  key_budget_exhausted: {
    status: 429,
    type: 'insufficient_quota',
    text: {
      en: 'The budget of this key is used up.',
      ja: 'このキーの予算を使い切りました。',
    },
  },
  policy_invalid: {
    status: 422,
    type: invalid,
    text: {
      en: 'The rule book cannot be used, so nothing was changed.',
      ja: '規則に誤りがあるため、何も変更していません。',
    },
  },
  policy_needs_restart: {
    status: 409,
    type: invalid,
    text: {
      en: 'This change takes effect at a restart only, so nothing was changed:',
      ja: 'この変更には再起動が必要です。何も変更していません:',
    },
  },
  invalid_json: {
    status: 400,
    type: invalid,
    text: { en: 'The body is not valid JSON.', ja: '本文が正しい JSON ではありません。' },
  },
  invalid_utf8: {
    status: 400,
    type: invalid,
    text: { en: 'The body is not valid UTF-8.', ja: '本文が正しい UTF-8 ではありません。' },
  },
  invalid_value: {
    status: 400,
    type: invalid,
    text: { en: 'A member has a value that cannot be used.', ja: '使えない値があります。' },
  },
  missing_required_parameter: {
    status: 400,
    type: invalid,
    text: { en: 'A required member is missing.', ja: '必要な項目がありません。' },
  },
  unknown_parameter: {
    status: 400,
    type: invalid,
    text: {
      en: 'A member has a name that cannot be used here, so it was not passed on.',
      ja: '使えない名前の項目です。先へは渡しません。',
    },
  },
  unsupported_media_type: {
    status: 415,
    type: invalid,
    text: {
      en: 'Send the body as application/json.',
      ja: '本文は application/json で送ってください。',
    },
  },
  body_too_large: {
    status: 413,
    type: invalid,
    text: {
      en: 'The body is larger than this checkpoint accepts.',
      ja: '本文がこの関所の受け付ける大きさを超えています。',
    },
  },
  body_timeout: {
    status: 408,
    type: invalid,
    text: { en: 'The body did not arrive in time.', ja: '本文が時間内に届きませんでした。' },
  },
  stateless_only: {
    status: 400,
    type: invalid,
    text: {
      en: 'Nothing is kept here between requests, so each must hold its whole conversation.',
      ja: 'この関所は要求と要求の間に何も保存しません。会話全体を毎回送ってください。',
    },
  },
  tokens_not_inspectable: {
    status: 400,
    type: invalid,
    text: {
      en: 'Tokens are numbers that cannot be inspected here. Send the text itself.',
      ja: 'トークン(数値)は検査できません。文章そのものを送ってください。',
    },
  },
  image_not_permitted: {
    status: 403,
    type: 'policy_violation',
    text: {
      en: 'Pictures cannot be inspected, and the policy allows none for this data class.',
      ja: '画像は検査できず、この区分では規則により送れません。',
    },
  },
  data_class_unknown: {
    status: 400,
    type: invalid,
    text: {
      en: 'The header x-sekisho-data-class names a class the policy does not know.',
      ja: 'ヘッダー x-sekisho-data-class の区分は規則にありません。',
    },
  },
  model_not_found: {
    status: 404,
    type: invalid,
    text: {
      en: 'There is no such model here. GET /v1/models lists those there are.',
      ja: 'そのモデルはありません。GET /v1/models で一覧を見られます。',
    },
  },
  no_permitted_upstream: {
    status: 403,
    type: 'policy_violation',
    text: {
      en: 'The policy allows no model for this data class.',
      ja: 'この区分のデータを渡してよいモデルが規則にありません。',
    },
  },
  no_capable_upstream: {
    status: 400,
    type: invalid,
    text: {
      en: 'No model that this data class may reach can take this request.',
      ja: 'この区分のデータを渡してよいモデルの中に、この要求を扱えるものがありません。',
    },
  },
  upstream_refused: {
    status: 400,
    type: invalid,
    text: {
      en: 'Every permitted model refused the request as it is (too long, perhaps).',
      ja: '許可されたモデルはいずれもこの要求を受け付けませんでした(長すぎる等)。',
    },
  },
  upstream_failed: {
    status: 502,
    type: 'server_error',
    text: {
      en: 'No permitted model could answer. Try again in a moment.',
      ja: '許可されたモデルはいずれも回答できませんでした。しばらくして再度お試しください。',
    },
  },
  upstream_timeout: {
    status: 504,
    type: 'server_error',
    text: {
      en: 'No permitted model answered in time.',
      ja: '許可されたモデルはいずれも時間内に回答しませんでした。',
    },
  },
  too_many_requests: {
    status: 429,
    type: 'rate_limit_error',
    text: {
      en: 'The checkpoint is busy. Try again in a moment.',
      ja: '混み合っています。しばらくして再度お試しください。',
    },
  },
  not_found: {
    status: 404,
    type: invalid,
    text: { en: 'There is nothing at this address.', ja: 'この宛先には何もありません。' },
  },
  passage_under_way: {
    status: 409,
    type: invalid,
    text: {
      en: 'The exchange has not ended yet. Ask again when it has.',
      ja: 'やり取りがまだ終わっていません。終わってからもう一度お試しください。',
    },
  },
  not_published_yet: {
    status: 503,
    type: 'server_error',
    text: {
      en: 'It is recorded, and not yet under a published checkpoint. Try again in a moment.',
      ja: '記録されていますが、チェックポイントはまだ公開されていません。少し待ってから、もう一度お試しください。',
    },
  },
  not_witnessed_yet: {
    status: 503,
    type: 'server_error',
    text: {
      en: 'It is recorded, and not enough witnesses have signed yet. Try again later.',
      ja: '記録されていますが、必要な数の証人がまだ署名していません。後でもう一度お試しください。',
    },
  },
  passage_held: {
    status: 409,
    type: invalid,
    text: {
      en: 'The passage is under a legal hold, which must be lifted first.',
      ja: '法的保全の対象です。先に保全を解除してください。',
    },
  },
  passage_erased: {
    status: 409,
    type: invalid,
    text: { en: 'This was erased before.', ja: '既に消去されています。' },
  },
  nothing_to_contest: {
    status: 409,
    type: invalid,
    text: {
      en: 'No rule stopped or changed anything here, so there is nothing to contest.',
      ja: '規則によって止められ、又は変えられたものがないため、申立てはできません。',
    },
  },
  contested_before: {
    status: 409,
    type: invalid,
    text: {
      en: 'This decision was contested before. A reviewer has it, or has decided on it.',
      ja: 'この判断には既に申立てがあります。審査中か、審査が終わっています。',
    },
  },
  review_own: {
    status: 403,
    type: invalid,
    text: {
      en: 'Nobody overturns a decision about their own request: ask another reviewer.',
      ja: '自分の要求についての判断は、自分では取り消せません。別の審査員に依頼してください。',
    },
  },
  review_ended: {
    status: 409,
    type: invalid,
    text: {
      en: 'A reviewer has decided on this already.',
      ja: '既に審査の結論が出ています。',
    },
  },
  drill_under_way: {
    status: 409,
    type: invalid,
    text: {
      en: 'Another drill is under way. End it first.',
      ja: '別の訓練が行われています。先に終えてください。',
    },
  },
  method_not_allowed: {
    status: 405,
    type: invalid,
    text: {
      en: 'This address needs another method.',
      ja: 'この宛先では別のメソッドを使ってください。',
    },
  },
  ledger_unavailable: {
    status: 503,
    type: 'server_error',
    text: {
      en: 'The ledger cannot record, so nothing may pass. Tell the operator.',
      ja: '台帳に記録できないため、何も通せません。管理者に知らせてください。',
    },
  },
  internal_error: {
    status: 500,
    type: 'server_error',
    text: {
      en: 'The checkpoint failed at this. It was noted; tell the operator if it happens again.',
      ja: '関所の側で失敗しました。記録しました。繰り返す場合は管理者に知らせてください。',
    },
  },
  shutting_down: {
    status: 503,
    type: 'server_error',
    text: { en: 'The checkpoint is closing.', ja: 'この関所は終了するところです。' },
  },
  ...mcpErrors,
};

export class GatewayError extends CodedError<GatewayErrorCode> {
  /** The member of the request that is at fault, as OpenAI's `param`. */
  readonly param: string | undefined;
  /** What exactly is wrong with it, in English, when the code alone does not say; never a value. */
  readonly detail: string | undefined;
  /** What the answer says beside the body, such as when to come back. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: GatewayErrorCode,
    options: {
      param?: string;
      detail?: string;
      headers?: Readonly<Record<string, string>>;
      cause?: unknown;
    } = {},
  ) {
    super(code, `couldn't serve the request: ${gatewayErrors[code].text.en}`, options.cause);
    this.param = options.param;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
  }
}

/** What a person reads, whatever shape it stands in. */
export function errorText(error: GatewayError, language: Language): string {
  const { text } = gatewayErrors[error.code];
  return error.detail === undefined ? text[language] : `${text[language]} ${error.detail}`;
}

/** OpenAI's error shape. */
export function errorBody(error: GatewayError, language: Language): object {
  const { type } = gatewayErrors[error.code];
  const message = errorText(error, language);
  return { error: { message, type, param: error.param ?? null, code: error.code } };
}
