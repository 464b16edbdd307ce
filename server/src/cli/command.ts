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

/** @param asked for, or shown to a command line that cannot be used @returns the exit code */
export function showHelp(help: Bilingual, terminal: Terminal, asked: boolean): number {
  if (asked) terminal.out(help[terminal.language]);
  else terminal.error(help[terminal.language]);
  return asked ? 0 : 2;
}

/** What is wrong with a command line, and the help. @returns the exit code */
export function showMisuse(error: unknown, help: Bilingual, terminal: Terminal): number {
  terminal.error(`${sentence(error)}\n\n${help[terminal.language]}`);
  return 2;
}
