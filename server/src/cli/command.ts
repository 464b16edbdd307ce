import type { Bilingual, Language } from '#base';

/** What a command may touch of the terminal. */
export interface Terminal {
  readonly language: Language;
  readonly version: string;
  out(text: string): void;
  error(text: string): void;
}

export interface Command {
  readonly summary: Bilingual;
  /** @returns the exit code: 0 done, 1 failed, 2 the command line cannot be used */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** The sentence of a failure, for a person: our errors already read "couldn't X: Y". */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
