import { openDatabase } from '#base';
import { type ClassCount, classReport } from '#review';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConversationLevels } from '../../src/gateway/class/conversation-levels.ts';
import { readerLanguages, signsNotice, textIn } from '../../src/gateway/class/notice.ts';
import { type LessonNote, relocated } from '../../src/gateway/class/record.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

describe('the levels of conversations', () => {
  const marks = { keyId: 'k', stated: 'one', opening: [] };

  test('keep what is withheld through a restart, and let go with the last release', () => {
    const database = openDatabase(':memory:');
    const clock = new ManualClock();
    const first = new ConversationLevels(database, clock);
    const name = first.nameOf(marks);
    first.withhold(name, { passage: 'a', level: 3, locks: false });
    first.withhold(name, { passage: 'b', level: 4, locks: true });
    const again = new ConversationLevels(database, clock);
    expect(again.nameOf(marks)).toBe(name);
    expect(again.withheld(name)).toEqual({ level: 4, locked: true });
    again.release('b');
    expect(again.withheld(name)).toEqual({ level: 3, locked: false });
    again.raise(name, { level: 3, seen: { x: 1 } });
    again.release('a');
    expect(again.withheld(name)).toEqual({ level: 0, locked: false });
    expect(again.stateOf(name)?.level).toBe(0);
  });

  test('name no two conversations alike, and say nothing of key or text', () => {
    const levels = new ConversationLevels(openDatabase(':memory:'), new ManualClock());
    const names = [
      marks,
      { ...marks, keyId: 'l' },
      { ...marks, stated: undefined, opening: ['one'] },
      { ...marks, stated: undefined, opening: ['on', 'e'] },
    ].map((of) => levels.nameOf(of));
    expect(new Set(names).size).toBe(4);
    expect(names.join('')).not.toContain('one');
  });

  test('never fall, in whatever order answers end', () => {
    const level = fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const, 4 as const);
    fc.assert(
      fc.property(fc.array(fc.tuple(level, fc.nat(3)), { minLength: 1 }), (found) => {
        const levels = new ConversationLevels(openDatabase(':memory:'), new ManualClock());
        let highest = 0;
        for (const [at, count] of found) {
          levels.raise('c', { level: at, seen: { rule: count } });
          highest = Math.max(highest, at);
          expect(levels.stateOf('c')!.level).toBe(highest);
        }
        expect(levels.stateOf('c')!.seen['rule']).toBe(Math.max(...found.map(([, n]) => n)));
      }),
      { numRuns: 50 },
    );
  });
});

describe('a note', () => {
  const note = (start: number, end: number): LessonNote => ({
    kind: 'kanji',
    start,
    end,
    level: 1,
    rule: 'r',
    evidence: null,
    text: { en: 'x' },
    about: 'answer',
  });

  test('moves with its words where something before it was masked', () => {
    const checked = '花子さんの難読な字と難読な本';
    const delivered = '[NAME]さんの難読な字と難読な本';
    const second = checked.lastIndexOf('難読');
    const [moved] = relocated([note(second, second + 2)], [checked], [delivered]);
    expect(moved).toMatchObject({
      start: delivered.lastIndexOf('難読'),
      end: delivered.lastIndexOf('難読') + 2,
    });
  });

  test('stands at the beginning where its words are gone, and still where nothing changed', () => {
    expect(relocated([note(0, 2)], ['花子さん'], ['[NAME]さん'])).toMatchObject([
      { start: 0, end: 0 },
    ]);
    const same = note(1, 2);
    expect(relocated([same], ['花子'], ['花子'])[0]).toBe(same);
  });
});

describe('the languages of a reader', () => {
  test('are those asked for, then what is written, then those of the pack', () => {
    expect(readerLanguages('th-TH, en;q=0.5', 'en', ['th'])).toEqual(['th-TH', 'en', 'th']);
    expect(readerLanguages(undefined, 'en', ['th', 'en'])).toEqual(['en', 'th']);
    expect(readerLanguages(undefined, 'ja', ['th'])).toEqual(['th', 'en']);
    expect(readerLanguages('<script>', 'ja', [])).toEqual(['ja', 'en']);
    expect(textIn({ en: 'a', th: 'b' }, ['th-TH', 'en'])).toBe('b');
    expect(textIn({ en: 'a' }, ['vi'])).toBe('a');
  });

  test('give helplines with their hours, and always a way where there is none', () => {
    const line = {
      id: 'l',
      kinds: ['suicide' as const],
      title: { en: 'Line', ja: '電話' },
      contact: '0120',
      hours: { en: 'day and night', ja: '24時間' },
      ages: [0, 120] as const,
      languages: ['ja'],
      checked: '2026-11-01',
      source: 's',
    };
    const of = { languages: ['ja'], page: 'p' };
    expect(signsNotice({ kinds: ['suicide'], helplines: [line] }, of)).toContain(
      '- 電話: 0120 (24時間)',
    );
    expect(signsNotice({ kinds: ['suicide'], helplines: [] }, of)).toContain('近くの大人');
  });
});

describe('a report', () => {
  const count = (what: ClassCount['what'], name: string, n: number, week = '2026-11-16') => ({
    week,
    what,
    name,
    count: n,
  });

  test('leaves every small count anywhere between 0 and 9', () => {
    const names = ['pass', 'annotate', 'hold', 'stop'] as const;
    const tables = fc.array(fc.nat(40), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(tables, (counts) => {
        const report = (of: readonly number[]) =>
          classReport(
            [
              ...names.map((name, i) => count('decision', name, of[i])),
              count(
                'all',
                'passages',
                of.reduce((a, b) => a + b, 0),
              ),
            ],
            { now: '2026-11-23' },
          )[1];
        const told = report(counts);
        for (const [i, n] of counts.entries()) {
          if (n >= 10) continue;
          const others = [0, 9].map((value) => counts.with(i, value));
          const visible = told.decision.map(({ count: shown }) => shown);
          for (const one of others) {
            expect(report(one).decision.map(({ count: shown }) => shown)).toEqual(visible);
          }
        }
        const all = told.all.find(({ name }) => name === 'passages')!.count;
        const named = told.decision.reduce((sum, { count: shown }) => sum + (shown ?? 0), 0);
        if (all !== null) expect(all - named).toBeGreaterThanOrEqual(10);
      }),
    );
  });

  test('rounds the week that goes on, and names no rule that was met by few', () => {
    const [now] = classReport(
      [count('rule', 'topic/war', 9, '2026-11-23'), count('code', 'H-1', 29, '2026-11-23')],
      { now: '2026-11-23' },
    );
    expect(now).toMatchObject({ rule: [], code: [{ name: 'H-1', count: 20 }] });
  });
});
