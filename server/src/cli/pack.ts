import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Bilingual, writeFileDurably } from '#base';
import {
  type BuildInputs,
  PackLibrary,
  buildDraft,
  builtInPacks,
  createPackKey,
  diffPacks,
  openPackNote,
  packSourceFolder,
  readPack,
  readPackSource,
  signPack,
  writePack,
} from '#school';
import { type VerifierKey, parseVerifierKey } from '@sekisho/proof';
import { type Command, type Terminal, sentence } from './command.ts';
import { describePack, listDiff, schoolSentence } from './pack-report.ts';

const help: Bilingual = {
  en: `usage: sekisho pack build SOURCE -o FOLDER [--course FILE ...] [--commentary FILE ...] ...
       sekisho pack check FOLDER [--key VKEY ...]
       sekisho pack sign FOLDER --signer FILE
       sekisho pack key NAME -o FILE
       sekisho pack add FOLDER [--key VKEY ...] [--data DIR]
       sekisho pack diff FOLDER FOLDER [--json]
       sekisho pack list [--data DIR]

Country packs: what a country teaches, to whom, and what needs care there.

  build   makes a pack from a folder with pack.yaml and JSON lines, or from one that comes with the
          program (pack list names them), and from files that were published:
            --course, --commentary, --prerequisites    Japan (Turtle, HTML, JSON lines)
            --oak                                      England (Turtle of the Oak ontology)
            --lehrplan                                 Germany (Turtle of the Lehrplan ontology)
            --items, --passages, --characters          tables (CSV; see docs/en/packs.md)
  check   reads a pack whole: format, hashes, references; with --key also who has signed it
  sign    adds your institution's signature; several institutions may sign one pack
  key     makes a key to sign with; NAME is the institution's, a domain name
  add     checks a pack and keeps it for the checkpoint of this data folder; reload takes it up
  diff    what changed between two versions, row by row: this is what a reviewer reads
`,
  ja: `使い方: sekisho pack build 元 -o フォルダー [--course ファイル …] [--commentary ファイル …] …
        sekisho pack check フォルダー [--key 検証鍵 …]
        sekisho pack sign フォルダー --signer ファイル
        sekisho pack key 名前 -o ファイル
        sekisho pack add フォルダー [--key 検証鍵 …] [--data フォルダー]
        sekisho pack diff フォルダー フォルダー [--json]
        sekisho pack list [--data フォルダー]

国別パック(その国で誰に何を教え、何に配慮するか)を扱います。

  build   pack.yaml と JSON 行のフォルダー、又は同梱の元(pack list で表示)と、公開されたファイルから
          パックを作ります。
            --course, --commentary, --prerequisites   日本の学習指導要領(Turtle、HTML、JSON 行)
            --oak                                      イングランド(Oak の Turtle)
            --lehrplan                                 ドイツ(Lehrplan の Turtle)
            --items, --passages, --characters          表(CSV。docs/ja/packs.md 参照)
  check   書式・ハッシュ・参照をすべて確かめます。--key で署名者も確かめます
  sign    機関の署名を加えます。一つのパックに複数の機関が署名できます
  key     署名用の鍵を作ります。名前は機関のドメイン名です
  add     確かめたうえで、このデータフォルダーの関所で使えるようにします。reload で有効になります
  diff    二つの版の違いを行ごとに示します。審査する人が読むものです
`,
};

const many = { type: 'string', multiple: true } as const;
const options = {
  course: many,
  commentary: many,
  prerequisites: many,
  oak: many,
  lehrplan: many,
  items: many,
  passages: many,
  characters: many,
  key: many,
  out: { type: 'string', short: 'o' },
  signer: { type: 'string' },
  data: { type: 'string', default: 'data' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], allowPositionals: true, options });
}

export const packCommand: Command = {
  summary: {
    en: 'country packs: build, check, sign, add, diff',
    ja: '国別パックの作成・検査・署名・追加・比較',
  },
  async run(args, terminal) {
    let parsed: ReturnType<typeof parse>;
    try {
      parsed = parse(args);
    } catch (error) {
      terminal.error(`${sentence(error)}\n\n${help[terminal.language]}`);
      return 2;
    }
    const [verb, first, second, ...more] = parsed.positionals;
    if (parsed.values.help || verb === undefined || more.length > 0) {
      if (parsed.values.help) terminal.out(help[terminal.language]);
      else terminal.error(help[terminal.language]);
      return parsed.values.help ? 0 : 2;
    }
    try {
      const { values } = parsed;
      if (verb === 'list' && first === undefined) return await list(values, terminal);
      if (verb === 'build' && first !== undefined) return await build(first, values, terminal);
      if (verb === 'check' && first !== undefined) return await check(first, values, terminal);
      if (verb === 'sign' && first !== undefined) return await sign(first, values, terminal);
      if (verb === 'key' && first !== undefined) return await makeKey(first, values, terminal);
      if (verb === 'add' && first !== undefined) return await add(first, values, terminal);
      if (verb === 'diff' && first !== undefined && second !== undefined) {
        return await diff([first, second], values, terminal);
      }
    } catch (error) {
      terminal.error(`${schoolSentence(error, terminal.language)}\n`);
      return error instanceof UsageError ? 2 : 1;
    }
    terminal.error(help[terminal.language]);
    return 2;
  },
};

