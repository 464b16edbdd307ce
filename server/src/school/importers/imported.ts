import type { Manifest, Rows, Source } from '../schema.ts';

/** What an importer took from one published file. */
export interface Imported {
  readonly source: Source;
  readonly rows: Partial<Rows>;
  readonly subjects: Manifest['subjects'];
  /** What was left out, and why, in words for whoever builds the pack. */
  readonly leftOut: readonly string[];
}

/** One file as it was read: its bytes are what the source's hash is of. */
export interface ImportedFile {
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
}
