import type { Bilingual } from './codes.ts';

/** What `sekisho-verify --help` says. */
export const help: Bilingual = {
  en: `usage: sekisho-verify RECEIPT.json --key VKEY [options]
       sekisho-verify --export FOLDER --key VKEY [options]
       sekisho-verify bundle FILE --key VKEY [options]
       sekisho-verify --promise FILE --key VKEY [--receipt FILE | --export FOLDER]
       sekisho-verify --cose FILE --entry FILE (--key VKEY | --cose-key FILE)
       sekisho-verify --fork FILE --key VKEY
       sekisho-verify --make-fork A.note B.note --key VKEY -o FILE

Verifies a receipt, an auditor's bundle or a whole log offline, and says what it proves and what
it does not; or holds a log to its promise; or tries it on two of its own checkpoints.

  --key VKEY       verifier key of the log; may be given more than once
  --witness VKEY   verifier key of a witness that must have signed; may be given more than once
  --policy FILE    trust policy (C2SP tlog-policy): logs, witnesses, and the quorum that must hold
  --fork FILE      evidence that a log signed two different trees of one size
  --tile FILE      a tile or entry bundle of the log, to be checked against the receipt
  --path PATH      where that tile is served, such as tile/0/000.p/5
  --export FOLDER  a copy of the whole log: checkpoint, tiles and entry bundles
  --any-entries    with --export: a log of another product, so only the tree is checked
  --promise FILE   a promise the log signed, to be held against a receipt or a copy of the log
  --receipt FILE   with --promise: a receipt of the exchange
  --cose FILE      an inclusion receipt in COSE (RFC 9942)
  --entry FILE     with --cose: the bytes of the entry it is about
  --cose-key FILE  with --cose: public key in PEM (Ed25519 or P-256), for a log without a VKEY
  --make-fork FILE writes evidence of a fork from two signed checkpoints, if they convict
  --proof FILE     with --make-fork: a consistency proof, base64 hashes one for each line
  -o, --out FILE   with --make-fork: where to write it; an existing file is left alone
  --lang en|ja     language of the report; otherwise that of the environment
  --json           the whole report as JSON
  --help           this text

exit code: 0 valid (also without a witness, which is said), promise kept, or log convicted,
           1 not valid, promise broken, log not convicted, content missing, or quorum of the
             policy not reached,
           2 the command line or a file cannot be used,
           3 promise open: what was shown does not reach it
`,
  ja: `使い方: sekisho-verify 受領証.json --key 検証鍵 [オプション]
        sekisho-verify --export フォルダー --key 検証鍵 [オプション]
        sekisho-verify bundle ファイル --key 検証鍵 [オプション]
        sekisho-verify --promise ファイル --key 検証鍵 [--receipt ファイル | --export フォルダー]
        sekisho-verify --cose ファイル --entry ファイル (--key 検証鍵 | --cose-key ファイル)
        sekisho-verify --fork ファイル --key 検証鍵
        sekisho-verify --make-fork A.note B.note --key 検証鍵 -o ファイル

受領証、監査人向けの一括証拠、又は台帳の全体をオフラインで検証し、証明されることとされない
ことを述べます。台帳の約束が守られたか、台帳自身の二つのチェックポイントが分岐を示すかも
判定します。

  --key 検証鍵      台帳の検証鍵(複数可)
  --witness 検証鍵  署名しているはずの証人の検証鍵(複数可)
  --policy ファイル 信頼の方針(C2SP tlog-policy)。台帳、証人、満たすべき定足数
  --fork ファイル   同じ件数の異なる木に署名したという、台帳の分岐の証拠
  --tile ファイル   受領証と照らす、台帳のタイルまたは記録の束
  --path パス       そのタイルの場所。例 tile/0/000.p/5
  --export フォルダー  台帳全体の写し(チェックポイント、タイル、記録の束)
  --any-entries    --export とともに: 他の製品の台帳。木だけを検査します
  --promise ファイル 台帳が署名した約束。受領証又は台帳の写しと照らします
  --receipt ファイル --promise とともに: やり取りの受領証
  --cose ファイル   COSE(RFC 9942)の包含の受領証
  --entry ファイル  --cose とともに: 対象の記録そのもの
  --cose-key ファイル  --cose とともに: PEM の公開鍵(Ed25519 又は P-256)。検証鍵のない台帳に
  --make-fork ファイル  署名済みの二つのチェックポイントから、分岐の証拠を書きます(証拠になる場合のみ)
  --proof ファイル  --make-fork とともに: 整合性証明。base64 のハッシュを一行に一つ
  -o, --out ファイル  --make-fork とともに: 書き出す先。既にあるファイルには書きません
  --lang en|ja     報告の言語。省略時は環境の言語
  --json           報告の全体を JSON で
  --help           この説明

終了コード: 0 有効(証人がない場合も。その旨を述べます)、約束は守られた、又は分岐の証明あり、
           1 無効、約束は破られた、分岐の証明なし、内容が欠けている、又は方針の定足数に満たない、
           2 コマンドまたはファイルが使えない、
           3 約束は未確定(示されたものが約束の位置に届かない)
`,
};
