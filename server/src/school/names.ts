/** What is a name, without a dictionary: what the runtime and the pack know, and how names end. */

const nameEnd =
  /^(?:冷戦|大戦|.{1,10}(?:県|府|都|道|市|町|村|国|川|山|島|湖|海|洋|大陸|半島|地方|平野|盆地|山脈|山地|高地|台地|諸島|列島|海峡|湾|港|天皇|将軍|幕府|時代|戦争|大戦|冷戦|条約|の乱|の変|憲法|文化|王朝|帝国|共和国|連邦|寺|城|神社|宮|教|工業地帯|海流))$/u;
const katakana = /^[東西南北中]{0,2}[\u30a1-\u30faー・]{2,}[\p{sc=Han}]{0,5}$/u;
const written = /^[\p{sc=Han}々\u30a1-\u30faー]{2,12}$/u;
const prefectures =
  '北海道 青森 岩手 宮城 秋田 山形 福島 茨城 栃木 群馬 埼玉 千葉 東京 神奈川 新潟 富山 石川 福井 山梨 長野 岐阜 静岡 愛知 三重 滋賀 京都 大阪 兵庫 奈良 和歌山 鳥取 島根 岡山 広島 山口 徳島 香川 愛媛 高知 福岡 佐賀 長崎 熊本 大分 宮崎 鹿児島 沖縄';

/** Lists of five names or more, as a curriculum gives the people and places to be taught. */
const enumeration =
  /(?:[\p{sc=Han}々\u30a1-\u30faー・ケヶ]{2,12}[，、,]){4,}[\p{sc=Han}々\u30a1-\u30faー・ケヶ]{2,12}/gu;

export class Names {
  readonly #known: ReadonlySet<string>;

  /** @param texts of the pack, folded; @param languages BCP 47 */
  constructor(texts: Iterable<string>, languages: readonly string[]) {
    const known = new Set<string>(languages.includes('ja') ? prefectures.split(' ') : []);
    for (const language of languages) for (const name of countries(language)) known.add(name);
    for (const text of texts) {
      for (const name of listedNames(text)) known.add(name);
      for (const name of readNames(text)) known.add(name);
    }
    this.#known = known;
  }

  /** @param term folded; @param isCapital in a script that has case, begins with a capital */
  isName(term: string, isCapital: boolean): boolean {
    if (isCapital || this.#known.has(term)) return true;
    if (katakana.test(term)) return true;
    return written.test(term) && nameEnd.test(term);
  }

  knows(term: string): boolean {
    return this.#known.has(term);
  }
}

/** @param text folded; @returns the members of long lists */
export function listedNames(text: string): string[] {
  const found: string[] = [];
  for (const [list] of text.matchAll(enumeration)) found.push(...list.split(/[，、,]/));
  return found;
}

/** A word is given its reading where it is a name, or a term being taught: `卑弥呼《ひみこ》`. */
function readNames(text: string): string[] {
  return [...text.matchAll(/([\p{sc=Han}々]{2,8})《/gu)].map((match) => match[1]!);
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Countries as the runtime's own data names them. */
function countries(language: string): string[] {
  const names = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' });
  const found: string[] = [];
  for (const a of letters) {
    for (const b of letters) {
      const name = names.of(a + b);
      if (name !== undefined) found.push(name.normalize('NFKC').toLowerCase());
    }
  }
  return found;
}
