import { parseArgs } from 'node:util';
import type { Bilingual } from '#base';
import { z } from 'zod';
import { type Command, type Terminal, sentence, showHelp } from './command.ts';
import { callRunning } from './running.ts';

const help: Bilingual = {
  en: `usage: sekisho mcp list [--full] [--data DIR]
       sekisho mcp accept SERVER TOOL [--sha256 HASH] [--data DIR]

Servers of tools behind the checkpoint that is running on this data folder. "list" asks each what it
offers now and says which definition of each tool is on record; --full shows the definitions. A tool
whose definition changed is withheld until it is accepted. Read it first: a model will.
`,
  ja: `使い方: sekisho mcp list [--full] [--data フォルダー]
        sekisho mcp accept サーバー ツール [--sha256 ハッシュ] [--data フォルダー]

このデータフォルダーで動いている関所の先にある MCP サーバーです。list は各サーバーに今のツールを尋ね、
記録されている説明との異同を示します。--full で説明を表示します。説明が変わったツールは、
accept で認めるまで使えません。モデルが読むものなので、先に内容を確認してください。
`,
};

const record = z.looseObject({
  tool: z.string(),
  state: z.string(),
  sha256: z.string(),
  waiting: z.string().nullable(),
  rules: z.array(z.string()),
  definition: z.string(),
  waitingDefinition: z.string().nullable(),
});
const listed = z.looseObject({
  servers: z.array(
    z.looseObject({
      id: z.string(),
      transport: z.string(),
      operator: z.string(),
      jurisdiction: z.string(),
      maxClass: z.string(),
      available: z.boolean(),
      tools: z.array(record.extend({ offered: z.boolean() })),
    }),
  ),
});

const states: Readonly<Record<string, Bilingual>> = {
  pinned: { en: 'on record', ja: '記録どおり' },
  changed: { en: 'CHANGED, withheld', ja: '変更あり(停止中)' },
  stopped: { en: 'STOPPED by', ja: '規則により停止' },
  declared: { en: 'NOT AS DECLARED in sekisho.yaml', ja: 'sekisho.yaml の指定と不一致(停止中)' },
};
const words = {
  en: { gone: 'not offered now', away: 'not reachable', now: 'now', none: 'No MCP servers.' },
  ja: {
    gone: '今は提供なし',
    away: '接続できません',
    now: '今',
    none: 'MCP サーバーはありません。',
  },
} as const;

const options = {
  data: { type: 'string', default: 'data' },
  sha256: { type: 'string' },
  full: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const mcpCommand: Command = {
  summary: {
    en: 'tools of other servers: list, accept changes',
    ja: 'MCP のツールの一覧と変更の承認',
  },
  async run(args, terminal) {
    try {
      const { values, positionals } = parseArgs({
        args: [...args],
        allowPositionals: true,
        options,
      });
      const [verb, server, tool] = positionals;
      const { data, full, sha256 } = values;
      if (verb === 'list' && positionals.length === 1) {
        return list(await inventory(data), full, terminal);
      }
      if (verb === 'accept' && server !== undefined && tool !== undefined) {
        return await accept({ data, server, tool, sha256 }, terminal);
      }
      return showHelp(help, terminal, values.help);
    } catch (error) {
      terminal.error(`${sentence(error)}\n`);
      return 1;
    }
  },
};

type Inventory = z.infer<typeof listed>['servers'];

async function inventory(data: string): Promise<Inventory> {
  const asking = { data, what: 'list the tools' };
  return listed.parse(await callRunning(asking, 'GET', '/api/mcp')).servers;
}

/** @returns 1 while a tool is withheld, for whoever runs it by a timer */
function list(servers: Inventory, full: boolean, terminal: Terminal): number {
  const say = words[terminal.language];
  if (servers.length === 0) terminal.out(`${say.none}\n`);
  let withheld = 0;
  for (const { id, transport, operator, jurisdiction, maxClass, available, tools } of servers) {
    const head = [id, transport, operator, jurisdiction, `<= ${maxClass}`];
    terminal.out(`${[...head, ...(available ? [] : [say.away])].join('  ')}\n`);
    for (const { tool, state, sha256, waiting, rules, offered, ...texts } of tools) {
      if (state !== 'pinned') withheld++;
      const told = [states[state]?.[terminal.language] ?? state, ...rules].join(' ');
      const gone = available && !offered ? ` (${say.gone})` : '';
      const hashes = waiting === null ? sha256 : `${sha256} -> ${waiting}`;
      terminal.out(`  ${id}__${tool}  ${told}${gone}\n    ${hashes}\n`);
      if (!full) continue;
      terminal.out(`    ${texts.definition}\n`);
      if (texts.waitingDefinition !== null) {
        terminal.out(`    ${say.now}: ${texts.waitingDefinition}\n`);
      }
    }
  }
  return withheld > 0 ? 1 : 0;
}

async function accept(
  of: { data: string; server: string; tool: string; sha256: string | undefined },
  terminal: Terminal,
): Promise<number> {
  const { data, server, tool } = of;
  const servers = await inventory(data);
  const known = servers.find(({ id }) => id === server)?.tools.find((one) => one.tool === tool);
  const sha256 = of.sha256 ?? known?.waiting ?? undefined;
  if (sha256 === undefined) {
    throw new Error(`couldn't accept ${server}__${tool}: no changed definition of it waits`);
  }
  const asking = { data, what: `accept ${server}__${tool}` };
  const body = { server, tool, sha256 };
  const accepted = record.parse(await callRunning(asking, 'POST', '/api/mcp/accept', body));
  terminal.out(`${server}__${tool}  ${accepted.sha256}\n`);
  return 0;
}
