import type { Pack } from '#school';

type Given = Partial<Omit<Pack, 'manifest' | 'hash'>> & {
  readonly manifest?: Partial<Pack['manifest']>;
};

const source = 's';

/** A pack of a few rows, written for tests. */
export function smallPack(given: Given = {}): Pack {
  const { manifest, ...rows } = given;
  return {
    items: [
      item('3-town', '市の様子 身近な地域や市の土地利用，交通，公共施設', 3),
      item(
        '4-water',
        '飲料水，電気，ガスを供給する事業は，安全で安定的に供給できるよう進められている',
        4,
      ),
      item('6-history', '我が国の歴史 江戸幕府，明治維新，文明開化', 6),
    ],
    passages: [
      passage('p1', '江戸幕府は1603年に徳川家康が開いた。大名は約270家あった。', '6-history'),
      passage('p2', '明治維新は1868年に始まった。政府は廃藩置県を行った。', '6-history'),
      passage('p3', '富士山の高さは3,776メートルで、日本で一番高い山である。', '3-town'),
      passage(
        'p4',
        '浄水場では、川の水をきれいにして家庭に送っている。水道の水は飲むことができる。',
        '4-water',
      ),
    ],
    aliases: [],
    characters: [
      { year: 1, characters: '一右雨円王音下火花日本山川水人大小上中年', source },
      { year: 2, characters: '高国家行市名分長後前東西南北数', source },
      { year: 3, characters: '開始世界区送飲府', source },
      { year: 6, characters: '憲権', source },
    ],
    words: [
      { word: '憲法', reading: 'けんぽう', simpler: '国のいちばん大事なきまり', year: 6, source },
      { word: '江戸', reading: 'えど', year: 3, source },
    ],
    topics: [
      {
        id: 'war',
        title: { en: 'War', ja: '戦争' },
        cues: { any: ['空襲', 'air raid'], with: [], not: ['空襲警報の歴史'] },
        framing: [
          { from: 0, to: 2, allowed: 'none', level: 3 },
          { from: 3, to: 20, allowed: 'facts', level: 0 },
        ],
        note: { en: 'War is spoken of as facts.', ja: '戦争は事実として扱います。' },
        source,
      },
      {
        id: 'explosive',
        title: { en: 'Explosives', ja: '爆発物' },
        cues: { any: ['爆発物'], with: ['作り方', '材料'], not: [] },
        framing: [{ from: 0, to: 20, allowed: 'none', level: 4 }],
        note: { en: 'Not in class.', ja: '授業では扱いません。' },
        source,
      },
    ],
    views: [
      {
        id: 'dam',
        title: { en: 'The dam', ja: 'ダム' },
        cues: { any: ['ダム'], with: [], not: [] },
        views: [
          {
            id: 'for',
            title: { en: 'it prevents floods', ja: '洪水を防ぐ' },
            cues: ['洪水を防ぐ'],
          },
          {
            id: 'against',
            title: { en: 'nature is lost', ja: '自然が失われる' },
            cues: ['自然が失われ'],
          },
        ],
        note: { en: 'Two views.', ja: '二つの見方があります。' },
        source,
      },
    ],
    cautions: [
      {
        id: 'name-of-sea',
        kind: 'territory',
        title: { en: 'The sea', ja: '海の名前' },
        cues: { any: ['東の海'], with: [], not: [] },
        level: 1,
        note: { en: 'It has two names.', ja: '名前が二つあります。' },
        source,
      },
    ],
    calendar: [],
    signs: [{ id: 'die', kind: 'suicide', cues: { any: ['死にたい'], with: [], not: [] }, source }],
    helplines: [
      helpline('child', [0, 18], ['ja'], ['suicide', 'bullying']),
      helpline('adult', [19, 120], ['ja'], ['suicide']),
      helpline('english', [0, 120], ['en'], ['suicide']),
    ],
    ...rows,
    hash: '0'.repeat(64),
    manifest: {
      format: 'sekisho.pack/v1',
      id: 'small',
      version: '1',
      country: 'JP',
      title: { en: 'Small', ja: '小さい' },
      languages: ['ja'],
      authors: ['test'],
      limits: { en: 'For tests', ja: '試験用' },
      years: [1, 2, 3, 4, 5, 6].map((year) => ({
        year,
        label: { en: `Year ${year}`, ja: `小学校${year}年` },
        also: [`小${year}`],
        ages: [year + 5, year + 6] as const,
      })),
      subjects: [{ id: 'social', title: { en: 'Social studies', ja: '社会' }, also: [] }],
      sources: [{ id: source, title: 'Test', publisher: 'Test', licence: 'Apache-2.0' }],
      files: {},
      ...manifest,
    },
  };
}

function item(code: string, text: string, year: number): Pack['items'][number] {
  return { code, text, years: [year], subject: 'social', parent: null, prerequisites: [], source };
}

function passage(id: string, text: string, code: string): Pack['passages'][number] {
  return { id, text, codes: [code], years: [], subject: 'social', title: '資料', source };
}

function helpline(
  id: string,
  ages: readonly [number, number],
  languages: readonly string[],
  kinds: Pack['helplines'][number]['kinds'],
): Pack['helplines'][number] {
  const title = { en: id, ja: id };
  return { id, kinds, title, contact: '000', ages, languages, checked: '2026-11-25', source };
}
