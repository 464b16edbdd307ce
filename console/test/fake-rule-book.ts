/** A rule book as an institution might publish it. */
export const institution = {
  name: '架空市 情報政策課',
  contact: {
    en: 'Information Policy Office, Kaku City Hall, +81 0 0000 0000',
    ja: '架空市役所 情報政策課 電話 00-0000-0000',
  },
};

export const upstreams = [
  {
    id: 'city-llm',
    model: 'llm-jp-3-13b-instruct',
    operator: 'Kaku City data centre',
    jurisdiction: 'JP',
    residency: 'JP',
    dialect: 'openai-compatible',
    available: true,
  },
  {
    id: 'overseas',
    model: 'large-model-5',
    operator: 'Example Corp.',
    jurisdiction: 'US',
    residency: 'US',
    dialect: 'openai-compatible',
    available: true,
  },
  {
    id: 'embedded',
    model: 'smollm2-135m-instruct',
    operator: 'This machine',
    jurisdiction: 'local',
    residency: 'local',
    dialect: 'embedded',
    available: true,
  },
];

export const dataClasses = [
  {
    id: 'public',
    title: { en: 'Public', ja: '公開' },
    upstreams: ['overseas', 'city-llm', 'embedded'],
  },
  { id: 'internal', title: { en: 'Internal', ja: '内部' }, upstreams: ['city-llm', 'embedded'] },
  {
    id: 'confidential',
    title: { en: 'Confidential', ja: '機密' },
    upstreams: ['city-llm', 'embedded'],
  },
  { id: 'personal', title: { en: 'Personal data', ja: '個人情報' }, upstreams: ['embedded'] },
];

export const rules = [
  {
    id: 'my-number-stays-here',
    direction: 'input',
    kinds: ['personal.jp_my_number'],
    minScore: 70,
    action: 'block',
    text: {
      en: 'A My Number was found. The law allows its use for listed purposes only, so it may not be given to an AI model. Remove it and send the rest again.',
      ja: 'マイナンバーが見つかりました。番号法が定める目的以外では利用できないため、AIモデルには渡せません。番号を除いて送り直してください。',
    },
  },
  {
    id: 'personal-data-is-masked',
    direction: 'input',
    kinds: ['personal.*'],
    minScore: 55,
    action: 'redact',
    raiseTo: 'personal',
    text: {
      en: 'Personal data was found. It is replaced by a placeholder before the model sees it and put back in the answer you receive.',
      ja: '個人情報が見つかりました。モデルに渡す前に仮の記号に置き換え、お手元の回答では元に戻します。',
    },
  },
  {
    id: 'suspicious-instructions-are-noted',
    direction: 'input',
    kinds: ['attack.*'],
    minScore: 50,
    action: 'annotate',
    text: {
      en: 'Part of the text looks like an instruction to the model. It passed, and this was noted.',
      ja: 'モデルへの指示のように見える部分があります。通しましたが、記録しました。',
    },
  },
  {
    id: 'personal-data-from-a-model-is-marked',
    direction: 'output',
    kinds: ['personal.*'],
    minScore: 70,
    action: 'escalate',
    text: {
      en: "The model's answer contains what looks like personal data that you did not send. It was marked for review.",
      ja: 'モデルの回答に、お送りになっていない個人情報らしきものが含まれています。確認の対象としました。',
    },
  },
  {
    id: 'nothing-leaks-by-link',
    direction: 'output',
    kinds: ['exfiltration.*'],
    minScore: 70,
    action: 'block',
    text: {
      en: "The model's answer contains a link that would send data elsewhere when shown. The answer was stopped.",
      ja: '表示しただけで外部へデータを送るリンクが回答に含まれていたため、止めました。',
    },
  },
];

export const detectors = [
  {
    id: 'jp-my-number',
    version: 1,
    kinds: [{ kind: 'personal.jp_my_number', title: { en: 'My Number', ja: 'マイナンバー' } }],
  },
  {
    id: 'email',
    version: 2,
    kinds: [{ kind: 'personal.email', title: { en: 'E-mail address', ja: 'メールアドレス' } }],
  },
  {
    id: 'prompt-injection',
    version: 1,
    kinds: [
      {
        kind: 'attack.injection',
        title: { en: 'Attempt to change instructions', ja: '指示の書換えの試み' },
      },
    ],
  },
];
