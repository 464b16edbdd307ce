import type { Bilingual } from '#base';

/** Every kind of damage a check can find. The codes are stable: programs may use them. */
export const findingTexts = {
  wal_missing: {
    en: 'the write-ahead file, or the log in the database, is not there; the entries were read from the bundles',
    ja: '先行書き込みファイル(又はデータベースの記録の列)がありません。記録は束から読みました',
  },
  wal_damaged: {
    en: 'committed bytes of the write-ahead file, or rows of the database, cannot be read from this entry on',
    ja: '先行書き込みファイル(又はデータベースの行)の確定した部分が、この記録から先で読めません',
  },
  wal_short: {
    en: 'the write-ahead file, or the log in the database, ends before the signed checkpoint does',
    ja: '先行書き込みファイル(又はデータベースの記録の列)が、署名済みのチェックポイントより手前で終わっています',
  },
  wal_root: {
    en: 'a commit frame of the write-ahead file, or a row of the database, states another root than its entries have',
    ja: '先行書き込みファイルの確定枠(又はデータベースの行)が示す根が、記録から計算した根と異なります',
  },
  checkpoint_missing: {
    en: 'no checkpoint is published',
    ja: '公開されたチェックポイントがありません',
  },
  checkpoint_form: {
    en: 'the published checkpoint is not a signed note of a log',
    ja: '公開されたチェックポイントが、台帳の署名付きノートの形ではありません',
  },
  checkpoint_signature: {
    en: "the published checkpoint is not signed by this ledger's key",
    ja: '公開されたチェックポイントに、この台帳の鍵による署名がありません',
  },
  checkpoint_root: {
    en: 'the entries do not lead to the signed root',
    ja: '記録が署名済みの根に至りません',
  },
  checkpoint_size: {
    en: 'the signed checkpoint covers more entries than there are',
    ja: '署名済みのチェックポイントの件数に、記録が足りません',
  },
  tile_missing: { en: 'a published file is not there', ja: '公開すべきファイルがありません' },
  tile_differs: {
    en: 'a published file differs from what the entries make',
    ja: '公開されたファイルが、記録から作ったものと異なります',
  },
  tile_unexpected: {
    en: 'among the published files is one that belongs to no tile of this log',
    ja: '公開されたファイルの中に、この台帳のタイルでないものがあります',
  },
  entry_form: {
    en: 'an entry is not in the canonical form',
    ja: '記録が正規の形ではありません',
  },
  counter: {
    en: "a writer's counter has a gap or a repetition: an entry was left out or put in",
    ja: '書き手の通し番号が飛んでいるか重なっています。記録が抜かれたか、差し込まれています',
  },
  back_link: {
    en: "an entry does not name its writer's entry before it",
    ja: '記録が、同じ書き手の直前の記録を指していません',
  },
  time: { en: "a writer's time goes back", ja: '書き手の時刻が戻っています' },
  outcome_unknown: {
    en: 'an outcome names no earlier intent',
    ja: '結果の記録が、それより前の申出の記録を指していません',
  },
  outcome_again: {
    en: 'an outcome names an intent that already has one',
    ja: '結果のある申出に、二つ目の結果が記録されています',
  },
  payload_missing: {
    en: 'the sealed fields of an entry are not there, and no entry says they were erased',
    ja: '封じられた項目がなく、消去したという記録もありません',
  },
  payload_differs: {
    en: 'sealed fields do not have the hash their entry states',
    ja: '封じられた項目のハッシュが、記録のものと異なります',
  },
  key_missing: {
    en: 'the key of a sealed group is not in the vault, and no entry says it was erased',
    ja: '封の鍵が鍵庫になく、消去したという記録もありません',
  },
  key_wrong: {
    en: 'the key in the vault does not open the sealed fields',
    ja: '鍵庫の鍵で封を開けられません',
  },
  vault_unusable: {
    en: 'the key vault or its root key cannot be used, so no seal was tried',
    ja: '鍵庫かその親鍵が使えず、封は試していません',
  },
  promise_broken: {
    en: 'the log promised another entry at this place, and signed that promise',
    ja: '台帳はこの位置に別の記録を約束し、その約束に署名しています',
  },
  promise_missing: {
    en: 'the log promised an entry at this place, and there is none',
    ja: '台帳はこの位置に記録があることを約束しましたが、ありません',
  },
  promise_form: {
    en: "the file is not a promise that this ledger's key signed",
    ja: 'ファイルが、この台帳の鍵で署名した約束ではありません',
  },
  log_key_unusable: {
    en: "the ledger's signing key is not there or belongs to another ledger",
    ja: '台帳の署名鍵がないか、別の台帳のものです',
  },
} as const satisfies Record<string, Bilingual>;

export type FindingCode = keyof typeof findingTexts;

export interface Finding {
  readonly code: FindingCode;
  /** A path inside the ledger folder, a table or an object of its stores, or `entry <index>`. */
  readonly at: string;
}

/** A damaged disk may hold millions of faults: the first of them are kept, all are counted. */
const keptFindings = 200;

export class Findings {
  readonly kept: Finding[] = [];
  #total = 0;

  add(code: FindingCode, at: string): void {
    this.#total++;
    if (this.kept.length < keptFindings) this.kept.push({ code, at });
  }

  get total(): number {
    return this.#total;
  }
}
