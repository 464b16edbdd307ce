import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Bilingual, type Language, createLog } from '#base';
import { LedgerError } from '#ledger';
import { type ProgressBar, createProgressBar } from '#pack';
import { PolicyError, type PolicyErrorCode } from '#policy';
import { type Checkpoint, startCheckpoint } from '../main.ts';
import { type Command, type Terminal, sentence, showHelp, showMisuse } from './command.ts';
import { presetText } from './preset.ts';
import { explainLedger } from './ledger-directory.ts';

const help: Bilingual = {
  en: `usage: npm start -- [--port N] [--host ADDRESS] [--data DIR] [--preset NAME]

Runs the checkpoint. The first start fetches the embedded model, makes keys and writes sekisho.yaml.

  --port N         port to listen on (7700; 0 takes a free one)
  --host ADDRESS   address to listen on (127.0.0.1: this machine only)
  --data DIR       where everything is kept (./data)
  --preset NAME    rule book of a first start: city-office, school, hospital, company, research

Environment:
  SEKISHO_MODEL_PATH    a model file, or a folder that holds it
  SEKISHO_MODEL_SHA256  hash of a model the catalogue has none for
  HF_ENDPOINT           a mirror of the model hub
  HF_HUB_OFFLINE=1      fetch nothing
  DATABASE_URL          PostgreSQL for the order of the ledger and its keys

sekisho.yaml may name object storage for the rest: see docs/en/storage.md.
`,
  ja: `使い方: npm start -- [--port N] [--host アドレス] [--data フォルダー] [--preset 名前]

関所を動かします。初回は内蔵モデルを取得し、鍵と sekisho.yaml を作ります。

  --port N         待ち受けるポート(既定 7700、0 なら空きポート)
  --host アドレス   待ち受けるアドレス(既定 127.0.0.1、この機械のみ)
  --data フォルダー  すべてを置くフォルダー(既定 ./data)
  --preset 名前    初回の規則: city-office, school, hospital, company, research

環境変数:
  SEKISHO_MODEL_PATH    モデルのファイル、又はそれを置いたフォルダー
  SEKISHO_MODEL_SHA256  一覧にハッシュのないモデルのハッシュ
  HF_ENDPOINT           モデル配布元の写し
  HF_HUB_OFFLINE=1      何も取得しない
  DATABASE_URL          台帳の順序と鍵を置く PostgreSQL

ほかをオブジェクトストレージに置くには sekisho.yaml に書きます(docs/ja/storage.md)。
`,
};

export const startCommand: Command = {
  summary: { en: 'run the checkpoint', ja: '関所を動かす' },
  async run(args, terminal) {
    const options = parse(args, terminal);
    if (typeof options === 'number') return options;
    let progress: ProgressBar | undefined;
    let fail = (_code: number): void => {};
    const failed = new Promise<number>((settle) => {
      fail = settle;
    });
    const checkpoint = await startCheckpoint({
      ...options,
      environment: process.env,
      version: terminal.version,
      log: createLog((line) => terminal.error(line), Date.now),
      notice: (text) => terminal.error(`${text[terminal.language]}\n`),
      onModelProgress: (title, update) => {
        progress ??= createProgressBar({
          title: title[terminal.language],
          language: terminal.language,
          write: (text) => terminal.error(text),
          terminal: process.stderr.isTTY,
          columns: process.stderr.columns ?? 80,
          nowMs: () => performance.now(),
        });
        progress.update(update);
        if (update.received >= update.total) progress.end();
      },
      onFatal: (error) => {
        terminal.error(`${explainEnd(error, terminal.language)}\n`);
        fail(1);
      },
    }).catch((error: unknown) => {
      terminal.error(`${explain(error, { language: terminal.language, port: options.port })}\n`);
      // Parts that were already started would keep the process alive.
      process.exit(1);
    });
    terminal.out(welcome(checkpoint, terminal));
    const code = await Promise.race([untilSignal(hangUpOf(checkpoint)), failed]);
    terminal.error(terminal.language === 'ja' ? '終了しています …\n' : 'Closing …\n');
    if (code === 0) await checkpoint.stop();
    // A ledger that failed is repaired by the next start, through the same path as after a crash.
    process.exit(code);
  },
};

interface StartOptions {
  readonly port: number;
  readonly host: string;
  readonly dataDirectory: string;
  readonly firstRuleBook?: string;
}

