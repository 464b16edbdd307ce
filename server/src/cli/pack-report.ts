import type { Language } from '#base';
import { type FileDiff, type Pack, SchoolError, schoolErrors } from '#school';
import { sentence } from './command.ts';

interface Beside {
  readonly leftOut?: readonly string[];
  readonly signers?: readonly string[] | undefined;
  readonly isNew?: boolean;
}

const words = {
  en: {
    hash: 'hash',
    rows: 'rows',
    sources: 'sources',
    limits: 'limits',
    leftOut: 'left out',
    signed: 'signed by',
    added: 'added',
    known: 'was there already',
    same: 'No difference.',
    removed: 'removed',
    changed: 'changed',
  },
  ja: {
    hash: 'ハッシュ',
    rows: '行',
    sources: '出典',
    limits: '限界',
    leftOut: '除いたもの',
    signed: '署名者',
    added: '追加',
    known: '追加済み',
    same: '違いはありません。',
    removed: '削除',
    changed: '変更',
  },
} as const;

/** What a pack holds and rests on, and what its authors say they do not know. */
export function describePack(
  { manifest, hash }: Pack,
  language: Language,
  { leftOut = [], signers, isNew }: Beside = {},
): string {
  const say = words[language];
  const text = (all: Readonly<Record<string, string>>): string => all[language] ?? all['en'] ?? '';
  const counts = Object.entries(manifest.files).map(([name, file]) => `${name} ${file?.rows}`);
  const lines = [
    `${manifest.id} ${manifest.version}  ${text(manifest.title)}`,
    `  ${say.hash}: ${hash}`,
    `  ${say.rows}: ${counts.join(', ')}`,
    `  ${say.sources}:`,
    ...manifest.sources.map(({ title, licence }) => `    ${title} (${licence})`),
    `  ${say.limits}: ${text(manifest.limits)}`,
    ...(signers === undefined ? [] : [`  ${say.signed}: ${signers.join(', ')}`]),
    ...leftOut.map((what) => `  ${say.leftOut}: ${what}`),
    ...(isNew === undefined ? [] : [`  ${isNew ? say.added : say.known}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** As a reviewer reads it: file by file, row by row. */
export function listDiff(found: readonly FileDiff[], language: Language): string {
  const say = words[language];
  if (found.length === 0) return `${say.same}\n`;
  const lines = found.flatMap(({ file, added, removed, changed }) => [
    `${file}: ${say.added} ${added.length}, ${say.removed} ${removed.length}, ${say.changed} ${changed.length}`,
    ...added.map((row) => `  + ${row}`),
    ...removed.map((row) => `  - ${row}`),
    ...changed.flatMap(({ row, members }) => [
      `  ~ ${row}`,
      ...members.flatMap(({ name, from, to }) => [
        `      ${name}`,
        `        - ${JSON.stringify(from)}`,
        `        + ${JSON.stringify(to)}`,
      ]),
    ]),
  ]);
  return `${lines.join('\n')}\n`;
}

/** The sentence of a failure in the reader's language, with the file and line it is about. */
export function schoolSentence(error: unknown, language: Language): string {
  if (!(error instanceof SchoolError)) return sentence(error);
  const detail = error.detail === undefined ? '' : ` (${error.detail})`;
  return `${schoolErrors[error.code][language]}${detail}`;
}
