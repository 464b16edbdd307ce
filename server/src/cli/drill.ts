import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Bilingual, limits } from '#base';
import { z } from 'zod';
import { type Command, type Terminal, sentence, showHelp } from './command.ts';
import { type ReadDrillReport, drillReport, reportDrill } from './drill-report.ts';
import { callRunning, fetchRunning } from './running.ts';

const help: Bilingual = {
  en: `usage: sekisho drill --lose WHAT [--replay N | --minutes N | --send FILE] [--data DIR] [--json]

Rehearses a loss at the checkpoint that is running, says who could still work, and records it.

  --lose WHAT     an upstream or its operator (openai), jurisdiction:US, or residency:US
  --replay N      what would have become of the last N passages (200); nothing is sent
  --minutes N     the upstreams are gone for N minutes, for everybody; Ctrl-C gives them back
  --send FILE     they are gone while the prompts of this file, one a line, are sent by you
  --class X       the data class of those prompts (that of requests that state none)
`,
  ja: `使い方: sekisho drill --lose 対象 [--replay N | --minutes N | --send ファイル] [--data フォルダー] [--json]

動いている関所で接続先の喪失を訓練し、誰が仕事を続けられるかを示して、記録します。

  --lose 対象      接続先又は運営者(openai)、jurisdiction:US、residency:US
  --replay N       直近 N 件(既定 200)の通過がどうなるかを示します。何も送信しません
  --minutes N      N 分間、すべての利用者に対して接続先を止めます。Ctrl-C で戻します
  --send ファイル   接続先を止めている間に、ファイルの問い(一行に一つ)を自分で送ります
  --class X        その問いのデータ区分(省略時は、区分を示さない要求の区分)
`,
};

const options = {
  lose: { type: 'string' },
  replay: { type: 'string' },
  minutes: { type: 'string' },
  send: { type: 'string' },
  class: { type: 'string' },
  data: { type: 'string', default: 'data' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

/** How often a drill that runs is looked at. */
const lookMs = 1_000;
/** Should the sender vanish, the upstreams are back after so long. */
const sendMinutes = 30;
/** Prompts sent in one drill: it is a rehearsal, and not a load test. */
const mostPrompts = 100;

export const drillCommand: Command = {
  summary: { en: 'rehearse the loss of an upstream', ja: '接続先の喪失の訓練' },
  async run(args, terminal) {
    try {
      const { values } = parseArgs({ args: [...args], options });
      const ways = [values.replay, values.minutes, values.send].filter((way) => way !== undefined);
      if (values.help || values.lose === undefined || ways.length > 1)
        return showHelp(help, terminal, values.help);
      const report = await drill(values, values.lose, terminal);
      terminal.out(
        values.json
          ? `${JSON.stringify(report, null, 2)}\n`
          : reportDrill(report, terminal.language),
      );
      // Like a test: whoever runs it by a timer is told when somebody could not have worked.
      return report.stopped > 0 ? 1 : 0;
    } catch (error) {
      terminal.error(`${sentence(error)}\n`);
      return 2;
    }
  },
};

async function drill(values: Values, lose: string, terminal: Terminal): Promise<ReadDrillReport> {
  const { data } = values;
  if (values.send !== undefined) return await sendPrompts(values, lose, terminal);
  if (values.minutes !== undefined) {
    const minutes = positive('--minutes', values.minutes, limits.drillMinutes);
    return await live({ data, lose, minutes }, (id) => waitForEnd(data, id));
  }
  const replay = positive('--replay', values.replay ?? '200', limits.drillPassages);
  const from = { data, what: 'rehearse' };
  return drillReport.parse(await callRunning(from, 'POST', '/api/drills', { lose, replay }));
}

function positive(name: string, text: string, most: number): number {
  const value = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0 && value <= most)) {
    throw new Error(`couldn't use ${name} ${text}: it is not a number up to ${most}`);
  }
  return value;
}

/** Takes the upstreams away while the work is done, and gives them back however it ends. */
async function live(
  { data, lose, minutes }: { data: string; lose: string; minutes: number },
  work: (id: string, isOver: () => boolean) => Promise<void>,
): Promise<ReadDrillReport> {
  const from = { data, what: 'rehearse' };
  let over = false;
  let giveUp = (): void => {};
  const interrupted = new Promise<void>((resolve) => (giveUp = resolve));
  // Before the order goes out: from then on nobody else would give the upstreams back.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, giveUp);
  const started = await callRunning(from, 'POST', '/api/drills', { lose, minutes });
  const { id } = drillReport.parse(started);
  try {
    await Promise.race([work(id, () => over), interrupted]);
  } finally {
    over = true;
    // Refused when its time was over before: then the report is there already.
    await fetchRunning(from, 'DELETE', `/api/drills/${id}`).catch(() => undefined);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, giveUp);
  }
  return drillReport.parse(await callRunning(from, 'GET', `/api/drills/${id}`));
}

async function waitForEnd(data: string, id: string): Promise<void> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- waiting is the point
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    const from = { data, what: 'look at the drill' };
    // oxlint-disable-next-line no-await-in-loop -- one look after another
    const { state, entry } = drillReport.parse(await callRunning(from, 'GET', `/api/drills/${id}`));
    if (state !== 'running' || entry !== null) return;
  }
}

const answer = z.looseObject({ model: z.string() });

/** The operator's own prompts go the usual way, so that each is a passage with its receipt. */
function sendPrompts(values: Values, lose: string, terminal: Terminal): Promise<ReadDrillReport> {
  const { data, class: dataClass } = values;
  const prompts = readFileSync(values.send!, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, mostPrompts);
  const headers: Record<string, string> =
    dataClass === undefined ? {} : { 'x-sekisho-data-class': dataClass };
  return live({ data, lose, minutes: sendMinutes }, async (_id, isOver) => {
    for (const [i, content] of prompts.entries()) {
      if (isOver()) return;
      const body = { model: 'auto', messages: [{ role: 'user', content }] };
      const from = { data, what: `send prompt ${i + 1}`, headers };
      let said: string;
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after another, so that none waits for one
        said = answer.parse(await callRunning(from, 'POST', '/v1/chat/completions', body)).model;
      } catch (error) {
        said = sentence(error);
      }
      terminal.error(`${i + 1}/${prompts.length}  ${said}\n`);
    }
  });
}
