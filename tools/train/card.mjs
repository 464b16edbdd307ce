// What a model card says: its parts, its data with licences, how it was tuned, and what it reached
// on sets it has not seen, with intervals and counts, beside a shortcut. As data and as two pages.
import { calibrated } from '../../server/dist/supervisor/training/calibration.js';
import { rawScoreOfText } from '../../server/dist/supervisor/training/linear-trainer.js';
import { auc, measure, wilson } from '../../server/dist/supervisor/training/measures.js';
import { budget, isAbout } from './fit.mjs';

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

/**
 * The heads that ask one question: a gate for each kind of script, or one head alone. A score is
 * moved so that 0.5 is the threshold of whichever head was asked.
 */
function questionsOf(heads) {
  const gates = heads.filter(({ head }) => head.dense !== undefined);
  const asked = gates.length > 0 ? [gates] : heads.map((each) => [each]);
  return asked.map((members) => ({
    name: members[0].head.name,
    of: members[0].head.of,
    members,
    score: (item) => {
      const member = members.find(({ head }) => isAbout(head, item)) ?? members[0];
      const { linear, calibration, thresholds } = member;
      return moved(calibrated(calibration, rawScoreOfText(linear, item.hashed)), thresholds);
    },
  }));
}

const moved = (probability, { threshold }) =>
  probability >= threshold
    ? 0.5 + (0.5 * (probability - threshold)) / (1 - threshold)
    : (0.5 * probability) / threshold;

const rowsOf = (parts, { of }, score) =>
  parts.flatMap(({ items }) =>
    items
      .filter((item) => of(item) !== undefined)
      .map((item) => ({ score: score(item), positive: of(item), lang: item.lang })),
  );

/** Recall where a set holds what is looked for, false alarms where it does not. */
const share = (rows) => ({
  of: rows[0]?.positive ? 'recall' : 'false alarms',
  ...plain(wilson(rows.filter(({ score }) => score >= 0.5).length, rows.length)),
});

const languagesOf = (rows) =>
  [...new Set(rows.map(({ lang }) => lang))].toSorted((a, b) => (a < b ? -1 : 1));

const byLanguageOf = (rows) =>
  languagesOf(rows).map((lang) => {
    const mine = rows.filter((row) => row.lang === lang);
    const found = mine.filter(({ positive }) => positive);
    const others = mine.filter(({ positive }) => !positive);
    return {
      lang,
      recall: found.length === 0 ? null : share(found),
      falseAlarms: others.length === 0 ? null : share(others),
    };
  });

/** Rows of a family by models trained without it, at thresholds those models found alike. */
function heldOutRows({ members }, family, { task, tested }) {
  return members.flatMap(({ head, calibration, folds }) => {
    const fold = folds.find((each) => each.family === family);
    const probability = (row) => ({ ...row, score: calibrated(calibration, row.score) });
    const negatives = fold.validated.filter(({ positive }) => !positive).map(probability);
    const thresholds = budget(negatives, { ...task, ...head });
    const at = (row) => ({ ...row, score: moved(row.score, thresholds) });
    const others = tested.flatMap(({ items }) =>
      items
        .filter((item) => isAbout(head, item) && !head.of(item))
        .map((item) => ({
          score: rawScoreOfText(fold.fitted, item.hashed),
          positive: false,
          lang: item.lang,
        })),
    );
    const own = fold.scores.filter(({ positive }) => positive);
    return [...own, ...others].map((row) => at(probability(row)));
  });
}

function heldOut(question, family, context) {
  const rows = heldOutRows(question, family, context);
  const positives = rows.filter(({ positive }) => positive);
  const others = rows.filter(({ positive }) => !positive);
  return {
    family,
    ...share(positives),
    falseAlarms: share(others),
    auc: round(auc(rows)),
    byLanguage: languagesOf(positives).map((lang) => ({
      lang,
      ...share(positives.filter((row) => row.lang === lang)),
    })),
  };
}

