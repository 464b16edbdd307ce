import { type Bilingual, CodedError, postgresErrors } from '#base';

/** What each failure means and what the operator can do about it. */
export const ledgerErrors = {
  draft_invalid: {
    en: 'the entry breaks a rule of the record format; nothing was recorded',
    ja: '記録の形式に合わない項目があり、何も記録されませんでした',
  },
  in_use: {
    en: 'another process has this ledger open; stop it first',
    ja: '別のプロセスがこの台帳を開いています。先に終了してください',
  },
  kept_elsewhere: {
    en: 'the ledger of this folder is kept elsewhere than the settings say; give DATABASE_URL and storage in sekisho.yaml as at its last start. Settings do not move a ledger',
    ja: 'このフォルダーの台帳は、設定と違う場所に置かれています。DATABASE_URL と sekisho.yaml の storage を前回の起動と同じにしてください。設定を変えても台帳は移りません',
  },
  rolled_back: {
    en: 'a larger checkpoint was signed before, so the data is an old copy; restore the newest data, or start a new log with another origin',
    ja: '以前に署名したチェックポイントより記録が少なく、古い複製と思われます。最新のデータに戻すか、別の名前で新しい台帳を始めてください',
  },
  lock_missing: {
    en: 'checkpoints were published, but lock.db, or the database, which knows the newest one, is not there. If this is the newest copy of the data and no other machine runs it, remove the checkpoint (tile/checkpoint in the ledger folder, log/checkpoint in a bucket) and start again',
    ja: '公開済みのチェックポイントがありますが、最新のものを記録する lock.db(又はデータベースの記録)がありません。これが最新の複製で、他の機械で動いていなければ、チェックポイント(台帳フォルダーでは tile/checkpoint、バケットでは log/checkpoint)を削除して起動し直してください',
  },
  damaged: {
    en: 'the record was damaged after it was committed; restore the file from a copy and keep the damaged one as evidence',
    ja: '確定した記録が壊れています。複製から戻し、壊れたファイルは証拠として残してください',
  },
  tile_differs: {
    en: 'a published file of the log differs from the record; keep it as evidence, move it away, and start again',
    ja: '公開済みのファイルが記録と一致しません。証拠として別の場所に移し、再び起動してください',
  },
  key_missing: {
    en: 'the data exists but a file in its keys folder does not; restore that file',
    ja: 'データはありますが keys フォルダーの鍵ファイルがありません。鍵ファイルを戻してください',
  },
  wrong_key: {
    en: 'a file in the keys folder belongs to another ledger; restore the right one',
    ja: 'keys フォルダーの鍵が別の台帳のものです。正しい鍵を戻してください',
  },
  failed: {
    en: 'writing failed; check the disk and start again, which repairs what was under way',
    ja: '書き込みに失敗しました。ディスクを確かめて再び起動してください。途中の処理は起動時に修復されます',
  },
  store_unsuitable: {
    en: 'the object store cannot keep a ledger: it overwrites an object although it was told not to (If-None-Match), or does not give back at once what was written to it. Use a store with conditional writes and strong consistency',
    ja: 'このオブジェクトストレージには台帳を置けません。上書き禁止の条件(If-None-Match)を守らないか、書き込んだ内容を直ちに読み出せません。条件付き書き込みと強い整合性のあるものを使ってください',
  },
  store_refused: {
    en: 'the object store refuses; check the credentials, that they may read, write, list and delete under the prefix, the bucket and region in sekisho.yaml, and the clock of this machine',
    ja: 'オブジェクトストレージに拒否されました。認証情報、プレフィックス以下の読み取り・書き込み・一覧・削除の権限、sekisho.yaml のバケットとリージョン、この機械の時計を確かめてください',
  },
  store_unreachable: {
    en: 'the object store did not answer, however often it was asked; check its endpoint and the network, and start again, which repairs what was under way',
    ja: '繰り返し試みましたが、オブジェクトストレージから応答がありません。エンドポイントとネットワークを確かめて再び起動してください。途中の処理は起動時に修復されます',
  },
  export_taken: {
    en: 'the folder holds something other than an earlier export of this ledger; name an empty one',
    ja: 'この台帳を書き出したもの以外がフォルダーにあります。空のフォルダーを指定してください',
  },
  order_invalid: {
    en: 'a member of the order cannot be used; nothing was changed',
    ja: '指示に使えない項目があり、何も変更していません',
  },
  unknown_passage: { en: 'there is no such passage', ja: 'その通過記録はありません' },
  under_way: {
    en: 'the exchange has not ended yet; ask again when it has',
    ja: 'やり取りがまだ終わっていません。終わってからもう一度指示してください',
  },
  held: {
    en: 'it is under a legal hold, which must be lifted first',
    ja: '法的保全の対象です。先に保全を解除してください',
  },
  already_erased: { en: 'it was erased before', ja: '既に消去されています' },
  unknown_hold: {
    en: 'no legal hold in force has this id',
    ja: 'この ID の法的保全は行われていません',
  },
  unknown_grant: {
    en: 'no grant in force has this id',
    ja: 'この ID の閲覧許可はありません',
  },
  not_published: {
    en: 'it is recorded, but no checkpoint that covers it is published yet, since publication waits for witnesses; ask again in a moment',
    ja: '記録されていますが、公開は証人の署名を待っているため、まだ公開されていません。少し待ってから、もう一度お試しください',
  },
  not_witnessed: {
    en: 'it is recorded, but not enough witnesses have signed a checkpoint that covers it; ask again later, and see why in the operator’s log',
    ja: '記録されていますが、必要な数の証人がまだ署名していません。後でもう一度お試しください。理由は運用者のログにあります',
  },
  fenced: {
    en: 'another process has taken over this ledger, and this one must not write to it any more',
    ja: '別のプロセスがこの台帳を引き継いだため、このプロセスはもう書き込めません',
  },
  ...postgresErrors,
  closed: { en: 'the ledger is closed', ja: '台帳は閉じられています' },
} as const satisfies Record<string, Bilingual>;

export type LedgerErrorCode = keyof typeof ledgerErrors;

export class LedgerError extends CodedError<LedgerErrorCode> {
  /** Which step, place or size it was about; the message has it in brackets. */
  detail: string | undefined;

  /**
   * @param what completes "couldn't …", without its object's content
   * @param detail a path inside the ledger, a size or a name: never a value of a field
   */
  constructor(
    code: LedgerErrorCode,
    what: string,
    { detail, cause }: { readonly detail?: string; readonly cause?: unknown } = {},
  ) {
    const bracket = detail === undefined ? '' : ` (${detail})`;
    super(code, `couldn't ${what}: ${ledgerErrors[code].en}${bracket}`, cause);
    this.detail = detail;
  }

  /** An error that was made in the ledger's thread. */
  static received(code: LedgerErrorCode, message: string, detail?: string): LedgerError {
    const error = new LedgerError(code, '');
    error.message = message;
    error.detail = detail;
    return error;
  }
}
