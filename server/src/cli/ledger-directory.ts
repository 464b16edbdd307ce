import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Bilingual, Language } from '#base';
import { LedgerError, type StorageSettings, ledgerErrors } from '#ledger';
import { readStorageSettings } from '../main.ts';
import { type Terminal, sentence } from './command.ts';

const noLedger: Bilingual = {
  en: "couldn't find a ledger in this folder",
  ja: 'このフォルダーに台帳がありません',
};

/** A ledger that was found, and where it is kept. */
export interface FoundLedger {
  readonly directory: string;
  readonly storage: StorageSettings;
}

/**
 * The ledger of a data folder; undefined, with a sentence on the terminal, when there is none.
 * @throws PolicyError or LedgerError when its settings cannot be used
 */
export function findLedger(data: string, terminal: Terminal): FoundLedger | undefined {
  const folder = resolve(data);
  const directory = join(folder, 'ledger');
  if (existsSync(directory)) {
    return { directory, storage: readStorageSettings(folder, process.env) };
  }
  terminal.error(`${noLedger[terminal.language]}: ${directory}\n`);
  return undefined;
}

/** What an error of the ledger means, in the operator's language, with the step it names. */
export function explainLedger({ code, detail }: LedgerError, language: Language): string {
  const bracket = detail === undefined || detail === '' ? '' : ` (${detail})`;
  return `${ledgerErrors[code][language]}${bracket}`;
}

/** The sentence of any failure. */
export function explainFailure(error: unknown, language: Language): string {
  return error instanceof LedgerError ? explainLedger(error, language) : sentence(error);
}
