import type { MlDsaState } from './checkpoint.ts';
import { type Bilingual, subjects } from './codes.ts';
import type { ExportReport } from './verify-export.ts';

const words = {
  INVALID: {
    en: 'INVALID: do not rely on this copy of the log.',
    ja: 'INVALID(無効): この台帳の写しは信用できません。',
  },
  UNANCHORED: {
    en: 'VALID, UNANCHORED: the whole log is as its key signed it; no witness you know vouches for it.',
    ja: 'VALID, UNANCHORED(有効、証人なし): 台帳の全体が、鍵の署名したとおりです。既知の証人による保証はありません。',
  },
  WITNESSED: {
    en: 'VALID, WITNESSED: the whole log is as its key and a witness signed it.',
    ja: 'VALID, WITNESSED(有効、証人あり): 台帳の全体が、鍵と証人の署名したとおりです。',
  },
} as const satisfies Record<ExportReport['verdict'], Bilingual>;

const mlDsaRows: Readonly<Record<MlDsaState['state'], (name: string) => Bilingual>> = {
  signed: (name) => ({
    en: `ML-DSA-44 signature of ${name}: valid`,
    ja: `${name} の ML-DSA-44 署名: 有効`,
  }),
  unchecked: (name) => ({
    en: `ML-DSA-44 signature of ${name}: NOT CHECKED, this program cannot check that kind`,
    ja: `${name} の ML-DSA-44 署名: 未検証(NOT CHECKED)。このプログラムはこの種の署名を検証できません`,
  }),
  absent: (name) => ({
    en: `ML-DSA-44 signature of ${name}: none on this checkpoint`,
    ja: `${name} の ML-DSA-44 署名: このチェックポイントにはありません`,
  }),
};

/** The report of a whole log as a person reads it. @param seconds the verification took */
export function printExport(
  report: ExportReport,
  language: keyof Bilingual,
  seconds: number,
): string {
  const lines = [words[report.verdict][language], ''];
  for (const { code, subject, text } of report.faults.first) {
    lines.push(`  [${code}] ${subjects[subject]?.[language] ?? subject}: ${text[language]}`);
  }
  const more = report.faults.total - report.faults.first.length;
  if (more > 0) lines.push({ en: `  and ${more} more`, ja: `  ほか ${more} 件` }[language]);
  if (report.faults.total > 0) lines.push('');
  const rate = Math.round(report.entries / Math.max(seconds, 0.001));
  const open = report.openIntents.total;
  const rows: Bilingual[] = [
    { en: `log: ${report.origin ?? '?'}`, ja: `台帳: ${report.origin ?? '?'}` },
    {
      en: `entries verified: ${report.entries} of ${report.size}, in ${report.files} files`,
      ja: `検証した記録: ${report.size} 件のうち ${report.entries} 件、ファイル ${report.files} 個`,
    },
    {
      en: `intents: ${report.intents}; outcomes: ${report.outcomes}; without an outcome: ${open}`,
      ja: `申出: ${report.intents} 件、結果: ${report.outcomes} 件、結果のない申出: ${open} 件`,
    },
    {
      en: `${seconds.toFixed(2)} s, ${rate} entries per second`,
      ja: `${seconds.toFixed(2)} 秒、毎秒 ${rate} 件`,
    },
  ];
  rows.push(...report.mlDsa44.map(({ name, state }) => mlDsaRows[state](name)));
  lines.push(...rows.map((row) => `  ${row[language]}`));
  return `${lines.join('\n')}\n`;
}
