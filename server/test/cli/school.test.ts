import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { type SchoolNote, createSchoolSupervisor } from '#school';
import { schoolLines } from '../../src/cli/school-lines.ts';
import { smallPack } from '../school/small-pack.ts';

const pack = smallPack();
const supervisor = createSchoolSupervisor(pack);

interface Answer {
  readonly id: unknown;
  readonly error?: { readonly code: string };
  readonly decision: string;
  readonly codes: readonly string[];
  readonly helplines: readonly unknown[];
  readonly notes: readonly SchoolNote[];
}

async function answersTo(lines: readonly unknown[]): Promise<Answer[]> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  const bytes = Buffer.from(`${text.join('\n')}\n`);
  // Cut in odd places, as a pipe cuts.
  const chunks = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) =>
    bytes.subarray(at * 7, at * 7 + 7),
  );
  const answers: Answer[] = [];
  for await (const { line } of schoolLines({ pack, supervisor }, Readable.from(chunks))) {
    answers.push(JSON.parse(line) as Answer);
  }
  return answers;
}

const good = {
  question: '江戸幕府とは',
  answer: '江戸幕府は1630年に徳川家康が開いた。',
  grade: '小6',
};

test('each line gets one answer in the same order, and a bad one loses no other', async () => {
  const answers = await answersTo([
    { id: 'a', ...good },
    'not JSON',
    { id: 7, question: 'x' },
    { id: 8, ...good, subject: 'astrology' },
    { id: 'b', ...good, subject: '社会' },
    '',
    { id: 'c', ...good, grade: 99 },
    { id: 'd', ...good, answer: 'x'.repeat(200_001) },
    { id: 'e', ...good, extra: 1 },
  ]);
  expect(answers.map(({ id }) => id)).toEqual(['a', null, 7, 8, 'b', 'c', 'd', 'e']);
  expect(answers.map(({ error }) => error?.code)).toEqual([
    undefined,
    'invalid_json',
    'invalid_value',
    'invalid_value',
    undefined,
    undefined,
    'invalid_value',
    'invalid_value',
  ]);
  const [first] = answers;
  expect(first.decision).toBe('rewrite');
  expect(first.codes).toContain('6-history');
  const note = first.notes.find(({ kind }) => kind === 'contradiction.year')!;
  expect(good.answer.slice(note.start, note.end)).toBe('1630年');
  expect(note).toMatchObject({ in: 'answer', rule: 'against-passage' });
  expect(note.evidence).toMatchObject({ passage: 'p1', codes: ['6-history'] });
  expect(answers[5].decision).toBe('hold');
});

test('lines of one conversation go on in it, and others know nothing of it', async () => {
  const answers = await answersTo([
    { ...good, id: 1, conversation: 'x', question: 'もう死にたい' },
    { ...good, id: 2, conversation: 'y' },
    { ...good, id: 3, conversation: 'x' },
  ]);
  expect(answers.map(({ decision }) => decision)).toEqual(['hold', 'rewrite', 'hold']);
  expect(answers[0].helplines.length).toBeGreaterThan(0);
});
