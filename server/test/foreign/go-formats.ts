import {
  decodeUtf8,
  encodeBase64,
  formatNote,
  keyTypes,
  openNote,
  parseCheckpointBody,
  parseNote,
  parseTilePath,
  parseVerifierKey,
} from '@sekisho/proof';
import { seedsOf } from '../../../proof/test/corpus.ts';
import { TestSigner } from '../../../proof/test/naive-log.ts';

/** Where we differ from Go on purpose: for which inputs, who is the stricter, and why. */
export interface Difference {
  readonly why: string;
  readonly stricter: 'we' | 'Go';
  readonly applies: (input: Uint8Array) => boolean;
}

export type Question = Readonly<Record<string, unknown>>;

export interface Format {
  readonly kind: string;
  readonly corpus: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** The input as Go's parser wants it; undefined where it has no word for it. */
  readonly toGo: (input: Uint8Array) => Question | undefined | Promise<Question>;
  /** What we read, written as oracle.go writes it; undefined where we refuse. */
  readonly read: (input: Uint8Array) => Promise<string | undefined>;
  readonly differences: readonly Difference[];
}

const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64');
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const isLoose = (text: string): boolean => base64(Buffer.from(text, 'base64')) !== text;
const signatureTexts = (input: Uint8Array): readonly string[] =>
  latin1(input)
    .split('\n\n')
    .at(-1)!
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' ').slice(2).join(' '));

const looseBase64 =
  "Go's base64 takes stray bits behind the last byte, and line ends between the characters";

const looseSignature: Difference = {
  why: looseBase64,
  stricter: 'we',
  applies: (input) => signatureTexts(input).some(isLoose),
};

const longName: Difference = {
  why: 'Go has no limit on the length of a name',
  stricter: 'we',
  applies: (input) => /[^ +\n]{257,}[ +]/u.test(Buffer.from(input).toString('utf8')),
};

const signer = new TestSigner('log.example/go');
const stranger = new TestSigner('stranger.example');
const vkey: Promise<string> = signer.vkey();

/** Notes with the line of a known key, of a stranger, and of the known key once more. */
async function signedNotes(): Promise<readonly Uint8Array[]> {
  const texts = [
    'text\n',
    'a\n\nb\n\n',
    '\ufeffmarked\n',
    'a\u2028b\u0085\n',
    `${'long '.repeat(200)}\n`,
  ];
  const notes = texts.map(async (text) => {
    const [known, other] = [await signer.sign(text), await stranger.sign(text)];
    const wrong = await signer.sign('another text\n');
    return [[known], [other, known], [known, other, known], [known, wrong], [other]].map(
      (lines) => new Uint8Array(Buffer.from(formatNote(text, lines))),
    );
  });
  return (await Promise.all(notes)).flat();
}

const treeOrigin = 'go.sum database tree';

