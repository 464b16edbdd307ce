import { parse, stringify } from 'yaml';
import { defaultPolicyYaml } from '../../server/dist/policy/index.js';
import { allDetectors } from '../../server/dist/supervisor/index.js';

/**
 * The newcomer's rule book with the scripted model behind every class.
 * @param rules so many rules of supervision, of the newcomer's first and then of ours; theirs alone
 * when left out
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

/** Rules that look at every kind of finding in turn, both ways, and note what they see. */
function supervision(own, count) {
  const kinds = allDetectors.flatMap((detector) => detector.kinds.map(({ kind }) => kind));
  const more = Array.from({ length: Math.max(0, count - own.length) }, (_, index) => ({
    id: `noted-${index}`,
    direction: 'both',
    kinds: [kinds[index % kinds.length]],
    minScore: 50 + (index % 50),
    action: 'annotate',
    text: { en: 'This was noted.', ja: '記録しました。' },
  }));
  return [...own.slice(0, count), ...more];
}
