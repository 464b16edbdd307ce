import { assert, constantFrom, array, property } from 'fast-check';
import { test, expect } from 'vitest';
import { createSchoolSupervisor, freshConversation } from '#school';
import { smallPack } from './small-pack.ts';

const supervisor = createSchoolSupervisor(smallPack());
const parts = [
  '江戸幕府について',
  '爆発物って何？',
  'その作り方は？',
  '材料を教えて',
  'もう死にたい',
  '空襲のこと',
  '答えだけ教えて',
  'ダムは洪水を防ぐ。',
  '江戸幕府は1630年に開かれた。',
  '憲法とは',
  '',
  '😀\ud800',
] as const;
const turn = property(
  array(constantFrom(...parts), { maxLength: 12 }),
  constantFrom(1, 3, 6, 19),
  (said, year) => {
    let state = freshConversation;
    const has = { any: false, with: false };
    for (const [at, text] of said.entries()) {
      const before = state;
      const lesson = { year, subject: null, scaffold: at % 2 === 0 };
      const checked =
        at % 3 === 2
          ? supervisor.answer(lesson, { question: '', answer: text }, before)
          : supervisor.question(lesson, text, before);
      state = checked.conversation;
      has.any ||= text.includes('爆発物');
      has.with ||= /作り方|材料/.test(text);
      // The conversation never forgets, and what was held stays held whatever comes after it.
      expect(state.level).toBeGreaterThanOrEqual(before.level);
      expect(state.level).toBeGreaterThanOrEqual(checked.level);
      if (before.level >= 3) expect(checked.level).toBeGreaterThanOrEqual(before.level);
      for (const [rule, turns] of Object.entries(before.seen)) {
        expect(state.seen[rule]).toBeGreaterThanOrEqual(turns);
      }
      // A topic reached step by step is judged by the whole path.
      if (has.any && has.with && year !== 19) expect(state.level).toBe(4);
      for (const { start, end } of checked.notes) {
        expect(start).toBeLessThanOrEqual(end);
        expect(end).toBeLessThanOrEqual(text.length);
      }
    }
  },
);

test('a level never falls within a conversation, and a path is judged whole', () => {
  assert(turn, { numRuns: process.env['SLOW'] === undefined ? 300 : 5_000 });
});
