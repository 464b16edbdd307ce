import { type Log, eachInFlight, limits } from '#base';
import { type WatchedUpstream, closing } from './watched-upstream.ts';

export interface ProbePorts {
  readonly log: Log;
  readonly random: () => number;
}

/** Upstreams probed at the same time. */
const atOnce = 8;

/**
 * Looks now and then whether the upstreams that nobody asks are there, so that a loss is known
 * before a person meets it. A probe carries no text of anybody's.
 * @returns stops it
 */
export function startProbing(
  upstreams: readonly WatchedUpstream[],
  everyMs: number,
  { log, random }: ProbePorts,
): () => void {
  if (everyMs === 0) return () => undefined;
  const stop = new AbortController();
  let timer: NodeJS.Timeout;
  const schedule = (): void => {
    // Half to once and a half of the period: checkpoints that start together do not stay together.
    timer = setTimeout(() => void round(), everyMs * (0.5 + random()));
    timer.unref();
  };
  const round = async (): Promise<void> => {
    const idle = upstreams.filter((one) => isDue(one, everyMs));
    await eachInFlight(idle, atOnce, (one) => probe(one, stop.signal)).catch((error: unknown) =>
      log.warn('probe_failed', { name: error instanceof Error ? error.name : typeof error }),
    );
    if (!stop.signal.aborted) schedule();
  };
  schedule();
  return () => {
    clearTimeout(timer);
    stop.abort(closing);
  };
}

/** Real traffic says more than a probe; and one that is left alone is left alone by us too. */
function isDue(upstream: WatchedUpstream, everyMs: number): boolean {
  if (upstream.idleMs < everyMs / 2 || upstream.inFlight > 0) return false;
  return upstream.absence === undefined && upstream.canProbe;
}

/** One look, bounded in time. @param stopping fires when the checkpoint closes */
export function probe(upstream: WatchedUpstream, stopping: AbortSignal): Promise<void> {
  return upstream.look(AbortSignal.any([stopping, AbortSignal.timeout(limits.probeMs)]));
}
