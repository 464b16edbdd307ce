/** Ways to write a text so that a filter does not read it. For tests. */
export type Write = (text: string) => string;

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const each = (text: string, write: (unit: string) => string): string =>
  [...text].map(write).join('');
const hex = (text: string): string => bytes(text).toString('hex');
const code = (unit: string): number => unit.codePointAt(0) ?? 0;

function shift(text: string, to: (place: number) => number): string {
  return each(text, (unit) => {
    const base = /[a-z]/.test(unit) ? 97 : /[A-Z]/.test(unit) ? 65 : undefined;
    return base === undefined ? unit : String.fromCharCode(base + to(code(unit) - base));
  });
}

function base32(text: string): string {
  const bits = [...bytes(text)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(Number.parseInt(five.padEnd(5, '0'), 2)),
    )
    .join('');
}

const morseCodes =
  '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..'.split(
    ' ',
  );
const from =
  (plain: string, written: string): Write =>
  (text) =>
    each(text, (unit) => [...written][plain.indexOf(unit.toLowerCase())] ?? unit);

/** Writings of any text; the name is the one a finding gives. */
export const exactWritings: readonly (readonly [string, Write])[] = [
  ['base64', (text) => bytes(text).toString('base64')],
  ['base64', (text) => bytes(text).toString('base64url')],
  ['base64', (text) => bytes(bytes(text).toString('base64')).toString('base64')],
  ['base32', base32],
  ['hex', hex],
  ['hex', (text) => hex(text).toUpperCase().replaceAll(/../g, '$& ')],
  ['hex', (text) => hex(text).replaceAll(/../g, '0x$&, ')],
  ['base64+hex', (text) => bytes(hex(text)).toString('base64')],
  ['binary', (text) => [...bytes(text)].map((b) => b.toString(2).padStart(8, '0')).join(' ')],
  ['percent', (text) => hex(text).replaceAll(/../g, '%$&')],
  ['unicode_escape', (text) => each(text, (u) => `\\u{${code(u).toString(16)}}`)],
  ['html_entity', (text) => each(text, (u) => `&#${code(u)};`)],
  ['html_entity', (text) => each(text, (u) => `&#x${code(u).toString(16)};`)],
  [
    'variation_selectors',
    (text) =>
      [...bytes(text)].map((b) => String.fromCodePoint(b < 16 ? 0xfe00 + b : 0xe00f0 + b)).join(''),
  ],
];

/** Writings of texts in Latin letters. */
export const letterWritings: readonly (readonly [string, Write])[] = [
  [
    'base64',
    (text) =>
      bytes(text.repeat(3))
        .toString('base64')
        .replaceAll(/(.{64})/g, '$1\n'),
  ],
  ['base64', (text) => Buffer.from(text, 'utf16le').toString('base64')],
  ['tags', (text) => each(text, (u) => String.fromCodePoint(0xe0000 + (code(u) & 127)))],
  ['rot13', (text) => shift(text, (place) => (place + 13) % 26)],
  ['atbash', (text) => shift(text, (place) => 25 - place)],
  ['reversed', (text) => [...text].toReversed().join('')],
  ['leetspeak', from('aeiost', '431057')],
  ['look_alikes', from('aeopciys', 'аеорсіуѕ')],
  ['look_alikes', from('abcdefghijklmnoprstuvwy', 'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏ')],
  ['look_alikes', (text) => each(text, (u) => `${u}\u0336\u0337\u0335`)],
  [
    'spacing',
    (text) =>
      text
        .split(' ')
        .map((w) => [...w].join(' '))
        .join('   '),
  ],
  ['spacing', (text) => [...text.replaceAll(/[ .]/g, '')].join('.')],
  [
    'morse',
    (text) =>
      text
        .toLowerCase()
        .replaceAll(/[^a-z ]/g, '')
        .split(' ')
        .map((w) => [...w].map((u) => morseCodes[code(u) - 97] ?? '').join(' '))
        .join(' / '),
  ],
  ['base64+rot13', (text) => bytes(shift(text, (place) => (place + 13) % 26)).toString('base64')],
];
