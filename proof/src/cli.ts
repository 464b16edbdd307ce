import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeUtf8 } from './bytes.ts';
import { type Bilingual, ProofError, type RejectionCode, rejections, subjects } from './codes.ts';
import { printExport } from './export-report.ts';
import { type ForkReport, verifyFork } from './fork.ts';
import { fullTileWidth, parseTilePath } from './tile.ts';
import { verifyExport } from './verify-export.ts';
import { type Report, verifyReceipt } from './verify-receipt.ts';
import { verifyTile } from './verify-tile.ts';

type Language = keyof Bilingual;

const help: Bilingual = {
  en: `usage: sekisho-verify RECEIPT.json --key VKEY [options]
       sekisho-verify --export FOLDER --key VKEY [options]
       sekisho-verify --fork FILE --key VKEY

Verifies a receipt, or a whole log, offline and says what it proves and what it does not;
or tries a log on two of its own checkpoints.

  --key VKEY       verifier key of the log; may be given more than once
  --witness VKEY   verifier key of a witness that must have signed; may be given more than once
  --policy FILE    trust policy (C2SP tlog-policy): logs, witnesses, and the quorum that must hold
  --fork FILE      evidence that a log signed two different trees of one size
  --tile FILE      a tile or entry bundle of the log, to be checked against the receipt
  --path PATH      where that tile is served, such as tile/0/000.p/5
  --export FOLDER  a copy of the whole log: checkpoint, tiles and entry bundles
  --any-entries    with --export: a log of another product, so only the tree is checked
  --lang en|ja     language of the report; otherwise that of the environment
  --json           the whole report as JSON
  --help           this text

exit code: 0 valid (also without a witness, which is said) or log convicted,
           1 not valid, log not convicted, or quorum of the policy not reached,
           2 the command line or a file cannot be used
`,
  ja: `使い方: sekisho-verify 受領証.json --key 検証鍵 [オプション]
        sekisho-verify --export フォルダー --key 検証鍵 [オプション]
        sekisho-verify --fork ファイル --key 検証鍵

受領証又は台帳の全体をオフラインで検証し、証明されることとされないことを述べます。
又は、台帳自身の二つのチェックポイントから分岐を判定します。

  --key 検証鍵      台帳の検証鍵(複数可)
  --witness 検証鍵  署名しているはずの証人の検証鍵(複数可)
  --policy ファイル 信頼の方針(C2SP tlog-policy)。台帳、証人、満たすべき定足数
  --fork ファイル   同じ件数の異なる木に署名したという、台帳の分岐の証拠
  --tile ファイル   受領証と照らす、台帳のタイルまたは記録の束
  --path パス       そのタイルの場所。例 tile/0/000.p/5
  --export フォルダー  台帳全体の写し(チェックポイント、タイル、記録の束)
  --any-entries    --export とともに: 他の製品の台帳。木だけを検査します
  --lang en|ja     報告の言語。省略時は環境の言語
  --json           報告の全体を JSON で
  --help           この説明

終了コード: 0 有効(証人がない場合も。その旨を述べます)、又は分岐の証明あり、
           1 無効、分岐の証明なし、又は方針の定足数に満たない、
           2 コマンドまたはファイルが使えない
`,
};

const words = {
  unreadable: { en: "couldn't read the file", ja: 'ファイルを読めません' },
  unusable: { en: 'the command line cannot be used', ja: 'コマンドの指定が正しくありません' },
  silent: {
    en: 'The witness you named did not sign this checkpoint',
    ja: '指定された証人は、このチェックポイントに署名していません',
  },
  forked: {
    en: 'FORK PROVED: the log signed two different trees of one size. Trust nothing it says.',
    ja: 'FORK PROVED(分岐の証明): 台帳が同じ件数の異なる木に署名しました。この台帳は信用できません。',
  },
  notForked: {
    en: 'NOT PROVED: this file does not convict the log.',
    ja: 'NOT PROVED(証明なし): このファイルは台帳の分岐を証明しません。',
  },
  proved: { en: 'Proved', ja: '証明されたこと' },
  notProved: { en: 'Not proved', ja: '証明されないこと' },
  failed: { en: 'Failed', ja: '検証に失敗' },
  INVALID: {
    en: 'INVALID: do not rely on this receipt.',
    ja: 'INVALID(無効): この受領証は信用できません。',
  },
  UNANCHORED: {
    en: 'VALID, UNANCHORED: the log itself vouches for it; no witness you know does.',
    ja: 'VALID, UNANCHORED(有効、証人なし): 台帳自身が保証しています。既知の証人による保証はありません。',
  },
  WITNESSED: {
    en: 'VALID, WITNESSED: the log and a witness vouch for it.',
    ja: 'VALID, WITNESSED(有効、証人あり): 台帳と証人が保証しています。',
  },
} as const satisfies Record<string, Bilingual>;

export interface Output {
  out(text: string): void;
  error(text: string): void;
}

interface TileCheck {
  readonly ok: boolean;
  readonly path: string;
  readonly text: Bilingual;
}

