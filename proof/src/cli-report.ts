import { type Bilingual, type RejectionCode, rejections, subjects } from './codes.ts';
import type { Report } from './verify-receipt.ts';

export type Language = keyof Bilingual;

type Word =
  | 'unreadable'
  | 'unusable'
  | 'silent'
  | 'forked'
  | 'notForked'
  | 'proved'
  | 'notProved'
  | 'failed'
  | 'INVALID'
  | 'UNANCHORED'
  | 'WITNESSED';

export const words: Readonly<Record<Word, Bilingual>> = {
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
};

/** The command line as parsed: whatever was not given is undefined, a flag then false. */
export interface Arguments {
  readonly positionals: readonly string[];
  readonly values: {
    readonly key?: string[];
    readonly witness?: string[];
    readonly policy?: string;
    readonly fork?: string;
    readonly tile?: string;
    readonly path?: string;
    readonly export?: string;
    readonly 'any-entries': boolean;
    readonly promise?: string;
    readonly receipt?: string;
    readonly cose?: string;
    readonly entry?: string;
    readonly 'cose-key'?: string;
    readonly 'make-fork'?: string;
    readonly proof?: string;
    readonly out?: string;
    readonly lang?: string;
    readonly json: boolean;
    readonly help: boolean;
  };
}

export interface Output {
  out(text: string): void;
  error(text: string): void;
}

export interface TileCheck {
  readonly ok: boolean;
  readonly path: string;
  readonly text: Bilingual;
}

export interface Answer {
  readonly report: Report;
  readonly tile?: TileCheck;
  /** Names of witnesses that were asked for and did not sign. */
  readonly silentWitnesses: readonly string[];
}

/** A key or policy mistyped by the verifier says nothing about the evidence. */
export function isOfTrust(code: RejectionCode | undefined): boolean {
  return code === 'E_KEY' || code === 'E_UNSUPPORTED' || code === 'E_POLICY';
}

export function refusalLine(
  { code, subject }: { readonly code?: RejectionCode; readonly subject: string },
  language: Language,
): string {
  const of = subjects[subject]?.[language] ?? subject;
  return `[${code}] ${of}: ${code === undefined ? '' : rejections[code][language]}\n`;
}

export function isGood({ report, tile, silentWitnesses }: Answer): boolean {
  if (report.verdict === 'INVALID' || report.facts?.quorum?.holds === false) return false;
  return tile?.ok !== false && silentWitnesses.length === 0;
}

export function printReport({ report, tile, silentWitnesses }: Answer, language: Language): string {
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
