import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bilingual } from '#base';
import { LedgerError, exportLog, ledgerErrors } from '#ledger';
import { type Command, type Terminal, sentence } from './command.ts';
import { giveBundle } from './ledger-bundle.ts';

const help: Bilingual = {
  en: `usage: sekisho ledger export --to FOLDER [--data DIR]
       sekisho ledger bundle ID [--groups LIST] [-o FILE]   (see its own --help)

Copies the public part of the ledger, as the newest checkpoint signed it, into a folder that any
web server can serve. Run again, it adds what is new. It may be run beside a running checkpoint.

  --to FOLDER  an empty folder, or that of an earlier export
  --data DIR   the data folder (./data)

exit code: 0 done, 1 failed, 2 the command line cannot be used
`,
  ja: `使い方: sekisho ledger export --to 出力先 [--data フォルダー]
        sekisho ledger bundle ID [--groups 一覧] [-o ファイル](詳しくは --help)

台帳の公開部分を、最新のチェックポイントが署名したとおりに、どのウェブサーバーでも
公開できるフォルダーへ写します。再び実行すると、増えた分を加えます。
関所が動いている間も使えます。

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
    let parsed: { to: string; directory: string } | number;
    try {
      parsed = parse(args, terminal);
    } catch (error) {
      terminal.error(`${sentence(error)}\n\n${help[language]}`);
      return 2;
    }
    if (typeof parsed === 'number') return parsed;
    const { to, directory } = parsed;
    try {
      const { origin, size, written, ...keys } = await exportLog(directory, to);
      const verifierKey = [keys.verifierKey, keys.postQuantumKey ?? ''].join('\n').trim();
      const done: Bilingual = {
        en: `${origin}: ${size} entries, ${written} new files in ${to}\nVerify with: ${verifierKey}\n`,
        ja: `${origin}: 記録 ${size} 件、新しいファイル ${written} 個を ${to} に書き出しました\n検証鍵: ${verifierKey}\n`,
      };
      terminal.out(done[language]);
      return 0;
    } catch (error) {
      const said = error instanceof LedgerError ? ledgerErrors[error.code][language] : undefined;
      terminal.error(`${said ?? sentence(error)}\n`);
      return 1;
    }
  },
};

function parse(
  args: readonly string[],
  terminal: Terminal,
): { to: string; directory: string } | number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: 'string', default: 'data' },
      to: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    terminal.out(help[terminal.language]);
    return 0;
  }
  if (positionals.join(' ') !== 'export' || values.to === undefined) {
    terminal.error(help[terminal.language]);
    return 2;
  }
  const directory = join(resolve(values.data), 'ledger');
  if (!existsSync(directory)) {
    const text = { en: "couldn't find a ledger in", ja: '台帳がありません:' };
    terminal.error(`${text[terminal.language]} ${values.data}\n`);
    return 2;
  }
  return { to: resolve(values.to), directory };
}
