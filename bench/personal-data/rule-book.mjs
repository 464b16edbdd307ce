import { parsePolicy, defaultPolicyYaml } from '../../server/dist/policy/index.js';

const text = { en: 'A rule.', ja: '規則' };

/** The rules that are measured with: one about everything, and those that we ship. */
export function createPolicy() {
  const everything = [
    {
      id: 'all',
      direction: 'both',
      kinds: ['personal.*', 'organisation.*', 'credential.*'],
      minScore: 50,
      action: 'annotate',
      text,
    },
  ];
  const ours = parsePolicy(defaultPolicyYaml()).document.supervision.filter(
    ({ action }) => action === 'redact' || action === 'block',
  );
  return { everything, ours };
}
