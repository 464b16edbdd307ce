import { parse, stringify } from 'yaml';
import { defaultPolicyYaml } from '../../server/dist/policy/index.js';
import { allDetectors } from '../../server/dist/supervisor/index.js';

/**
 * The newcomer's rule book with the scripted model behind every class.
 * @param rules so many rules of supervision, the newcomer's among them where there is room; theirs
 * alone when left out
 */
export function policyFor(upstreamUrl, rules) {
  const document = parse(defaultPolicyYaml());
  const id = 'bench';
  document.upstreams.unshift({
    id,
    dialect: 'openai-compatible',
    baseUrl: `${upstreamUrl}/v1`,
    model: id,
    operator: 'A bench',
    jurisdiction: 'local',
    residency: 'local',
  });
  for (const dataClass of document.dataClasses) dataClass.upstreams = [id];
  delete document.examples;
  if (rules !== undefined) document.supervision = supervision(document.supervision, rules);
  return stringify(document);
}

/**
 * Rules that look at every kind of finding in turn, both ways, and note what they see. One alone is
 * about all of them, so that few rules and many ask the same detectors: what is compared is what a
 * rule costs, and not what it costs to look for more.
 */
function supervision(own, count) {
  const kinds = [...new Set(allDetectors.flatMap((one) => one.kinds.map(({ kind }) => kind)))];
  const noted = (index, about) => ({
    id: `noted-${index}`,
    direction: 'both',
    kinds: about,
    minScore: 50 + (index % 50),
    action: 'annotate',
    text: { en: 'This was noted.', ja: '記録しました。' },
  });
  if (count < own.length) return Array.from({ length: count }, (_, index) => noted(index, kinds));
  const more = Array.from({ length: count - own.length }, (_, index) =>
    noted(index, [kinds[index % kinds.length]]),
  );
  return [...own, ...more];
}
