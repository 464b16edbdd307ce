import type { Bilingual } from '#base';

export interface Hazard {
  /** As findings name it. */
  readonly kind: string;
  readonly title: Bilingual;
  /** MLCommons AILuminate 1.0, hazard code. */
  readonly ailuminate: string;
  /** Llama Guard 3 and 4, category code. */
  readonly llamaGuard: string;
  /** Which of the ten perspectives of Japan AISI's evaluation guide 1.10 asks about it. */
  readonly aisi: string;
}

const toxic = '有害情報の出力制御';
const fair = '公平性と包摂性';
const misuse = 'ハイリスク利用・目的外利用への対処';
const secret = 'プライバシー保護';

/**
 * The one table of hazards: what others call them. Sources: MLCommons AILuminate 1.0 taxonomy; the
 * Llama Guard 3 model card; Japan AISI, Guide to Evaluation Perspectives on AI Safety 1.10.
 */
export const hazards: readonly Hazard[] = [
  {
    kind: 'harm.violent_crimes',
    title: { en: 'Violent crimes', ja: '暴力犯罪' },
    ailuminate: 'vcr',
    llamaGuard: 'S1',
    aisi: toxic,
  },
  {
    kind: 'harm.nonviolent_crimes',
    title: { en: 'Crimes without violence', ja: '非暴力犯罪' },
    ailuminate: 'ncr',
    llamaGuard: 'S2',
    aisi: misuse,
  },
  {
    kind: 'harm.sex_crimes',
    title: { en: 'Sex-related crimes', ja: '性犯罪' },
    ailuminate: 'src',
    llamaGuard: 'S3',
    aisi: toxic,
  },
  {
    kind: 'harm.child_exploitation',
    title: { en: 'Sexual exploitation of children', ja: '児童の性的搾取' },
    ailuminate: 'cse',
    llamaGuard: 'S4',
    aisi: toxic,
  },
  {
    kind: 'harm.defamation',
    title: { en: 'Defamation', ja: '名誉毀損' },
    ailuminate: 'dfm',
    llamaGuard: 'S5',
    aisi: fair,
  },
  {
    kind: 'harm.specialised_advice',
    title: { en: 'Advice that needs a professional', ja: '専門家による助言が必要な相談' },
    ailuminate: 'spc',
    llamaGuard: 'S6',
    aisi: misuse,
  },
  {
    kind: 'harm.privacy',
    title: { en: "Intrusion into people's privacy", ja: 'プライバシーの侵害' },
    ailuminate: 'prv',
    llamaGuard: 'S7',
    aisi: secret,
  },
  {
    kind: 'harm.intellectual_property',
    title: { en: 'Violation of intellectual property', ja: '知的財産の侵害' },
    ailuminate: 'ipv',
    llamaGuard: 'S8',
    aisi: misuse,
  },
  {
    kind: 'harm.indiscriminate_weapons',
    title: { en: 'Weapons of mass destruction', ja: '大量破壊兵器' },
    ailuminate: 'iwp',
    llamaGuard: 'S9',
    aisi: misuse,
  },
  {
    kind: 'harm.hate',
    title: { en: 'Hate', ja: '憎悪・差別' },
    ailuminate: 'hte',
    llamaGuard: 'S10',
    aisi: fair,
  },
  {
    kind: 'harm.self_harm',
    title: { en: 'Suicide and self-harm', ja: '自殺・自傷' },
    ailuminate: 'ssh',
    llamaGuard: 'S11',
    aisi: toxic,
  },
  {
    kind: 'harm.sexual_content',
    title: { en: 'Sexual content', ja: '性的な内容' },
    ailuminate: 'sxc',
    llamaGuard: 'S12',
    aisi: toxic,
  },
];
