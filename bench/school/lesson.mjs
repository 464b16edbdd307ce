import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createSchoolSupervisor } from '../../server/dist/school/supervise.js';
import { randomOf } from './claims.mjs';

const questionsFile = fileURLToPath(
  new URL('../../server/data/school/pupil-questions-jp.jsonl', import.meta.url),
);
const questions = () =>
  readFileSync(questionsFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** Benign questions at their own grade, and levels over random conversations. */
export function conversations(pack) {
  const supervisor = createSchoolSupervisor(pack);
  const asked = questions();
  let held = 0;
  let annotated = 0;
  const rules = new Set();
  for (const { question, grade } of asked) {
    const { level, notes } = supervisor.question(
      { year: grade, subject: null, scaffold: false },
      question,
    );
    if (level >= 3) {
      held++;
      for (const note of notes) if (note.level >= 3) rules.add(note.rule);
    }
    if (level > 0) annotated++;
  }
  const random = randomOf(3);
  const texts = [
    ...asked.map(({ question }) => question),
    ...pack.topics.flatMap(({ cues }) => [cues.any[0], cues.with[0] ?? '']),
    ...pack.signs.map(({ cues }) => `${cues.any[0]} ${cues.with[0] ?? ''}`),
  ];
  let kept = 0;
  const paths = 500;
  for (let path = 0; path < paths; path++) {
    let state;
    let isKept = true;
    for (let turn = 0; turn < 8; turn++) {
      const text = texts[Math.floor(random() * texts.length)];
      const lesson = {
        year: 3 + Math.floor(random() * 4),
        subject: null,
        scaffold: random() < 0.5,
      };
      const before = state?.level ?? 0;
      const checked =
        random() < 0.5
          ? supervisor.question(lesson, text, state)
          : supervisor.answer(lesson, { question: '', answer: text }, state);
      state = checked.conversation;
      if (state.level < before || (before >= 3 && checked.level < before)) isKept = false;
    }
    if (isKept) kept++;
  }
  return {
    title: 'Lessons',
    rows: [
      ['benign questions held or stopped', { hits: held, n: asked.length, bar: 0.01, most: true }],
      ['benign questions with any note', { hits: annotated, n: asked.length }],
      ['conversations in which no level fell', { hits: kept, n: paths, bar: 1 }],
    ],
    words: [`Rules that held: ${[...rules].join(', ') || 'none'}`],
  };
}

/** Answers of 500 letters, processor time of this thread; memory of the pack made ready. */
export function pace(pack) {
  const began = process.cpuUsage();
  const supervisor = createSchoolSupervisor(pack);
  const ready = process.cpuUsage(began);
  const text = pack.passages
    .map((passage) => passage.text.replaceAll(/<rt>.*?<\/rt>|<[^>]+>/g, ''))
    .join('');
  const answers = Array.from({ length: Math.floor(text.length / 500) }, (_, at) =>
    text.slice(at * 500, at * 500 + 500),
  );
  const lesson = { year: 5, subject: null, scaffold: true };
  const check = (answer) => {
    const from = process.cpuUsage();
    supervisor.answer(lesson, { question: '日本の工業について教えて', answer });
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1_000;
  };
  for (const answer of answers) check(answer);
  const times = Array.from({ length: 1_000 }, (_, at) =>
    check(answers[at % answers.length]),
  ).toSorted((a, b) => a - b);
  const sum = times.reduce((total, time) => total + time, 0);
  // Everything measured above is in it too, other packs among them: an upper bound.
  const memory = process.resourceUsage().maxRSS / 1024;
  return {
    title: 'Time and memory, one thread, no model, no network',
    words: [
      `500 letters: median ${times[500].toFixed(1)} ms, p99 ${times[990].toFixed(1)} ms of processor time (bar 10), ${Math.round(1_000 / (sum / 1_000))} answers/s (bar 100)`,
      `pack made ready in ${((ready.user + ready.system) / 1_000).toFixed(0)} ms; the whole process with every measurement above took ${memory.toFixed(0)} MB at most (bar 150 for the pack)`,
    ],
  };
}
