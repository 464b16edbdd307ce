import { parseArgs } from 'node:util';
import type { Bilingual } from '#base';
import { z } from 'zod';
import { type Command, sentence, showHelp } from './command.ts';
import { callRunning } from './running.ts';

const help: Bilingual = {
  en: `usage: sekisho usage [--by LIST] [--from DAY] [--to DAY] [--csv] [--data DIR]

Sums what the keys of the running checkpoint used: exchanges, tokens, cost.

  --by LIST   day, key, project, model, upstream, jurisdiction; several with commas (day)
  --from, --to   days such as 2026-11-01; this month when absent
  --csv       comma-separated, for a spreadsheet
`,
  ja: `使い方: sekisho usage [--by 一覧] [--from 日] [--to 日] [--csv] [--data フォルダー]

動いている関所のキーが使った量(件数、トークン、費用)を集計します。

  --by 一覧   day、key、project、model、upstream、jurisdiction。カンマで複数(既定 day)
  --from、--to   2026-11-01 のような日付。省略すると今月
  --csv       表計算ソフト向けのカンマ区切り
`,
};

const answer = z.looseObject({
  by: z.array(z.string()),
  rows: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
});

const figures = ['exchanges', 'inputTokens', 'outputTokens', 'cost', 'currency', 'unpriced'];

export const usageCommand: Command = {
  summary: { en: 'sum tokens and cost by key, project, model, day', ja: '使用量と費用の集計' },
  async run(args, terminal) {
    try {
      const { values } = parseArgs({
        args: [...args],
        options: {
          data: { type: 'string', default: 'data' },
          by: { type: 'string', default: 'day' },
          from: { type: 'string' },
          to: { type: 'string' },
          csv: { type: 'boolean', default: false },
          help: { type: 'boolean', short: 'h', default: false },
        },
      });
      if (values.help) return showHelp(help, terminal, true);
      const query = new URLSearchParams({ by: values.by });
      if (values.from !== undefined) query.set('from', values.from);
      if (values.to !== undefined) query.set('to', values.to);
      const found = answer.parse(
        await callRunning(
          { data: values.data, what: 'read the usage' },
          'GET',
          `/api/usage?${query.toString()}`,
        ),
      );
      const names = [...found.by, ...(found.by.includes('key') ? ['keyName'] : []), ...figures];
      const table = [
        names,
        ...found.rows.map((row) => names.map((name) => String(row[name] ?? ''))),
      ];
      terminal.out(values.csv ? csv(table) : columns(table));
      return 0;
    } catch (error) {
      terminal.error(`${sentence(error)}\n`);
      return 1;
    }
  },
};

function columns(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_name, i) =>
    Math.max(...table.map((row) => (row[i] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return `${table.map(line).join('\n')}\n`;
}

/** RFC 4180. A cell that a spreadsheet would take for a formula is kept from being one. */
function csv(table: readonly (readonly string[])[]): string {
  const cell = (text: string): string => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return table.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
