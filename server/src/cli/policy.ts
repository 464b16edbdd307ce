import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bilingual } from '#base';
import { Calendar, PriceList, type Tariff, costsOf } from '#gateway';
import { readPricePack } from '#pack';
import {
  type Need,
  type Policy,
  type RouteRequest,
  type RoutingFacts,
  ageGroups,
  explainRoute,
  isReviewOverdue,
  noFacts,
  parsePolicy,
} from '#policy';
import { z } from 'zod';
import { type Command, type Terminal, sentence, showHelp } from './command.ts';
import { readRuleBook } from './guard.ts';
import { runExamples } from './policy-examples.ts';
import { reportTrial, tryText } from './policy-try.ts';
import { listPresets, presetText } from './preset.ts';
import { doubtsAbout, reportExamples, reportExplanation } from './policy-report.ts';
import { callRunning } from './running.ts';

const help: Bilingual = {
  en: `usage: sekisho policy explain [what is asked] [--file FILE | --data DIR] [--live] [--json]
       sekisho policy try TEXT [--answer] [--class X] [--age G] [--file FILE | --data DIR] [--json]
       sekisho policy test [--file FILE | --data DIR] [--json]
       sekisho policy check [FILE]
       sekisho policy preset [NAME]

explain  says for each upstream why a request would go there or not, and in which order:
           --class X        its data class (that of requests that state none)
           --model M        the model or upstream it asks for (auto)
           --tools --images --json-schema --stream --embeddings   what it needs
           --tokens N       its length, and --answer-tokens N the longest answer
           --live           with the state of the checkpoint that is running
try      says what becomes of a text, finding by finding, and which rule decided; - reads the
         text from standard input, --answer judges it as a model's answer
test     tries the examples of the rule book; exit code 1 when one fails
check    says whether a rule book can be used, and what in it may not be meant
preset   prints a rule book to begin with; without a name, which there are
`,
  ja: `使い方: sekisho policy explain [要求の内容] [--file ファイル | --data フォルダー] [--live] [--json]
        sekisho policy try 文 [--answer] [--class X] [--age G] [--file ファイル | --data フォルダー] [--json]
        sekisho policy test [--file ファイル | --data フォルダー] [--json]
        sekisho policy check [ファイル]
        sekisho policy preset [名前]

explain  要求がどの接続先に行くか、行かないか、その理由と順序を示します:
           --class X        データ区分(省略時は、区分を示さない要求の区分)
           --model M        指定するモデル又は接続先(省略時は auto)
           --tools --images --json-schema --stream --embeddings   必要なもの
           --tokens N       要求の長さ。--answer-tokens N は回答の最大の長さ
           --live           動いている関所の状態も示す
try      文がどう扱われるかを、検出ごとに、決め手となった規則とともに示します。- は標準入力
         から読み、--answer はモデルの回答として判断します
test     規則に書かれた例をすべて試します。一つでも外れれば終了コードは 1
check    規則を使えるか、意図と異なりそうな点がないかを調べます
preset   出発点になる規則を表示します。名前を省くと一覧
`,
};

const options = {
  file: { type: 'string' },
  data: { type: 'string', default: 'data' },
  class: { type: 'string' },
  model: { type: 'string', default: 'auto' },
  tools: { type: 'boolean', default: false },
  images: { type: 'boolean', default: false },
  'json-schema': { type: 'boolean', default: false },
  stream: { type: 'boolean', default: false },
  embeddings: { type: 'boolean', default: false },
  tokens: { type: 'string', default: '0' },
  'answer-tokens': { type: 'string', default: '0' },
  live: { type: 'boolean', default: false },
  age: { type: 'string' },
  answer: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

export const policyCommand: Command = {
  summary: { en: 'explain, test and check the rule book', ja: '規則の説明・試験・検査' },
  async run(args, terminal) {
    try {
      const parsed = parseArgs({ args: [...args], allowPositionals: true, options });
      const { values } = parsed;
      const [verb, file] = parsed.positionals;
      if (values.help) return showHelp(help, terminal, true);
      if (verb === 'preset') {
        terminal.out(file === undefined ? listPresets(terminal.language) : presetText(file));
        return 0;
      }
      if (verb === 'try' && file !== undefined) return tried(file, values, terminal);
      const path = file ?? values.file ?? join(values.data, 'sekisho.yaml');
      if (verb === 'explain') return await explain(readPolicy(path), values, terminal);
      if (verb === 'test') return test(readPolicy(path), values.json, terminal);
      if (verb === 'check') return check(readPolicy(path), path, terminal);
      return showHelp(help, terminal, false);
    } catch (error) {
      terminal.error(`${sentence(error)}\n`);
      return 1;
    }
  },
};

function tried(given: string, values: Values, terminal: Terminal): number {
  const text = given === '-' ? readFileSync(0, 'utf8').replace(/\n$/, '') : given;
  const usual = join(values.data, 'sekisho.yaml');
  const policy = readRuleBook(values.file ?? (existsSync(usual) ? usual : undefined));
  const role = values.answer ? 'assistant' : 'user';
  const age = ageGroups.find((group) => group === values.age);
  if (values.age !== undefined && age === undefined) {
    throw new Error(`couldn't use --age ${values.age}: say one of ${ageGroups.join(', ')}`);
  }
  const stated = values.class === undefined ? {} : { class: values.class };
  const asked = { text, role, ...stated, ...(age === undefined ? {} : { age }) } as const;
  const trial = tryText(policy, asked, factsOf(policy));
  terminal.out(
    values.json
      ? `${JSON.stringify(trial, null, 2)}\n`
      : reportTrial(policy, trial, terminal.language),
  );
  return 0;
}

function readPolicy(path: string): Policy {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`couldn't read ${path}: it is not there or may not be read`, { cause });
  }
  return parsePolicy(text);
}

