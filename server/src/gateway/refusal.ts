import { type Language, preferredLanguage } from '#base';
import type { Policy } from '#policy';

/** What a person is told when a public rule stopped their request or the model's answer. */
export interface Refusal {
  readonly message: string;
  readonly rules: readonly { readonly id: string; readonly text: string }[];
  readonly receipt: string;
  readonly receipt_url: string;
  readonly contest: string;
  /** The page of the console on which the person can say why it is wrong. */
  readonly contest_url: string;
}

const words = {
  en: {
    input: 'This request was stopped at the checkpoint.',
    output: "The model's answer was stopped at the checkpoint.",
    result: 'The result of the tool was stopped at the checkpoint.',
    failed: 'A check could not be carried out, and what cannot be checked may not pass.',
    rule: 'Rule',
    contest: 'If you think this is wrong, contest it with',
    quote: 'and quote receipt',
    here: 'Or say so here',
  },
  ja: {
    input: 'この要求は関所で止められました。',
    output: 'モデルの回答は関所で止められました。',
    result: 'ツールの結果は関所で止められました。',
    failed: '検査を行えなかったため、通せません。',
    rule: '規則',
    contest: '誤りだと思われる場合の申立て先:',
    quote: '受領証番号:',
    here: 'この画面からも申し立てられます',
  },
} as const;

/** Stands where a rule would when a check could not be carried out. */
export const uncheckedRule = 'unchecked';

export interface RefusalContext {
  readonly policy: Policy;
  readonly language: Language;
  readonly rules: readonly string[];
  /** What was stopped: a request, a model's answer, or what a tool gave. */
  readonly direction: 'input' | 'output' | 'result';
  readonly receipt: string;
  readonly receiptUrl: string;
  readonly contestUrl: string;
}

export function refusal(context: RefusalContext): Refusal {
  const { policy, language, direction, receipt, receiptUrl, contestUrl } = context;
  const say = words[language];
  const stopping = context.rules.length > 0 ? context.rules : [uncheckedRule];
  const rules = stopping.map((id) => ({
    id,
    text: policy.document.supervision.find((rule) => rule.id === id)?.text[language] ?? say.failed,
  }));
  const contact = policy.document.institution.contact[language];
  const contest = `${say.contest} ${contact} ${say.quote} ${receipt}`;
  const reasons = rules.map((rule) => `[${say.rule}: ${rule.id}] ${rule.text}`);
  return {
    message: [
      say[direction],
      ...reasons,
      `${contest} (${receiptUrl})`,
      `${say.here}: ${contestUrl}`,
    ].join('\n'),
    rules,
    receipt,
    receipt_url: receiptUrl,
    contest,
    contest_url: contestUrl,
  };
}

/**
 * The reader's language: what their client asks for, else what they write, else the institution's.
 * @param written the last thing the person said
 */
export function readerLanguage(
  acceptLanguage: string | undefined,
  written: string,
  institution: Language,
): Language {
  const fallback = /[\u3040-\u30ff\u4e00-\u9fff]/.test(written)
    ? 'ja'
    : /[a-z]{3}/i.test(written)
      ? 'en'
      : institution;
  return preferredLanguage(acceptLanguage, fallback);
}
