import type { Signs } from './note.ts';
import type { Pack } from './pack.ts';
import type { Helpline, SignKind } from './schema.ts';

/** More than this and a child in need reads none of them. */
const most = 5;

/**
 * Where a pupil of a year can turn to: those for what was seen and for the age first. There is
 * always one where the pack has any, because the wrong helpline knows the right one.
 */
export function signsOf(pack: Pack, kinds: readonly SignKind[], year: number): Signs {
  const [from, to] = pack.manifest.years.find((row) => row.year === year)?.ages ?? [0, 120];
  const language = pack.manifest.languages[0] ?? 'en';
  const worth = (line: Helpline): number =>
    (line.kinds.some((kind) => kinds.includes(kind)) ? 4 : 0) +
    (line.ages[0] <= to && line.ages[1] >= from ? 8 : 0) +
    (line.languages.includes(language) ? 1 : 0);
  const sorted = pack.helplines.toSorted((a, b) => worth(b) - worth(a));
  const fit = sorted.filter((line) => worth(line) >= 12);
  return { kinds, helplines: (fit.length > 0 ? fit : sorted).slice(0, most) };
}
