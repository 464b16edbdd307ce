import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Bilingual } from '#base';
import { z } from 'zod';
import { type Command, sentence, showHelp } from './command.ts';
import { callRunning } from './running.ts';

const help: Bilingual = {
  en: `usage: sekisho reviews export -o FILE [--data DIR]

Writes the texts that reviewers have decided on as labelled examples, one JSON object a line:
text, lang, kind, label (1: rightly found, 0: a false alarm), rule, verdict. Each text is opened
for it, and each opening is recorded. What was erased is left out.

  -o, --output FILE   is written; it holds what people wrote, so keep it as you keep that
`,
  ja: `使い方: sekisho reviews export -o ファイル [--data フォルダー]

審査の結論が出た文を、ラベル付きの例として一行に一つの JSON で書き出します。
text、lang、kind、label(1: 正しい検出、0: 誤検出)、rule、verdict。書き出すたびに文を開封し、
開封は記録されます。消去された文は含みません。

  -o, --output ファイル   書き出す先。人が書いた文を含むので、それに見合う管理をしてください
`,
};

const page = z.looseObject({
  reviews: z.array(z.looseObject({ passage: z.string(), index: z.number() })),
  more: z.boolean(),
});
const opened = z.looseObject({ examples: z.array(z.looseObject({ text: z.string() })) });

export const reviewsCommand: Command = {
  summary: { en: 'write reviewed texts as labelled examples', ja: '審査済みの文の書き出し' },
  async run(args, terminal) {
    try {
      const { values, positionals } = parseArgs({
        args: [...args],
        allowPositionals: true,
        options: {
          data: { type: 'string', default: 'data' },
          output: { type: 'string', short: 'o' },
          help: { type: 'boolean', short: 'h', default: false },
        },
      });
      if (values.help) return showHelp(help, terminal, true);
      if (positionals.join(' ') !== 'export' || values.output === undefined)
        return showHelp(help, terminal, false);
      const lines = await examples(values.data);
      // Nobody but the owner of the file: these are people's words.
      writeFileSync(values.output, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
      terminal.out(
        {
          en: `${lines.length} examples written to ${values.output}\n`,
          ja: `${values.output} に ${lines.length} 件の例を書き出しました\n`,
        }[terminal.language],
      );
      return 0;
    } catch (error) {
      terminal.error(`${sentence(error)}\n`);
      return 1;
    }
  },
};

async function examples(data: string): Promise<readonly string[]> {
  const asking = { data, what: 'export the reviews' };
  const lines: string[] = [];
  let before: number | undefined;
  for (;;) {
    const query = `state=decided&limit=100${before === undefined ? '' : `&before=${before}`}`;
    // oxlint-disable-next-line no-await-in-loop -- each page begins where the last one ended
    const found = page.parse(await callRunning(asking, 'GET', `/api/reviews?${query}`));
    for (const { passage, index } of found.reviews) {
      before = index;
      const path = `/api/reviews/${passage}/examples`;
      // oxlint-disable-next-line no-await-in-loop -- one opening after another, as they are recorded
      const { examples: told } = opened.parse(await callRunning(asking, 'POST', path));
      lines.push(...told.map((example) => JSON.stringify(example)));
    }
    if (!found.more) return lines;
  }
}
