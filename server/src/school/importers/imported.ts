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

/** A source's hash is that of its one file; several are named by the pack's own hash. */
export function hashOf(files: readonly ImportedFile[]): { readonly sha256?: string } {
  const [first] = files;
  return files.length === 1 && first !== undefined ? { sha256: first.sha256 } : {};
}
