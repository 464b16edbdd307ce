// What a model card says: its parts, its data with licences, how it was tuned, and what it reached
// on sets it has not seen, with intervals and counts, beside a shortcut. As data and as two pages.
import { calibrated } from '../../server/dist/supervisor/training/calibration.js';
import { rawScoreOfText } from '../../server/dist/supervisor/training/linear-trainer.js';
import { auc, measure, wilson } from '../../server/dist/supervisor/training/measures.js';
import { budget } from './fit.mjs';

const round = (value) => (Number.isNaN(value) ? null : Math.round(value * 1_000) / 1_000);
const plain = ({ value, low, high, n }) => ({
  value: round(value),
  low: round(low),
  high: round(high),
  n,
});
const plainMeasures = (measures) =>
  Object.fromEntries(Object.entries(measures).map(([name, interval]) => [name, plain(interval)]));

/** First word (two units where words have no blanks), and whether a question mark ends it. */
const shortcutOf = (text) => {
  const start = text.trim().toLowerCase();
  const word = /^[\u0e00-\uffff]/.test(start)
    ? start.slice(0, 2)
    : (start.split(/[^\p{L}\p{N}']+/u, 1)[0] ?? '');
  return `${word}|${/[?？]\s*$/.test(text)}`;
};

/** What the beginning of a text alone says, learned from the same training sets. */
export function shortcut(parts, head) {
  const counts = new Map();
  for (const { part, items } of parts) {
    if (part !== 'train') continue;
    for (const item of items) {
      if (head.of(item) === undefined) continue;
      const key = shortcutOf(item.text);
      const seen = counts.get(key) ?? [1, 1];
      seen[head.of(item) ? 0 : 1]++;
      counts.set(key, seen);
    }
  }
  return (text) => {
    const [yes, no] = counts.get(shortcutOf(text)) ?? [1, 1];
    return yes / (yes + no);
  };
}

const rowsOf = (parts, head, score) =>
  parts.flatMap(({ items }) =>
    items
      .filter((item) => head.of(item) !== undefined)
      .map((item) => ({ score: score(item), positive: head.of(item), lang: item.lang })),
  );

/** Recall where a set holds what is looked for, false alarms where it does not. */
const share = (rows, threshold) => {
  const flagged = rows.filter(({ score }) => score >= threshold).length;
  return {
    of: rows[0]?.positive ? 'recall' : 'false alarms',
    ...plain(wilson(flagged, rows.length)),
  };
};

/** A family, by the model trained without it, at a threshold that model found in the same way. */
function heldOut(fold, { head, task, tested, calibration }) {
  const as = (row) => ({ ...row, score: calibrated(calibration, row.score) });
  const { threshold } = budget(fold.validated.filter(({ positive }) => !positive).map(as), task);
  const positives = fold.scores.filter(({ positive }) => positive).map(as);
  const score = (item) => calibrated(calibration, rawScoreOfText(fold.fitted, item.hashed));
  const others = rowsOf(tested, head, score).filter(({ positive }) => !positive);
  return {
    family: fold.family,
    ...share(positives, threshold),
    falseAlarms: share(others, threshold),
    auc: round(auc([...positives, ...others])),
  };
}

export function measured({ parts, heads }, task) {
  return heads
    .filter((_, index) => index === 0 || heads[0].head.name !== 'gate')
    .map(({ head, linear, calibration, thresholds, folds }) => {
      const own = (item) => calibrated(calibration, rawScoreOfText(linear, item.hashed));
      const tested = parts.filter(({ part }) => part === 'test');
      const rows = rowsOf(tested, head, own);
      const brief = shortcut(parts, head);
      const languages = [...new Set(rows.map(({ lang }) => lang))].toSorted((a, b) =>
        a < b ? -1 : 1,
      );
      const negatives = rows.filter(({ positive }) => !positive);
      return {
        name: head.name,
        calibration,
        thresholds,
        test: rows.some(({ positive }) => positive)
          ? plainMeasures(measure(rows, thresholds.threshold))
          : null,
        shortcutAuc: round(auc(rowsOf(tested, head, ({ text }) => brief(text)))),
        bySource: tested.map((part) => ({
          id: part.id,
          ...share(rowsOf([part], head, own), thresholds.threshold),
        })),
        byLanguage: languages.map((lang) => {
          const mine = rows.filter((row) => row.lang === lang);
          const found = mine.filter(({ positive }) => positive);
          const others = mine.filter(({ positive }) => !positive);
          return {
            lang,
            recall: found.length === 0 ? null : share(found, thresholds.threshold),
            falseAlarms: others.length === 0 ? null : share(others, thresholds.threshold),
          };
        }),
        withoutFamily: folds.map((fold) => heldOut(fold, { head, task, tested, calibration })),
        ordinary: share(
          rowsOf(
            tested.filter(({ office }) => office),
            head,
            own,
          ),
          thresholds.threshold,
        ),
        count: { positives: rows.length - negatives.length, negatives: negatives.length },
      };
    });
}

/** By category: among items that are harmful and carry a label, by what the heads say. */
export function byCategory({ parts, heads }) {
  const others = heads.slice(1).filter(({ head }) => head.name !== 'gate');
  const labelled = parts.filter(({ part }) => part === 'validate' || part === 'test');
  return others.map(({ head, linear, calibration }) => {
    const rows = rowsOf(labelled, head, (item) =>
      calibrated(calibration, rawScoreOfText(linear, item.hashed)),
    );
    const hits = rows.filter(({ score, positive }) => positive && score >= 0.5).length;
    const flagged = rows.filter(({ score }) => score >= 0.5).length;
    const positives = rows.filter(({ positive }) => positive).length;
    return {
      name: head.name,
      precision: plain(wilson(hits, flagged)),
      recall: plain(wilson(hits, positives)),
      auc: round(auc(rows)),
    };
  });
}

const words = {
  en: {
    title: (card) => `# Model card: ${card.title.en}`,
    intro: (card) =>
      `\`${card.id}\` version ${card.version}, a linear model over hashed words and pieces of words. ${card.weights.bytes.toLocaleString('en')} bytes, ${card.heads.length} ${card.heads.length === 1 ? 'head' : 'heads'}, 2^${card.weights.bits} buckets, one byte a weight. SHA-256 of the file: \`${card.weights.sha256}\`. Made by \`npm run train\`; this page too. No figure on it was written by hand.`,
    data: '## Data',
    dataHead: ['set', 'part', 'items', 'licence', 'from'],
    dataNote:
      'A set plays one part. `train`: weights. `validate`: calibration and thresholds. `test`: neither. `seen`: shares its sentences with a training set and is counted nowhere but in the table by family. Sets that are not permissive are tests only.',
    head: (name) => `## ${name}`,
    calibration: (head) =>
      `Platt calibration (slope ${head.calibration.slope.toFixed(3)}, offset ${head.calibration.offset.toFixed(3)}); a finding from ${head.thresholds.threshold.toFixed(3)}, a sure one from ${head.thresholds.sure.toFixed(3)}, chosen by false alarms on the validation sets.`,
    test: 'On the test sets',
    measure: 'measure',
    value: 'value',
    interval: '95 % interval',
    n: 'n',
    shortcut: 'AUC of a shortcut that reads the first word and the question mark',
    ordinary: 'false alarms on ordinary office and school text',
    source: 'By source',
    family: 'Trained without one family of sources, tested on it',
    language: 'By language',
    category: 'By category, among labelled harmful requests (validation and test)',
    recall: 'recall',
    falseAlarms: 'false alarms',
    precision: 'precision',
    limits: '## Limits',
  },
  ja: {
    title: (card) => `# モデルカード: ${card.title.ja}`,
    intro: (card) =>
      `\`${card.id}\` 第 ${card.version} 版。単語とその断片をハッシュした線形モデルです。${card.weights.bytes.toLocaleString('en')} バイト、出力 ${card.heads.length} 個、2^${card.weights.bits} 個の区画、重み 1 個につき 1 バイト。ファイルの SHA-256 は \`${card.weights.sha256}\` です。\`npm run train\` がこのページとともに作りました。手で書いた数値はありません。`,
    data: '## データ',
    dataHead: ['集合', '役割', '件数', '許諾', '出所'],
    dataNote:
      '一つの集合の役割は一つです。`train` は重み、`validate` は較正としきい値、`test` はそのどちらにも使いません。`seen` は学習用の集合と同じ文を含むため、系統別の表以外では数えません。緩やかな許諾でない集合は試験だけに使います。',
    head: (name) => `## ${name}`,
    calibration: (head) =>
      `Platt 較正(傾き ${head.calibration.slope.toFixed(3)}、切片 ${head.calibration.offset.toFixed(3)})。${head.thresholds.threshold.toFixed(3)} 以上を検出、${head.thresholds.sure.toFixed(3)} 以上を確かな検出とします。検証用の集合での誤警報の割合から決めました。`,
    test: '試験用の集合で',
    measure: '指標',
    value: '値',
    interval: '95 % 区間',
    n: '件数',
    shortcut: '最初の語と疑問符だけを見る近道の AUC',
    ordinary: '普通の役所・学校の文章での誤警報',
    source: '出所別',
    family: '一つの系統を除いて学習し、その系統で試験',
    language: '言語別',
    category: '種類別(区分の付いた有害な依頼。検証用と試験用)',
    recall: '再現率',
    falseAlarms: '誤警報',
    precision: '適合率',
    limits: '## 限界',
  },
};

const percent = (value) => (value === null || value === undefined ? '-' : value.toFixed(3));
const table = (head, rows) =>
  [
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');
const cells = ({ value, low, high, n }) => [percent(value), `${percent(low)}-${percent(high)}`, n];

const names = { f1: 'F1', auc: 'AUC' };

/** Pooled over the test sets of a head. */
function pooled(head, say) {
  const rows = ['precision', 'recall', 'f1', 'auc']
    .filter(() => head.test !== null)
    .map((name) => [say[name] ?? names[name], ...cells(head.test[name])]);
  return table(
    [say.measure, say.value, say.interval, say.n],
    [
      ...rows,
      [say.ordinary, ...cells(head.ordinary)],
      [say.shortcut, percent(head.shortcutAuc), '', ''],
    ],
  );
}

function byFamily(head, say) {
  const columns = [
    '',
    say.recall,
    say.interval,
    say.n,
    say.falseAlarms,
    say.interval,
    say.n,
    'AUC',
  ];
  const rows = head.withoutFamily.map((row) => [
    row.family,
    ...cells(row),
    ...cells(row.falseAlarms),
    percent(row.auc),
  ]);
  return rows.length === 0 ? [] : [`### ${say.family}`, table(columns, rows)];
}

function byLanguage(head, say) {
  const rows = head.byLanguage.flatMap(({ lang, recall, falseAlarms }) => [
    ...(recall === null ? [] : [[lang, say.recall, ...cells(recall)]]),
    ...(falseAlarms === null ? [] : [[lang, say.falseAlarms, ...cells(falseAlarms)]]),
  ]);
  return [`### ${say.language}`, table(['', say.measure, say.value, say.interval, say.n], rows)];
}

function sectionsOf(head, say) {
  const kinds = { recall: say.recall, 'false alarms': say.falseAlarms };
  const sources = head.bySource.map((row) => [row.id, kinds[row.of], ...cells(row)]);
  return [
    say.head(head.name),
    say.calibration(head),
    `### ${say.test}`,
    pooled(head, say),
    `### ${say.source}`,
    table(['', say.measure, say.value, say.interval, say.n], sources),
    ...byFamily(head, say),
    ...byLanguage(head, say),
  ];
}

function categories(card, say) {
  if (card.categories.length === 0) return [];
  const columns = ['', say.precision, say.interval, say.n, say.recall, say.interval, say.n, 'AUC'];
  const rows = card.categories.map(({ name, precision, recall, auc: area }) => [
    `\`${name}\``,
    ...cells(precision),
    ...cells(recall),
    percent(area),
  ]);
  return [`## ${say.category}`, table(columns, rows)];
}

/** The page of a card in one language. */
export function page(card, language) {
  const say = words[language];
  const data = card.data.map(({ id, part, items, licence, by }) => [id, part, items, licence, by]);
  const out = [
    say.title(card),
    say.intro(card),
    say.data,
    say.dataNote,
    table(say.dataHead, data),
    ...card.heads
      .filter(({ bySource }) => bySource !== undefined)
      .flatMap((head) => sectionsOf(head, say)),
    ...categories(card, say),
    say.limits,
    card.limits[language].map((line) => `- ${line}`).join('\n'),
  ];
  return `${out.join('\n\n')}\n`;
}
