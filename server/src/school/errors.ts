import { type Bilingual, CodedError } from '#base';

/** What each failure means to whoever builds, checks or adds a pack. */
export const schoolErrors = {
  pack_absent: {
    en: 'there is no pack.json in that folder',
    ja: 'そのフォルダーに pack.json がありません',
  },
  pack_invalid: {
    en: 'the pack does not keep to the format',
    ja: 'パックの書式が正しくありません',
  },
  pack_too_large: { en: 'the pack is larger than allowed', ja: 'パックが大きすぎます' },
  pack_changed: {
    en: 'a file is not the one its manifest names: SHA-256 differs',
    ja: 'ファイルが目録と一致しません（SHA-256 が異なります）',
  },
  pack_unsigned: {
    en: 'no signature by a key you trust',
    ja: '信頼する鍵による署名がありません',
  },
  year_unknown: { en: 'the pack has no such grade', ja: 'パックにない学年です' },
} as const satisfies Record<string, Bilingual>;

export type SchoolErrorCode = keyof typeof schoolErrors;

export class SchoolError extends CodedError<SchoolErrorCode> {
  /** A file, a line, a member: never what a pupil wrote. */
  readonly detail: string | undefined;

  constructor(code: SchoolErrorCode, detail?: string, cause?: unknown) {
    const bracket = detail === undefined ? '' : ` (${detail})`;
    super(code, `couldn't use the country pack: ${schoolErrors[code].en}${bracket}`, cause);
    this.detail = detail;
  }
}
