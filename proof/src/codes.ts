/** Text in both languages of the product. */
export interface Bilingual {
  readonly en: string;
  readonly ja: string;
}

/** Every reason for which evidence is refused. The codes are stable: programs may use them. */
export type RejectionCode =
  | 'E_KEY'
  | 'E_UNSUPPORTED'
  | 'E_FORMAT'
  | 'E_ORIGIN'
  | 'E_SIG'
  | 'E_ENTRY'
  | 'E_PROOF'
  | 'E_ROOT'
  | 'E_LINK'
  | 'E_DISCLOSURE'
  | 'E_TILE'
  | 'E_ABSENT'
  | 'E_POLICY'
  | 'E_FORK_FORMAT'
  | 'E_FORK'
  | 'E_PROMISE_FORMAT'
  | 'E_PROMISE'
  | 'E_COSE'
  | 'E_BUNDLE_FORMAT'
  | 'E_JWT'
  | 'E_VALUE';

export const rejections: Readonly<Record<RejectionCode, Bilingual>> = {
  E_KEY: {
    en: 'No verifier key was given for a log, or a key is malformed or given twice.',
    ja: '台帳の検証鍵がないか、鍵の形が誤っているか、同じ鍵が二度指定されています。',
  },
  E_UNSUPPORTED: {
    en: 'This program cannot check ML-DSA-44, and no other key of the log was given.',
    ja: 'このプログラムは ML-DSA-44 を検証できず、台帳の他の鍵も指定されていません。',
  },
  E_FORMAT: {
    en: 'The receipt is not in the form sekisho-receipt/1, so it was altered or is not a receipt.',
    ja: '受領証が sekisho-receipt/1 の形ではありません。書き換えられたか、受領証ではありません。',
  },
  E_ORIGIN: {
    en: 'The checkpoint belongs to another log than the receipt names.',
    ja: 'チェックポイントが、受領証の示す台帳のものではありません。',
  },
  E_SIG: {
    en: 'The log did not sign this checkpoint with the key you trust, or a signature is false.',
    ja: 'チェックポイントに信頼する鍵の署名がないか、署名が正しくありません。',
  },
  E_ENTRY: {
    en: 'An entry is not in the canonical form, so it was altered.',
    ja: '記録が正規の形ではありません。書き換えられています。',
  },
  E_PROOF: {
    en: 'An inclusion proof is malformed, or leads to another checkpoint than the others.',
    ja: '包含証明の形が誤っているか、他とは別のチェックポイントに至ります。',
  },
  E_ROOT: {
    en: 'Entry and proof do not lead to the signed root: entry, proof or place was altered.',
    ja: '記録と証明が署名済みの根に至りません。記録・証明・位置のいずれかが書き換えられています。',
  },
  E_LINK: {
    en: 'The entries do not belong together: one does not follow from, or name, the other.',
    ja: '記録どうしが対応していません。一方が他方に続くか、他方を指していなければなりません。',
  },
  E_DISCLOSURE: {
    en: 'An opened field is not one that was recorded.',
    ja: '開示された項目は、記録されたものではありません。',
  },
  E_TILE: {
    en: 'The tile does not hold this entry at its place.',
    ja: 'タイルのその位置に、この記録がありません。',
  },
  E_ABSENT: {
    en: 'A file that the signed checkpoint asks for is not there.',
    ja: '署名済みのチェックポイントが必要とするファイルがありません。',
  },
  E_POLICY: {
    en: 'The trust policy is not a valid tlog-policy file.',
    ja: '信頼の方針が、正しい tlog-policy ファイルではありません。',
  },
  E_FORK_FORMAT: {
    en: 'The evidence is not in the form sekisho-fork/1, so it proves nothing.',
    ja: '証拠が sekisho-fork/1 の形ではなく、何も証明しません。',
  },
  E_FORK: {
    en: 'The two notes convict nobody: a fork is one size with two different roots.',
    ja: '二つの署名は分岐の証拠になりません。分岐とは、同じ件数で根が異なることです。',
  },
  E_PROMISE_FORMAT: {
    en: 'It is not a promise that the log signed with the key you trust.',
    ja: '信頼する鍵で台帳が署名した約束ではありません。',
  },
  E_PROMISE: {
    en: 'The log signed a tree with another leaf at the promised place: it broke its promise.',
    ja: '台帳が署名した木の約束された位置に、別の葉があります。台帳は約束を破りました。',
  },
  E_COSE: {
    en: 'It is not a COSE receipt of the kind RFC 9942 describes for this tree.',
    ja: 'RFC 9942 がこの種の木について定める COSE 受領証ではありません。',
  },
  E_BUNDLE_FORMAT: {
    en: 'The bundle is not in the form sekisho-bundle/1, so it was altered or is not a bundle.',
    ja: '一括証拠が sekisho-bundle/1 の形ではありません。書き換えられたか、一括証拠ではありません。',
  },
  E_JWT: {
    en: 'The log did not sign this SD-JWT with the key you trust, or it is malformed.',
    ja: 'この SD-JWT に信頼する鍵の署名がないか、形が誤っています。',
  },
  E_VALUE: {
    en: 'A large value is not the one whose keyed hash was recorded.',
    ja: '大きな値が、鍵付きハッシュとして記録されたものではありません。',
  },
};

/** What a check looked at. The keys are stable; a path of a tile stands for itself. */
export const subjects: Readonly<Record<string, Bilingual>> = {
  'a given key': { en: 'a given key', ja: '指定された鍵' },
  'the verifier key': { en: 'the verifier key', ja: '検証鍵' },
  'the receipt': { en: 'the receipt', ja: '受領証' },
  'the checkpoint': { en: 'the checkpoint', ja: 'チェックポイント' },
  'the entries': { en: 'the entries', ja: '記録' },
  'the intent entry': { en: 'the intent entry', ja: '意図の記録' },
  'the outcome entry': { en: 'the outcome entry', ja: '結果の記録' },
  'the policy entry': { en: 'the policy entry', ja: '規則の記録' },
  'the trust policy': { en: 'the trust policy', ja: '信頼の方針' },
  'the fork evidence': { en: 'the evidence of a fork', ja: '分岐の証拠' },
  'the promise': { en: 'the promise', ja: '約束' },
  'the COSE receipt': { en: 'the COSE receipt', ja: 'COSE 受領証' },
  'the bundle': { en: 'the bundle', ja: '一括証拠' },
  'the erasure entry': { en: 'the erasure entry', ja: '消去の記録' },
  'the model entry': { en: 'the model entry', ja: 'モデルの記録' },
};

/** Evidence that was refused. `subject` says which part of it. */
export class ProofError extends Error {
  readonly code: RejectionCode;
  readonly subject: string;

  constructor(code: RejectionCode, subject: string) {
    super(`couldn't verify ${subject}: ${rejections[code].en}`);
    this.name = 'ProofError';
    this.code = code;
    this.subject = subject;
  }
}
