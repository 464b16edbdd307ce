import {
  type AnswerCheck,
  type ConversationState,
  type Level,
  type Pack,
  type SchoolNote,
  type SchoolSupervisor,
  decisionOf,
  freshConversation,
  highest,
} from '#school';

/** Words that make the scripted supervisor find something, and what it finds. */
const script: readonly {
  readonly word: string;
  readonly kind: SchoolNote['kind'];
  readonly rule: string;
  readonly level: Level;
}[] = [
  { word: '難読', kind: 'kanji', rule: 'kanji-above-grade', level: 1 },
  { word: '間違い', kind: 'contradiction.year', rule: 'contradiction', level: 2 },
  { word: '戦争', kind: 'topic', rule: 'topic/war', level: 3 },
  { word: '爆弾', kind: 'topic', rule: 'topic/weapons', level: 4 },
];

/** Finds what stands in its script and nothing else, and breaks where a text says so. */
export function scriptedSchool(pack: Pack): SchoolSupervisor {
  const { manifest, hash } = pack;
  return {
    pack: { id: manifest.id, version: manifest.version, hash },
    yearOf: Number,
    question: (_lesson, question, before = freshConversation) => {
      if (question.includes('壊れた問い')) throw new Error('scripted');
      const notes = found(question);
      const needs = question.includes('消えたい');
      return {
        scope: question.includes('曖昧') ? 'unsure' : 'inside',
        subject: 'history',
        codes: [{ code: 'H-1', score: 1, years: [6], subject: 'history' }],
        level: highest(notes.map(({ level }) => level)),
        notes,
        signs: needs ? { kinds: ['suicide'], helplines: pack.helplines } : null,
        conversation: after(before, notes, needs ? 3 : 0),
      };
    },
    answer: (lesson, { answer }, before = freshConversation): AnswerCheck => {
      if (answer.includes('壊れた答え')) throw new Error('scripted');
      const notes = found(answer);
      const level = highest(notes.map((note) => note.level));
      return {
        level,
        decision: decisionOf(level),
        codes: ['H-1', `Y-${lesson.year}`],
        notes,
        again: level === 2 ? 'The year is wrong. Write it again.' : null,
        conversation: after(before, notes, 0),
      };
    },
  };
}

function found(text: string): readonly SchoolNote[] {
  return script.flatMap(({ word, kind, rule, level }): SchoolNote[] => {
    const start = text.indexOf(word);
    if (start === -1) return [];
    const evidence = { passage: 'P-1', codes: ['H-1'], text: 'What is so.', place: 'Page 1' };
    const said = { en: `Found by ${rule}.`, ja: `${rule} による。` };
    return [{ kind, start, end: start + word.length, level, rule, evidence, text: said }];
  });
}

/** What is only annotated or mended does not mark a conversation. */
function after(
  before: ConversationState,
  notes: readonly SchoolNote[],
  least: Level,
): ConversationState {
  const lasting = notes.filter(({ level }) => level >= 3);
  const seen = Object.fromEntries(lasting.map(({ rule }) => [rule, (before.seen[rule] ?? 0) + 1]));
  const level = highest([before.level, least, ...lasting.map((note) => note.level)]);
  return { level, seen: { ...before.seen, ...seen } };
}
