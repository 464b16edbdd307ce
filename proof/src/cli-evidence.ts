import { decodeBase64, decodeUtf8, encodeBase64url } from './bytes.ts';
import { bundleCharactersMax } from './bundle.ts';
import {
  type Arguments,
  type Language,
  type Output,
  isGood,
  isOfTrust,
  printReport,
  refusalLine,
  words,
} from './cli-report.ts';
import type { Bilingual, RejectionCode } from './codes.ts';
import { type ForkRefusal, makeForkEvidence } from './fork.ts';
import { type PromiseEvidence, type PromiseReport, verifyPromise } from './verify-promise.ts';
import { type CoseReport, verifyCoseReceipt } from './verify-cose.ts';
import type { ReadLogFile } from './verify-export.ts';
import { type BundleReport, verifyBundle } from './verify-bundle.ts';

/** What a command of the verifier works with. */
export interface Desk {
  readonly parsed: Arguments;
  readonly language: Language;
  readonly output: Output;
  read(path: string, bytesMax?: number): Uint8Array | undefined;
  readLog(folder: string): ReadLogFile;
  write(path: string, text: string): boolean;
}

const said = {
  KEPT: {
    en: 'KEPT: the entry stands where the log promised it.',
    ja: 'KEPT(守られた): 記録は、台帳が約束した位置にあります。',
  },
  BROKEN: {
    en: 'BROKEN: the log signed a tree with another leaf there. Keep both files: they are evidence.',
    ja: 'BROKEN(破られた): 台帳が署名した木では、そこに別の葉があります。両方のファイルは証拠になります。',
  },
  OPEN: {
    en: 'OPEN: genuine, but what was shown does not reach the promised place.',
    ja: 'OPEN(未確定): 約束は本物ですが、示されたものは約束の位置に届きません。',
  },
  INVALID: {
    en: 'INVALID: nothing follows from these files.',
    ja: 'INVALID(無効): これらのファイルからは何も言えません。',
  },
  cose: {
    en: 'VALID, UNANCHORED: the log signed a tree that holds this entry.',
    ja: 'VALID, UNANCHORED(有効、証人なし): 台帳が、この記録を含む木に署名しています。',
  },
  stated: {
    en: 'Place and size are as stated: a receipt of this form signs the root, not these two.',
    ja: '位置と件数は述べられたままの値です。この形の受領証が署名するのは根で、この二つではありません。',
  },
  place: { en: 'promised place', ja: '約束の位置' },
  leaf: { en: 'promised leaf', ja: '約束の葉' },
  found: { en: 'leaf that stands there', ja: '実際の葉' },
  size: { en: 'entries the log has signed', ja: '署名済みの件数' },
  log: { en: 'log', ja: '台帳' },
  entry: { en: 'entry', ja: '記録' },
  root: { en: 'root', ja: '根' },
  subject: { en: 'about', ja: '対象' },
  contents: { en: 'Content that was asked for', ja: '開示を求めた内容' },
  erasedBy: { en: 'by entry', ja: '根拠となる記録' },
  made: { en: 'evidence written to', ja: '証拠を書き出しました' },
  unwritable: {
    en: "couldn't write the file (an existing one is left alone)",
    ja: 'ファイルに書けません(既にあるファイルには書きません)',
  },
} as const satisfies Record<string, Bilingual>;

const refusals: Readonly<Record<ForkRefusal, Bilingual>> = {
  agree: {
    en: 'Both checkpoints show the same tree.',
    ja: '二つのチェックポイントは同じ木を示しています。',
  },
  sizes: {
    en: 'A log grows, so two sizes are no fork by themselves. Look for two notes of one size.',
    ja: '台帳は伸びるものなので、件数が違うだけでは分岐ではありません。同じ件数の二つが必要です。',
  },
  consistent: {
    en: 'The proof connects the two: the later tree continues the earlier one.',
    ja: '証明が両者をつないでいます。後の木は前の木の続きです。',
  },
  proof_fails: {
    en: 'The proof fails, but anybody can write a proof that fails: it convicts nobody.',
    ja: '証明は成り立ちませんが、成り立たない証明は誰にでも書けるため、証拠になりません。',
  },
};

/** Exit code of a promise that nothing was shown about. */
const openExit = 3;

