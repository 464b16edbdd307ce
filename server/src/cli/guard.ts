import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { getRequestListener } from '@hono/node-server';
import { createGuardApp } from '#api';
import { type Bilingual, createLog, limits, listen } from '#base';
import { type Policy, defaultPolicyYaml, parsePolicy } from '#policy';
import {
  InspectionThreads,
  type Supervisor,
  type SupervisorDefinition,
  supervisorOf as supervisorFrom,
} from '#supervisor';
import { type Command, type Terminal, sentence, showHelp, showMisuse } from './command.ts';
import { guardLines } from './guard-lines.ts';
import { untilSignal } from './start.ts';

const keyVariable = 'SEKISHO_GUARD_KEY';

const help: Bilingual = {
  en: `usage: sekisho guard [--policy FILE] [--port N] [--host ADDRESS]
       sekisho guard --stdin [--policy FILE]

The supervisor alone, without gateway and ledger. It keeps nothing of what it is shown.

  --stdin          reads JSON lines {id, text, role?, lang?} and writes, in the same order,
                   {id, decision, findings: [{kind, start, end, score, detector}]}; offsets are
                   UTF-16 code units. A line it cannot use gets {id, error}; exit code 1 then
  --policy FILE    rule book (data/sekisho.yaml, or the one a newcomer gets)
  --port N         port to listen on (7720; 0 takes a free one)
  --host ADDRESS   address to listen on (127.0.0.1: this machine only)

Over HTTP: POST /v1/guard {text, role?, lang?}, POST /v1/moderations as OpenAI's clients send it,
GET /rules, GET /healthz. With ${keyVariable} set, callers must send it as a bearer token.
`,
  ja: `使い方: sekisho guard [--policy ファイル] [--port N] [--host アドレス]
        sekisho guard --stdin [--policy ファイル]

監督だけを動かします。ゲートウェイも台帳も使わず、見せられたものを残しません。

  --stdin           JSON を一行ずつ {id, text, role?, lang?} の形で読み、同じ順に
                    {id, decision, findings: [{kind, start, end, score, detector}]} を書きます。
                    位置は UTF-16 の単位です。使えない行には {id, error} を返し、終了コードは 1
  --policy ファイル   規則(既定 data/sekisho.yaml、なければ最初に渡されるもの)
  --port N          待ち受けるポート(既定 7720、0 なら空きポート)
  --host アドレス     待ち受けるアドレス(既定 127.0.0.1、この機械のみ)

HTTP では POST /v1/guard {text, role?, lang?}、OpenAI のクライアントがそのまま使える
POST /v1/moderations、GET /rules、GET /healthz。${keyVariable} を設定すると、それを Bearer
トークンとして送る必要があります。
`,
};

const options = {
  stdin: { type: 'boolean', default: false },
  policy: { type: 'string' },
  port: { type: 'string', default: '7720' },
  host: { type: 'string', default: '127.0.0.1' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const guardCommand: Command = {
  summary: { en: 'run the supervisor alone', ja: '監督だけを動かす' },
  async run(args, terminal) {
    let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
    try {
      ({ values } = parseArgs({ args: [...args], options }));
    } catch (error) {
      return showMisuse(error, help, terminal);
    }
    if (values.help) return showHelp(help, terminal, true);
    const port = /^(0|[1-9][0-9]{0,4})$/.test(values.port) ? Number(values.port) : Number.NaN;
    if (!(port <= 65_535)) {
      terminal.error(`couldn't use --port ${values.port}: it is not a port\n`);
      return 2;
    }
    try {
      const policy = readRuleBook(values.policy);
      if (values.stdin) return await answerLines(supervisorOf(policy));
      return await serve({ policy, port, host: values.host }, terminal);
    } catch (error) {
      terminal.error(`${sentence(error)}\n`);
      return 1;
    }
  },
};

/** @throws PolicyError, or an error that says which file cannot be read */
export function readRuleBook(path: string | undefined): Policy {
  const usual = join('data', 'sekisho.yaml');
  const chosen = path ?? (existsSync(usual) ? usual : undefined);
  if (chosen === undefined) return parsePolicy(defaultPolicyYaml());
  try {
    return parsePolicy(readFileSync(chosen, 'utf8'));
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
    throw new Error(`couldn't read ${chosen}: there is no such file`, { cause: error });
  }
}

export function supervisorOf(policy: Policy): Supervisor {
  return supervisorFrom(definitionOf(policy));
}

function definitionOf({ document, classIds }: Policy): SupervisorDefinition {
  return { rules: document.supervision, classes: classIds, document };
}

/** Whoever reads slowly is waited for, so that a long file never stands in memory. */
async function answerLines(supervisor: Supervisor): Promise<number> {
  let code = 0;
  for await (const { line, failed } of guardLines(supervisor, process.stdin)) {
    if (failed) code = 1;
    if (!process.stdout.write(line)) await once(process.stdout, 'drain');
  }
  return code;
}

async function serve(
  at: {
    readonly policy: Policy;
    readonly port: number;
    readonly host: string;
  },
  terminal: Terminal,
): Promise<number> {
  const { policy } = at;
  const threads = new InspectionThreads();
  const supervisor = threads.supervisorOf(definitionOf(policy));
  const key = process.env[keyVariable] ?? '';
  const app = createGuardApp({
    policy,
    supervisor,
    version: terminal.version,
    ...(key === '' ? {} : { key }),
  });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer(
    {
      headersTimeout: limits.requestHeadersMs,
      requestTimeout: limits.requestBodyMs,
      maxHeaderSize: limits.requestHeadersBytes,
    },
    (request, response) => void listener(request, response),
  );
  const log = createLog((line) => terminal.error(line), Date.now);
  const url = await listen(server, at, log);
  const open = {
    en: `The supervisor is open at ${url}\nCtrl-C closes it.\n`,
    ja: `監督が ${url} で待ち受けています。\nCtrl-C で終了します。\n`,
  };
  terminal.out(open[terminal.language]);
  await untilSignal();
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
  await threads.close();
  return 0;
}
