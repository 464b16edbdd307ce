import { luhn, mrzCheckDigit } from '../../server/dist/supervisor/checks.js';
import { isIban } from '../../server/dist/supervisor/detectors/iban.js';
import { isNpwp } from '../../server/dist/supervisor/detectors/id-npwp.js';
import { isCorporateNumber } from '../../server/dist/supervisor/detectors/jp-corporate-number.js';
import { isDriverLicence } from '../../server/dist/supervisor/detectors/jp-driver-licence.js';
import { isMyNumber } from '../../server/dist/supervisor/detectors/jp-my-number.js';
import { isPaymentCard } from '../../server/dist/supervisor/detectors/payment-card.js';
import { isNric } from '../../server/dist/supervisor/detectors/sg-nric.js';
import { isThaiPin } from '../../server/dist/supervisor/detectors/th-pin.js';
import { isMst } from '../../server/dist/supervisor/detectors/vn-identifiers.js';

function passing(draw, make, check) {
  for (;;) {
    const value = make(draw);
    if (check(value)) return value;
  }
}

function digitsThat(check, length, prefix = '') {
  return (draw) => passing(draw, () => prefix + draw.digits(length - prefix.length), check);
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Kinds with a check digit: what they may be called, how they are grouped, how one is made. */
const numbers = [
  {
    kinds: ['personal.jp_my_number'],
    labels: ['マイナンバー', '個人番号', 'マイナンバー(個人番号)'],
    groups: [4, 4, 4],
    make: digitsThat(isMyNumber, 12),
  },
  {
    kinds: ['personal.jp_driver_licence'],
    labels: ['運転免許証番号', '免許証番号', '免許証の番号'],
    groups: [4, 4, 4],
    make: digitsThat(isDriverLicence, 12, '30'),
  },
  {
    kinds: ['organisation.jp_insurer_number', 'personal.jp_health_insurance'],
    labels: ['保険者番号'],
    groups: [2, 6],
    make: digitsThat(luhn, 8),
  },
  {
    kinds: ['organisation.jp_corporate_number'],
    labels: ['法人番号'],
    groups: [1, 4, 4, 4],
    make: digitsThat(isCorporateNumber, 13),
  },
  {
    kinds: ['personal.payment_card'],
    labels: ['クレジットカード', 'カード番号', 'クレジットカードの番号'],
    groups: [4, 4, 4, 4],
    make: digitsThat(isPaymentCard, 16, '4'),
  },
  {
    kinds: ['personal.th_pin'],
    labels: ['タイの国民識別番号', 'เลขประจำตัวประชาชน'],
    groups: [1, 4, 5, 2, 1],
    make: digitsThat(isThaiPin, 13, '3'),
  },
  {
    kinds: ['personal.id_npwp'],
    labels: ['NPWP', 'インドネシアの納税者番号(NPWP)'],
    groups: [15],
    make: digitsThat(isNpwp, 15, '0'),
  },
  {
    kinds: ['personal.vn_mst'],
    labels: ['ベトナムの納税者番号', 'mã số thuế'],
    groups: [10],
    make: digitsThat(isMst, 10),
  },
  {
    kinds: ['personal.sg_nric'],
    labels: ['NRIC', 'シンガポールの身分証番号(NRIC)'],
    plain: true,
    make: (draw) =>
      passing(
        draw,
        () => draw.pick('STFGM'.split('')) + draw.digits(7) + draw.pick(letters.split('')),
        isNric,
      ),
  },
  {
    kinds: ['personal.iban'],
    labels: ['IBAN', '送金先の口座(IBAN)'],
    plain: true,
    make: (draw) => passing(draw, () => `DE${draw.digits(20)}`, isIban),
  },
  { kinds: ['personal.passport_mrz'], labels: ['旅券の機械読取領域'], plain: true, make: zone },
];

/** The second line of a passport's machine-readable zone. */
function zone(draw) {
  const number = `TK${draw.digits(7)}`;
  const date = (from, years) =>
    `${String((from + draw.below(years)) % 100).padStart(2, '0')}${String(1 + draw.below(12)).padStart(2, '0')}${String(1 + draw.below(28)).padStart(2, '0')}`;
  const [birth, expiry] = [date(50, 50), date(26, 9)];
  const optional = '<'.repeat(14);
  const fields = `${number}${mrzCheckDigit(number)}${birth}${mrzCheckDigit(birth)}${expiry}${mrzCheckDigit(expiry)}${optional}0`;
  const line = `${number}${mrzCheckDigit(number)}JPN${birth}${mrzCheckDigit(birth)}F${expiry}${mrzCheckDigit(expiry)}${optional}0`;
  return `${line}${mrzCheckDigit(fields)}`;
}

const wide = (text) =>
  text.replaceAll(/[0-9-]/g, (unit) => String.fromCharCode(unit.charCodeAt(0) + 0xfee0));
const kanji = (text) => text.replaceAll(/[0-9]/g, (unit) => '〇一二三四五六七八九'[Number(unit)]);

function grouped(value, groups, joint) {
  let at = 0;
  return groups.map((length) => value.slice(at, (at += length))).join(joint);
}

/** The ways people write numbers in Japanese text. */
const styles = {
  'half-width': (value) => value,
  'half-width, hyphens': (value, groups) => grouped(value, groups, '-'),
  'half-width, blanks': (value, groups) => grouped(value, groups, ' '),
  'full-width': (value) => wide(value),
  'full-width, hyphens': (value, groups) => wide(grouped(value, groups, '-')),
  'full-width, wide blanks': (value, groups) => wide(grouped(value, groups, '　')),
  'kanji digits': (value) => kanji(value),
  'line breaks': (value, groups) => grouped(value, groups, '\n'),
};

const frames = [
  ['申請書の', 'は', 'です。確認をお願いします。'],
  ['窓口で', '「', '」を控えました。'],
  ['', '：', '\n上記のとおり届け出ます。'],
  ['次の', 'を登録してください。', '。'],
  ['先日いただいた', 'ですが、', 'で間違いないでしょうか。'],
  ['【', '】', '(本人確認済み)'],
  ['備考欄に', ' ', 'とあります。'],
  ['私の', 'は ', ' なので、書類に転記してください。'],
];

/** Numbers of other sorts that pass a check digit by chance. */
const decoys = [
  (draw) => `注文番号は${draw.digits(12)}です。`,
  (draw) => `伝票番号${draw.digits(4)}-${draw.digits(4)}-${draw.digits(4)}の荷物が届きました。`,
  (draw) => `JANコード49${draw.digits(11)}の商品です。`,
  (draw) =>
    `更新日時は2026${String(1 + draw.below(12)).padStart(2, '0')}${String(1 + draw.below(28)).padStart(2, '0')}${draw.digits(4)}と記録されています。`,
  (draw) => `総額は${1 + draw.below(900)},${draw.digits(3)},${draw.digits(3)}円でした。`,
  (draw) => `ISBN978${draw.digits(10)}の図書を購入します。`,
  (draw) => `追跡番号 ${draw.digits(12)} で検索できます。`,
  (draw) => `ログの時刻は17${draw.digits(11)}でした。`,
  (draw) => `資産番号${draw.digits(10)}の備品を移動しました。`,
  (draw) => `受付番号:${draw.digits(8)}、窓口は3番です。`,
  () => '会議は令和8年11月25日の午後2時30分から第3会議室で行います。',
  () => '対象は2025年4月1日から2026年3月31日までの12か月です。',
];

/** Texts with one number each; beside nearly half of them a number that is nothing to be found. */
export function identifierTexts(draw, count) {
  return Array.from({ length: count }, (_, index) => {
    const rule = numbers[index % numbers.length];
    const style = rule.plain === true ? 'half-width' : draw.pick(Object.keys(styles));
    const written = styles[style](rule.make(draw), rule.groups ?? []);
    const [before, between, behind] = draw.pick(
      frames.slice(0, style === 'line breaks' ? 3 : frames.length),
    );
    const lead = draw.chance(0.25) ? draw.pick(decoys)(draw) : '';
    const open =
      between === 'を登録してください。'
        ? `${before}${draw.pick(rule.labels)}${between}`
        : `${before}${draw.pick(rule.labels)}${between}`;
    const text = `${lead}${open}${written}${behind}${draw.chance(0.25) ? draw.pick(decoys)(draw) : ''}`;
    const start = lead.length + open.length;
    return { text, wanted: [{ start, end: start + written.length, kinds: rule.kinds, style }] };
  });
}

const eras = [
  ['明治', 44, 'M'],
  ['大正', 14, 'T'],
  ['昭和', 63, 'S'],
  ['平成', 30, 'H'],
  ['令和', 7, 'R'],
];
const towns = [
  '長野県松本市丸の内',
  '東京都府中市宮西町',
  '大阪府大阪市北区中之島',
  '神奈川県横浜市西区みなとみらい',
  '福岡県福岡市博多区博多駅前',
  '愛知県名古屋市中区三の丸',
  '札幌市中央区北2条西',
  '三鷹市下連雀',
  '沖縄県那覇市泉崎',
  '京都府京都市中京区寺町通御池上る上本能寺前町',
];
const locals = ['taro.yamada', 'hanako', 'k-suzuki', 'sato_ken', 'm.tanaka2', 'yuki'];

const others = [
  {
    kinds: ['personal.phone'],
    style: 'telephone',
    make: phoneNumber,
    frames: [
      ['お電話は', 'までお願いします。'],
      ['連絡先:', '\n'],
      ['携帯(', ')にかけてください。'],
      ['ご不明な点は', 'へ。'],
    ],
  },
  {
    kinds: ['personal.email'],
    style: 'e-mail',
    make: (draw) =>
      styleOf(
        draw,
        `${draw.pick(locals)}${draw.below(90)}@example.${draw.pick(['jp', 'co.jp', 'ac.jp', 'com'])}`,
      ),
    frames: [
      ['メールは', 'です。'],
      ['宛先:', '、件名は未定'],
      ['<', '>に送信'],
    ],
  },
  {
    kinds: ['personal.date_of_birth'],
    style: 'date of birth',
    make: birthDate,
    frames: [
      ['生年月日は', 'です。'],
      ['生年月日：', '\n'],
      ['', '生まれの方が対象です。'],
      ['誕生日(', ')を確認'],
    ],
  },
  {
    kinds: ['personal.address'],
    style: 'postal address',
    make: postalAddress,
    frames: [
      ['住所は', 'です。'],
      ['転居先：', '\n'],
      ['現在は', 'に住んでいます。'],
      ['送付先は', 'でお願いします。'],
    ],
  },
];

function styleOf(draw, text) {
  return draw.chance(0.25)
    ? text.replaceAll(/[!-~]/g, (unit) => String.fromCharCode(unit.charCodeAt(0) + 0xfee0))
    : text;
}

function phoneNumber(draw) {
  const tail = `${draw.digits(4)}-${draw.digits(4)}`;
  const made = draw.pick([
    () => `${draw.pick(['090', '080', '070'])}-${1 + draw.below(9)}${tail.slice(1)}`,
    () => `0${draw.pick(['3', '6'])}-${tail}`,
    () => `0${draw.pick(['26', '45', '52'])}-${draw.digits(3)}-${draw.digits(4)}`,
    () => `(03)${tail}`,
    () => `+81 ${draw.pick(['90', '80'])}-${1 + draw.below(9)}${tail.slice(1)}`,
    () => `090${1 + draw.below(9)}${draw.digits(7)}`,
  ])();
  return draw.chance(0.3) ? wide(made) : made;
}

function birthDate(draw) {
  const [era, years, letter] = draw.pick(eras);
  const [year, month, day] = [1 + draw.below(years), 1 + draw.below(12), 1 + draw.below(28)];
  const made = draw.pick([
    () => `${era}${year === 1 ? '元' : year}年${month}月${day}日`,
    () => `${letter}${year}.${month}.${day}`,
    () => `${1930 + draw.below(90)}年${month}月${day}日`,
    () => `${1930 + draw.below(90)}/${month}/${day}`,
    () =>
      kanji(
        `${era}${year === 1 ? '元' : 2 + draw.below(8)}年${1 + draw.below(9)}月${1 + draw.below(9)}日`,
      ),
  ])();
  return draw.chance(0.25) ? wide(made) : made;
}

function postalAddress(draw) {
  const [a, b, c] = [1 + draw.below(9), 1 + draw.below(30), 1 + draw.below(20)];
  const number = draw.pick([
    `${a}丁目${b}番${c}号`,
    `${a}-${b}-${c}`,
    `${a}丁目${b}-${c}`,
    `${b}番地`,
    `${a}丁目${b}番地の${c}`,
  ]);
  const room = draw.chance(0.3)
    ? draw.pick([' コーポ山田203号室', ' メゾン桜101', ' 第2ハイツ305号'])
    : '';
  const code = draw.chance(0.3) ? `〒${draw.digits(3)}-${draw.digits(4)} ` : '';
  const made = `${code}${draw.pick(towns)}${number}${room === ' 第2ハイツ305号' ? '' : room}`;
  return draw.chance(0.25) ? wide(made) : made;
}

/** Texts with one of the other things each. */
export function otherTexts(draw, count) {
  return Array.from({ length: count }, (_, index) => {
    const rule = others[index % others.length];
    const written = rule.make(draw);
    const [before, behind] = draw.pick(rule.frames);
    const lead = draw.chance(0.3) ? draw.pick(decoys)(draw) : '';
    const start = lead.length + before.length;
    const wanted = [{ start, end: start + written.length, kinds: rule.kinds, style: rule.style }];
    return { text: `${lead}${before}${written}${behind}`, wanted };
  });
}
