import { readFileSync } from 'node:fs';
import type { Language } from '#base';
import type { Command } from './command.ts';
import { fsckCommand } from './fsck.ts';
import { coverageCommand } from './coverage.ts';
import { drillCommand } from './drill.ts';
import { eraseCommand, holdCommand } from './custody.ts';
import { guardCommand } from './guard.ts';
import { hammerCommand } from './hammer.ts';
import { keyCommand } from './key.ts';
import { ledgerCommand } from './ledger.ts';
import { mcpCommand } from './mcp.ts';
import { packCommand } from './pack.ts';
import { schoolCommand } from './school.ts';
import { policyCommand } from './policy.ts';
import { reloadCommand } from './reload.ts';
import { reviewsCommand } from './reviews.ts';
import { startCommand } from './start.ts';
import { usageCommand } from './usage.ts';
import { witnessCommand } from './witness.ts';

const commands: ReadonlyMap<string, Command> = new Map([
  ['start', startCommand],
  ['key', keyCommand],
  ['mcp', mcpCommand],
  ['pack', packCommand],
  ['school', schoolCommand],
  ['policy', policyCommand],
  ['guard', guardCommand],
  ['drill', drillCommand],
  ['reviews', reviewsCommand],
  ['usage', usageCommand],
  ['reload', reloadCommand],
  ['fsck', fsckCommand],
  ['ledger', ledgerCommand],
  ['coverage', coverageCommand],
  ['witness', witnessCommand],
  ['erase', eraseCommand],
  ['hold', holdCommand],
  ['hammer', hammerCommand],
]);

/** @returns the process's exit code: 0 done, 1 failed, 2 the command line cannot be used */
export async function runCli(args: readonly string[]): Promise<number> {
  const language = terminalLanguage(process.env);
  const [name = 'help', ...rest] = args;
  const terminal = {
    language,
    version: packageVersion(),
    out: (text: string): void => void process.stdout.write(text),
    error: (text: string): void => void process.stderr.write(text),
  };
  // Whoever reads our output may leave (`| head`); that must not end the checkpoint.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const command = commands.get(name);
  if (command !== undefined) return command.run(rest, terminal);
  if (name === '--version' || name === 'version') {
    terminal.out(`sekisho ${terminal.version}\n`);
    return 0;
  }
  const asked = name === 'help' || name === '--help' || name === '-h';
  (asked ? terminal.out : terminal.error)(help(language));
  return asked ? 0 : 2;
}

function help(language: Language): string {
  const head = {
    en: 'usage: sekisho <command> [options]',
    ja: '使い方: sekisho <コマンド> [オプション]',
  };
  const lines = [...commands].map(
    ([name, { summary }]) => `  ${name.padEnd(10)}${summary[language]}`,
  );
  const foot = {
    en: 'sekisho <command> --help tells more.',
    ja: '詳しくは sekisho <コマンド> --help。',
  };
  return `${head[language]}\n\n${lines.join('\n')}\n\n${foot[language]}\n`;
}

/** POSIX order: LC_ALL, then LC_MESSAGES, then LANG. */
function terminalLanguage(environment: Readonly<Record<string, string | undefined>>): Language {
  const locale = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || '';
  return locale.toLowerCase().startsWith('ja') ? 'ja' : 'en';
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
