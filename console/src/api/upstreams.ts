import type { Client } from './client.ts';
import { type UpstreamInfo, readUpstream } from './session.ts';
import { list, number, numberOrNull, shape, text, textOrNull } from './shape.ts';

/** How one upstream is doing at this moment. */
export interface UpstreamState {
  /** Why it is not asked now, as a code; null when it may be. */
  readonly absence: string | null;
  readonly breaker: string;
  readonly calls: number;
  readonly failures: number;
  readonly waitMs: number;
  readonly inFlight: number;
  readonly firstTokenMs: number | null;
  readonly probe: string | null;
}

export interface UpstreamTerms {
  readonly url: string;
  /** Days, such as 2026-11-24. */
  readonly reviewed: string;
  readonly reviewBy: string;
  readonly overdue: boolean;
}

export interface WatchedUpstream extends UpstreamInfo {
  readonly terms: UpstreamTerms | null;
  /** Null for one that is declared and not set up here. */
  readonly state: UpstreamState | null;
}

export async function fetchUpstreams(
  client: Client,
  signal: AbortSignal,
): Promise<readonly WatchedUpstream[]> {
  const found = shape(await client.json('/api/upstreams', { signal }));
  return list(found['upstreams'], (value) => ({
    ...readUpstream(value),
    terms: readTerms(shape(value)['terms']),
    state: readState(shape(value)['state']),
  }));
}

function readTerms(value: unknown): UpstreamTerms | null {
  const found = shape(value);
  const url = text(found['url']);
  if (url === '') return null;
  return {
    // Shown as a link: what is no web address is not followed.
    url: /^https?:\/\//.test(url) ? url : '',
    reviewed: text(found['reviewed']),
    reviewBy: text(found['reviewBy']),
    overdue: found['overdue'] === true,
  };
}

function readState(value: unknown): UpstreamState | null {
  if (value === null || value === undefined) return null;
  const found = shape(value);
  return {
    absence: textOrNull(found['absence']),
    breaker: text(found['breaker'], 'closed'),
    calls: number(found['calls']),
    failures: number(found['failures']),
    waitMs: number(found['waitMs']),
    inFlight: number(found['inFlight']),
    firstTokenMs: numberOrNull(shape(found['firstTokenMs'])['p50']),
    probe: textOrNull(found['probe']),
  };
}
