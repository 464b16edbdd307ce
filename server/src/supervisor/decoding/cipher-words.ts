import { lazily } from '../lexicon.ts';
import { atbash, reversed, rot13 } from './ciphers.ts';

export type Cipher = 'rot13' | 'atbash' | 'reversed';

/** Words of attacks, of six units and more. */
const words = (
  'ignore disregard forget override previous instruction prompt system reveal pretend developer ' +
  'jailbreak unrestricted password restrictions guidelines'
).split(' ');
const japanese = /てし視無|ろし視無|せずせ視無|くてれ忘|トプンロプ|ムテスシ/;

/** Every fourth place is looked at: three units from there lie within any word of six. */
const stride = 4;
const gram = 3;

interface Entry {
  readonly word: string;
  readonly offset: number;
  readonly cipher: Cipher;
}

interface Table {
  /** One bit a hash. */
  readonly begins: Uint32Array;
  readonly entries: ReadonlyMap<number, readonly Entry[]>;
}

function hashAt(text: string, at: number): number {
  const [first, second] = [text.charCodeAt(at), text.charCodeAt(at + 1)];
  return ((first << 10) ^ (second << 5) ^ text.charCodeAt(at + 2)) & 0xffff;
}

const table = lazily((): Table => {
  const begins = new Uint32Array(2048);
  const entries = new Map<number, Entry[]>();
  for (const plain of words) {
    for (const [cipher, write] of [
      ['rot13', rot13],
      ['atbash', atbash],
      ['reversed', reversed],
    ] as const) {
      const word = write(plain);
      for (let offset = 0; offset < stride; offset++) {
        const hash = hashAt(word, offset);
        begins[hash >>> 5] = (begins[hash >>> 5] ?? 0) | (1 << (hash & 31));
        entries.set(hash, [...(entries.get(hash) ?? []), { word, offset, cipher }]);
      }
    }
  }
  return { begins, entries };
});

/** Ciphers of which some word says that a text may be written in them. */
export function ciphersIn(lower: string): ReadonlySet<Cipher> {
  const { begins, entries } = table();
  const found = new Set<Cipher>();
  if (japanese.test(lower)) found.add('reversed');
  for (let at = 0; at + gram <= lower.length && found.size < 3; at += stride) {
    const hash = hashAt(lower, at);
    if (((begins[hash >>> 5] ?? 0) & (1 << (hash & 31))) === 0) continue;
    for (const { word, offset, cipher } of entries.get(hash) ?? []) {
      if (lower.startsWith(word, at - offset) && at >= offset) found.add(cipher);
    }
  }
  return found;
}
