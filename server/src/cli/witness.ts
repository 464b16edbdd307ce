import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Bilingual, createLog, listen, systemClock, writeFileDurably } from '#base';
import { LedgerError, createWitnessServer, ledgerErrors, openWitness } from '#ledger';
import { type Command, type Terminal, sentence, showHelp, showMisuse } from './command.ts';
import { untilSignal } from './start.ts';

const help: Bilingual = {
  en: `usage: sekisho witness [--data DIR] [--port N] [--host ADDRESS] [--name NAME] --log VKEY ...

Runs a witness (C2SP tlog-witness): it cosigns a ledger's checkpoint only when it continues the
last one it has seen, so that a ledger cannot show two faces without being found out.
Any C2SP log may be watched, not only those of Sekisho.

  --log VKEY       verifier key of a ledger to watch; may be given more than once
  --data DIR       where its key and what it has seen are kept (./witness)
  --port N         port to listen on (7710; 0 takes a free one)
  --host ADDRESS   address to listen on (127.0.0.1: this machine only)
  --name NAME      name of the witness, a URL without scheme; chosen once, at the first start
`,
  ja: `使い方: sekisho witness [--data フォルダー] [--port N] [--host アドレス] [--name 名前] --log 検証鍵 …

証人(C2SP tlog-witness)を動かします。台帳のチェックポイントが、前に見たものの続きである場合に
限って署名します。台帳が二つの顔を見せれば、必ず分かります。
関所に限らず、C2SP の台帳であれば見守ることができます。

  --log 検証鍵      見守る台帳の検証鍵(複数可)
  --data フォルダー  鍵と、見たものを保管するフォルダー(既定 ./witness)
  --port N         待ち受けるポート(既定 7710、0 なら空きポート)
  --host アドレス   待ち受けるアドレス(既定 127.0.0.1、この機械のみ)
  --name 名前       証人の名前。スキームのない URL。初回に一度だけ決めます
`,
};

interface Options {
  readonly port: number;
  readonly host: string;
  readonly directory: string;
  readonly logs: readonly string[];
  readonly name?: string;
}

export const witnessCommand: Command = {
  summary: { en: 'run a witness for ledgers of others', ja: '他の台帳の証人を動かす' },
  async run(args, terminal) {
    const options = parse(args, terminal);
    if (typeof options === 'number') return options;
    const { port, host } = options;
    const log = createLog((line) => terminal.error(line), Date.now);
    try {
      const witness = await openWitness({ ...options, clock: systemClock, log });
      const server = createWitnessServer(witness, log);
      const url = await listen(server, { port, host }, log);
      const runFile = join(options.directory, 'run.json');
      const running = { pid: process.pid, url, vkey: witness.verifierKey };
      writeFileDurably(runFile, Buffer.from(`${JSON.stringify(running, null, 2)}\n`, 'utf8'));
      terminal.out(welcome({ ...running, logs: options.logs.length }, terminal));
      await untilSignal();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      witness.close();
      rmSync(runFile, { force: true });
      return 0;
    } catch (error) {
      terminal.error(`${explain(error, terminal)}\n`);
      return error instanceof RangeError ? 2 : 1;
    }
  },
};

function parse(args: readonly string[], terminal: Terminal): Options | number {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '7710' },
        host: { type: 'string', default: '127.0.0.1' },
        data: { type: 'string', default: 'witness' },
        log: { type: 'string', multiple: true, default: [] },
        name: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return showHelp(help, terminal, true);
    const port = /^(0|[1-9][0-9]{0,4})$/.test(values.port) ? Number(values.port) : Number.NaN;
    if (!(port <= 65_535)) throw new Error(`couldn't use --port ${values.port}: it is not a port`);
    const { host, data, log: logs, name } = values;
    const named = name === undefined ? {} : { name };
    return { port, host, directory: resolve(data), logs, ...named };
  } catch (error) {
    return showMisuse(error, help, terminal);
  }
}

function welcome(
  running: { readonly url: string; readonly vkey: string; readonly logs: number },
  { language }: Terminal,
): string {
  const { url, vkey, logs } = running;
  const en = `
The witness is open and watches ${logs} ledger(s).

  Address
    ${url}
  Verifier key
    ${vkey}

${logs === 0 ? 'Give it the verifier keys of ledgers with --log.\n\n' : ''}Ctrl-C closes it.
`;
  const ja = `
証人が ${logs} の台帳を見守っています。

  アドレス
    ${url}
  検証鍵
    ${vkey}

${logs === 0 ? '見守る台帳の検証鍵を --log で指定してください。\n\n' : ''}Ctrl-C で終了します。
`;
  return { en, ja }[language];
}

function explain(error: unknown, { language }: Terminal): string {
  if (error instanceof LedgerError) {
    const head = { en: "couldn't open the witness", ja: '証人を始められません' };
    return `${head[language]}: ${ledgerErrors[error.code][language]}`;
  }
  if (error instanceof RangeError) {
    const said = {
      en: 'each --log must be the verifier key of a ledger, and be given once',
      ja: '--log には台帳の検証鍵を、それぞれ一度だけ指定してください',
    };
    return said[language];
  }
  return sentence(error);
}
