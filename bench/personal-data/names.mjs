/**
 * Names written down for this measurement, frequent and rare, without a look at the detector's
 * lists: how many of them stand there is printed with the result.
 */
const families =
  '佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 松本 井上 木村 清水 斎藤 阿部 池田 橋本 山崎 石川 中島 前田 ' +
  '小川 藤田 岡田 後藤 長谷川 村上 近藤 石井 坂本 遠藤 青木 藤井 西村 福田 太田 三浦 岡本 松田 中川 中野 原田 小野 田村 竹内 金子 ' +
  '鬼頭 四十住 財前 五百旗頭 鷲見 久世 梅原 蓑島 古閑 波照間 阿比留 越智 門倉 勝又 苅谷 岸和田 喜屋武 久慈 桑名 毛塚 古賀 権藤 迫田 ' +
  '塩谷 設楽 下鳥 生源寺 瀬古 曽根 高柳 滝本 竹花 立花 田部井 土屋 椿原 戸塚 長坂 永作 中条 成瀬 西脇 沼尻 野々村 羽生 波多江 日比谷 ' +
  '福澤 古川 別所 細貝 真壁 水落 溝端 宮武 村主 目黒 百瀬 安西 柳生 湯浅 吉沢 若月 和久井 鰐淵 皆川 比留間 道端 室伏';
const givens =
  '健太 翔太 大輔 健一 誠 隆 花子 陽子 由美子 美咲 さくら 結衣 陽菜 悠真 蓮 拓也 直樹 恵子 裕子 香織 真理子 明美 達也 康平 美穂 ' +
  '凛太朗 颯真 羽衣 琉生 碧唯 奏多 乃々花 莉央 朔太郎 杏樹 寿々花 伊吹 丈一郎 鉄平 千鶴 芙美 亜由美 瑞穂 稔 忠雄 トミ子 はるか ゆうき ' +
  '茂樹 義昭 節 キヨ 光江 律子 佐和子 清隆 宗一郎 晴彦 雅之 英明 慎吾 亮平 絵里 真奈 朋美 智恵 里奈 麻衣子 歩美 希';

/** The places in which names stand; # is the whole name, % the family name, & a given name. */
const frames = [
  ['honorific', '#さんから電話がありました。'],
  ['honorific', '先ほど%様がお見えになりました。'],
  ['honorific', '&ちゃんは今日お休みです。'],
  ['honorific', '%君と%さんは同じ班です。'],
  ['honorific', '%先生に相談してから決めます。'],
  ['label', '氏名：#\n住所は別紙のとおり。'],
  ['label', '担当者: %(内線は未定)'],
  ['label', '保護者 # 印'],
  ['label', '児童名：#、学年は三年です。'],
  ['title', '%部長の承認を得てください。'],
  ['title', '#課長が説明しました。'],
  ['title', '司会は#教諭が務めます。'],
  ['role', '患者の#は昨日退院した。'],
  ['role', '担任の%が連絡します。'],
  ['roster', '一番 ~ 出席\n二番 ~ 欠席'],
  ['roster', '~\t~\t~\n'],
  ['bare', '#は会議に出席した。'],
  ['bare', '本件は#が作成し、#が確認した。'],
  ['bare', '委員は#、#、#の三名です。'],
  ['bare', '%は反対し、%は賛成した。'],
  ['reading', '#(よみがな未登録)と連絡が取れません。'],
  ['foreign', 'ジョン・スミスさんとマリア・ロドリゲスさんが来校します。'],
];

/** What looks like names and is none, put beside them. */
const decoys = [
  '高橋商店と山田町の集会所を予約しました。',
  '千葉県松本市ではなく、長野県松本市です。',
  '株式会社中村から見積書が届きました。',
  '患者さんとご家族様への説明会を開きます。',
  '三井銀行の口座は解約しました。',
  '福島の天気は晴れ、山口は雨でした。',
  '世界選手権の会場は石川県立体育館です。',
  '来年度の計画について、職員の皆様のご意見を募集します。',
  '小林製薬と本田技研の資料を集めてください。',
  '光と影、希望と平和について作文を書きましょう。',
  '大西洋と中央公園の地図を配ります。',
];

/** Texts of an office and a school with names, and now and then what is none. */
export function nameTexts(draw, count) {
  const family = families.split(' ');
  const given = givens.split(' ');
  return Array.from({ length: count }, (_, index) => {
    const [frame, pattern] = frames[index % frames.length];
    const wanted = [];
    let text = draw.chance(0.3) ? draw.pick(decoys) : '';
    const put = (name, of) => {
      const span = { start: text.length, end: text.length + name.length };
      wanted.push({ ...span, kinds: ['personal.name'], frame, family: of });
      text += name;
    };
    for (const piece of pattern.split(/([#%&~]|ジョン・スミス|マリア・ロドリゲス)/)) {
      const [a, b] = [draw.pick(family), draw.pick(given)];
      if (piece === '#') put(a + b, a);
      else if (piece === '~') put(`${a}${draw.pick([' ', '　'])}${b}`, a);
      else if (piece === '%') put(a, a);
      else if (piece === '&') put(b, a);
      else if (/・/.test(piece)) put(piece, a);
      else text += piece;
    }
    return { text: text + (draw.chance(0.3) ? draw.pick(decoys) : ''), wanted };
  });
}
