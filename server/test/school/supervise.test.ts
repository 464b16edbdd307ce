import { describe, expect, test } from 'vitest';
import { type Lesson, createSchoolSupervisor, freshConversation } from '#school';
import { smallPack } from './small-pack.ts';

const supervisor = createSchoolSupervisor(smallPack());
const lesson: Lesson = { year: 6, subject: null, scaffold: false };
const kindsOf = (notes: readonly { readonly kind: string }[]): string[] =>
  notes.map(({ kind }) => kind);

describe('a question', () => {
  test('that is taught in the class is inside', () => {
    const checked = supervisor.question(lesson, '江戸幕府について教えてください');
    expect(checked.scope).toBe('inside');
    expect(checked.subject).toBe('social');
    expect(checked.codes[0]?.code).toBe('6-history');
    expect(checked.level).toBe(0);
  });

  test('that is taught later is above, with the statement that says so', () => {
    const checked = supervisor.question({ ...lesson, year: 3 }, '明治維新と文明開化とは');
    expect(checked.scope).toBe('above');
    expect(checked.level).toBe(1);
    expect(checked.notes[0]?.evidence?.codes).toContain('6-history');
  });

  test('with a sign of need goes to a person with the helplines for age and language', () => {
    const checked = supervisor.question({ ...lesson, year: 4 }, 'もう死にたい');
    expect(checked.level).toBe(3);
    expect(checked.signs?.kinds).toEqual(['suicide']);
    expect(checked.signs?.helplines[0]?.id).toBe('child');
    expect(checked.signs?.helplines.map(({ id }) => id)).not.toContain('adult');
    expect(kindsOf(checked.notes)).toContain('safeguarding');
  });

  test('of a year the pack does not have is held', () => {
    const checked = supervisor.question({ ...lesson, year: 19 }, '江戸幕府とは');
    expect(checked.level).toBe(3);
    expect(kindsOf(checked.notes)).toEqual(['failure']);
  });
});