async function explain(policy: Policy, values: Values, terminal: Terminal): Promise<number> {
  const request = requestOf(policy, values);
  const nowMs = Date.now();
  const facts = factsOf(policy);
  const found = explainRoute(policy, request, { nowMs, facts });
  const absent = values.live ? await absencesAt(values.data) : new Map<string, string>();
  if (values.json) {
    const rows = found.verdicts.map(({ declared, ...verdict }) => ({
      upstream: declared.id,
      place: verdict.place ?? null,
      why: verdict.why,
      by: verdict.by ?? null,
      costMicros: verdict.cost?.micros ?? null,
      currency: verdict.cost?.currency ?? null,
      reviewOverdue: verdict.reviewOverdue,
      absence: absent.get(declared.id) ?? null,
    }));
    const { rule, refusal } = found;
    const answer = {
      request,
      rule: rule?.id ?? null,
      refusedBy: refusal?.by ?? [],
      upstreams: rows,
    };
    terminal.out(`${JSON.stringify(answer, null, 2)}\n`);
  } else {
    terminal.out(reportExplanation(found, terminal.language, absent));
  }
  return 0;
}

/** Nothing is known here but the prices of today. */
function factsOf(policy: Policy): RoutingFacts {
  return { ...noFacts, cost: costsOf(tariffOf(policy), Date.now) };
}

function tariffOf(policy: Policy): Tariff {
  return {
    prices: new PriceList(policy, readPricePack()),
    calendar: new Calendar(policy.document.accounting.timeZone),
  };
}

function requestOf(policy: Policy, values: Values): RouteRequest {
  const dataClass = values.class ?? policy.document.defaultClass;
  if (policy.dataClass(dataClass) === undefined) {
    const known = policy.classIds.join(', ');
    throw new Error(`couldn't explain: there is no data class "${dataClass}"; known: ${known}`);
  }
  const asked: Readonly<Record<Need, boolean | undefined>> = {
    tools: values.tools,
    images: values.images,
    jsonSchema: values['json-schema'],
    streaming: values.stream,
    embeddings: values.embeddings,
  };
  const needed = Object.entries(asked).flatMap(([need, on]) => (on === true ? [need as Need] : []));
  const inputTokens = wholeNumber('--tokens', values.tokens);
  const outputTokens = wholeNumber('--answer-tokens', values['answer-tokens']);
  return {
    model: values.model ?? 'auto',
    dataClass,
    needs: needed,
    leastTokens: inputTokens + outputTokens,
    inputTokens,
    outputTokens,
  };
}

function wholeNumber(name: string, text = '0'): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`couldn't use ${name} ${text}: it is not a number`);
  return Number(text);
}

const live = z.looseObject({
  upstreams: z.array(
    z.looseObject({
      id: z.string(),
      state: z.looseObject({ absence: z.string().nullable() }).nullable(),
    }),
  ),
});

async function absencesAt(data: string): Promise<ReadonlyMap<string, string>> {
  const from = { data, what: 'ask how the upstreams are' };
  const { upstreams } = live.parse(await callRunning(from, 'GET', '/api/upstreams'));
  return new Map(
    upstreams.flatMap(({ id, state }) => {
      const absence = state === null ? 'unavailable' : state.absence;
      return absence === null ? [] : [[id, absence] as const];
    }),
  );
}

function test(policy: Policy, asJson: boolean, terminal: Terminal): number {
  const results = runExamples(policy, factsOf(policy));
  if (asJson) {
    const rows = results.map(({ example, became, failed }) => ({
      name: example.name,
      passed: failed.length === 0,
      expect: example.expect,
      became,
      failed,
    }));
    terminal.out(`${JSON.stringify(rows, null, 2)}\n`);
  } else {
    terminal.out(reportExamples(results, terminal.language));
  }
  return results.some(({ failed }) => failed.length > 0) ? 1 : 0;
}

function check(policy: Policy, path: string, terminal: Terminal): number {
  const overdue = policy.document.upstreams.filter((one) => isReviewOverdue(one, Date.now()));
  const doubts = doubtsAbout(
    policy,
    overdue.map(({ id }) => id),
  );
  const say = (en: string, ja: string): string => (terminal.language === 'ja' ? ja : en);
  terminal.out(say(`${path} can be used.\n`, `${path} は使えます。\n`));
  terminal.out(`  SHA-256 ${policy.sha256}\n`);
  for (const id of policy.classIds) {
    const ways = policy.permitted(id).map((upstream) => upstream.id);
    terminal.out(`  ${id} → ${ways.length === 0 ? '-' : ways.join(', ')}\n`);
  }
  for (const doubt of doubts) terminal.out(`  ! ${doubt[terminal.language]}\n`);
  return 0;
}
