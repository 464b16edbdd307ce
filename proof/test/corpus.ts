import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('corpus/', import.meta.url));

export interface Specimen {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Inputs of one format that are kept as files, because some reader once read them otherwise. An
 * input that a fuzzing run prints is added as one more file.
 */
export function readCorpus(format: string, verdict: 'accepted' | 'refused'): readonly Specimen[] {
  const folder = `${root}${format}/${verdict}/`;
  return readdirSync(folder)
    .toSorted()
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(`${folder}${name}`)) }));
}

/** Good inputs first, so that most mutants are near to one. */
export function seedsOf(format: string): readonly Uint8Array[] {
  const accepted = readCorpus(format, 'accepted').map(({ bytes }) => bytes);
  const refused = readCorpus(format, 'refused').map(({ bytes }) => bytes);
  return [...accepted, ...accepted, ...accepted, ...refused];
}

/** How a person puts a failing input into the corpus: as base64, since it may hold any byte. */
export function shown(bytes: Uint8Array): string {
  return `${JSON.stringify(Buffer.from(bytes).toString('utf8').slice(0, 300))} (base64 ${Buffer.from(bytes).toString('base64')})`;
}
