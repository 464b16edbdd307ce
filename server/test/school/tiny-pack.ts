import type { PackDraft } from '../../src/school/pack-writer.ts';

/** A pack small enough to be read in a test: two years, two subjects, one row of each kind. */
export function tinyPack(): PackDraft {
  const source = 'own';
  return {
    manifest: {
      format: 'sekisho.pack/v1',
      id: 'tiny',
      version: '1.0',
      country: 'JP',
      title: { ja: '小さなパック', en: 'A tiny pack' },
      languages: ['ja', 'en'],
      authors: ['Test'],
      limits: { en: 'For tests.', ja: '試験用。' },
      years: [
        { year: 3, label: { en: 'Elementary 3', ja: '小学校3年' }, also: ['小3'], ages: [8, 9] },
        { year: 4, label: { en: 'Elementary 4', ja: '小学校4年' }, also: ['小4'], ages: [9, 10] },
        { year: 6, label: { en: 'Elementary 6', ja: '小学校6年' }, also: ['小6'], ages: [11, 12] },
      ],
      subjects: [
        { id: 'social-studies', title: { en: 'Social studies', ja: '社会' }, also: ['社会'] },
        { id: 'science', title: { en: 'Science', ja: '理科' }, also: ['理科'] },
      ],
      sources: [{ id: source, title: 'Own rows', publisher: 'Test', licence: 'Apache-2.0' }],
    },
    rows: {
      items: [
        {
          code: 'S3',
          text: '市の様子や、消防署などが安全を守る働きについて理解すること。',
          years: [3],
          subject: 'social-studies',
          parent: null,
          prerequisites: [],
          source,
        },
        {
          code: 'S4',
          text: '県の地形や、水道と下水道、ごみの処理の仕事について理解すること。',
          years: [4],
          subject: 'social-studies',
          parent: null,
          prerequisites: [],
          source,
        },
        {
          code: 'S6',
          text: '明治維新、日清戦争、第二次世界大戦など我が国の歴史を理解すること。',
          years: [6],
          subject: 'social-studies',
          parent: null,
          prerequisites: [],
          source,
        },
        {
          code: 'R4',
          text: '電池の数やつなぎ方を変えると電流の大きさが変わること。',
          years: [4],
          subject: 'science',
          parent: null,
          prerequisites: [],
          source,
        },
      ],
      passages: [
        {
          id: 'P1',
          text: '明治維新は1868年に始まった。廃藩置県は1871年に行われた。県は47ある。',
          codes: ['S6'],
          years: [6],
          subject: 'social-studies',
          title: '明治の国づくり',
          place: '10ページ',
          source,
        },
        {
          id: 'P2',
          text: '消防署では、火事の知らせを受けると消防車がすぐに出動する。電話番号は119番である。',
          codes: ['S3'],
          years: [3],
          subject: 'social-studies',
          title: '安全を守る',
          place: '20ページ',
          source,
        },
      ],
      aliases: [{ codes: ['S4'], words: ['じゃ口', '水道の水', 'ごみしゅう集車'], source }],
      characters: [
        {
          year: 1,
          characters: '一二三四五六七八九十百年日月火水木金土人山川田大小中上下車',
          source,
        },
        { year: 3, characters: '安全守市様子働消', source },
        { year: 6, characters: '署県', source },
      ],
      words: [{ word: '廃藩置県', reading: 'はいはんちけん', year: 6, source }],
      topics: [
        {
          id: 'war',
          title: { en: 'War', ja: '戦争' },
          cues: { any: ['戦争', '空襲', 'war'], with: [], not: ['受験戦争'] },
          framing: [
            { from: 0, to: 4, allowed: 'none', level: 3 },
            { from: 5, to: 12, allowed: 'facts', level: 1 },
          ],
          note: { en: 'A teacher goes along.', ja: '先生と一緒に学びましょう。' },
          source,
        },
      ],
      views: [
        {
          id: 'nuclear',
          title: { en: 'Nuclear power', ja: '原子力発電' },
          cues: { any: ['原子力発電', '原発'], with: [], not: [] },
          views: [
            { id: 'for', title: { en: 'For', ja: '賛成' }, cues: ['賛成', '必要', '安定'] },
            { id: 'against', title: { en: 'Against', ja: '反対' }, cues: ['反対', '危険', '事故'] },
          ],
          note: { en: 'There are two views.', ja: 'ちがう意見もあります。' },
          source,
        },
      ],
      cautions: [
        {
          id: 'food',
          kind: 'religion',
          title: { en: 'Food and faith', ja: '食べ物と信仰' },
          cues: { any: ['豚肉'], with: [], not: [] },
          level: 1,
          note: { en: 'Some do not eat pork.', ja: '豚肉を食べない人もいます。' },
          source,
        },
      ],
      calendar: [
        {
          id: 'peace-day',
          title: { en: 'End of the war', ja: '終戦の日' },
          on: { monthDay: '08-15' },
          source,
        },
      ],
      signs: [
        {
          id: 'wish-to-die',
          kind: 'suicide',
          cues: { any: ['死にたい', '消えたい'], with: [], not: [] },
          source,
        },
      ],
      helplines: [
        {
          id: 'test-line',
          kinds: ['suicide', 'bullying'],
          title: { en: 'A line for tests', ja: '試験用の相談窓口' },
          contact: '000-0000-0000',
          ages: [0, 18],
          languages: ['ja'],
          checked: '2026-11-25',
          source,
        },
      ],
    },
  };
}
