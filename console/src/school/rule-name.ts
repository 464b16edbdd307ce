import { fill } from '../text/format.ts';
import type { SchoolText } from '../text/en-school.ts';

/** A rule in plain words, and one that is known to its pack only by what it is about. */
export function ruleName(rule: string, school: SchoolText): string {
  const id = rule.replace(/^school\//, '');
  const known: Readonly<Record<string, string>> = school.rules;
  const [, kind = '', name = ''] = /^([a-z]+)\/(.+)$/.exec(id) ?? [];
  const kinds: Readonly<Record<string, string>> = school.ruleKinds;
  const template = kinds[kind];
  return known[id] ?? (template === undefined ? id : fill(template, { name }));
}
