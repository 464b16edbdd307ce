import type { Bilingual } from './codes.ts';
import type { ReceiptFacts, VerifiedEntry } from './verify-receipt.ts';

const decisionWords: Readonly<Record<string, Bilingual>> = {
  allow: { en: 'allowed', ja: '許可' },
  redact: { en: 'allowed with parts masked', ja: '一部を伏せて許可' },
  block: { en: 'blocked', ja: '遮断' },
  escalate: { en: 'allowed and marked for review', ja: '許可し確認の対象に' },
  annotate: { en: 'allowed with a note', ja: '注記して許可' },
  error: { en: 'not answered because of a failure', ja: '障害により回答なし' },
};

const endWords: Readonly<Record<string, Bilingual>> = {
  complete: { en: 'the answer was delivered whole', ja: '回答はすべて届けられました' },
  refused: { en: 'it was refused by a rule', ja: '規則により断られました' },
  failed: { en: 'it failed', ja: '失敗しました' },
  cancelled: { en: 'the caller left before the end', ja: '呼び手が途中で離れました' },
  interrupted: {
    en: 'the checkpoint stopped before it could record the end',
    ja: '終わりを記録する前に関所が止まりました',
  },
};

/** Says in plain words what a verified receipt proves, and, as plainly, what it does not. */
export function explain(facts: ReceiptFacts): {
  readonly proved: readonly Bilingual[];
  readonly notProved: readonly Bilingual[];
} {
  return { proved: proved(facts), notProved: notProved(facts) };
}

function proved(facts: ReceiptFacts): Bilingual[] {
  const list: Bilingual[] = [
    {
      en: `The log "${facts.origin}" holds these entries among the ${facts.size} it signed.`,
      ja: `台帳「${facts.origin}」は、署名した ${facts.size} 件のうちにこれらの記録をそのまま保持しています。`,
    },
  ];
  for (const item of facts.entries) list.push(...statement(item));
  for (const { name, time } of facts.witnesses) {
    list.push({
      en: `The witness "${name}" saw the same log at ${instant(time)}.`,
      ja: `証人「${name}」が ${instant(time)} に同じ台帳を見ています。`,
    });
  }
  for (const { name, state } of facts.mlDsa44) {
    if (state !== 'signed') continue;
    list.push({
      en: `"${name}" signed this checkpoint with ML-DSA-44 too, which a quantum computer cannot forge.`,
      ja: `「${name}」は、量子計算機でも偽造できない ML-DSA-44 でも、このチェックポイントに署名しています。`,
    });
  }
  const { quorum } = facts;
  if (quorum?.holds === true && quorum.institutions.length > 0) {
    const { length } = quorum.institutions;
    const names = quorum.institutions.join(', ');
    list.push({
      en: `The quorum of your trust policy holds: ${length} institution(s) vouch that everyone is shown this log (${names}).`,
      ja: `信頼の方針の定足数を満たしています。${length} の機関が、誰にもこの台帳が示されていることを保証しています(${names})。`,
    });
  }
  return list;
}

function statement({ role, index, entry, disclosed }: VerifiedEntry): Bilingual[] {
  const at = instant(entry.time);
  const decision = decisionWords[entry.decision]!;
  const end = endWords[entry.end ?? ''];
  const statements: Readonly<Record<VerifiedEntry['role'], Bilingual>> = {
    intent: {
      en: `Entry ${index}: a request was recorded at ${at} (${decision.en}).`,
      ja: `記録 ${index}: ${at} に要求が記録されました(${decision.ja})。`,
    },
    outcome: {
      en: `Entry ${index}: its outcome was recorded at ${at}: ${decision.en}; ${end?.en}.`,
      ja: `記録 ${index}: その結果が ${at} に記録されました。${decision.ja}。${end?.ja}。`,
    },
    policy: {
      en: `Entry ${index}: the rule book in force was in the log since ${at}.`,
      ja: `記録 ${index}: 適用された規則は ${at} から台帳にありました。`,
    },
    model: {
      en: `Entry ${index}: the model's declaration was in the log since ${at}.`,
      ja: `記録 ${index}: モデルの申告は ${at} から台帳にありました。`,
    },
    erasure: {
      en: `Entry ${index}: at ${at} it was recorded that something of this exchange is erased.`,
      ja: `記録 ${index}: このやり取りの一部を消去したことが ${at} に記録されました。`,
    },
  };
  return [statements[role], ...opened(disclosed)];
}

function opened(disclosed: VerifiedEntry['disclosed']): Bilingual[] {
  if (disclosed.length === 0) return [];
  const names = disclosed.map(({ name }) => name).join(', ');
  return [
    {
      en: `These opened fields are exactly as recorded: ${names}.`,
      ja: `開示された項目は記録されたとおりです: ${names}。`,
    },
  ];
}

function notProved(facts: ReceiptFacts): Bilingual[] {
  const list: Bilingual[] = [
    {
      en: 'That what was recorded is true: a log keeps statements, it does not make them so.',
      ja: '記録された内容が真実であること。台帳は述べられたことを保つのみです。',
    },
    {
      en: 'Fields that were not opened to you: only that they have not changed.',
      ja: '開示されていない項目の内容。変わっていないことのみが分かります。',
    },
  ];
  const { quorum } = facts;
  if (quorum !== undefined && !(quorum.holds && quorum.institutions.length > 0)) {
    list.unshift({
      en: 'That everyone is shown the same log: no quorum of your trust policy vouches for it (UNANCHORED).',
      ja: '誰もが同じ台帳を見ていること。信頼の方針の定足数を満たしていません(UNANCHORED)。',
    });
  } else if (facts.witnesses.length === 0) {
    list.unshift({
      en: 'That everyone is shown the same log: no witness signed this checkpoint (UNANCHORED).',
      ja: '誰もが同じ台帳を見ていること。このチェックポイントに証人の署名はありません(UNANCHORED)。',
    });
  }
  if (facts.unknownSignatures > 0) {
    list.push({
      en: `Anything by ${facts.unknownSignatures} more signature(s): you gave no key for them.`,
      ja: `チェックポイントの他の署名 ${facts.unknownSignatures} 件については何も。その鍵は指定されていません。`,
    });
  }
  for (const { name, state } of facts.mlDsa44) {
    if (state !== 'signed') list.push(mlDsaUnproved[state](name));
  }
  if (!facts.entries.some(({ role }) => role === 'outcome')) {
    list.unshift({
      en: 'How the exchange ended: this receipt was taken before its outcome was in the log.',
      ja: 'やり取りの結末。この受領証は結果が台帳に載る前のものです。',
    });
  }
  return list;
}

const mlDsaUnproved: Readonly<Record<'unchecked' | 'absent', (name: string) => Bilingual>> = {
  unchecked: (name) => ({
    en: `The ML-DSA-44 signature of "${name}": this program cannot check that kind, so it was NOT CHECKED.`,
    ja: `「${name}」の ML-DSA-44 署名。このプログラムはこの種の署名を検証できないため、検証していません(NOT CHECKED)。`,
  }),
  absent: (name) => ({
    en: `That "${name}" signed with the ML-DSA-44 key you gave: this checkpoint has no such line.`,
    ja: `「${name}」が指定の ML-DSA-44 鍵で署名したこと。このチェックポイントにその署名はありません。`,
  }),
};

function instant(unixSeconds: number): string {
  const date = new Date(unixSeconds * 1_000);
  return Number.isNaN(date.getTime())
    ? String(unixSeconds)
    : date.toISOString().replace('.000', '');
}
