import type { Bilingual, Language } from '#base';
import type { Explanation, Policy, UpstreamVerdict } from '#policy';
import type { ExampleResult } from './policy-examples.ts';

const why: Readonly<Record<UpstreamVerdict['why'], Bilingual>> = {
  asked: { en: 'asked for by name', ja: '指名された接続先' },
  candidate: { en: 'permitted and able', ja: '許可され、扱える' },
  forbidden: { en: 'forbidden by', ja: '禁止する項目:' },
  incapable: { en: 'unable by', ja: '扱えないとする項目:' },
};

/** Why an upstream that is a candidate is not asked at the moment. */
export const absences: Readonly<Record<string, Bilingual>> = {
  unavailable: { en: 'no model or no key', ja: 'モデル又はキーがない' },
  drill: { en: 'lost in a drill', ja: '訓練で失われている' },
  retry_after: { en: 'it asked to be left alone', ja: '間を置くよう求めている' },
  breaker_open: { en: 'it failed of late', ja: '最近失敗が続いている' },
};

/** An amount of money from millionths of its currency. */
export function money(micros: number, currency: string): string {
  return `${(micros / 1_000_000).toFixed(6).replace(/0{1,4}$/, '')} ${currency}`;
}

/** @param absent why candidates are not asked at the moment, by upstream id */
export function reportExplanation(
  found: Explanation,
  language: Language,
  absent: ReadonlyMap<string, string> = new Map(),
): string {
  const say = (en: string, ja: string): string => (language === 'ja' ? ja : en);
  const order =
    found.rule === undefined
      ? say('in the order of the data class', '順序: データ区分のとおり')
      : say(
          `in the order of rule routing.${found.rule.id}: ${found.rule.order}`,
          `順序: 規則 routing.${found.rule.id}(${found.rule.order})`,
        );
  const lines = found.verdicts.map((verdict) => {
    const { declared, place, by, cost, reviewOverdue } = verdict;
    const { id, operator, jurisdiction, residency, terms } = declared;
    const notes = [
      `${why[verdict.why][language]}${by === undefined ? '' : ` ${by}`}`,
      `${operator}, ${jurisdiction}/${residency}`,
      ...(cost === undefined || place === undefined || cost.micros === 0
        ? []
        : [say('about ', '約 ') + money(cost.micros, cost.currency)]),
      ...(reviewOverdue
        ? [
            say(
              `its terms were to be read again by ${terms?.reviewBy ?? ''}`,
              `利用条件の再確認期限 ${terms?.reviewBy ?? ''} を過ぎている`,
            ),
          ]
        : []),
      ...(absent.has(id)
        ? [say('not asked now: ', '今は尋ねない: ') + absenceOf(absent.get(id), language)]
        : []),
    ];
    return `${String(place ?? '-').padStart(3)}  ${id.padEnd(16)}  ${notes.join(' · ')}\n`;
  });
  const refused =
    found.refusal === undefined
      ? ''
      : say('refused by: ', '拒否する項目: ') + `${found.refusal.by.join(', ')}\n`;
  return `${order}\n\n${lines.join('')}${refused === '' ? '' : `\n${refused}`}`;
}

function absenceOf(code: string | undefined, language: Language): string {
  return absences[code ?? '']?.[language] ?? code ?? '';
}

export function reportExamples(results: readonly ExampleResult[], language: Language): string {
  const say = (en: string, ja: string): string => (language === 'ja' ? ja : en);
  const lines = results.map(({ example, became, failed }) => {
    if (failed.length === 0) return `  ok    ${example.name}\n`;
    const wanted = failed.map((member) => {
      const value: string | readonly string[] = became[member] ?? [];
      const got = (Array.isArray(value) ? value : [value]).join(', ');
      return say(
        `        ${member}: expected ${show(example.expect[member])}, got ${show(got)}\n`,
        `        ${member}: 期待 ${show(example.expect[member])}、結果 ${show(got)}\n`,
      );
    });
    return `  FAIL  ${example.name}\n${wanted.join('')}`;
  });
  const failures = results.filter(({ failed }) => failed.length > 0).length;
  const total = say(
    `${results.length} example(s), ${failures} failed`,
    `例 ${results.length} 件、失敗 ${failures} 件`,
  );
  return `${lines.join('')}${total}\n`;
}

function show(value: string | readonly string[] | undefined): string {
  const text = typeof value === 'string' ? value : (value ?? []).join(', ');
  return text === '' ? '-' : text;
}

/** What is valid and may still not be meant: each a sentence. */
export function doubtsAbout(policy: Policy, overdue: readonly string[]): readonly Bilingual[] {
  const reached = new Set(policy.classIds.flatMap((id) => policy.permitted(id).map((u) => u.id)));
  return [
    ...policy.classIds
      .filter((id) => policy.permitted(id).length === 0)
      .map((id) => ({
        en: `dataClasses.${id} may reach no upstream: its requests are refused`,
        ja: `dataClasses.${id} はどの接続先にも行けず、要求は拒否されます`,
      })),
    ...wideners(policy).map(([high, low, id]) => ({
      en: `dataClasses.${high} is above ${low} and may reach ${id}, which ${low} may not: a request that is raised goes further`,
      ja: `dataClasses.${high} は ${low} より機微ですが、${low} が行けない ${id} に行けます。区分が上がった要求は、かえって遠くまで行きます`,
    })),
    ...policy.document.upstreams
      .filter(({ id }) => !reached.has(id))
      .map(({ id }) => ({
        en: `upstreams.${id} may be reached by no data class`,
        ja: `upstreams.${id} に行けるデータ区分がありません`,
      })),
    // What a class above the usual one holds is rarely the same for two people behind one key.
    ...(policy.document.cache?.classes ?? [])
      .filter(
        ({ id }) =>
          policy.higherClass(id, policy.document.defaultClass) !== policy.document.defaultClass,
      )
      .map(({ id }) => ({
        en: `cache.classes ${id}: answers of a class above ${policy.document.defaultClass} are given again to everybody who uses the same key`,
        ja: `cache.classes ${id}: ${policy.document.defaultClass} より機微な区分の回答を、同じキーを使う全員に再び返します`,
      })),
    ...overdue.map((id) => ({
      en: `upstreams.${id}.terms: the review is overdue`,
      ja: `upstreams.${id}.terms: 再確認の期限を過ぎています`,
    })),
  ];
}

/** Classes that may reach an upstream which a lower one may not: raising a class must not widen. */
function wideners(policy: Policy): readonly (readonly [high: string, low: string, id: string])[] {
  return policy.classIds.flatMap((high, rank) =>
    policy.classIds.slice(0, rank).flatMap((low) => {
      const open = new Set(policy.permitted(low).map(({ id }) => id));
      const further = policy.permitted(high).filter(({ id }) => !open.has(id));
      return further.map(({ id }) => [high, low, id] as const);
    }),
  );
}
