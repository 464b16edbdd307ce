import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Bilingual } from '#base';
import { parseVerifierKey } from '@sekisho/proof';
import { z } from 'zod';
import { type Command, type Terminal, sentence, showHelp, showMisuse } from './command.ts';
import { type Acknowledged, VerifyingReader } from './hammer-log.ts';

const help: Bilingual = {
  en: `usage: sekisho hammer --url URL --key KEY [options]

Loads a running checkpoint and verifies it meanwhile: writers ask, readers check that each new
checkpoint continues the one before, and that what was acknowledged is in the log at its place.

  --url URL      the checkpoint, such as http://127.0.0.1:7700
  --key KEY      an API key
  --vkey VKEY    verifier key of the ledger; otherwise the one the checkpoint states
  --rate N       requests a second to aim at, 1 to 10000 (50)
  --seconds S    how long, 1 to 86400 (10)
  --readers N    verifying readers, 1 to 64 (2)
  --text TEXT    what to ask; without it a text that the rules refuse, so that no model works

exit code: 0 all verified and at least nine tenths of the rate, 1 not, 2 it cannot be used so
`,
  ja: `使い方: sekisho hammer --url URL --key キー [オプション]

動いている関所に負荷をかけながら検証します。書き手は質問を送り、読み手は、新しい
チェックポイントが前のものの続きであること、完了を伝えた記録が台帳のその位置に
あることを確かめます。

  --url URL        関所。例 http://127.0.0.1:7700
  --key キー       API キー
  --vkey 検証鍵    台帳の検証鍵。省略時は関所が示すもの
  --rate N         目標とする毎秒の件数、1〜10000(既定 50)
  --seconds 秒     時間、1〜86400(既定 10)
  --readers N      検証する読み手の数、1〜64(既定 2)
  --text 本文      送る本文。省略時は規則が断る本文で、モデルは動きません

終了コード: 0 すべて検証でき、目標の 9 割以上、1 それ以外、2 この指定では使えない
`,
};

/** A specimen number whose check digit holds: the newcomer's rules refuse it. */
const refusedText = 'My Number 123456789018';
const requestMs = 30_000;
/** More in flight than a checkpoint admits would only be refused. */
const inFlightMax = 256;
/** The last requests start at the very end and may be answered this much later. */
const lastAnswersMs = 1_000;
const keptAcknowledgements = 10_000;
const shownFaults = 5;
const reachedShare = 0.9;

const session = z.looseObject({ vkey: z.string() });

interface Plan {
  readonly url: string;
  readonly key: string;
  readonly vkey: string | undefined;
  readonly rate: number;
  readonly seconds: number;
  readonly readers: number;
  readonly text: string;
}

export const hammerCommand: Command = {
  summary: { en: 'load a checkpoint and verify it', ja: '関所に負荷をかけて検証' },
  async run(args, terminal) {
    let plan: Plan | number;
    try {
      plan = parse(args, terminal);
    } catch (error) {
      return showMisuse(error, help, terminal);
    }
    if (typeof plan === 'number') return plan;
    try {
      return await hammer(plan, terminal);
    } catch (error) {
      terminal.error(`${sentence(error)}\n`);
      return 1;
    }
  },
};

function parse(args: readonly string[], terminal: Terminal): Plan | number {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: 'string' },
      key: { type: 'string' },
      vkey: { type: 'string' },
      rate: { type: 'string', default: '50' },
      seconds: { type: 'string', default: '10' },
      readers: { type: 'string', default: '2' },
      text: { type: 'string', default: refusedText },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { url, key, vkey, text } = values;
  if (values.help || url === undefined || key === undefined)
    return showHelp(help, terminal, values.help);
  const number = (name: 'rate' | 'seconds' | 'readers', max: number): number => {
    const given = values[name];
    if (/^[1-9][0-9]{0,4}$/.test(given) && Number(given) <= max) return Number(given);
    throw new Error(`couldn't use --${name} ${given}: give a whole number from 1 to ${max}`);
  };
  return {
    url: new URL(url).href.replace(/\/$/, ''),
    key,
    vkey,
    text,
    rate: number('rate', 10_000),
    seconds: number('seconds', 86_400),
    readers: number('readers', 64),
  };
}

/** What the run has seen so far. */
interface Tally {
  readonly acknowledged: Acknowledged[];
  asked: number;
  answered: number;
  checkpoints: number;
  receipts: number;
  faults: string[];
  faultCount: number;
}

