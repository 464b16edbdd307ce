import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Bilingual, Language } from '#base';
import { type LedgerCheck, LedgerError, checkLedger, findingTexts } from '#ledger';
import { type Command, sentence, showHelp } from './command.ts';
import { explainLedger, findLedger } from './ledger-directory.ts';

const help: Bilingual = {
  en: `usage: sekisho fsck [--data DIR] [--all] [--promise FILE] [--json]

Checks the ledger of a data folder against itself. It writes nothing to the record and may be
run beside a running checkpoint.

A ledger in PostgreSQL or object storage is found by the settings of its start: DATABASE_URL and the
credentials in the environment, the rest in the folder's sekisho.yaml.

  --data DIR  the data folder (./data)
  --all       opens every seal with its key, and not a sample of about 1,000
  --promise FILE  a promise the ledger signed; an entry that is not there is damage.
              May be given more than once
  --json      the whole result as JSON
  --help      this text

exit code: 0 sound, 1 damaged, 2 the command line, the folder or a store cannot be used
`,
  ja: `使い方: sekisho fsck [--data フォルダー] [--all] [--promise ファイル] [--json]

データフォルダーの台帳に食い違いがないか調べます。記録には何も書き込まず、
関所が動いている間も使えます。

PostgreSQL やオブジェクトストレージの台帳は、起動時と同じ設定で見つけます。DATABASE_URL と
認証情報は環境変数で、その他はフォルダーの sekisho.yaml で指定します。

  --data フォルダー  データフォルダー(既定 ./data)
  --all             約 1,000 件の抜き取りでなく、すべての封を鍵で開けて調べます
  --promise ファイル 台帳が署名した約束。約束された記録がなければ損傷とします(複数可)
  --json            結果の全体を JSON で
  --help            この説明

終了コード: 0 健全、1 損傷あり、2 コマンド、フォルダー又は保存先が使えない
`,
};

const sampledSeals = 1_000;

export const fsckCommand: Command = {
  summary: { en: 'check the ledger of a data folder', ja: 'データフォルダーの台帳を検査' },
  async run(args, terminal) {
    const { language } = terminal;
    try {
      const { values } = parseArgs({
        args: [...args],
        options: {
          data: { type: 'string', default: 'data' },
          all: { type: 'boolean', default: false },
          promise: { type: 'string', multiple: true, default: [] },
          json: { type: 'boolean', default: false },
          help: { type: 'boolean', short: 'h', default: false },
        },
      });
      if (values.help) return showHelp(help, terminal, true);
      const found = findLedger(values.data, terminal);
      if (found === undefined) return 2;
      const promises = new Map(values.promise.map((path) => [path, readPromise(path)]));
      const seals = values.all ? 'all' : sampledSeals;
      const { directory, storage } = found;
      const check = await checkLedger(directory, { seals, promises, storage });
      terminal.out(values.json ? `${JSON.stringify(check, null, 2)}\n` : print(check, language));
      return check.verdict === 'SOUND' ? 0 : 1;
    } catch (error) {
      // It says nothing about the ledger, and is no matter of the command line.
      const isStore = error instanceof LedgerError;
      const said = isStore ? explainLedger(error, language) : sentence(error);
      terminal.error(isStore ? `${said}\n` : `${said}\n\n${help[language]}`);
      return 2;
    }
  },
};

/** A promise is some 200 bytes; what is longer is none, and its beginning says so as well. */
const promiseBytesMax = 64 * 1024;

function readPromise(path: string): string {
  return readFileSync(path).subarray(0, promiseBytesMax).toString('utf8');
}

const verdicts = {
  SOUND: {
    en: 'SOUND: the record agrees with itself and with its signed checkpoint.',
    ja: 'SOUND(健全): 記録は、それ自身とも署名済みのチェックポイントとも一致しています。',
  },
  DAMAGED: {
    en: 'DAMAGED: keep this folder as evidence and restore what is named here from a copy.',
    ja: 'DAMAGED(損傷あり): このフォルダーを証拠として残し、下に示すものを複製から戻してください。',
  },
} as const satisfies Record<LedgerCheck['verdict'], Bilingual>;

function print(check: LedgerCheck, language: Language): string {
  const lines = [verdicts[check.verdict][language], ''];
  for (const { code, at } of check.findings.first) {
    lines.push(`  [${code}] ${at}: ${findingTexts[code][language]}`);
  }
  const more = check.findings.total - check.findings.first.length;
  if (more > 0) lines.push({ en: `  and ${more} more`, ja: `  ほか ${more} 件` }[language]);
  if (check.findings.total > 0) lines.push('');
  lines.push(...counts(check).map((text) => `  ${text[language]}`));
  return `${lines.join('\n')}\n`;
}

function counts(check: LedgerCheck): readonly Bilingual[] {
  const { entries, publishedEntries, openIntents, sealed } = check;
  const list: Bilingual[] = [
    { en: `ledger: ${check.origin ?? '?'}`, ja: `台帳: ${check.origin ?? '?'}` },
    {
      en: `entries: ${entries}, of which ${publishedEntries} are under the signed checkpoint`,
      ja: `記録: ${entries} 件(うち署名済みチェックポイントの範囲 ${publishedEntries} 件)`,
    },
    {
      en: `published files compared: ${check.files}`,
      ja: `照合した公開ファイル: ${check.files} 個`,
    },
    {
      en: `writers: ${check.writers}; intents: ${check.intents}; outcomes: ${check.outcomes}`,
      ja: `書き手: ${check.writers}、申出: ${check.intents} 件、結果: ${check.outcomes} 件`,
    },
    {
      en: `sealed groups compared: ${sealed.blobs}; opened with their keys: ${sealed.sealsOpened} of ${sealed.sealsTried} tried`,
      ja: `照合した封: ${sealed.blobs} 個、鍵で開けた封: 試した ${sealed.sealsTried} 個のうち ${sealed.sealsOpened} 個`,
    },
  ];
  if (openIntents.total > 0) {
    const some = openIntents.first.join(', ');
    list.push({
      en: `intents without an outcome: ${openIntents.total} (entries ${some}); under way, or ended by the next start`,
      ja: `結果のない申出: ${openIntents.total} 件(記録 ${some})。処理中か、次の起動時に終わりが記録されます`,
    });
  }
  if (sealed.blobsAbsent + sealed.keysErased + sealed.keysMissing > 0) {
    list.push({
      en: `keys of those tried: ERASED ${sealed.keysErased}, MISSING ${sealed.keysMissing}; sealed groups absent: ${sealed.blobsAbsent}`,
      ja: `試した封の鍵: ERASED(消去済み) ${sealed.keysErased} 個、MISSING(欠落) ${sealed.keysMissing} 個。存在しない封: ${sealed.blobsAbsent} 個`,
    });
  }
  if (check.unfinishedBatch) {
    list.push({
      en: 'an unfinished batch stands at the end of the write-ahead file; nobody was told of it',
      ja: '先行書き込みファイルの末尾に未完了の書き込みがあります。完了を伝えた記録ではありません',
    });
  }
  return list;
}