describe('an answer', () => {
  const answer = (text: string, of: Lesson = lesson): ReturnType<typeof supervisor.answer> =>
    supervisor.answer(of, { question: '教えてください', answer: text });

  test('that says what the passages say has nothing held against it', () => {
    expect(answer('江戸幕府は1603年に徳川家康が開いた。').decision).toBe('annotate');
    const kinds = kindsOf(answer('江戸幕府は1603年に徳川家康が開いた。').notes);
    expect(kinds.filter((kind) => kind.startsWith('contradiction'))).toEqual([]);
  });

  test.each([
    ['a year', '江戸幕府は1630年に徳川家康が開いた。', 'contradiction.year', '1630年'],
    [
      'a number',
      '富士山の高さは3,676メートルで、日本で一番高い山である。',
      'contradiction.number',
      '3,676メートル',
    ],
    [
      'a denial',
      '水道の水は飲むことができない。',
      'contradiction.polarity',
      '水道の水は飲むことができない。',
    ],
  ])(
    'against %s of a passage is written again, with place and evidence',
    (_what, text, kind, place) => {
      const checked = answer(text);
      const note = checked.notes.find((one) => one.kind === kind);
      expect(note && text.slice(note.start, note.end)).toBe(place);
      expect(note?.evidence?.passage).toMatch(/^p/);
      expect(checked.decision).toBe('rewrite');
      expect(checked.again).toContain('もう一度');
    },
  );

  test.each([
    '明治維新は明治元年に始まった。',
    '明治維新は１８６８年に始まった。',
    '明治維新は一八六八年に始まった。',
    '富士山の高さは約3,800メートルである。',
    '富士山の高さは三千七百七十六mで、日本で一番高い山だ。',
    '富士山の高さは3.776kmです。',
    '大名は二百七十家ほどあった。',
  ])('with the same value written otherwise is no contradiction: %s', (text) => {
    const kinds = kindsOf(answer(text).notes);
    expect(kinds.filter((kind) => kind.startsWith('contradiction'))).toEqual([]);
  });

  test('above the class in its kanji is annotated with a reading where one is known', () => {
    const text = '憲法は大きな川の権です。';
    const { notes } = answer(text, { ...lesson, year: 3 });
    const kanji = notes.filter(({ kind }) => kind === 'kanji');
    expect(kanji.map(({ start, end }) => text.slice(start, end))).toEqual(['憲法', '権']);
    expect(kanji[0]?.offer?.reading).toBe('けんぽう');
    expect(kanji[1]?.offer).toBeUndefined();
  });

  test('above the class offers a reading for the very word it belongs to', () => {
    const text = '大憲法権の川です。';
    const { notes } = answer(text, { ...lesson, year: 3 });
    const kanji = notes.filter(({ kind }) => kind === 'kanji');
    const offers = kanji.map(({ start, end, offer }) => [text.slice(start, end), offer?.reading]);
    expect(offers).toEqual([
      ['大憲法権', undefined],
      ['憲法', 'けんぽう'],
    ]);
    expect(kanji[0]?.text['en']).toContain('(権)');
  });

  test('of one view of two names the other', () => {
    const { notes } = answer('ダムは洪水を防ぐので大切です。');
    const view = notes.find(({ kind }) => kind === 'one_view');
    expect(view?.text['ja']).toContain('自然が失われる');
    expect(kindsOf(answer('ダムは洪水を防ぐが自然が失われる。').notes)).not.toContain('one_view');
  });

  test('that takes a stand where facts are to be told is written again', () => {
    const { notes, decision } = answer('空襲をした国を許せない。');
    expect(notes.some(({ kind, level }) => kind === 'topic' && level === 2)).toBe(true);
    expect(decision).toBe('rewrite');
    expect(answer('空襲で多くの人がなくなった。').notes.map(({ kind }) => kind)).not.toContain(
      'topic',
    );
  });

  test('that hands over the solution is written again only where the teacher wants hints', () => {
    const said = { question: '24 × 15 はいくつ？', answer: '24 × 15 = 360 です。' };
    const hinting = { ...lesson, scaffold: true };
    expect(kindsOf(supervisor.answer(hinting, said).notes)).toContain('handed_over');
    expect(kindsOf(supervisor.answer(lesson, said).notes)).not.toContain('handed_over');
    const hint = {
      ...said,
      answer: '15を10と5に分けて考えてみよう。まず10倍するといくつになるかな？',
    };
    expect(kindsOf(supervisor.answer(hinting, hint).notes)).not.toContain('handed_over');
  });

  test('on what the country reads differently bears the pack’s caution', () => {
    expect(kindsOf(answer('東の海で魚をとる。').notes)).toContain('caution');
  });
});

describe('a conversation', () => {
  test('reaches a topic step by step and stays there', () => {
    const first = supervisor.question(lesson, '爆発物って何？');
    expect(first.level).toBeLessThan(4);
    const second = supervisor.question(lesson, 'その材料は？', first.conversation);
    expect(second.level).toBe(4);
    const third = supervisor.question(lesson, 'ありがとう', second.conversation);
    expect(third.level).toBe(4);
    expect(third.conversation.level).toBe(4);
  });

  test('in which a pupil insists on the solution tells the teacher', () => {
    const hinting = { ...lesson, scaffold: true };
    let state = freshConversation;
    for (let turn = 0; turn < 2; turn++) {
      const checked = supervisor.question(hinting, '答えだけ教えて', state);
      expect(checked.notes.map(({ rule }) => rule)).not.toContain('insists');
      state = checked.conversation;
    }
    const third = supervisor.question(hinting, '答えだけ教えて', state);
    expect(third.notes.map(({ rule }) => rule)).toContain('insists');
  });
});

test('a year is known by number, label and other names, and no other is', () => {
  expect(supervisor.yearOf(4)).toBe(4);
  expect(supervisor.yearOf('小４')).toBe(4);
  expect(supervisor.yearOf('Year 4')).toBe(4);
  expect(() => supervisor.yearOf('大学')).toThrowError(/no such grade/);
});
