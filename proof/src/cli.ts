import { readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Bilingual, ProofError, rejections } from './codes.ts';
import { type Report, verifyReceipt } from './verify-receipt.ts';
import { verifyTile } from './verify-tile.ts';

const help: Bilingual = {
  en: `usage: sekisho-verify RECEIPT.json --key VKEY [options]

Verifies a receipt offline and says what it proves and what it does not.

  --key VKEY       verifier key of the log; may be given more than once
  --witness VKEY   verifier key of a witness you trust; may be given more than once
  --tile FILE      a tile or entry bundle of the log, to be checked against the receipt
  --path PATH      where that tile is served, such as tile/0/000.p/5
  --lang en|ja     language of the report
  --json           the whole report as JSON

exit code: 0 valid, 1 not valid, 2 the command line or a file cannot be used
`,
  ja: `使い方: sekisho-verify 受領証.json --key 検証鍵 [オプション]

受領証をオフラインで検証し、証明されることとされないことを述べます。

  --key 検証鍵      台帳の検証鍵(複数可)
  --witness 検証鍵  信頼する証人の検証鍵(複数可)
  --tile ファイル   受領証と照らす台帳のタイル又は記録の束
  --path パス       そのタイルの場所。例 tile/0/000.p/5
  --lang en|ja     報告の言語
  --json           報告の全体を JSON で

終了コード: 0 有効、1 無効、2 コマンド又はファイルが使えない
`,
};

export interface Output {
  out(text: string): void;
  error(text: string): void;
}

const fileBytesMax = 8 * 1024 * 1024;

/** @returns the exit code */
export async function runVerifier(args: readonly string[], output: Output): Promise<number> {
  let language: keyof Bilingual = (process.env['LC_ALL'] || process.env['LANG'] || '').startsWith('ja')
    ? 'ja'
    : 'en';
  try {
    const { values, positionals } = parse(args);
    if (values.lang === 'en' || values.lang === 'ja') language = values.lang;
    if (values.help) {
      output.out(help[language]);
      return 0;
    }
    const [path] = positionals;
    if (path === undefined || positionals.length > 1 || (values.tile && !values.path)) {
      output.error(help[language]);
      return 2;
    }
    const report = await verifyReceipt(read(path).toString('utf8'), {
      verifierKeys: values.key ?? [],
      witnessKeys: values.witness ?? [],
    });
    const tile = values.tile === undefined ? undefined : await checkTile(report, values);
    output.out(
      values.json ? `${JSON.stringify({ ...report, tile }, null, 2)}\n` : print(report, tile, language),
    );
    return report.verdict === 'INVALID' || tile?.ok === false ? 1 : 0;
  } catch (error) {
    output.error(`${error instanceof Error ? error.message : String(error)}\n\n${help[language]}`);
    return 2;
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      key: { type: 'string', multiple: true },
      witness: { type: 'string', multiple: true },
      tile: { type: 'string' },
      path: { type: 'string' },
      lang: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}

function read(path: string): Buffer {
  if (statSync(path).size > fileBytesMax) throw new Error(`couldn't read ${path}: too large`);
  return readFileSync(path);
}

interface TileCheck {
  readonly ok: boolean;
  readonly path: string;
  readonly text: Bilingual;
}

async function checkTile(
  report: Report,
  values: { readonly tile?: string | undefined; readonly path?: string | undefined },
): Promise<TileCheck> {
  const { tile = '', path = '' } = values;
  const bytes = new Uint8Array(read(tile));
  const held: number[] = [];
  for (const item of report.facts?.entries ?? []) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- at most eight
      await verifyTile(path, bytes, item);
      held.push(item.index);
    } catch (error) {
      // A receipt's entries may lie in several tiles; one that belongs here must be here.
      const elsewhere = error instanceof ProofError && !covers(path, item.index);
      if (!elsewhere) return { ok: false, path, text: rejections.E_TILE };
    }
  }
  if (held.length === 0) return { ok: false, path, text: rejections.E_TILE };
  const list = held.join(', ');
  return {
    ok: true,
    path,
    text: {
      en: `The tile ${path} holds entry ${list} at its place.`,
      ja: `タイル ${path} の正しい位置に記録 ${list} があります。`,
    },
  };
}

function covers(path: string, index: number): boolean {
  const match = /^tile\/(?:0|entries)\/([x0-9/]+)(?:\.p\/([0-9]+))?$/.exec(path);
  if (match === null) return true;
  const first = Number((match[1] ?? '').replace(/[x/]/g, '')) * 256;
  return index >= first && index < first + Number(match[2] ?? 256);
}

const titles = {
  proved: { en: 'Proved', ja: '証明されたこと' },
  notProved: { en: 'Not proved', ja: '証明されないこと' },
  failed: { en: 'Failed', ja: '検証に失敗' },
} as const;

const verdicts: Readonly<Record<Report['verdict'], Bilingual>> = {
  INVALID: { en: 'INVALID: do not rely on this receipt.', ja: 'INVALID(無効): この受領証は信用できません。' },
  UNANCHORED: {
    en: 'VALID, UNANCHORED: the log itself vouches for it; no witness does yet.',
    ja: 'VALID, UNANCHORED(有効、証人なし): 台帳自身が保証しています。証人はまだいません。',
  },
  WITNESSED: {
    en: 'VALID, WITNESSED: the log and other institutions vouch for it.',
    ja: 'VALID, WITNESSED(有効、証人あり): 台帳と他の機関が保証しています。',
  },
};

function print(report: Report, tile: TileCheck | undefined, language: keyof Bilingual): string {
  const lines = [verdicts[report.verdict][language], ''];
  const list = (title: Bilingual, items: readonly string[]): void => {
    if (items.length === 0) return;
    lines.push(`${title[language]}:`, ...items.map((item) => `  - ${item}`), '');
  };
  const failed = report.checks.filter((check) => !check.ok);
  list(
    titles.failed,
    failed.map(({ code, subject, text }) => `[${code}] ${subject}: ${text[language]}`),
  );
  if (tile?.ok === false) list(titles.failed, [`[E_TILE] ${tile.path}: ${tile.text[language]}`]);
  list(titles.proved, [
    ...report.proved.map((text) => text[language]),
    ...(tile?.ok === true ? [tile.text[language]] : []),
  ]);
  if (report.verdict !== 'INVALID') {
    list(
      titles.notProved,
      report.notProved.map((text) => text[language]),
    );
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