async function hammer(plan: Plan, terminal: Terminal): Promise<number> {
  const vkey = plan.vkey ?? (await statedKey(plan));
  const key = await parseVerifierKey(vkey);
  if (key === undefined) throw new Error("couldn't use the verifier key: it is malformed");
  const tally: Tally = {
    acknowledged: [],
    asked: 0,
    answered: 0,
    checkpoints: 0,
    receipts: 0,
    faults: [],
    faultCount: 0,
  };
  const start = performance.now();
  const end = start + plan.seconds * 1_000;
  const readers = Array.from({ length: plan.readers }, () =>
    read(new VerifyingReader(plan.url, { key, vkey, timeoutMs: requestMs }), tally, end),
  );
  await write(plan, tally, { start, end });
  const overtime = performance.now() - end - lastAnswersMs;
  const seconds = plan.seconds + Math.max(0, overtime) / 1_000;
  await Promise.all(readers);
  const rate = tally.answered / seconds;
  const isReached = rate >= plan.rate * reachedShare;
  // A run in which nothing was verified shows nothing.
  const isVerified = tally.faultCount === 0 && tally.checkpoints > 0 && tally.receipts > 0;
  const verdict = isVerified && isReached ? passed : failed;
  const lines: Bilingual[] = [
    verdict,
    {
      en: `  ${tally.answered} of ${tally.asked} requests acknowledged, ${rate.toFixed(1)}/s of ${plan.rate}/s wanted`,
      ja: `  送信 ${tally.asked} 件、完了 ${tally.answered} 件、毎秒 ${rate.toFixed(1)} 件(目標 ${plan.rate} 件)`,
    },
    {
      en: `  ${tally.checkpoints} checkpoints and ${tally.receipts} receipts verified, ${tally.faultCount} faults`,
      ja: `  検証したチェックポイント ${tally.checkpoints} 件、受領証 ${tally.receipts} 件、不合格 ${tally.faultCount} 件`,
    },
  ];
  terminal.out(`${lines.map((line) => line[terminal.language]).join('\n')}\n`);
  for (const text of tally.faults) terminal.error(`  ${text}\n`);
  return isVerified && isReached ? 0 : 1;
}

const passed: Bilingual = { en: 'PASSED', ja: 'PASSED(合格)' };
const failed: Bilingual = { en: 'FAILED', ja: 'FAILED(不合格)' };

async function statedKey({ url, key }: Plan): Promise<string> {
  const response = await fetch(`${url}/api/session`, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(requestMs),
  });
  const stated = session.safeParse(await response.json().catch(() => undefined));
  if (!stated.success) throw new Error(`couldn't open the session: ${response.status}`);
  return stated.data.vkey;
}

/** Starts requests at the wanted pace, and waits while too many are under way. */
async function write(
  plan: Plan,
  tally: Tally,
  { start, end }: { start: number; end: number },
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  for (;;) {
    const now = performance.now();
    if (now >= end) break;
    const due = Math.floor(((now - start) / 1_000) * plan.rate) + 1;
    while (tally.asked < due && underWay.size < inFlightMax) {
      tally.asked++;
      const asked = ask(plan, tally).finally(() => underWay.delete(asked));
      underWay.add(asked);
    }
    // oxlint-disable-next-line no-await-in-loop -- the pace is the point
    await pause(5);
  }
  await Promise.all(underWay);
}

async function ask({ url, key, text }: Plan, tally: Tally): Promise<void> {
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: text }] }),
      signal: AbortSignal.timeout(requestMs),
    });
    await response.arrayBuffer();
    const evidence = /^([0-9]+):(.{43})$/.exec(response.headers.get('x-evidence') ?? '');
    const id = response.headers.get('x-sekisho-receipt');
    if (evidence === null || id === null) {
      fault(tally, `a request was answered ${response.status} without evidence`);
      return;
    }
    tally.answered++;
    const [, index = '', leafHash = ''] = evidence;
    const slot = tally.answered % keptAcknowledgements;
    tally.acknowledged[slot] = { id, index: Number(index), leafHash };
  } catch (error) {
    fault(tally, `a request failed: ${sentence(error)}`);
  }
}

/** Verifies until the end, and once more after it, when every entry should be covered. */
async function read(reader: VerifyingReader, tally: Tally, end: number): Promise<void> {
  for (let isLast = false; !isLast;) {
    isLast = performance.now() >= end;
    try {
      const known = tally.acknowledged.filter((entry) => entry !== undefined);
      const entry = known[Math.floor(Math.random() * known.length)];
      // oxlint-disable-next-line no-await-in-loop -- one reader, one thing after another
      const said = [await reader.checkpoint(), entry && (await reader.receipt(entry))];
      tally.checkpoints++;
      if (entry !== undefined) tally.receipts++;
      for (const text of said) if (text !== undefined) fault(tally, text);
    } catch (error) {
      fault(tally, `a reader failed: ${sentence(error)}`);
    }
    // oxlint-disable-next-line no-await-in-loop -- readers shall not starve the writers
    await pause(20);
  }
}

function fault(tally: Tally, text: string): void {
  tally.faultCount++;
  if (tally.faults.length < shownFaults) tally.faults.push(text);
}
