import { parseArgs } from 'node:util';
import type { Bilingual } from '#base';
import { z } from 'zod';
import { type Command, type Terminal, sentence, showHelp } from './command.ts';
import { callRunning } from './running.ts';

const eraseHelp: Bilingual = {
  en: `usage: sekisho erase ID --basis CODE --authority WHO [--groups LIST] [--data DIR]
       sekisho erase --person REF --basis CODE --authority WHO [--groups LIST] [--data DIR]

Destroys the keys of a passage, or of all that is about a person, for good. An entry that
says so comes first, and receipts stay valid.

  --person     as the request named them ("user"); without a name, the id of the API key;
               of somebody who signs in, their id or what the issuer calls them ("sub").
               What is under a legal hold, or has not ended yet, is left and counted
  --basis      code of the legal basis, such as appi-35 or gdpr-17
  --authority  who had it done: an office, a court. Never the person it is about
  --groups     of identity, content, ops; identity,content when absent
`,
  ja: `使い方: sekisho erase ID --basis コード --authority 決定者 [--groups 一覧] [--data フォルダー]
        sekisho erase --person 本人 --basis コード --authority 決定者 [--groups 一覧]

通過記録一件、または本人に関するすべての記録の鍵を破棄します。元には戻せません。
先に消去の記録が台帳に載り、受領証は有効なままです。

  --person     依頼の "user" に書かれた名。なければ API キーの ID。サインインする人は、
               その ID か、発行元での名("sub")。法的保全の対象と、
               まだ終わっていないものは消去せず、件数を示します
  --basis      法的根拠のコード。例: appi-35、gdpr-17
  --authority  決定した部署や裁判所。本人の名は書かないでください
  --groups     identity, content, ops から選びます。省略時は identity,content
`,
};

const holdHelp: Bilingual = {
  en: `usage: sekisho hold ID --reason TEXT --authority WHO [--data DIR]
       sekisho hold release HOLD --reason TEXT --authority WHO [--data DIR]

Places a passage under a legal hold, or lifts one. What is held is not erased, neither by
request nor by the schedule. Prints the id of the hold.
`,
  ja: `使い方: sekisho hold ID --reason 理由 --authority 決定者 [--data フォルダー]
        sekisho hold release 保全ID --reason 理由 --authority 決定者 [--data フォルダー]

通過記録一件を法的保全の対象にします。または解除します。保全中は、請求によっても
期限によっても消去されません。保全の ID を表示します。
`,
};

const done = z.looseObject({
  entries: z.array(z.looseObject({ id: z.string(), index: z.number() })).min(1),
});

export const eraseCommand: Command = {
  summary: { en: 'destroy the texts of a passage, lawfully', ja: '通過記録の内容を法に従って消去' },
  async run(args, terminal) {
    return attempt(terminal, async () => {
      const { values, positionals } = parseArgs({
        args: [...args],
        allowPositionals: true,
        options: {
          data: { type: 'string', default: 'data' },
          basis: { type: 'string' },
          authority: { type: 'string' },
          groups: { type: 'string', default: 'identity,content' },
          person: { type: 'string' },
          help: { type: 'boolean', short: 'h', default: false },
        },
      });
      const [id, ...more] = positionals;
      const { data, basis, authority, person } = values;
      const isNamed = (id === undefined) !== (person === undefined) && more.length === 0;
      const whole = isNamed && basis !== undefined && authority !== undefined;
      if (values.help || !whole) return showHelp(eraseHelp, terminal, values.help);
      const body = { groups: values.groups.split(','), basis, authority };
      if (id === undefined) return erasePerson(terminal, data, { subject: person, ...body });
      const path = `/api/passages/${encodeURIComponent(id)}/erase`;
      const answer = await callRunning({ data, what: 'erase the passage' }, 'POST', path, body);
      const { index } = done.parse(answer).entries[0]!;
      const said = { en: `erased; entry ${index} says so`, ja: `消去しました(記録 ${index})` };
      terminal.out(`${said[terminal.language]}\n`);
      return 0;
    });
  },
};

const donePerson = z.looseObject({
  erased: z.number(),
  held: z.array(z.string()),
  underWay: z.array(z.string()),
  entries: z.array(z.looseObject({ index: z.number() })),
});

async function erasePerson(terminal: Terminal, data: string, body: object): Promise<number> {
  const what = 'erase what is about the person';
  const answer = await callRunning({ data, what }, 'POST', '/api/people/erase', body);
  const { erased, held, underWay, entries } = donePerson.parse(answer);
  const indexes = entries.map(({ index }) => index).join(', ') || '-';
  const said = {
    en: `passages erased: ${erased} (entries ${indexes}); under a legal hold: ${held.length}; not ended yet: ${underWay.length}`,
    ja: `消去した通過記録: ${erased} 件(記録 ${indexes})、法的保全中: ${held.length} 件、処理中: ${underWay.length} 件`,
  };
  terminal.out(`${said[terminal.language]}\n`);
  return held.length + underWay.length === 0 ? 0 : 1;
}

export const holdCommand: Command = {
  summary: { en: 'place or lift a legal hold', ja: '法的保全とその解除' },
  async run(args, terminal) {
    return attempt(terminal, async () => {
      const { values, positionals } = parseArgs({
        args: [...args],
        allowPositionals: true,
        options: {
          data: { type: 'string', default: 'data' },
          reason: { type: 'string' },
          authority: { type: 'string' },
          help: { type: 'boolean', short: 'h', default: false },
        },
      });
      const release = positionals[0] === 'release';
      const [id, ...more] = release ? positionals.slice(1) : positionals;
      const { data, reason, authority } = values;
      const whole = id !== undefined && reason !== undefined && authority !== undefined;
      if (values.help || !whole || more.length > 0)
        return showHelp(holdHelp, terminal, values.help);
      const place = encodeURIComponent(id);
      const path = release ? `/api/holds/${place}/release` : `/api/passages/${place}/hold`;
      const what = release ? 'lift the hold' : 'hold the passage';
      const answer = await callRunning({ data, what }, 'POST', path, { reason, authority });
      const [entry] = done.parse(answer).entries;
      terminal.out(`${release ? id : entry!.id}\n`);
      return 0;
    });
  },
};

async function attempt(terminal: Terminal, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    terminal.error(`${sentence(error)}\n`);
    return 1;
  }
}
