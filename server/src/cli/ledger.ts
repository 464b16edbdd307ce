import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bilingual } from '#base';
import { exportLog } from '#ledger';
import { type Command, type Terminal, showHelp, showMisuse } from './command.ts';
import { giveBundle } from './ledger-bundle.ts';
import { explainFailure, findLedger } from './ledger-directory.ts';

const help: Bilingual = {
  en: `usage: sekisho ledger export --to FOLDER [--data DIR]
       sekisho ledger bundle ID [--groups LIST] [-o FILE]   (see its own --help)

Copies the public part of the ledger, as the newest checkpoint signed it, into a folder that any
web server can serve. Run again, it adds what is new. It may be run beside a running checkpoint.

A ledger in PostgreSQL or object storage is found by the settings of its start: DATABASE_URL and the
credentials in the environment, the rest in the folder's sekisho.yaml.

  --to FOLDER  an empty folder, or that of an earlier export
  --data DIR   the data folder (./data)

exit code: 0 done, 1 failed, 2 the command line cannot be used
`,
  ja: `使い方: sekisho ledger export --to 出力先 [--data フォルダー]
        sekisho ledger bundle ID [--groups 一覧] [-o ファイル](詳しくは --help)

台帳の公開部分を、最新のチェックポイントが署名したとおりに、どのウェブサーバーでも
公開できるフォルダーへ写します。再び実行すると、増えた分を加えます。
関所が動いている間も使えます。

PostgreSQL やオブジェクトストレージの台帳は、起動時と同じ設定で見つけます。DATABASE_URL と
認証情報は環境変数で、その他はフォルダーの sekisho.yaml で指定します。

  --to 出力先        空のフォルダー、または以前の出力先
  --data フォルダー  データフォルダー(既定 ./data)

終了コード: 0 完了、1 失敗、2 コマンドが使えない
`,
};

export const ledgerCommand: Command = {
  summary: { en: 'export the ledger, or one passage', ja: '台帳や通過記録を書き出す' },
  async run(args, terminal) {
    const { language } = terminal;
    if (args[0] === 'bundle') return giveBundle(args.slice(1), terminal);
    let parsed: { to: string; data: string } | number;
    try {
      parsed = parse(args, terminal);
    } catch (error) {
      return showMisuse(error, help, terminal);
    }
    if (typeof parsed === 'number') return parsed;
    const { to, data } = parsed;
    try {
      const found = findLedger(data, terminal);
      if (found === undefined) return 2;
      const exported = await exportLog(found.directory, to, found.storage);
      const { origin, size, written, ...keys } = exported;
      const verifierKey = [keys.verifierKey, keys.postQuantumKey ?? ''].join('\n').trim();
      const done: Bilingual = {
        en: `${origin}: ${size} entries, ${written} new files in ${to}\nVerify with: ${verifierKey}\n`,
        ja: `${origin}: 記録 ${size} 件、新しいファイル ${written} 個を ${to} に書き出しました\n検証鍵: ${verifierKey}\n`,
      };
      terminal.out(done[language]);
      return 0;
    } catch (error) {
      terminal.error(`${explainFailure(error, language)}\n`);
      return 1;
    }
  },
};

function parse(args: readonly string[], terminal: Terminal): { to: string; data: string } | number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: 'string', default: 'data' },
      to: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return showHelp(help, terminal, true);
  if (positionals.join(' ') !== 'export' || values.to === undefined)
    return showHelp(help, terminal, false);
  return { to: resolve(values.to), data: values.data };
}