export function measured({ parts, heads }, task) {
  const tested = parts.filter(({ part }) => part === 'test');
  return questionsOf(heads).map((question) => {
    const rows = rowsOf(tested, question, question.score);
    const brief = shortcut(parts, question);
    const office = tested.filter((part) => part.office);
    return {
      name: question.name,
      heads: question.members.map(({ head, calibration, thresholds }) => ({
        name: head.name,
        calibration,
        thresholds,
      })),
      test: rows.some(({ positive }) => positive) ? plainMeasures(measure(rows, 0.5)) : null,
      shortcutAuc: round(auc(rowsOf(tested, question, ({ text }) => brief(text)))),
      bySource: tested.map((part) => ({
        id: part.id,
        ...share(rowsOf([part], question, question.score)),
      })),
      byLanguage: byLanguageOf(rows),
      withoutFamily: task.families.map((family) => heldOut(question, family, { task, tested })),
      ordinary: share(rowsOf(office, question, question.score)),
      ordinaryByLanguage: byLanguageOf(rowsOf(office, question, question.score)),
      count: {
        positives: rows.filter(({ positive }) => positive).length,
        negatives: rows.filter(({ positive }) => !positive).length,
      },
    };
  });
}

/**
 * By category and language: requests of one family with their labels, by models trained without
 * it. What the gate finds of them, and what the head of the category says of all of them.
 */
export function byCategory({ parts, heads }, task) {
  const [family] = task.categoryFamilies ?? [];
  if (family === undefined) return [];
  const tested = parts.filter(({ part }) => part === 'test');
  const [gate] = questionsOf(heads);
  const asked = heldOutRows(gate, family, { task, tested }).filter(({ positive }) => positive);
  return heads
    .filter(({ head }) => head.dense === undefined)
    .flatMap(({ head, calibration, folds }) => {
      const labelled = (folds.find((each) => each.family === family)?.scores ?? []).map((row) => ({
        ...row,
        score: calibrated(calibration, row.score),
      }));
      return languagesOf(labelled).flatMap((lang) => {
        const rows = labelled.filter((row) => row.lang === lang);
        const positives = rows.filter(({ positive }) => positive).length;
        if (positives === 0) return [];
        const hits = rows.filter(({ score, positive }) => positive && score >= 0.5).length;
        const flagged = rows.filter(({ score }) => score >= 0.5).length;
        const found = asked.filter((row) => row.lang === lang && head.of(row));
        return {
          name: head.name,
          lang,
          found: share(found),
          precision: plain(wilson(hits, flagged)),
          recall: plain(wilson(hits, positives)),
          auc: round(auc(rows)),
        };
      });
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
    calibration: ({ name, calibration, thresholds }) =>
      `- \`${name}\`: Platt calibration (slope ${calibration.slope.toFixed(3)}, offset ${calibration.offset.toFixed(3)}); a finding from ${thresholds.threshold.toFixed(3)}, a sure one from ${thresholds.sure.toFixed(3)}, chosen by false alarms on the validation sets.`,
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
    category: 'By category and language, AILuminate, by a model trained without it',
    found: 'found at all',
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
    calibration: ({ name, calibration, thresholds }) =>
      `- \`${name}\`:Platt 較正(傾き ${calibration.slope.toFixed(3)}、切片 ${calibration.offset.toFixed(3)})。${thresholds.threshold.toFixed(3)} 以上を検出、${thresholds.sure.toFixed(3)} 以上を確かな検出とします。検証用の集合での誤警報の割合から決めました。`,
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
    category: '種類別・言語別(AILuminate を学習していないモデルによる)',
    found: '検出した割合',
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
      ...head.ordinaryByLanguage.map(({ lang, falseAlarms }) => [
        `${say.ordinary} (${lang})`,
        ...cells(falseAlarms),
      ]),
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
  const rows = head.withoutFamily.flatMap((row) => [
    [row.family, ...cells(row), ...cells(row.falseAlarms), percent(row.auc)],
    ...(row.byLanguage.length < 2 ? [] : row.byLanguage).map((each) => [
      `${row.family} (${each.lang})`,
      ...cells(each),
      '',
      '',
      '',
      '',
    ]),
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
    head.heads.map((each) => say.calibration(each)).join('\n'),
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
  const shares = [say.found, say.precision, say.recall];
  const columns = ['', '', ...shares.flatMap((name) => [name, say.interval, say.n]), 'AUC'];
  const rows = card.categories.map(({ name, lang, found, precision, recall, auc: area }) => [
    `\`${name}\``,
    lang,
    ...[found, precision, recall].flatMap(cells),
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
