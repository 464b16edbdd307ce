import { parseArgs } from 'node:util';
import type { Bilingual } from '#base';
import { z } from 'zod';
import { type Command, sentence, showHelp } from './command.ts';
import { callRunning } from './running.ts';

const help: Bilingual = {
  en: `usage: sekisho reload [--data DIR]

Puts the changed sekisho.yaml of the running checkpoint in force. Exchanges under way end under the
rule book they began with. A file with a mistake changes nothing.
`,
  ja: `使い方: sekisho reload [--data フォルダー]

動いている関所で、変更した sekisho.yaml を有効にします。進行中のやり取りは、始めた時の規則のまま
終わります。誤りのあるファイルでは何も変わりません。
`,
};

const answer = z.looseObject({ changed: z.boolean(), sha256: z.string() });

export const reloadCommand: Command = {
  summary: { en: 'put a changed rule book in force', ja: '変更した規則を有効にする' },
  async run(args, terminal) {
    try {
      const { values } = parseArgs({
        args: [...args],
        options: {
          data: { type: 'string', default: 'data' },
          help: { type: 'boolean', short: 'h', default: false },
        },
      });
      if (values.help) return showHelp(help, terminal, true);
      const what = { data: values.data, what: 'reload the rule book' };
      const { changed, sha256 } = answer.parse(await callRunning(what, 'POST', '/api/reload', {}));
      const said = changed
        ? { en: 'in force', ja: '有効になりました' }
        : { en: 'unchanged', ja: '変更はありません' };
      terminal.out(`${said[terminal.language]}  ${sha256}\n`);
      return 0;
    } catch (error) {
      terminal.error(`${sentence(error)}\n`);
      return 1;
    }
  },
};
