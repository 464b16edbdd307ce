import { describe, expect, test } from 'vitest';
import { personName } from '../../src/supervisor/detectors/person-name.ts';
import { normalise } from '../../src/supervisor/index.ts';
import { resolve } from '../../src/supervisor/resolve.ts';

function names(text: string, least = 55): readonly string[] {
  const raws = personName
    .detect(normalise(text))
    .filter(({ score }) => score >= least)
    .map((finding) => ({ finding, contest: 'name', rank: 0 }));
  return resolve(raws).findings.map(({ start, end }) => text.slice(start, end));
}

describe('a name that something beside it says to be one', () => {
  test.each([
    [
      'honorifics',
      '佐藤さんと田中様、鈴木氏、健一くんが来ました。',
      ['佐藤', '田中', '鈴木', '健一'],
    ],
    ['a title', '山田商店の高橋部長に伝えてください。', ['高橋']],
    ['a role', '担任の渡辺花子が説明した。', ['渡辺花子']],
    ['a label', '氏名: 薮内 鉄也', ['薮内 鉄也']],
    ['a label without a mark', '担当 佐藤健太', ['佐藤健太']],
    ['a label and は', '申請者は小林一郎です。', ['小林一郎']],
    ['a name no list has', '申請者: 鬼頭蔵之進', ['鬼頭蔵之進']],
    ['its reading', '山田花子(やまだはなこ)は', ['山田花子', 'やまだはなこ']],
    ['a label for kana', 'フリガナ: ヤマダ タロウ', ['ヤマダ タロウ']],
    ['a blank as in rosters', '１ 山田　花子 出席', ['山田　花子']],
    ['kanji that are digits', '高橋三郎さん', ['高橋三郎']],
    ['kana', '鈴木あきえさん、さくらちゃん', ['鈴木あきえ', 'さくら']],
    ['katakana', '講師のジョン・F・ケネディさん', ['ジョン・F・ケネディ']],
    ['romaji', 'Sato-san will come.', ['Sato']],
    ['an English title', 'Dear Mr. John Smith, hello', ['John Smith']],
    ['an Indonesian title', 'Bapak Budi Santoso akan hadir', ['Budi Santoso']],
    ['a Malay patronymic', 'Ahmad bin Abdullah hadir', ['Ahmad bin Abdullah']],
    ['a Tamil patronymic', 'Kumar a/l Raju hadir', ['Kumar a/l Raju']],
    ['a Vietnamese title', 'gặp ông Nguyễn Văn An nhé', ['Nguyễn Văn An']],
    ['a Filipino name with a label', 'Pangalan: Maria dela Cruz', ['Maria dela Cruz']],
    ['a Thai title', 'พบคุณสมชาย ใจดี พรุ่งนี้', ['สมชาย ใจดี']],
    ['a Burmese title', 'ဦးအောင်ကျော် လာ', ['အောင်ကျော်']],
  ])('by %s', (_what, text, found) => expect(names(text)).toEqual(found));
});

test('a full name by its shape alone is possible, which no rule of 55 is about', () => {
  for (const text of ['夏目漱石の作品', '佐藤健太は走った。', 'ジョン・スミスは']) {
    expect(names(text)).toEqual([]);
    expect(names(text, 50)).toHaveLength(1);
  }
});

describe('a name that only its shape tells', () => {
  test.each([
    ['rare names', '雀部利三郎は帰り、矢柴俊博が残った。', ['雀部利三郎', '矢柴俊博']],
    ['a whole name before its title', '昨日、鴇田正憲監督が来た。', ['鴇田正憲']],
    ['a name in a roster that no list has', '一番 小川 碧唯 出席', ['小川 碧唯']],
    ['a given name half in kana', '赤木まり子と近藤ナツ子が', ['赤木まり子', '近藤ナツ子']],
    ['a foreign name on no list', '夕方、ピアソンは会議に戻った。', ['ピアソン']],
    ['initials', '研究者のW・エドワーズ・デミングと', ['W・エドワーズ・デミング']],
    ['a stage name', 'ジャニー喜多川が演出した。', ['ジャニー喜多川']],
    ['a house', '徳川家の四男として', ['徳川']],
    ['a name of history', '翌年、信長は城を移した。', ['信長']],
  ])('is found: %s', (_what, text, found) => expect(names(text, 50)).toEqual(found));

  test.each([
    '日本公開の作品と予算案の説明',
    '大西洋の天気',
    'バドミントン選手とアニメーション監督の紹介',
    'ピアノとコラボレーションは別の日にします。',
    '山田町と本田技研と松下電器の工場',
  ])('is not seen in %s', (text) => expect(names(text, 50)).toEqual([]));
});

test('a family name is one again behind its full name', () => {
  const text = '田淵直樹さんが出席した。その後、田淵が説明した。';
  expect(names(text)).toEqual(['田淵直樹', '田淵']);
  expect(names('その後、田淵が説明した。')).toEqual([]);
});

describe('no name is found in', () => {
  test.each([
    '千葉県松本市の山田町にある高橋商店',
    '患者さんとお客様と皆様へ、店員さんより',
    '三井銀行と本田技研と株式会社山田',
    '福島市長選挙と世界選手権と委員会',
    '東京大学の図書館と中野区役所',
    '仕様と同様と多様な模様',
    '様々な氏族と君主、殿下と先生方',
    '金曜日の周辺で羅針盤を見た',
    'サッカー選手とオリンピック委員会',
    'Monday Morning Meeting in Tokyo',
    'The Art of Computer Programming',
  ])('%s', (text) => expect(names(text)).toEqual([]));
});

test('offsets are those of the text as it was written', () => {
  expect(names('氏名：　佐藤\u200b健太　様')).toEqual(['佐藤\u200b健太']);
  expect(names('ﾌﾘｶﾞﾅ: ﾔﾏﾀﾞ ﾀﾛｳ')).toEqual(['ﾔﾏﾀﾞ ﾀﾛｳ']);
});
