import { type Clock, limits } from '#base';
import type { LedgerReader } from '#ledger';
import { z } from 'zod';
import { TokenBucket } from './token-bucket.ts';

/** For how long a limit by the minute looks back. */
const minuteMs = 60_000;

interface Used {
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly tokens: number;
}

/**
 * What keys used in the minute before this process began, as the ledger has it. With it a limit by
 * the minute goes on where the last process left it: a restart is no way round it.
 */
export class RecentUse {
  readonly #clock: Clock;
  /** By key, newest first. */
  readonly #used = new Map<string, Used[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Looks at the newest passages only, and at a bounded number of them. */
  async read(reader: Pick<LedgerReader, 'passages'>): Promise<void> {
    const fromMs = this.#clock.nowMs() - minuteMs;
    let before: number | undefined;
    for (let seen = 0; seen < limits.rateReplayPassages;) {
      // oxlint-disable-next-line no-await-in-loop -- each page begins where the last one ended
      const page = await reader.passages({
        limit: limits.passagesAtOnce,
        ...(before === undefined ? {} : { before }),
      });
      for (const { time, intentFields, outcomeFields } of page) {
        // A ledger counts whole seconds: one that began within this one has not left the minute.
        if (time * 1_000 + 999 < fromMs) return;
        const key = intentFields['actor.id'];
        const usage = recordedUsage.safeParse(outcomeFields['usage']);
        const tokens = usage.success ? usage.data.inputTokens + usage.data.outputTokens : 0;
        if (typeof key === 'string') this.#add(key, { atMs: time * 1_000, tokens });
      }
      seen += page.length;
      if (page.length < limits.passagesAtOnce) return;
      before = page.at(-1)!.intentIndex;
    }
  }

  /** A bucket of a key that was not asked for before, as full as the last minute left it. */
  bucketOf(key: string, perMinute: number, of: 'requests' | 'tokens'): TokenBucket {
    const nowMs = this.#clock.nowMs();
    const monotonicMs = this.#clock.monotonicMs();
    const used = (this.#used.get(key) ?? [])
      .filter(({ atMs }) => nowMs - atMs < minuteMs)
      .toReversed();
    if (used.length === 0) return new TokenBucket(perMinute, monotonicMs);
    const bucket = new TokenBucket(perMinute, monotonicMs - minuteMs);
    for (const { atMs, tokens } of used) {
      bucket.settle(of === 'requests' ? 1 : tokens, monotonicMs - Math.max(0, nowMs - atMs));
    }
    return bucket;
  }

  #add(key: string, used: Used): void {
    const list = this.#used.get(key) ?? [];
    list.push(used);
    this.#used.set(key, list);
  }
}

// What the gateway wrote into the ledger, read back. Loose: later versions add members.
const recordedUsage = z.object({ inputTokens: z.number(), outputTokens: z.number() });
