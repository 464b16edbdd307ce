import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Bilingual } from '#base';
import { type Terminal, sentence, showHelp } from './command.ts';
import { fetchRunning } from './running.ts';

const help: Bilingual = {
  en: `usage: sekisho ledger bundle ID [--groups LIST] [--documents] [-o FILE] [--data DIR]

Asks the running checkpoint for all evidence of one passage in one file, for an auditor:
each entry as an SD-JWT (RFC 9901) with its proof, and what was opened of it. Identity and
content are opened only when they are named, and the opening is recorded in the ledger.

  --groups     of identity, content, ops; ops when absent
  --documents  also the text of the rule book and the model's declaration
  -o, --out    where to write it; an existing file is left alone. Otherwise it is printed
`,
  ja: `使い方: sekisho ledger bundle ID [--groups 一覧] [--documents] [-o ファイル] [--data フォルダー]

通過記録一件の証拠の全体を、監査人に渡す一つのファイルにします。各記録は SD-JWT
(RFC 9901)で、証明と、開示した項目が付きます。識別と内容は名を挙げたときだけ開示し、
開示したことは台帳に記録されます。

  --groups     identity, content, ops から選びます。省略時は ops
  --documents  規則とモデルの申告の本文も含めます
  -o, --out    書き出す先。既にあるファイルには書きません。省略時は表示します
`,
};

/** `sekisho ledger bundle`. @returns the exit code */
export async function giveBundle(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        data: { type: 'string', default: 'data' },
        groups: { type: 'string', default: 'ops' },
        documents: { type: 'boolean', default: false },
        out: { type: 'string', short: 'o' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const [id, ...more] = positionals;
    if (values.help || id === undefined || more.length > 0)
      return showHelp(help, terminal, values.help);
    const query = new URLSearchParams({ format: 'bundle', groups: values.groups });
    if (values.documents) query.set('documents', 'yes');
    const path = `/receipts/${encodeURIComponent(id)}?${query.toString()}`;
    const text = await fetchRunning({ data: values.data, what: 'make the bundle' }, 'GET', path);
    if (values.out === undefined) terminal.out(text);
    else writeFileSync(values.out, text, { flag: 'wx' });
    return 0;
  } catch (error) {
    terminal.error(`${sentence(error)}\n`);
    return 1;
  }
}
