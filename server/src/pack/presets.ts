import { readFileSync } from 'node:fs';
import type { Bilingual } from '#base';

/** Rule books to begin with, each for one kind of institution; read in five minutes. */
export const presets: Readonly<Record<string, Bilingual>> = {
  'city-office': { en: 'a city office', ja: '市役所・町村役場' },
  school: { en: 'a school', ja: '学校' },
  hospital: { en: 'a hospital', ja: '病院・診療所' },
  company: { en: 'a company', ja: '企業' },
  research: { en: 'a research institute', ja: '研究機関' },
};

/** The text of a preset, as it is written into `sekisho.yaml`; undefined when there is none. */
export function readPreset(name: string): string | undefined {
  if (!Object.hasOwn(presets, name)) return undefined;
  return readFileSync(new URL(`../../data/presets/${name}.yaml`, import.meta.url), 'utf8');
}
