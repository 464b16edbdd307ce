import type { Bilingual, Language } from '#base';
import { z } from 'zod';
import { money } from './policy-report.ts';

const amounts = z.record(z.string(), z.number());

const row = z.looseObject({
  keyName: z.string(),
  dataClass: z.string(),
  model: z.string(),
  passages: z.number(),
  unaffected: z.number(),
  moved: z.number(),
  stopped: z.number(),
  before: amounts,
  after: amounts,
  sameModel: z.boolean().nullable(),
  beforeMs: z.number().nullable(),
  afterMs: z.number().nullable(),
  beforeCost: amounts,
  afterCost: amounts,
  stoppedBy: z.array(z.string()),
});

/** A drill's report as the checkpoint sends it. */
export const drillReport = z.looseObject({
  id: z.string(),
  lose: z.string(),
  lost: z.array(z.string()),
  mode: z.enum(['replay', 'live']),
  state: z.enum(['running', 'ended', 'stopped']),
  startedMs: z.number(),
  untilMs: z.number(),
  passages: z.number(),
  unaffected: z.number(),
  moved: z.number(),
  stopped: z.number(),
  rows: z.array(row),
  entry: z.looseObject({ id: z.string(), index: z.number() }).nullable(),
});

export type ReadDrillReport = z.infer<typeof drillReport>;

const heads: Readonly<Record<ReadDrillReport['mode'], Bilingual>> = {
  replay: {
    en: 'Rehearsed on recorded passages; nothing was sent.',
    ja: '記録された通過による訓練です。何も送信していません。',
  },
  live: { en: 'Rehearsed on live traffic.', ja: '実際の通信による訓練です。' },
};

/** Who could still work, with what, how fast and for how much. */
export function reportDrill(report: ReadDrillReport, language: Language): string {
  const say = (en: string, ja: string): string => (language === 'ja' ? ja : en);
  const { passages, unaffected, moved, stopped, entry } = report;
  const early = report.state === 'stopped' ? say(' Ended early.', ' 途中で終えました。') : '';
  const lines = [
    say(
      `Lost: ${report.lost.join(', ')} (${report.lose})`,
      `失った接続先: ${report.lost.join('、')}(${report.lose})`,
    ),
    heads[report.mode][language] + early,
    say(
      `${passages} passages: ${unaffected} unaffected, ${moved} went on elsewhere, ${stopped} stopped.`,
      `通過 ${passages} 件: 影響なし ${unaffected}、別の接続先で継続 ${moved}、停止 ${stopped}`,
    ),
    ...(passages === 0
      ? [say('No passage says anything yet.', '判断の材料となる通過がまだありません。')]
      : []),
    ...(moved === 0
      ? []
      : [
          say(
            'Quality was not measured: "another model" is all that is said of it.',
            '品質は測っていません。「別のモデル」とだけ示します。',
          ),
        ]),
    '',
    ...report.rows.flatMap((one) => rowLines(one, language)),
    ...(entry === null
      ? []
      : [
          say(
            `Ledger entry ${entry.index} (${entry.id})`,
            `台帳の記録 ${entry.index}(${entry.id})`,
          ),
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

function rowLines(of: ReadDrillReport['rows'][number], language: Language): string[] {
  const say = (en: string, ja: string): string => (language === 'ja' ? ja : en);
  const who = of.keyName === '' ? say('(erased)', '(消去済み)') : of.keyName;
  const fate = [
    ...(of.unaffected > 0 ? [say(`${of.unaffected} unaffected`, `影響なし ${of.unaffected}`)] : []),
    ...(of.moved > 0 ? [say(`${of.moved} go on`, `継続 ${of.moved}`)] : []),
    ...(of.stopped > 0 ? [say(`${of.stopped} STOP`, `停止 ${of.stopped}`)] : []),
  ].join(say(', ', '、'));
  const ms = (value: number | null): string => (value === null ? '?' : String(value));
  const model =
    of.sameModel === null
      ? ''
      : of.sameModel
        ? say(', the same model', '、同じモデル')
        : say(', another model', '、別のモデル');
  const lines = [
    `${who} · ${of.dataClass} · ${of.model}: ${fate}`,
    `    ${ids(of.before)} → ${ids(of.after)}${model}`,
    `    ${say('first token', '最初のトークン')} ${ms(of.beforeMs)} → ${ms(of.afterMs)} ms`,
  ];
  const cost = [of.beforeCost, of.afterCost].map(sum);
  if (cost.some((one) => one !== '-')) {
    lines.push(`    ${say('price', '費用')} ${cost.join(' → ')}`);
  }
  if (of.stoppedBy.length > 0) {
    lines.push(
      `    ${say('kept from the others by', '他に行けない理由:')} ${of.stoppedBy.join(', ')}`,
    );
  }
  return lines;
}

function ids(counts: Readonly<Record<string, number>>): string {
  const named = Object.entries(counts).toSorted(([, a], [, b]) => b - a);
  return named.length === 0 ? '-' : named.map(([id, count]) => `${id} (${count})`).join(', ');
}

function sum(costs: Readonly<Record<string, number>>): string {
  const parts = Object.entries(costs).map(([currency, micros]) => money(micros, currency));
  return parts.length === 0 ? '-' : parts.join(' + ');
}
