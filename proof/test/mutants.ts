import fc from 'fast-check';

/** Places where readers of one format are known to part ways, as bytes. */
const traps: readonly Uint8Array[] = [
  '\ufeff',
  '\u0085',
  '\u00a0',
  '\u2028',
  '\u3000',
  '\r',
  '\r\n',
  '\n',
  '\n\n',
  '\0',
  '\t',
  ' ',
  '\u007f',
  '\u2014',
  '\u0663',
  '\uff11',
  '\ufffd',
  '+',
  '-',
  '=',
  '==',
  '/',
  '.p/',
  'x',
  '"',
  '\\',
  '\\ud800',
  '"__proto__":1,',
  '[[[[',
]
  .map((text) => new Uint8Array(Buffer.from(text)))
  .concat(
    // Half a surrogate pair, an overlong slash, a cut sequence, and beyond the last code point.
    [[0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xe2, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff]].map(
      (bytes) => Uint8Array.from(bytes),
    ),
  );

/** Spellings of numbers that some readers take and others do not. */
const numbers: readonly string[] = [
  '',
  '0',
  '00',
  '01',
  '+1',
  '-1',
  '-0',
  '1e3',
  '0x10',
  '1_0',
  ' 1',
  '1 ',
  '1.0',
  '255',
  '256',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551616',
  '9'.repeat(400),
];

type Change =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'delete'; readonly at: number; readonly length: number }
  | { readonly kind: 'copy'; readonly at: number; readonly from: number; readonly length: number }
  | { readonly kind: 'number'; readonly at: number; readonly text: string }
  | { readonly kind: 'base64'; readonly at: number; readonly how: number };

/** A share of the length, so that a change fits any input; every place is as likely. */
const place = fc.noBias(fc.integer({ min: 0, max: 2 ** 20 - 1 })).map((n) => n / 2 ** 20);
const length = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 80 }));
const bytes = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...traps) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 4 }) },
);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('flip'), at: place, bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant('insert'), at: place, bytes }),
  fc.record({ kind: fc.constant('delete'), at: place, length }),
  fc.record({ kind: fc.constant('copy'), at: place, from: place, length }),
  fc.record({ kind: fc.constant('number'), at: place, text: fc.constantFrom(...numbers) }),
  fc.record({ kind: fc.constant('base64'), at: place, how: fc.integer({ min: 0, max: 5 }) }),
);

/** Inputs of a corpus with up to four changes, and now and then with none. */
export function mutants(corpus: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(change, { maxLength: 4, size: 'max' });
  return fc
    .record({ seed: fc.constantFrom(...corpus), other: fc.constantFrom(...corpus), changes })
    .map(({ seed, other, changes: list }) =>
      list.reduce<Uint8Array>((input, one) => apply(input, one, other), seed),
    );
}

function apply(input: Uint8Array, made: Change, other: Uint8Array): Uint8Array {
  const at = Math.floor(made.at * (input.length + 1));
  switch (made.kind) {
    case 'flip':
      return at < input.length ? input.with(at, input[at]! ^ (1 << made.bit)) : input;
    case 'insert':
      return spliced(input, { at, removed: 0, added: made.bytes });
    case 'delete':
      return spliced(input, { at, removed: made.length, added: Uint8Array.of() });
    case 'copy': {
      const from = Math.floor(made.from * other.length);
      const added = other.subarray(from, from + made.length);
      return spliced(input, { at, removed: made.length % 3, added });
    }
    case 'number':
      return rewritten(input, { pattern: /[0-9]+/g, at: made.at, write: () => made.text });
    case 'base64': {
      const write = (text: string): string => respelled(text, made.how);
      return rewritten(input, { pattern: /[A-Za-z0-9+/_-]{16,}={0,2}/g, at: made.at, write });
    }
  }
}

interface Splice {
  readonly at: number;
  readonly removed: number;
  readonly added: Uint8Array;
}

function spliced(input: Uint8Array, { at, removed, added }: Splice): Uint8Array {
  return Uint8Array.of(...input.subarray(0, at), ...added, ...input.subarray(at + removed));
}

interface Rewrite {
  readonly pattern: RegExp;
  readonly at: number;
  readonly write: (text: string) => string;
}

/** Rewrites one match of a pattern, byte for byte elsewhere. */
function rewritten(input: Uint8Array, { pattern, at, write }: Rewrite): Uint8Array {
  const text = Buffer.from(input).toString('latin1');
  const found = [...text.matchAll(pattern)];
  const match = found[Math.floor(at * found.length)];
  if (match === undefined) return input;
  const [before, after] = [text.slice(0, match.index), text.slice(match.index + match[0].length)];
  return new Uint8Array(Buffer.from(before + write(match[0]) + after, 'latin1'));
}

/** Another spelling that a careless decoder reads as the same bytes, or nearly. */
function respelled(text: string, how: number): string {
  const bare = text.replace(/=+$/, '');
  const middle = Math.floor(bare.length / 2);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const last = alphabet.indexOf(bare.at(-1)!);
  const spellings = [
    bare,
    `${bare.slice(0, -1)}${alphabet[(last + 1) % 64]}${text.slice(bare.length)}`,
    text.replaceAll('+', '-').replaceAll('/', '_'),
    `${text.slice(0, middle)}\n${text.slice(middle)}`,
    `${text}=`,
    text.slice(4),
  ];
  return spellings[how] ?? text;
}
