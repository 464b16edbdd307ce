import type { CoverageItem } from './coverage.ts';

const notHere = {
  en: 'The model record holds what the operator declares (operator, jurisdiction, residency, hash of the embedded file), and nothing of this.',
  ja: 'model.record には運用者の申告(運営者、法域、保存地、内蔵モデルのハッシュ)のみがあり、この情報はありません。',
} as const;

/** Items 9 to 21; 22 to 26 ask the same of a model the institution made itself. */
export const coverageItems: readonly CoverageItem[] = [
  {
    node: 'G10-9',
    weightPercent: 30,
    asks: { en: 'the flow of data to and from the model', ja: 'モデルの入出力データの流れ' },
    state: 'met',
    evidence: [
      { type: 'policy.change', field: 'policy.document' },
      { type: 'outcome', field: 'policy.verdicts' },
    ],
    reason: {
      en: 'The rule book says which class of data may go where, and each outcome which upstreams were tried.',
      ja: '規則がどの区分のデータの行き先を定め、結果の記録が実際に試した接続先を示します。',
    },
  },
  {
    node: 'G10-10',
    weightPercent: 30,
    asks: { en: 'communication with the outside', ja: '外部との通信' },
    state: 'met',
    evidence: [
      { type: 'outcome', field: 'policy.verdicts' },
      { type: 'intent', field: 'request.effective_input' },
      { type: 'model.record', field: 'model.declaration' },
    ],
    reason: {
      en: 'Every call is recorded before it is made, with what was sent and whose law the receiver answers to.',
      ja: 'すべての呼び出しが、送る内容と相手の法域とともに、送信前に記録されます。',
    },
  },
  {
    node: 'G10-11',
    weightPercent: 30,
    asks: { en: 'the data that is stored, and how', ja: '保存するデータとその管理' },
    state: 'partly',
    evidence: [
      { type: 'policy.change', field: 'policy.document' },
      { type: 'erasure', field: 'erasure.basis' },
    ],
    reason: {
      en: 'Each entry lists its sealed groups, the rule book how long they are kept, and every erasure its basis. A description of other stores of the system is not recorded yet.',
      ja: '各記録が封印した区分を、規則が保存期間を、消去の記録が根拠を示します。システムの他の保存先の記述はまだ記録していません。',
    },
  },
  {
    node: 'G10-12',
    weightPercent: 10,
    asks: { en: 'a software bill of materials', ja: 'ソフトウェア部品表(SBOM)' },
    state: 'not',
    evidence: [],
    reason: {
      en: 'The entry type system.record exists, and no list of software is written to it yet.',
      ja: '記録の種類 system.record はありますが、ソフトウェアの一覧はまだ書き込んでいません。',
    },
  },
  {
    node: 'G10-13',
    weightPercent: 50,
    asks: {
      en: 'input, prepared input, reasoning, output and delivered output, kept under a defined rule',
      ja: '入力、前処理後の入力、推論、出力、届けた出力の、定めた規則による保管',
    },
    state: 'met',
    evidence: [
      { type: 'intent', field: 'request.messages' },
      { type: 'intent', field: 'request.effective_input' },
      { type: 'outcome', field: 'response.raw' },
      { type: 'outcome', field: 'response.delivered' },
      { type: 'outcome', field: 'tool.calls' },
      { type: 'policy.change', field: 'policy.document' },
    ],
    reason: {
      en: 'All five are sealed fields; reasoning is in response.raw where the upstream shows it. Retention stands in the rule book.',
      ja: '五つとも封印した項目です。推論は接続先が示す場合に response.raw に入ります。保存期間は規則にあります。',
    },
  },
  {
    node: 'G10-14',
    weightPercent: 50,
    asks: {
      en: 'input and output when the model behaves abnormally',
      ja: '異常な挙動の際の入出力',
    },
    state: 'met',
    evidence: [
      { type: 'outcome', field: 'response.raw' },
      { type: 'incident', field: 'hold.reason' },
    ],
    reason: {
      en: 'Blocked, escalated and failed passages are recorded like all others, and a legal hold keeps them until it is lifted.',
      ja: '遮断・要確認・失敗のやり取りも同様に記録され、法的保全により解除まで保たれます。',
    },
  },
  {
    node: 'G10-15',
    weightPercent: 50,
    asks: { en: 'software logs under a defined rule', ja: '定めた規則によるソフトウェアのログ' },
    state: 'partly',
    evidence: [
      { type: 'key.event', field: 'key.event' },
      { type: 'policy.change', field: 'policy.sha256' },
      { type: 'access.read', field: 'access.what' },
    ],
    reason: {
      en: 'Keys, rule books and readings are entries. The lines the process prints about itself are not kept by the ledger.',
      ja: 'キー、規則、閲覧は記録されます。プロセス自身が出力する行は台帳では保管しません。',
    },
  },
  {
    node: 'G10-16',
    weightPercent: 50,
    asks: { en: 'logs for investigating incidents', ja: '異常の調査のためのログ' },
    state: 'partly',
    evidence: [
      { type: 'incident', field: 'hold.reason' },
      { type: 'outcome', field: 'policy.verdicts' },
    ],
    reason: {
      en: 'Outcomes name attempts and failures, and a hold preserves them. An incident cannot carry further material yet.',
      ja: '結果の記録が試行と失敗を示し、保全がそれを保ちます。追加の資料はまだ添えられません。',
    },
  },
  {
    node: 'G10-17',
    weightPercent: 15,
    asks: { en: "design information of another's model", ja: '外部モデルの設計の情報' },
    state: 'not',
    evidence: [{ type: 'model.record', field: 'model.declaration' }],
    reason: notHere,
  },
  {
    node: 'G10-18',
    weightPercent: 30,
    asks: { en: 'its training program', ja: '外部モデルの学習用プログラム' },
    state: 'not',
    evidence: [],
    reason: notHere,
  },
  {
    node: 'G10-19',
    weightPercent: 30,
    asks: { en: 'the list of its training data', ja: '外部モデルの学習用データの一覧' },
    state: 'not',
    evidence: [],
    reason: notHere,
  },
  {
    node: 'G10-20',
    weightPercent: 15,
    asks: { en: 'its training data, and reproduction', ja: '外部モデルの学習用データと再現' },
    state: 'not',
    evidence: [],
    reason: notHere,
  },
  {
    node: 'G10-21',
    weightPercent: 10,
    asks: {
      en: 'indirect verification through the developer',
      ja: '開発元を通じた間接的な検証',
    },
    state: 'not',
    evidence: [],
    reason: {
      en: "A developer's statement or disclosure has no entry yet.",
      ja: '開発元の陳述や開示を記録する手段がまだありません。',
    },
  },
];
