/** Whether a clause affirms or denies, by the words of the languages our packs are written in. */

/** Denied in form and affirmed in meaning, or the other way round: taken out before counting. */
const notDenials =
  /なければ(?:なら|いけ)(?:ない|ません)|なくては(?:なら|いけ)(?:ない|ません)|ないと(?:いけ|なら)(?:ない|ません)|ねばならない|ざるを得ない|かもしれ(?:ない|ません)|にすぎない|に過ぎない|に違いない|ほかならない|だけで(?:は)?なく|のみならず|ばかりで(?:は)?なく|少なくとも|少なくない|欠かせない|欠かせません|しかない|必ず|わずか|まず(?!し)|いずれ|ずつ|はず|みずから|みず|数少ない|思いがけず|絶えず|思わず|もったいない|限らず|関わらず|かかわらず|問わず|not only|no longer than|not just|tidak hanya|bukan hanya|không chỉ|ไม่เพียง/gu;
const denials =
  /ない(?!し)|なかった|なく(?!なる|て[はも])|なくて|ません|ず(?=に|、|,|。|$)|ぬ(?=、|。|$)|なし(?=$|、|。)|できず|せず|\bnot\b|n't\b|\bnever\b|\bno\b|\bwithout\b|\bcannot\b|\btidak\b|\btak\b|\bbukan\b|\bbelum\b|\btanpa\b|\bkhông\b|\bchưa\b|\bchẳng\b|ไม่|มิได้|\bhindi\b|\bwala\b/gu;

/** Words of which one denies the other. */
const opposites: readonly (readonly [string, string])[] = [
  ['増', '減'],
  ['上昇', '下降'],
  ['上昇', '低下'],
  ['上が', '下が'],
  ['高', '低'],
  ['多', '少な'],
  ['大き', '小さ'],
  ['強', '弱'],
  ['暑', '寒'],
  ['暖', '寒'],
  ['温暖', '寒冷'],
  ['速', '遅'],
  ['早', '遅'],
  ['広', '狭'],
  ['長', '短'],
  ['深', '浅'],
  ['重', '軽'],
  ['東', '西'],
  ['南', '北'],
  ['左', '右'],
  ['輸出', '輸入'],
  ['以前', '以降'],
  ['前', '後'],
  ['直列', '並列'],
  ['酸', 'アルカリ'],
  ['成功', '失敗'],
  ['賛成', '反対'],
  ['必要', '不要'],
  ['可能', '不可能'],
  ['開国', '鎖国'],
  ['勝', '負'],
  ['勝', '敗'],
  ['始', '終'],
  ['膨', '縮'],
  ['積極', '消極'],
  ['直接', '間接'],
  ['国内', '国外'],
  ['認め', '禁'],
  ['許', '禁'],
  ['生産者', '消費者'],
  ['安全', '危険'],
  ['豊か', '乏し'],
  ['盛ん', '衰え'],
  ['進', '退'],
  ['公', '私'],
  ['有利', '不利'],
  ['拡大', '縮小'],
  ['発展', '衰退'],
  ['安定', '不安定'],
  ['平等', '不平等'],
  ['十分', '不十分'],
  ['increase', 'decrease'],
  ['increased', 'decreased'],
  ['rise', 'fall'],
  ['high', 'low'],
  ['higher', 'lower'],
  ['more', 'less'],
  ['large', 'small'],
  ['north', 'south'],
  ['east', 'west'],
  ['northern', 'southern'],
  ['eastern', 'western'],
  ['export', 'import'],
  ['exports', 'imports'],
  ['before', 'after'],
  ['possible', 'impossible'],
  ['hot', 'cold'],
  ['always', 'never'],
  ['naik', 'turun'],
  ['tinggi', 'rendah'],
  ['besar', 'kecil'],
  ['utara', 'selatan'],
  ['timur', 'barat'],
  ['tăng', 'giảm'],
  ['cao', 'thấp'],
  ['lớn', 'nhỏ'],
  ['bắc', 'nam'],
  ['đông', 'tây'],
];

/** @param clause folded; @returns whether an odd number of denials stands in it */
export function isDenied(clause: string): boolean {
  const bare = clause.replaceAll(notDenials, (found) => '□'.repeat(found.length));
  return (bare.match(denials)?.length ?? 0) % 2 === 1;
}

/**
 * The place in a text of a word whose opposite the other text has in the same surroundings.
 * @param a folded; @param b folded
 */
export function oppositeIn(
  a: string,
  b: string,
): { readonly start: number; readonly end: number; readonly instead: string } | undefined {
  for (const pair of opposites) {
    for (const [said, other] of [pair, [pair[1], pair[0]] as const]) {
      const start = wordIn(a, said);
      const there = wordIn(b, other);
      if (start < 0 || there < 0 || wordIn(b, said) >= 0 || wordIn(a, other) >= 0) continue;
      const [end, until] = [start + said.length, there + other.length];
      const left =
        a.slice(Math.max(0, start - 2), start) === b.slice(Math.max(0, there - 2), there);
      const right = a.slice(end, end + 2) === b.slice(until, until + 2);
      if (left || right) return { start, end, instead: other };
    }
  }
  return undefined;
}

function wordIn(text: string, word: string): number {
  const at = text.indexOf(word);
  if (at < 0 || !/^[a-zà-ỹđ]/.test(word)) return at;
  const edge = /[\p{L}\p{M}]/u;
  const isWhole = !edge.test(text.charAt(at - 1)) && !edge.test(text.charAt(at + word.length));
  return isWhole ? at : -1;
}
