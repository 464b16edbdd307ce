import type { UpstreamInfo } from '../api/session.ts';
import type { Words } from './words.tsx';

/** Who runs an upstream and under whose law; one that runs here answers to the institution. */
export function operatorLine(upstream: UpstreamInfo, { text, format }: Words): string {
  const { operator, jurisdiction } = upstream;
  if (jurisdiction === 'local') return text.line.local;
  return format.list([operator, format.country(jurisdiction)]);
}
