import { parseArgs } from 'node:util';
import type { Bilingual, Language } from '#base';
import { type Coverage, LedgerError, reportCoverage } from '#ledger';
import { type Command, showHelp, showMisuse } from './command.ts';
import { explainLedger, findLedger } from './ledger-directory.ts';

const help: Bilingual = {
  en: `usage: sekisho coverage [--data DIR] [--json]

Reports how far the ledger answers items G10-9 to G10-21 of the Japan AISI evaluation perspective
"verifiability": by which entries, how many of them there are, or why not.

A ledger in PostgreSQL or object storage is found by the settings of its start: DATABASE_URL and the
credentials in the environment, the rest in the folder's sekisho.yaml.
`,
  ja: `使い方: sekisho coverage [--data フォルダー] [--json]

日本の AISI の評価観点「検証可能性」の G10-9 から G10-21 について、台帳がどの記録で
どこまで応えるか、その件数と、応えられない場合の理由を報告します。

PostgreSQL やオブジェクトストレージの台帳は、起動時と同じ設定で見つけます。DATABASE_URL と
認証情報は環境変数で、その他はフォルダーの sekisho.yaml で指定します。
`,
};

const states: Readonly<Record<Coverage['items'][number]['state'], Bilingual>> = {
  met: { en: 'met', ja: '充足' },
  partly: { en: 'partly', ja: '一部' },
  not: { en: 'not met', ja: '未充足' },
};

export const coverageCommand: Command = {
  summary: { en: 'what the ledger answers of AISI G10', ja: 'AISI G10 への対応を報告する' },
  async run(args, terminal) {
    const { language } = terminal;
    try {
      const { values } = parseArgs({
        args: [...args],
        options: {
          data: { type: 'string', default: 'data' },
          json: { type: 'boolean', default: false },
          help: { type: 'boolean', short: 'h', default: false },
        },
      });
      if (values.help) return showHelp(help, terminal, true);
      const found = findLedger(values.data, terminal);
      if (found === undefined) return 2;
      const report = await reportCoverage(found.directory, found.storage);
      terminal.out(values.json ? `${JSON.stringify(report, null, 2)}\n` : print(report, language));
      return 0;
    } catch (error) {
      if (error instanceof LedgerError) {
        terminal.error(`${explainLedger(error, language)}\n`);
        return 2;
      }
      return showMisuse(error, help, terminal);
    }
  },
};

function print({ entries, items }: Coverage, language: Language): string {
  const lines = items.map(({ node, weightPercent, asks, state, evidence, reason }) => {
    const by = evidence.map(
      ({ type, field }) => `${field ?? type} (${type}: ${entries[type] ?? 0})`,
    );
    return [
      `${node} [${states[state][language]}] ${asks[language]} (${weightPercent}%)`,
      `    ${reason[language]}`,
      ...(by.length === 0 ? [] : [`    ${by.join(', ')}`]),
    ].join('\n');
  });
  return `${lines.join('\n')}\n`;
}
