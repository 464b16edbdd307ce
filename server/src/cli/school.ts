import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bilingual } from '#base';
import { type Pack, PackLibrary, createSchoolSupervisor, readPack } from '#school';
import { type Command, sentence } from './command.ts';
import { schoolLines } from './school-lines.ts';

const help: Bilingual = {
  en: `usage: sekisho school check --stdin --pack PACK [--data DIR]

Checks questions and answers against a country pack, without gateway, ledger or model.

  --stdin        reads JSON lines {id, question, answer, grade, subject?, scaffold?, conversation?}
                 and writes, in the same order, {id, decision, codes, notes, scope}: each note is
                 {kind, start, end, rule, evidence, in, level, text}; offsets are UTF-16 code units
                 of the question or the answer, as "in" says. A line it cannot use gets
                 {id, error}; exit code 1 then
  --pack PACK    a folder with pack.json, or the id of a pack that was added (the newest version)
  --data DIR     data folder of the checkpoint, for packs by id (data)

A grade the pack does not know is held for a teacher. docs/en/school.md says what is checked.
`,
  ja: `使い方: sekisho school check --stdin --pack パック [--data フォルダー]

質問と答えを国別パックに照らして確認します。ゲートウェイも台帳もモデルも使いません。

  --stdin         JSON を一行ずつ {id, question, answer, grade, subject?, scaffold?, conversation?}
                  の形で読み、同じ順に {id, decision, codes, notes, scope} を書きます。notes の各項目は
                  {kind, start, end, rule, evidence, in, level, text} で、位置は in が示す質問又は
                  答えの UTF-16 の単位です。使えない行には {id, error} を返し、終了コードは 1
  --pack パック     pack.json のあるフォルダー、又は追加済みパックの ID(最新版を使います)
  --data フォルダー   ID で指定するときの関所のデータフォルダー(既定 data)

パックにない学年は教員の確認に回します。確認の内容は docs/ja/school.md にあります。
`,
};

const options = {
  stdin: { type: 'boolean', default: false },
  pack: { type: 'string' },
  data: { type: 'string', default: 'data' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const schoolCommand: Command = {
  summary: { en: 'check lessons against a country pack', ja: '授業の質問と答えを確認する' },
  async run(args, terminal) {
    let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
    let positionals: string[];
    try {
      ({ values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true }));
    } catch (error) {
      terminal.error(`${sentence(error)}\n\n${help[terminal.language]}`);
      return 2;
    }
    if (values.help) {
      terminal.out(help[terminal.language]);
      return 0;
    }
    const isCheck = positionals.length === 1 && positionals[0] === 'check' && values.stdin;
    if (!isCheck || values.pack === undefined) {
      terminal.error(help[terminal.language]);
      return 2;
    }
    try {
      return await checkLines(await findPack(values.pack, values.data));
    } catch (error) {
      terminal.error(`${sentence(error)}\n`);
      return 1;
    }
  },
};

/** @throws SchoolError */
async function findPack(named: string, data: string): Promise<Pack> {
  if (existsSync(join(named, 'pack.json'))) return readPack(named);
  return readPack(await new PackLibrary(join(data, 'packs')).find(named));
}

/** Whoever reads slowly is waited for, so that a long file never stands in memory. */
async function checkLines(pack: Pack): Promise<number> {
  const supervisor = createSchoolSupervisor(pack);
  let code = 0;
  for await (const { line, failed } of schoolLines({ pack, supervisor }, process.stdin)) {
    if (failed) code = 1;
    if (!process.stdout.write(line)) await once(process.stdout, 'drain');
  }
  return code;
}