export const formats: Readonly<Record<string, Format>> = {
  'a signed note': {
    kind: 'note',
    corpus: () => seedsOf('note'),
    toGo: (input) => ({ input: base64(input) }),
    async read(input) {
      const note = parseNote(input);
      if (note === undefined) return undefined;
      // Go reports a line that is there twice once.
      const lines = note.signatures.map(({ name, keyId, signature }) =>
        [base64(name), base64(Buffer.concat([keyId, signature]))].join(' '),
      );
      return [base64(note.text), ...new Set(lines)].join(' ');
    },
    differences: [looseSignature, longName],
  },
  'a signed note opened with a key': {
    kind: 'open',
    corpus: signedNotes,
    toGo: async (input) => ({ input: base64(input), vkey: await vkey }),
    async read(input) {
      const opened = await openNote(input, [(await parseVerifierKey(await vkey))!]);
      return opened === undefined ? undefined : `${base64(opened.text)} ${opened.verified.length}`;
    },
    differences: [
      looseSignature,
      {
        why: 'of several lines by one key Go checks the first, and we check each',
        stricter: 'we',
        applies: (input) =>
          latin1(input).split(`${latin1(Buffer.from('—'))} ${signer.name} `).length > 2,
      },
    ],
  },
  'a verifier key': {
    kind: 'vkey',
    corpus: () => seedsOf('verifier-key'),
    toGo: (input) => ({ input: base64(input) }),
    async read(input) {
      const key = await parseVerifierKey(decodeUtf8(input) ?? '');
      return key === undefined
        ? undefined
        : `${base64(key.name)} ${Buffer.from(key.keyId).toString('hex')}`;
    },
    differences: [
      longName,
      { why: looseBase64, stricter: 'we', applies: (input) => isLoose(keyText(input)) },
      {
        why: 'Go takes a key ID in capitals, so that one key has several spellings',
        stricter: 'we',
        applies: (input) => /\+(?=[0-9a-f]*[A-F])[0-9a-fA-F]{8}\+/.test(latin1(input)),
      },
      {
        why: 'Go knows no keys of cosigners (type 4)',
        stricter: 'Go',
        applies: (input) => Buffer.from(keyText(input), 'base64')[0] === keyTypes.cosignatureV1,
      },
      {
        why: 'Go allows control characters in a name',
        stricter: 'we',
        applies: (input) => input.subarray(0, input.indexOf(0x2b)).some((byte) => byte < 0x20),
      },
    ],
  },
  "a checkpoint's body": {
    kind: 'tree',
    corpus: () =>
      seedsOf('checkpoint-body').map((bytes) => {
        const text = latin1(bytes);
        return new Uint8Array(Buffer.from(text.slice(text.indexOf('\n') + 1), 'latin1'));
      }),
    // Go's has one fixed first line, which is none of ours, so only what follows is compared.
    toGo: (input) => ({ input: base64(Buffer.concat([Buffer.from(`${treeOrigin}\n`), input])) }),
    async read(input) {
      const rest = decodeUtf8(input);
      const body = rest === undefined ? undefined : parseCheckpointBody(`log.example\n${rest}`);
      return body === undefined ? undefined : `${body.size} ${encodeBase64(body.root)}`;
    },
    differences: [
      {
        why: 'Go ignores what follows the third line; not every cosignature covers it',
        stricter: 'we',
        applies: (input) => !/^[^\n]*\n[^\n]*\n$/.test(latin1(input)),
      },
      {
        why: looseBase64,
        stricter: 'we',
        applies: (input) => isLoose(latin1(input).split('\n')[1] ?? ''),
      },
      {
        why: 'sizes from 2^53 on are no exact numbers here',
        stricter: 'we',
        applies: (input) => Number(latin1(input).split('\n')[0]) > Number.MAX_SAFE_INTEGER,
      },
      {
        why: 'the empty tree has one root, and Go does not compare it',
        stricter: 'we',
        applies: (input) => latin1(input).startsWith('0\n'),
      },
    ],
  },
  'the path of a tile': {
    kind: 'tile',
    corpus: () => seedsOf('tile-path'),
    // Go writes the height as the first element, and `data` for what C2SP calls `entries`.
    toGo(input) {
      const text = latin1(input);
      if (!text.startsWith('tile/')) return undefined;
      const path = `tile/8/${text.slice(5).replace(/^entries\//, 'data/')}`;
      return { input: base64(Buffer.from(path, 'latin1')) };
    },
    async read(input) {
      const tile = parseTilePath(decodeUtf8(input) ?? '');
      if (tile === undefined) return undefined;
      return `${tile.level === 'entries' ? -1 : tile.level} ${tile.index} ${tile.width}`;
    },
    differences: [
      {
        why: 'C2SP ends at level 63, and Go has no end',
        stricter: 'we',
        applies: (input) => /^tile\/[0-9]{2,}\//.test(latin1(input)),
      },
      {
        why: '`data` is the word of Go and of certificate logs',
        stricter: 'we',
        applies: (input) => latin1(input).startsWith('tile/data/'),
      },
      {
        why: 'indexes from 2^53 on are no exact numbers here',
        stricter: 'we',
        applies: (input) => (latin1(input).match(/x[0-9]{3}/g) ?? []).length >= 5,
      },
    ],
  },
};

function keyText(input: Uint8Array): string {
  return latin1(input).split('+').slice(2).join('+');
}
