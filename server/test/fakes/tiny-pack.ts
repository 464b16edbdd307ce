import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const texts = (text: string): { en: string; ja: string } => ({ en: text, ja: text });

/** Rows of the smallest pack that has something to say about a lesson in history. */
export const tinyRows: Readonly<Record<string, readonly object[]>> = {
  items: [
    {
      code: 'H-1',
      text: '日本国憲法は1946年に公布された。',
      years: [6],
      subject: 'history',
      source: 's',
    },
  ],
  passages: [
    {
      id: 'P-1',
      text: '日本国憲法は1946年11月3日に公布され、1947年5月3日に施行された。',
      codes: ['H-1'],
      years: [6],
      subject: 'history',
      title: '社会 6',
      place: '12ページ',
      source: 's',
    },
  ],
  helplines: [
    {
      id: 'line',
      kinds: ['suicide'],
      title: { en: 'A line for children', ja: '子どもの電話' },
      contact: '0120-0-78310',
      languages: ['ja'],
      checked: '2026-11-01',
      source: 's',
    },
  ],
};

/** Writes a pack as it lies in a folder. @returns the folder */
export function writeTinyPack(
  folder: string,
  more: {
    readonly version?: string;
    readonly rows?: Readonly<Record<string, readonly object[]>>;
  } = {},
): string {
  mkdirSync(folder, { recursive: true });
  const files: Record<string, object> = {};
  for (const [name, rows] of Object.entries({ ...tinyRows, ...more.rows })) {
    const bytes = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''), 'utf8');
    writeFileSync(join(folder, `${name}.jsonl`), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    files[name] = { sha256, bytes: bytes.length, rows: rows.length };
  }
  const manifest = {
    format: 'sekisho.pack/v1',
    id: 'tiny',
    version: more.version ?? '1',
    country: 'JP',
    title: texts('Tiny'),
    languages: ['ja', 'en'],
    authors: ['A test'],
    limits: texts('It knows one year.'),
    years: [{ year: 6, label: texts('6'), ages: [11, 12] }],
    subjects: [{ id: 'history', title: texts('History') }],
    sources: [{ id: 's', title: 'Test', publisher: 'Test', licence: 'CC0-1.0' }],
    files,
  };
  writeFileSync(join(folder, 'pack.json'), JSON.stringify(manifest));
  return folder;
}
