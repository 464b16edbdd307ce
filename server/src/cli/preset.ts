import type { Language } from '#base';
import { presets, readPreset } from '#pack';

/** @throws Error that names those there are */
export function presetText(name: string): string {
  const text = readPreset(name);
  if (text !== undefined) return text;
  throw new Error(`couldn't use the preset ${name}: there are ${Object.keys(presets).join(', ')}`);
}

/** A line for each, for who does not know them. */
export function listPresets(language: Language): string {
  const lines = Object.entries(presets).map(
    ([name, title]) => `  ${name.padEnd(14)}${title[language]}\n`,
  );
  return lines.join('');
}
