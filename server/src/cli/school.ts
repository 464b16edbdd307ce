import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bilingual } from '#base';
import { type Pack, PackLibrary, createSchoolSupervisor, readPack } from '#school';
import { type Command, sentence } from './command.ts';
import { schoolSentence } from './pack-report.ts';
import { type ReadyPack, comparedLines, schoolLines } from './school-lines.ts';

const help: Bilingual = {
  en: `usage: sekisho school check --stdin --pack PACK [--data DIR]
       sekisho school compare --stdin --pack PACK --pack PACK [--data DIR]

Checks questions and answers against a country pack, without gateway, ledger or model. "compare"
checks each line under several packs, or versions of one, and writes {id, same, decisions, only,
packs}: the decision of each, the rules that only one of them applied, and each result whole.

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
        sekisho school compare --stdin --pack パック --pack パック [--data フォルダー]

質問と答えを国別パックに照らして確認します。ゲートウェイも台帳もモデルも使いません。
compare は各行を複数のパック(又は版)で確認し、{id, same, decisions, only, packs} を書きます。
それぞれの判定、一方だけが用いた規則、それぞれの結果の全体です。

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
  pack: { type: 'string', multiple: true },
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
    const [verb, ...more] = positionals;
    const named = values.pack ?? [];
    const isCheck = verb === 'check' && named.length === 1;
    const isCompare = verb === 'compare' && named.length > 1 && named.length <= mostPacks;
    if (more.length > 0 || !values.stdin || !(isCheck || isCompare)) {
      terminal.error(help[terminal.language]);
      return 2;
    }
    try {
      const ready = await Promise.all(named.map((one) => readyPack(one, values.data)));
      const [first] = ready;
      const alone = isCheck && first !== undefined;
      const lines = alone ? schoolLines(first, process.stdin) : comparedLines(ready, process.stdin);
      return await writeLines(lines);
    } catch (error) {
      terminal.error(`${schoolSentence(error, terminal.language)}\n`);
      return 1;
    }
  },
};

/** Packs that one command reads: each may take some 100 MB. */
const mostPacks = 8;

/** @throws SchoolError */
async function readyPack(named: string, data: string): Promise<ReadyPack> {
  const pack = await findPack(named, data);
  return { pack, supervisor: createSchoolSupervisor(pack) };
}

/** @throws SchoolError */
async function findPack(named: string, data: string): Promise<Pack> {
  if (existsSync(join(named, 'pack.json'))) return readPack(named);
  return readPack(await new PackLibrary(join(data, 'packs')).find(named));
}

/** Whoever reads slowly is waited for, so that a long file never stands in memory. */
async function writeLines(lines: ReturnType<typeof schoolLines>): Promise<number> {
  let code = 0;
  for await (const { line, failed } of lines) {
    if (failed) code = 1;
    if (!process.stdout.write(line)) await once(process.stdout, 'drain');
  }
  return code;
}