/** `--promise`: holds a log to what it promised. */
export async function runPromise(desk: Desk): Promise<number> {
  const { values } = desk.parsed;
  if (values.receipt !== undefined && values.export !== undefined) {
    desk.output.error(`${words.unusable[desk.language]}\n`);
    return 2;
  }
  const note = readOrSay(desk, values.promise!);
  const receipt = values.receipt === undefined ? undefined : readOrSay(desk, values.receipt);
  if (note === undefined || (receipt === undefined && values.receipt !== undefined)) return 2;
  let evidence: PromiseEvidence = { kind: 'none' };
  if (values.export !== undefined) evidence = { kind: 'log', read: desk.readLog(values.export) };
  else if (receipt !== undefined) evidence = { kind: 'receipt', text: decodeUtf8(receipt) ?? '' };
  const report = await verifyPromise(note, evidence, values.key ?? []);
  if (isUnusable(desk, report)) return 2;
  say(desk, report, printPromise(report, desk.language));
  return { KEPT: 0, BROKEN: 1, INVALID: 1, OPEN: openExit }[report.verdict];
}

/** `--cose`: an entry, and a receipt for it in COSE. */
export async function runCose(desk: Desk): Promise<number> {
  const { values } = desk.parsed;
  const [vkey, ...more] = values.key ?? [];
  const hasOneKey =
    more.length === 0 && (vkey === undefined) !== (values['cose-key'] === undefined);
  if (values.entry === undefined || !hasOneKey) {
    desk.output.error(`${words.unusable[desk.language]}\n`);
    return 2;
  }
  const receipt = readOrSay(desk, values.cose!);
  const entry = readOrSay(desk, values.entry);
  const pem = values['cose-key'] === undefined ? undefined : readOrSay(desk, values['cose-key']);
  if (receipt === undefined || entry === undefined) return 2;
  if (pem === undefined && values['cose-key'] !== undefined) return 2;
  const key = pem === undefined ? { vkey: vkey ?? '' } : { spki: derOf(decodeUtf8(pem) ?? '') };
  const report = await verifyCoseReceipt(receipt, entry, key);
  if (isUnusable(desk, report)) return 2;
  say(desk, report, printCose(report, desk.language));
  return report.verdict === 'INVALID' ? 1 : 0;
}

/** `bundle FILE`: everything about one exchange that an auditor was given. */
export async function runBundle(desk: Desk): Promise<number> {
  const { values, positionals } = desk.parsed;
  const file = readOrSay(desk, positionals[1]!, bundleCharactersMax);
  const policy = values.policy === undefined ? undefined : readOrSay(desk, values.policy);
  if (file === undefined || (policy === undefined && values.policy !== undefined)) return 2;
  const witnessKeys = values.witness ?? [];
  const report = await verifyBundle(decodeUtf8(file) ?? '', {
    verifierKeys: values.key ?? [],
    witnessKeys,
    ...(policy === undefined ? {} : { trustPolicy: policy }),
  });
  const failed = report.checks.find(({ code }) => code !== undefined);
  if (failed?.code !== undefined && isUnusable(desk, { ...failed, code: failed.code })) return 2;
  const seen = new Set(report.facts?.witnesses.map(({ name }) => name));
  const names = witnessKeys.map((text) => text.trim().split('+')[0] ?? '');
  const silentWitnesses = report.facts === undefined ? [] : names.filter((name) => !seen.has(name));
  const answer = { report, silentWitnesses };
  say(desk, answer, printReport(answer, desk.language) + printContents(report, desk.language));
  const isMissing = report.contents.some(({ state }) => state === 'MISSING');
  return isGood(answer) && !isMissing ? 0 : 1;
}

