import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeUtf8 } from './bytes.ts';
import { type Desk, runBundle, runCose, runMakeFork, runPromise } from './cli-evidence.ts';
import { help } from './cli-help.ts';
import {
  type Answer,
  type Arguments,
  type Language,
  type Output,
  type TileCheck,
  isGood,
  isOfTrust,
  printReport,
  refusalLine,
  words,
} from './cli-report.ts';
import { type Bilingual, ProofError, rejections } from './codes.ts';
import { printExport } from './export-report.ts';
import { type ForkReport, verifyFork } from './fork.ts';
import { fullTileWidth, parseTilePath } from './tile.ts';
import { type ReadLogFile, verifyExport } from './verify-export.ts';
import { type Report, verifyReceipt } from './verify-receipt.ts';
import { verifyTile } from './verify-tile.ts';

/** A tile is at most 8 kB and a bundle 16 MiB; a receipt has its own, smaller limit. */
const fileBytesMax = 17 * 1024 * 1024;

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
  const other = others.find((run) => run.isAsked(parsed));
  if (other !== undefined) return other.run({ parsed, language, output, read, readLog, write });
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
  output.out(values.json ? `${JSON.stringify(answer, null, 2)}\n` : printReport(answer, language));
  return isGood(answer) ? 0 : 1;
}

/** What may be verified beside a receipt and a whole log. */
const others: readonly {
  readonly isAsked: (parsed: Arguments) => boolean;
  readonly run: (desk: Desk) => Promise<number>;
}[] = [
  { isAsked: ({ values }) => values.promise !== undefined, run: runPromise },
  { isAsked: ({ values }) => values.cose !== undefined, run: runCose },
  { isAsked: ({ values }) => values['make-fork'] !== undefined, run: runMakeFork },
  { isAsked: ({ positionals }) => positionals.length === 2, run: runBundle },
];

/** A log is a folder that any web server can serve, so its paths are those of the tiles. */
async function runExport(
  folder: string,
  { values }: Arguments,
  { output, language }: { output: Output; language: Language },
): Promise<number> {
  const keys = [...(values.key ?? []), ...(values.witness ?? [])];
  const anyEntries = values['any-entries'];
  const start = performance.now();
  const report = await verifyExport(readLog(folder), {
    verifierKeys: keys,
    anyEntries,
  });
  const seconds = (performance.now() - start) / 1_000;
  const [first] = report.faults.first;
  if (first?.code === 'E_KEY' || first?.code === 'E_UNSUPPORTED') {
    output.error(`[${first.code}] ${rejections[first.code][language]}\n`);
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

function parse(args: readonly string[]): Arguments | undefined {
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
        promise: { type: 'string' },
        receipt: { type: 'string' },
        cose: { type: 'string' },
        entry: { type: 'string' },
        'cose-key': { type: 'string' },
        'make-fork': { type: 'string' },
        proof: { type: 'string' },
        out: { type: 'string', short: 'o' },
        lang: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch {
    return undefined;
  }
}

type OptionName = keyof Arguments['values'];

/** One thing to verify, how many words it takes beside its options, and the options it takes. */
const forms: readonly {
  readonly of: OptionName | undefined;
  readonly words: number;
  readonly options: readonly OptionName[];
}[] = [
  { of: 'promise', words: 0, options: ['key', 'receipt', 'export'] },
  { of: 'cose', words: 0, options: ['key', 'entry', 'cose-key'] },
  { of: 'make-fork', words: 1, options: ['key', 'proof', 'out'] },
  { of: 'fork', words: 0, options: ['key', 'policy'] },
  { of: 'export', words: 0, options: ['key', 'witness', 'any-entries'] },
  { of: undefined, words: 1, options: ['key', 'witness', 'policy', 'tile', 'path'] },
];

function isUsable({ positionals, values }: Arguments): boolean {
  const { lang, tile, path } = values;
  if (lang !== undefined && lang !== 'en' && lang !== 'ja') return false;
  if ((tile === undefined) !== (path === undefined)) return false;
  const isBundle = positionals[0] === 'bundle' && positionals.length === 2;
  const form = forms.find(({ of }) => of === undefined || values[of] !== undefined)!;
  const known = new Set<string>([...form.options, 'lang', 'json', 'help', form.of ?? '']);
  const isKnown = (name: string): boolean =>
    known.has(name) && !(isBundle && (name === 'tile' || name === 'path'));
  const asked = Object.entries(values).filter(([, value]) => value !== false);
  const count = form.of === undefined && isBundle ? 2 : form.words;
  return positionals.length === count && asked.every(([name]) => isKnown(name));
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

function read(path: string, bytesMax: number = fileBytesMax): Uint8Array | undefined {
  try {
    return statSync(path).size > bytesMax ? undefined : new Uint8Array(readFileSync(path));
  } catch {
    return undefined;
  }
}

function readLog(folder: string): ReadLogFile {
  return async (path) => read(join(folder, path));
}

/** @returns false for a file that is there already or cannot be made */
function write(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}