interface Answer {
  readonly report: Report;
  readonly tile?: TileCheck;
  /** Names of witnesses that were asked for and did not sign. */
  readonly silentWitnesses: readonly string[];
}

/** A tile is at most 8 kB and a bundle 16 MiB; a receipt has its own, smaller limit. */
const fileBytesMax = 17 * 1024 * 1024;

type Arguments = NonNullable<ReturnType<typeof parse>>;

/**
 * Runs `sekisho-verify`.
 * @returns the exit code
 */
export async function runVerifier(
  args: readonly string[],
  output: Output,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<number> {
  const parsed = parse(args);
  const language = chooseLanguage(parsed?.values.lang, environment);
  if (parsed?.values.help === true) {
    output.out(help[language]);
    return 0;
  }
  if (parsed === undefined || !isUsable(parsed)) {
    output.error(`${words.unusable[language]}\n\n${help[language]}`);
    return 2;
  }
  const { positionals, values } = parsed;
  if (values.export !== undefined) return runExport(values.export, parsed, { output, language });
  const policy = values.policy === undefined ? undefined : read(values.policy);
  if (policy === undefined && values.policy !== undefined) {
    output.error(`${words.unreadable[language]}: ${values.policy}\n`);
    return 2;
  }
  if (values.fork !== undefined) return tryFork(values.fork, { parsed, policy, language, output });
  const receipt = read(positionals[0]!);
  const tile = values.tile === undefined ? undefined : read(values.tile);
  if (receipt === undefined || (tile === undefined && values.tile !== undefined)) {
    const path = receipt === undefined ? positionals[0] : values.tile;
    output.error(`${words.unreadable[language]}: ${path}\n`);
    return 2;
  }
  const answer = await verify(receipt, { tile, policy }, parsed);
  const unusable = answer.report.checks.find(({ code }) => isOfTrust(code));
  if (unusable !== undefined) {
    output.error(refusalLine(unusable, language));
    return 2;
  }
  output.out(values.json ? `${JSON.stringify(answer, null, 2)}\n` : print(answer, language));
  return isGood(answer) ? 0 : 1;
}

/** A log is a folder that any web server can serve, so its paths are those of the tiles. */
async function runExport(
  folder: string,
  { values }: Arguments,
  { output, language }: { output: Output; language: Language },
): Promise<number> {
  const keys = [...(values.key ?? []), ...(values.witness ?? [])];
  const anyEntries = values['any-entries'];
  const start = performance.now();
  const report = await verifyExport(async (path) => read(join(folder, path)), {
    verifierKeys: keys,
    anyEntries,
  });
  const seconds = (performance.now() - start) / 1_000;
  const [first] = report.faults.first;
  if (first?.code === 'E_KEY') {
    output.error(`[E_KEY] ${rejections.E_KEY[language]}\n`);
    return 2;
  }
  if (first?.code === 'E_ABSENT' && first.subject === 'checkpoint') {
    output.error(`${words.unreadable[language]}: ${join(folder, 'checkpoint')}\n`);
    return 2;
  }
  const names = (values.witness ?? []).map((vkey) => vkey.trim().split('+')[0] ?? '');
  const silentWitnesses = names.filter((name) => !report.witnesses.some((w) => w.name === name));
  const asJson = { report, silentWitnesses, seconds };
  output.out(
    values.json
      ? `${JSON.stringify(asJson, null, 2)}\n`
      : printExport(report, language, seconds) +
          silentWitnesses.map((name) => `  ${words.silent[language]}: ${name}\n`).join(''),
  );
  return report.verdict !== 'INVALID' && silentWitnesses.length === 0 ? 0 : 1;
}

/** A key or policy mistyped by the verifier says nothing about the evidence. */
function isOfTrust(code: RejectionCode | undefined): boolean {
  return code === 'E_KEY' || code === 'E_POLICY';
}

function refusalLine(
  { code, subject }: { readonly code?: RejectionCode; readonly subject: string },
  language: Language,
): string {
  const of = subjects[subject]?.[language] ?? subject;
  return `[${code}] ${of}: ${code === undefined ? '' : rejections[code][language]}\n`;
}

async function tryFork(
  path: string,
  given: {
    readonly parsed: Arguments;
    readonly policy: Uint8Array | undefined;
    readonly language: Language;
    readonly output: Output;
  },
): Promise<number> {
  const { parsed, policy, language, output } = given;
  const evidence = read(path);
  if (evidence === undefined) {
    output.error(`${words.unreadable[language]}: ${path}\n`);
    return 2;
  }
  const report = await verifyFork(decodeUtf8(evidence) ?? '', {
    verifierKeys: parsed.values.key ?? [],
    ...(policy === undefined ? {} : { trustPolicy: policy }),
  });
  if (!report.convicted && isOfTrust(report.code)) {
    output.error(refusalLine(report, language));
    return 2;
  }
  const text = parsed.values.json ? JSON.stringify(report, null, 2) : printFork(report, language);
  output.out(`${text.trimEnd()}\n`);
  return report.convicted ? 0 : 1;
}

function printFork(report: ForkReport, language: Language): string {
  if (!report.convicted) return `${words.notForked[language]}\n\n${refusalLine(report, language)}`;
  const { origin, size, roots } = report;
  return `${words.forked[language]}\n\n  ${origin}\n  ${size}\n  ${roots.join('\n  ')}\n`;
}

async function verify(
  receipt: Uint8Array,
  {
    tile,
    policy,
  }: { readonly tile?: Uint8Array | undefined; readonly policy?: Uint8Array | undefined },
  { values }: Arguments,
): Promise<Answer> {
  const witnessKeys = values.witness ?? [];
  // Bytes that are no UTF-8 are no receipt, and the empty text is refused as one.
  const text = decodeUtf8(receipt) ?? '';
  const report = await verifyReceipt(text, {
    verifierKeys: values.key ?? [],
    witnessKeys,
    ...(policy === undefined ? {} : { trustPolicy: policy }),
  });
  const { facts } = report;
  // Of a receipt that is not valid nothing is known that a tile could hold.
  if (facts === undefined) return { report, silentWitnesses: [] };
  const names = witnessKeys.map((vkey) => vkey.trim().split('+')[0] ?? '');
  const silentWitnesses = names.filter((name) => !facts.witnesses.some((w) => w.name === name));
  if (tile === undefined) return { report, silentWitnesses };
  return { report, silentWitnesses, tile: await checkTile(facts, tile, values.path ?? '') };
}

async function checkTile(
  facts: NonNullable<Report['facts']>,
  bytes: Uint8Array,
  path: string,
): Promise<TileCheck> {
  // A receipt's entries may lie in several tiles; those that belong in this one must be in it.
  const items = facts.entries.filter(({ index }) => covers(path, index));
  const refused: TileCheck = { ok: false, path, text: rejections.E_TILE };
  if (items.length === 0) return refused;
  try {
    await Promise.all(items.map((item) => verifyTile(path, bytes, item)));
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    return refused;
  }
  const list = items.map(({ index }) => index).join(', ');
  const text: Bilingual = {
    en: `The tile ${path} holds entry ${list} at its place.`,
    ja: `タイル ${path} の正しい位置に記録 ${list} があります。`,
  };
  return { ok: true, path, text };
}

function covers(path: string, index: number): boolean {
  const tile = parseTilePath(path);
  if (tile === undefined) return false;
  const place = index - tile.index * fullTileWidth;
  return place >= 0 && place < tile.width;
}

function isGood({ report, tile, silentWitnesses }: Answer): boolean {
  if (report.verdict === 'INVALID' || report.facts?.quorum?.holds === false) return false;
  return tile?.ok !== false && silentWitnesses.length === 0;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        key: { type: 'string', multiple: true },
        witness: { type: 'string', multiple: true },
        policy: { type: 'string' },
        fork: { type: 'string' },
        tile: { type: 'string' },
        export: { type: 'string' },
        'any-entries': { type: 'boolean', default: false },
        path: { type: 'string' },
        lang: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch {
    return undefined;
  }
}

function isUsable({ positionals, values }: Arguments): boolean {
  const { tile, path, lang, fork } = values;
  const instead = [values.export, fork].filter((folder) => folder !== undefined).length;
  const fits = values.export === undefined ? !values['any-entries'] : tile === undefined;
  const isLanguage = lang === undefined || lang === 'en' || lang === 'ja';
  const isPlaced = (tile === undefined) === (path === undefined);
  // One thing to verify: a receipt, a whole log, or evidence of a fork.
  return positionals.length + instead === 1 && fits && isLanguage && isPlaced;
}

function chooseLanguage(
  asked: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Language {
  if (asked === 'en' || asked === 'ja') return asked;
  // The first of these that is set decides, as POSIX has it.
  const locale = [environment['LC_ALL'], environment['LC_MESSAGES'], environment['LANG']];
  return locale.find((name) => name !== undefined && name !== '')?.startsWith('ja') ? 'ja' : 'en';
}

function read(path: string): Uint8Array | undefined {
  try {
    return statSync(path).size > fileBytesMax ? undefined : new Uint8Array(readFileSync(path));
  } catch {
    return undefined;
  }
}

function print({ report, tile, silentWitnesses }: Answer, language: Language): string {
  const lines = [words[report.verdict][language], ''];
  const list = (title: Bilingual, items: readonly string[]): void => {
    if (items.length === 0) return;
    lines.push(`${title[language]}:`, ...items.map((item) => `  - ${item}`), '');
  };
  const failures = report.checks.filter((check) => !check.ok);
  list(words.failed, [
    ...failures.map(({ code, subject, text }) => {
      return `[${code}] ${subjects[subject]?.[language] ?? subject}: ${text[language]}`;
    }),
    ...(tile?.ok === false ? [`[E_TILE] ${tile.path}: ${tile.text[language]}`] : []),
    ...silentWitnesses.map((name) => `${words.silent[language]}: ${name}`),
  ]);
  list(words.proved, [
    ...report.proved.map((text) => text[language]),
    ...(tile?.ok === true ? [tile.text[language]] : []),
  ]);
  if (report.verdict !== 'INVALID') {
    list(
      words.notProved,
      report.notProved.map((text) => text[language]),
    );
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
