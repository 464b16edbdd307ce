import { parseArgs } from 'node:util';
import type { Bilingual } from '#base';
import { z } from 'zod';
import { type Command, type Terminal, sentence } from './command.ts';
import { callRunning } from './running.ts';

const help: Bilingual = {
  en: `usage: sekisho key add NAME [--role user|operator] [--data DIR]
       sekisho key list [--data DIR]
       sekisho key revoke ID [--data DIR]

Issues and withdraws API keys of the checkpoint that is running on this data folder.
A new key is shown once; only its hash is kept.
`,
  ja: `使い方: sekisho key add 名前 [--role user|operator] [--data フォルダー]
        sekisho key list [--data フォルダー]
        sekisho key revoke ID [--data フォルダー]

このデータフォルダーで動いている関所の API キーを発行・失効します。
新しいキーは一度だけ表示され、ハッシュだけが残ります。
`,
};

const listed = z.looseObject({
  keys: z.array(z.looseObject({ id: z.string(), name: z.string(), role: z.string() })),
});
const created = z.looseObject({ id: z.string(), secret: z.string() });

export const keyCommand: Command = {
  summary: { en: 'issue, list and withdraw API keys', ja: 'API キーの発行・一覧・失効' },
  async run(args, terminal) {
    try {
      const { values, positionals } = parseArgs({
        args: [...args],
        allowPositionals: true,
        options: {
          data: { type: 'string', default: 'data' },
          role: { type: 'string', default: 'user' },
          help: { type: 'boolean', short: 'h', default: false },
        },
      });
      const [verb, subject] = positionals;
      if (values.help || verb === undefined) {
        terminal.out(help[terminal.language]);
        return values.help ? 0 : 2;
      }
      return await act({ verb, subject, role: values.role, data: values.data }, terminal);
    } catch (error) {
      terminal.error(`${sentence(error)}\n`);
      return 1;
    }
  },
};

async function act(
  wanted: { verb: string; subject: string | undefined; role: string; data: string },
  terminal: Terminal,
): Promise<number> {
  const { verb, subject, role } = wanted;
  if (verb === 'list') {
    for (const key of listed.parse(await call(wanted.data, 'GET', '')).keys) {
      terminal.out(`${key.id}  ${key.role.padEnd(8)}  ${key.name}\n`);
    }
    return 0;
  }
  if (subject !== undefined && verb === 'add') {
    const made = created.parse(await call(wanted.data, 'POST', '', { name: subject, role }));
    terminal.out(`${made.secret}\n`);
    return 0;
  }
  if (subject !== undefined && verb === 'revoke') {
    await call(wanted.data, 'DELETE', `/${encodeURIComponent(subject)}`);
    return 0;
  }
  terminal.error(help[terminal.language]);
  return 2;
}

function call(data: string, method: string, path: string, body?: object): Promise<unknown> {
  return callRunning({ data, what: 'change the keys' }, method, `/api/keys${path}`, body);
}
