import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Bilingual } from '#base';
import type { Terminal } from './command.ts';

const noLedger: Bilingual = {
  en: "couldn't find a ledger in this folder",
  ja: 'このフォルダーに台帳がありません',
};

/** The ledger of a data folder; undefined, with a sentence on the terminal, when there is none. */
export function findLedger(data: string, terminal: Terminal): string | undefined {
  const directory = join(resolve(data), 'ledger');
  if (existsSync(directory)) return directory;
  terminal.error(`${noLedger[terminal.language]}: ${directory}\n`);
  return undefined;
}
