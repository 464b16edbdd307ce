/** Years that are counted from somewhere else, as data: the year before the first one. */
export interface Calendar {
  /** As it is written before the number, folded. */
  readonly name: string;
  /** Added to its years, gives the common one. */
  readonly offset: number;
  /** Its last year, where it ended. */
  readonly last?: number;
}

/** Japanese eras by their first year; an era's last year is the first of the next. */
const eras: readonly (readonly [string, number, number])[] = [
  ['大化', 645, 650],
  ['大宝', 701, 704],
  ['和銅', 708, 715],
  ['天平', 729, 749],
  ['延暦', 782, 806],
  ['承久', 1219, 1222],
  ['保元', 1156, 1159],
  ['平治', 1159, 1160],
  ['文永', 1264, 1275],
  ['弘安', 1278, 1288],
  ['建武', 1334, 1338],
  ['応仁', 1467, 1469],
  ['天正', 1573, 1593],
  ['文禄', 1593, 1596],
  ['慶長', 1596, 1615],
  ['元和', 1615, 1624],
  ['寛永', 1624, 1645],
  ['元禄', 1688, 1704],
  ['享保', 1716, 1736],
  ['天明', 1781, 1789],
  ['寛政', 1789, 1801],
  ['文化', 1804, 1818],
  ['文政', 1818, 1831],
  ['天保', 1831, 1845],
  ['嘉永', 1848, 1855],
  ['安政', 1855, 1860],
  ['文久', 1861, 1864],
  ['慶応', 1865, 1868],
  ['明治', 1868, 1912],
  ['大正', 1912, 1926],
  ['昭和', 1926, 1989],
  ['平成', 1989, 2019],
  ['令和', 2019, 2100],
];

export const calendars: readonly Calendar[] = [
  ...eras.map(([name, first, last]) => ({ name, offset: first - 1, last: last - first + 1 })),
  { name: 'พ.ศ.', offset: -543 },
  { name: 'พุทธศักราช', offset: -543 },
  { name: 'ค.ศ.', offset: 0 },
  { name: '民國', offset: 1911 },
  { name: '西暦', offset: 0 },
];