class UsageError extends Error {}

async function build(source: string, values: Values, terminal: Terminal): Promise<number> {
  const out = needed(values.out, '-o');
  if (existsSync(out)) throw new UsageError(`couldn't write ${out}: it is there already`);
  const { en, ja } = { en: 'reading what was published...', ja: '公開資料を読んでいます…' };
  terminal.error(`${terminal.language === 'ja' ? ja : en}\n`);
  const written = await readPackSource(packSourceFolder(source) ?? source);
  const built = await buildDraft(written, inputsOf(values));
  const pack = await writePack(resolve(out), built.draft);
  terminal.out(describePack(pack, terminal.language, { leftOut: built.leftOut }));
  return 0;
}

function inputsOf(values: Values): BuildInputs {
  const { course, commentary, prerequisites, oak, lehrplan, items, passages, characters } = values;
  const given = { course, commentary, prerequisites, oak, lehrplan, items, passages, characters };
  return Object.fromEntries(Object.entries(given).filter(([, paths]) => paths !== undefined));
}

async function check(folder: string, values: Values, terminal: Terminal): Promise<number> {
  const pack = await readPack(folder);
  const signers = await signersOf(folder, pack, values.key);
  terminal.out(describePack(pack, terminal.language, { signers }));
  return 0;
}

/** @returns undefined when no key was given: then nothing is said of signatures */
async function signersOf(
  folder: string,
  pack: Awaited<ReturnType<typeof readPack>>,
  vkeys: readonly string[] | undefined,
): Promise<readonly string[] | undefined> {
  if (vkeys === undefined) return undefined;
  const keys: VerifierKey[] = [];
  for (const vkey of vkeys) {
    // oxlint-disable-next-line no-await-in-loop
    const key = await parseVerifierKey(vkey);
    if (key === undefined) throw new UsageError(`couldn't use --key ${vkey}: no verifier key`);
    keys.push(key);
  }
  const opened = await openPackNote(pack, readNote(folder) ?? '', keys);
  return opened.verified.map(({ key }) => key.name);
}

async function sign(folder: string, values: Values, terminal: Terminal): Promise<number> {
  const file = needed(values.signer, '--signer');
  const pack = await readPack(folder);
  const note = await signPack(pack, readFileSync(file, 'utf8'), readNote(folder));
  writeFileDurably(resolve(folder, 'pack.note'), Buffer.from(note, 'utf8'));
  terminal.out(note);
  return 0;
}

async function makeKey(name: string, values: Values, terminal: Terminal): Promise<number> {
  const out = needed(values.out, '-o');
  if (existsSync(out)) throw new UsageError(`couldn't write ${out}: it is there already`);
  const { signingKey, verifierKey } = await createPackKey(name);
  writeFileDurably(resolve(out), Buffer.from(`${signingKey}\n`, 'utf8'), 0o600);
  terminal.out(`${verifierKey}\n`);
  return 0;
}

async function add(folder: string, values: Values, terminal: Terminal): Promise<number> {
  await signersOf(folder, await readPack(folder), values.key);
  const library = new PackLibrary(join(resolve(values.data), 'packs'));
  const { pack, isNew } = await library.add(folder);
  terminal.out(describePack(pack, terminal.language, { isNew }));
  return 0;
}

async function diff(
  folders: readonly [string, string],
  values: Values,
  terminal: Terminal,
): Promise<number> {
  const [from, to] = await Promise.all(folders.map((folder) => readPack(folder)));
  const found = diffPacks(from!, to!);
  terminal.out(
    values.json ? `${JSON.stringify(found, null, 2)}\n` : listDiff(found, terminal.language),
  );
  return 0;
}

async function list(values: Values, terminal: Terminal): Promise<number> {
  const library = new PackLibrary(join(resolve(values.data), 'packs'));
  for (const id of await library.ids()) {
    // oxlint-disable-next-line no-await-in-loop
    for (const version of await library.versions(id)) terminal.out(`  ${id} ${version}\n`);
  }
  const head = {
    en: 'come with the program, to build from',
    ja: '同梱の元(build に使えます)',
  };
  terminal.out(`${head[terminal.language]}\n`);
  for (const name of builtInPacks()) terminal.out(`  ${name}\n`);
  return 0;
}

function readNote(folder: string): string | undefined {
  const file = join(folder, 'pack.note');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function needed(value: string | undefined, option: string): string {
  if (value === undefined) throw new UsageError(`couldn't go on: ${option} is missing`);
  return value;
}
