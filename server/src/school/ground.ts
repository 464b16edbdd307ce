import { Curriculum } from './curriculum.ts';
import { GradeFit } from './grade-fit.ts';
import { foldText } from './folded.ts';
import { Names } from './names.ts';
import type { Pack } from './pack.ts';
import { Rules } from './rules.ts';
import { Statements } from './statements.ts';
import { plainOf } from './tokens.ts';

/** Everything a pack is made into before the first check. */
export class Ground {
  readonly pack: Pack;
  readonly curriculum: Curriculum;
  readonly statements: Statements;
  readonly names: Names;
  readonly gradeFit: GradeFit;
  readonly rules: Rules;
  /** What parts thousands in the language of instruction. */
  readonly comma: ',' | '.';

  constructor(pack: Pack) {
    this.pack = pack;
    this.comma = commaOf(pack.manifest.languages[0] ?? 'en');
    this.curriculum = new Curriculum(pack);
    this.statements = new Statements(pack, this.comma);
    this.names = new Names(textsOf(pack), pack.manifest.languages);
    this.gradeFit = new GradeFit(pack);
    this.rules = new Rules(pack);
  }
}

function* textsOf({ items, passages }: Pack): Generator<string> {
  for (const { text } of items) yield foldText(text).text;
  for (const { text } of passages) yield foldText(plainOf(text)).text;
}

function commaOf(language: string): ',' | '.' {
  const parts = new Intl.NumberFormat(language, { useGrouping: true }).formatToParts(12_345.6);
  return parts.some(({ type, value }) => type === 'group' && value === '.') ? '.' : ',';
}