function parse(args: readonly string[], terminal: Terminal): StartOptions | number {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '7700' },
        host: { type: 'string', default: '127.0.0.1' },
        data: { type: 'string', default: 'data' },
        preset: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return showHelp(help, terminal, true);
    const port = /^(0|[1-9][0-9]{0,4})$/.test(values.port) ? Number(values.port) : Number.NaN;
    if (!(port <= 65_535)) throw new Error(`couldn't use --port ${values.port}: it is not a port`);
    const firstRuleBook = values.preset === undefined ? undefined : presetText(values.preset);
    return {
      port,
      host: values.host,
      dataDirectory: resolve(values.data),
      ...(firstRuleBook === undefined ? {} : { firstRuleBook }),
    };
  } catch (error) {
    return showMisuse(error, help, terminal);
  }
}

/** The terminal and its launcher may both send the same signal; within a moment it counts once. */
const sameSignalMs = 1_000;

/**
 * A terminal that closes sends SIGHUP to end what ran in it. Whoever sends it to a process without
 * a terminal wants the changed rule book in force.
 */
function hangUpOf(checkpoint: Checkpoint): (() => void) | undefined {
  if (process.stdin.isTTY) return undefined;
  // Why a reload failed stands in the log already.
  return () => void checkpoint.reload().catch(() => undefined);
}

/**
 * @param onHangUp what SIGHUP does; without it, it stops like the others
 * @returns 0 at the first signal to stop. A second, later one ends the process at once.
 */
export function untilSignal(onHangUp?: () => void): Promise<number> {
  return new Promise((settle) => {
    let firstMs: number | undefined;
    const onSignal = (): void => {
      firstMs ??= performance.now();
      if (performance.now() - firstMs > sameSignalMs) process.exit(1);
      settle(0);
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
    process.on('SIGHUP', onHangUp ?? onSignal);
  });
}

function welcome(checkpoint: Checkpoint, terminal: Terminal): string {
  const { url, key } = checkpoint;
  const say = (en: string, ja: string): string => (terminal.language === 'ja' ? ja : en);
  const question = say('What is the capital of Japan?', '日本の首都はどこですか。');
  const body = JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: question }] });
  const usable = checkpoint.upstreams.some((upstream) => upstream.available);
  const rows = [
    [say('Gateway', 'ゲートウェイ'), `${url}/v1`],
    [say('API key', 'API キー'), key],
    [say('Console', 'コンソール'), checkpoint.console],
    [say('Ledger', '台帳'), checkpoint.origin],
    [say('Verify with', '検証鍵'), checkpoint.vkey],
    ...(checkpoint.postQuantumVkey === undefined
      ? []
      : [[say('and (ML-DSA-44)', '検証鍵(ML-DSA-44)'), checkpoint.postQuantumVkey] as const]),
    [say('Rules', '規則'), checkpoint.policyPath],
  ] as const;
  return `
${say('The checkpoint is open.', '関所が開きました。')}

${rows.map(([name, value]) => `  ${name}\n    ${value}`).join('\n')}

${usable ? say('Try it:', '試すには:') : say('No model can answer yet; once one can, try:', 'まだ回答できるモデルがありません。用意できたら、次で試せます:')}

curl ${url}/v1/chat/completions -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" -d '${body}'

${say('Ctrl-C closes it.', 'Ctrl-C で終了します。')}
`;
}

const policyWords: Readonly<Record<PolicyErrorCode, Bilingual>> = {
  unreadable: { en: 'sekisho.yaml cannot be read', ja: 'sekisho.yaml を読めません' },
  not_yaml: { en: 'sekisho.yaml is not YAML', ja: 'sekisho.yaml が YAML として正しくありません' },
  invalid: { en: 'sekisho.yaml breaks a rule', ja: 'sekisho.yaml に誤りがあります' },
};

/** Why a checkpoint that was open has to end. */
function explainEnd(error: unknown, language: Language): string {
  if (!(error instanceof LedgerError)) return sentence(error);
  const head = { en: "the ledger can't record any more", ja: '台帳に記録できなくなりました' };
  return `${head[language]}: ${explainLedger(error, language)}`;
}

/** Why the checkpoint could not start, in the operator's language; what a parser said stays English. */
function explain(error: unknown, about: { language: Language; port: number }): string {
  const { language, port } = about;
  if (error instanceof LedgerError) {
    const head = { en: "couldn't open the ledger", ja: '台帳を開けません' };
    return `${head[language]}: ${explainLedger(error, language)}`;
  }
  if (error instanceof PolicyError) return `${policyWords[error.code][language]}: ${error.message}`;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return {
      en: `couldn't listen on port ${port}: it is in use; choose another with --port`,
      ja: `ポート ${port} は使用中です。--port で別のポートを指定してください`,
    }[language];
  }
  return sentence(error);
}
