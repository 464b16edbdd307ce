import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Bilingual } from '#base';
import { z } from 'zod';
import { type Command, type Terminal, sentence } from './command.ts';
import { callRunning } from './running.ts';

const help: Bilingual = {
  en: `usage: sekisho key add NAME [--role user|operator|auditor|security|teacher]
                   [bounds] [--data DIR]
       sekisho key set ID [bounds] [--data DIR]
       sekisho key rotate ID [--overlap HOURS] [--data DIR]
       sekisho key list [--data DIR]
       sekisho key revoke ID [--data DIR]

Issues, changes, renews and withdraws API keys of the checkpoint that is running on this data
folder. A new key is shown once; only its hash is kept.

Bounds ("none" takes one away):
  --owner TEXT, --project TEXT     who answers for it, and what its use is counted under
  --max-class CLASS                the most sensitive data class it may carry
  --models A,B  --upstreams A,B    what it may reach
  --mcp SERVER__TOOL,SERVER__*     tools it may call; without this word, none
  --class ID                       the class whose pupil or teacher has it
  --requests-per-minute N  --tokens-per-minute N
  --tokens-per-day N       --tokens-per-month N
  --money-per-day N        --money-per-month N     in the currency of the accounts
  --expires YYYY-MM-DD             the last day on which it works (UTC)
  --overlap HOURS                  how long the old key works beside the new one (24)
`,
  ja: `使い方: sekisho key add 名前 [--role user|operator|auditor|security|teacher]
                   [上限] [--data フォルダー]
        sekisho key set ID [上限] [--data フォルダー]
        sekisho key rotate ID [--overlap 時間数] [--data フォルダー]
        sekisho key list [--data フォルダー]
        sekisho key revoke ID [--data フォルダー]

このデータフォルダーで動いている関所の API キーを発行・変更・更新・失効します。
新しいキーは一度だけ表示され、ハッシュだけが残ります。

上限(none で取り消し):
  --owner 文字列、--project 文字列   責任者と、使用量を集計する事業の名前
  --max-class 区分                  扱える最も機微なデータ区分
  --models A,B  --upstreams A,B     使えるモデル、接続先
  --mcp サーバー__ツール,サーバー__*    呼び出せるツール。指定がなければ、なし
  --class ID                        キーを持つ児童生徒又は教員の学級
  --requests-per-minute N  --tokens-per-minute N   毎分の要求数、トークン数
  --tokens-per-day N       --tokens-per-month N    一日、一月のトークン数
  --money-per-day N        --money-per-month N     一日、一月の金額(会計の通貨)
  --expires YYYY-MM-DD              使える最後の日(UTC)
  --overlap 時間数                   古いキーを併用できる時間(既定 24)
`,
};

const listed = z.looseObject({
  keys: z.array(
    z.looseObject({
      id: z.string(),
      name: z.string(),
      role: z.string(),
      expires: z.number().nullish(),
    }),
  ),
});
const created = z.looseObject({ id: z.string(), secret: z.string() });

const text = { type: 'string' } as const;
const options = {
  data: { type: 'string', default: 'data' },
  role: text,
  owner: text,
  project: text,
  'max-class': text,
  models: text,
  upstreams: text,
  mcp: text,
  class: text,
  'requests-per-minute': text,
  'tokens-per-minute': text,
  'tokens-per-day': text,
  'tokens-per-month': text,
  'money-per-day': text,
  'money-per-month': text,
  expires: text,
  overlap: text,
  help: { type: 'boolean', short: 'h', default: false },
} satisfies ParseArgsConfig['options'];

type Values = Readonly<Partial<Record<keyof typeof options, string | boolean>>>;

export const keyCommand: Command = {
  summary: {
    en: 'issue, bound, renew and withdraw API keys',
    ja: 'API キーの発行・上限・更新・失効',
  },
  async run(args, terminal) {
    try {
      const { values, positionals } = parseArgs({
        args: [...args],
        allowPositionals: true,
        options,
      });
      const [verb, subject] = positionals;
      if (values.help || verb === undefined) {
        terminal.out(help[terminal.language]);
        return values.help ? 0 : 2;
      }
      return await act({ verb, subject, values, data: values.data }, terminal);
    } catch (error) {
      terminal.error(`${sentence(error)}\n`);
      return 1;
    }
  },
};

async function act(
  wanted: { verb: string; subject: string | undefined; values: Values; data: string },
  terminal: Terminal,
): Promise<number> {
  const { verb, subject, values, data } = wanted;
  if (verb === 'list') {
    for (const key of listed.parse(await call(data, 'GET', '')).keys) {
      const end = key.expires ? `  (- ${new Date(key.expires * 1_000).toISOString()})` : '';
      terminal.out(`${key.id}  ${key.role.padEnd(8)}  ${key.name}${end}\n`);
    }
    return 0;
  }
  if (subject === undefined) {
    terminal.error(help[terminal.language]);
    return 2;
  }
  const path = `/${encodeURIComponent(subject)}`;
  switch (verb) {
    case 'add': {
      const role = values.role === undefined ? {} : { role: values.role };
      const body = { name: subject, ...role, ...boundsOf(values) };
      terminal.out(`${created.parse(await call(data, 'POST', '', body)).secret}\n`);
      return 0;
    }
    case 'set':
      await call(data, 'PATCH', path, boundsOf(values));
      return 0;
    case 'rotate': {
      const hours = values.overlap === undefined ? 24 : numberOf('overlap', values.overlap);
      const body = { overlapSeconds: Math.round(hours * 3_600) };
      terminal.out(`${created.parse(await call(data, 'POST', `${path}/rotate`, body)).secret}\n`);
      return 0;
    }
    case 'revoke':
      await call(data, 'DELETE', path);
      return 0;
    default:
      terminal.error(help[terminal.language]);
      return 2;
  }
}

/** The bounds that were named, as the API takes them. */
function boundsOf(values: Values): object {
  const bounds: Record<string, unknown> = {};
  for (const name of ['owner', 'project', 'max-class', 'class'] as const) {
    const value = values[name];
    if (value === undefined) continue;
    bounds[camel(name)] = value !== 'none' ? value : name.endsWith('class') ? null : '';
  }
  for (const name of ['models', 'upstreams', 'mcp'] as const) {
    const value = values[name];
    if (typeof value === 'string') bounds[name] = value === 'none' ? [] : value.split(',');
  }
  for (const name of amounts) {
    const value = values[name];
    if (value !== undefined) bounds[camel(name)] = value === 'none' ? null : numberOf(name, value);
  }
  const { expires } = values;
  if (typeof expires === 'string') bounds['expires'] = expires === 'none' ? null : endOf(expires);
  return bounds;
}

const amounts = [
  'requests-per-minute',
  'tokens-per-minute',
  'tokens-per-day',
  'tokens-per-month',
  'money-per-day',
  'money-per-month',
] as const;

function camel(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase());
}

function numberOf(name: string, value: string | boolean): number {
  const number = Number(value);
  if (typeof value === 'string' && /^[0-9]+(\.[0-9]+)?$/.test(value)) return number;
  throw new Error(`couldn't use --${name}: it is not a number`);
}

/** @returns Unix seconds of the end of a day */
function endOf(day: string): number {
  const start = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(start)) throw new Error("couldn't use --expires: write it as 2027-03-31");
  return start / 1_000 + 86_400;
}

function call(data: string, method: string, path: string, body?: object): Promise<unknown> {
  return callRunning({ data, what: 'change the keys' }, method, `/api/keys${path}`, body);
}