/** `--make-fork A B -o FILE`: writes what `--fork` convicts by, and nothing less. */
export async function runMakeFork(desk: Desk): Promise<number> {
  const { values, positionals } = desk.parsed;
  const { language, output } = desk;
  const paths = [values['make-fork']!, positionals[0]!] as const;
  const [one, other] = paths.map((path) => readOrSay(desk, path));
  const proofFile = values.proof === undefined ? undefined : readOrSay(desk, values.proof);
  if (values.out === undefined) {
    output.error(`${words.unusable[language]}\n`);
    return 2;
  }
  if (one === undefined || other === undefined) return 2;
  if (proofFile === undefined && values.proof !== undefined) return 2;
  const made = await makeForkEvidence([decodeUtf8(one) ?? '', decodeUtf8(other) ?? ''], {
    verifierKeys: values.key ?? [],
    ...(proofFile === undefined ? {} : { proof: hashesOf(decodeUtf8(proofFile) ?? '') }),
  });
  if (!made.made) {
    if (isUnusable(desk, made)) return 2;
    const why = made.reason === undefined ? '' : `${refusals[made.reason][language]}\n`;
    const text = `${words.notForked[language]}\n\n${refusalLine(made, language)}${why}`;
    say(desk, made, text);
    return 1;
  }
  if (!desk.write(values.out, made.text)) {
    output.error(`${said.unwritable[language]}: ${values.out}\n`);
    return 2;
  }
  say(desk, made, `${words.forked[language]}\n\n  ${said.made[language]}: ${values.out}\n`);
  return 0;
}

function printPromise(report: PromiseReport, language: Language): string {
  const { verdict, origin, promised, found, size } = report;
  const rows: readonly (readonly [Bilingual, unknown])[] = [
    [said.log, origin],
    [said.place, promised?.index],
    [said.leaf, promised?.leafHash],
    [said.found, found],
    [said.size, size],
  ];
  return `${said[verdict][language]}\n\n${failureLine(report, language)}${table(rows, language)}`;
}

function printCose(report: CoseReport, language: Language): string {
  const { verdict, facts } = report;
  const rows: readonly (readonly [Bilingual, unknown])[] = [
    [said.log, facts?.issuer],
    [said.subject, facts?.subject],
    [said.entry, facts?.index],
    [said.size, facts?.size],
    [said.root, facts === undefined ? undefined : encodeBase64url(facts.root)],
  ];
  const first = verdict === 'INVALID' ? words.INVALID : said.cose;
  const stated = facts === undefined ? '' : `\n${said.stated[language]}\n`;
  return `${first[language]}\n\n${failureLine(report, language)}${table(rows, language)}${stated}`;
}

function printContents({ contents }: BundleReport, language: Language): string {
  if (contents.length === 0) return '';
  const lines = contents.map(({ role, group, state, erasedBy }) => {
    const by = erasedBy === undefined ? '' : ` (${said.erasedBy[language]} ${erasedBy})`;
    return `  - ${role}, ${group}: ${state}${by}`;
  });
  return `\n${said.contents[language]}:\n${lines.join('\n')}\n`;
}

function table(rows: readonly (readonly [Bilingual, unknown])[], language: Language): string {
  return rows
    .filter(([, value]) => value !== undefined)
    .map(([title, value]) => `  ${title[language]}: ${String(value)}\n`)
    .join('');
}

interface Failed {
  readonly code?: RejectionCode;
  readonly subject?: string;
}

function failureLine({ code, subject = '' }: Failed, language: Language): string {
  return code === undefined ? '' : refusalLine({ code, subject }, language);
}

/** A key mistyped, or a copy of the log that is not there, says nothing about the evidence. */
function isUnusable({ output, language }: Desk, { code, subject = '' }: Failed): boolean {
  const isAbsent = code === 'E_ABSENT' && subject === 'checkpoint';
  if (!isOfTrust(code) && !isAbsent) return false;
  output.error(failureLine({ ...(code === undefined ? {} : { code }), subject }, language));
  return true;
}

function readOrSay(desk: Desk, path: string, bytesMax?: number): Uint8Array | undefined {
  const bytes = desk.read(path, bytesMax);
  if (bytes === undefined) desk.output.error(`${words.unreadable[desk.language]}: ${path}\n`);
  return bytes;
}

function say({ parsed, output }: Desk, value: unknown, text: string): void {
  output.out(parsed.values.json ? `${JSON.stringify(value, jsonable, 2)}\n` : text);
}

function jsonable(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? encodeBase64url(value) : value;
}

/** The bytes between the two lines of a PEM file; empty for anything else. */
function derOf(pem: string): Uint8Array {
  const match = /^-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)-----END PUBLIC KEY-----\n?$/.exec(
    pem,
  );
  return decodeBase64((match?.[1] ?? '').replaceAll('\n', '')) ?? new Uint8Array(0);
}

/** One base64 hash for each line, as a witness is sent them. What is no hash fits no proof. */
function hashesOf(text: string): readonly Uint8Array[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => decodeBase64(line) ?? new Uint8Array(0));
}
