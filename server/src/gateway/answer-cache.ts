import { createHmac, randomBytes } from 'node:crypto';
import { type Clock, limits } from '#base';
import type { Policy } from '#policy';
import type { ChatEvent, EmbedAnswer } from '#upstream';
import { type Question, likeness } from './likeness.ts';

/** What an upstream said, before anybody looked at it. */
export type Said =
  | { readonly type: 'chat'; readonly events: readonly ChatEvent[] }
  | { readonly type: 'embeddings'; readonly answer: EmbedAnswer };

/** An answer that may be given again. */
export interface KeptAnswer {
  /** The API key it was made for. */
  readonly keyId: string;
  /** Id of the passage that made it. */
  readonly passage: string;
  /** Id of the upstream that made it. */
  readonly upstream: string;
  readonly said: Said;
  /** What was said, in bytes of memory, about. */
  readonly bytes: number;
}

/** Where an answer is kept and looked for. Names are keyed hashes: they say nothing. */
export interface CachePlace {
  /** Names the whole request. */
  readonly exact: string;
  /** Names everything but the last question, and the question; absent where it is not compared. */
  readonly alike?: { readonly scope: string; readonly question: Question } | undefined;
}

interface Entry extends KeptAnswer {
  readonly place: CachePlace;
  readonly madeMs: number;
  readonly untilMs: number;
}

/** What an entry takes beside what was said. */
const entryBytes = 1_024;
const questionBytes = 2_560;

/**
 * Answers kept in memory, and nowhere else, for as long as one rule book is in force: a changed one
 * begins with none. The least lately used go first. What is kept is what an upstream said to a
 * masked request; whoever gets it is looked after as if it came now.
 */
export class AnswerCache {
  readonly settings: Policy['document']['cache'];
  readonly #clock: Clock;
  readonly #secret = randomBytes(32);
  /** By exact name, the least lately used first. */
  readonly #entries = new Map<string, Entry>();
  /** Exact names by scope. */
  readonly #scopes = new Map<string, Set<string>>();
  #bytes = 0;
  #generation = 0;
  #sweep: NodeJS.Timeout | undefined;

  constructor(settings: Policy['document']['cache'], clock: Clock) {
    this.settings = settings;
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Rises whenever something is forgotten on purpose: what began before may not be kept after. */
  get generation(): number {
    return this.#generation;
  }

  /** Names a value for this process: nobody who reads memory learns what it was. */
  nameOf(value: string): string {
    return createHmac('sha256', this.#secret).update(value).digest('base64url');
  }

  /** @param maxAgeMs what the caller will take; @param may whether an answer may be given now */
  exact(
    { exact }: CachePlace,
    maxAgeMs: number,
    may: (kept: KeptAnswer) => boolean,
  ): KeptAnswer | undefined {
    const entry = this.#fresh(exact, maxAgeMs);
    return entry !== undefined && may(entry) ? this.#use(entry) : undefined;
  }

  /** The answer to the most similar question that is similar enough. */
  alike(
    { alike }: CachePlace,
    from: { readonly maxAgeMs: number; readonly minLikeness: number },
    may: (kept: KeptAnswer) => boolean,
  ): KeptAnswer | undefined {
    if (alike === undefined) return undefined;
    let best: { entry: Entry; score: number } | undefined;
    const names = [...(this.#scopes.get(alike.scope) ?? [])];
    for (const name of names.slice(-limits.cacheCompared)) {
      const entry = this.#fresh(name, from.maxAgeMs);
      if (entry?.place.alike === undefined || !may(entry)) continue;
      const score = likeness(entry.place.alike.question, alike.question);
      if (score >= from.minLikeness && score > (best?.score ?? 0)) best = { entry, score };
    }
    return best === undefined ? undefined : this.#use(best.entry);
  }

  /** @param generation that of the time when the request came in */
  keep(place: CachePlace, kept: KeptAnswer, seconds: number, generation: number): void {
    const { settings } = this;
    if (settings === undefined || generation !== this.#generation) return;
    const beside = entryBytes + (place.alike === undefined ? 0 : questionBytes);
    const bytes = kept.bytes + beside;
    const most = settings.maxMegabytes * 1024 * 1024;
    if (bytes > Math.min(most, limits.cacheAnswerBytes + beside)) return;
    this.#drop(place.exact);
    const madeMs = this.#clock.monotonicMs();
    const entry = { ...kept, bytes, place, madeMs, untilMs: madeMs + seconds * 1_000 };
    this.#entries.set(place.exact, entry);
    this.#bytes += bytes;
    if (place.alike !== undefined) {
      const { scope } = place.alike;
      const names = this.#scopes.get(scope) ?? new Set();
      this.#scopes.set(scope, names.add(place.exact));
    }
    while (this.#bytes > most || this.#entries.size > settings.maxEntries) {
      const [oldest] = this.#entries.keys();
      this.#drop(oldest!);
    }
    this.#sweepSoon();
  }

  /** A key was withdrawn, renewed or changed. */
  forgetKey(keyId: string): void {
    this.#generation++;
    for (const [name, entry] of this.#entries) if (entry.keyId === keyId) this.#drop(name);
  }

  /** Something was erased: who else asked the same is not known here, so all of it goes. */
  clear(): void {
    this.#generation++;
    this.#entries.clear();
    this.#scopes.clear();
    this.#bytes = 0;
  }

  #fresh(name: string, maxAgeMs: number): Entry | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < entry.untilMs) return nowMs - entry.madeMs <= maxAgeMs ? entry : undefined;
    this.#drop(name);
    return undefined;
  }

  /** What is past its time goes also where nobody asks for it any more. */
  #sweepSoon(): void {
    if (this.#sweep !== undefined || this.#entries.size === 0) return;
    const nowMs = this.#clock.monotonicMs();
    const untilMs = [...this.#entries.values()].map((entry) => entry.untilMs);
    const waitMs = Math.max(1_000, untilMs.reduce((a, b) => Math.min(a, b)) - nowMs);
    this.#sweep = setTimeout(() => {
      this.#sweep = undefined;
      for (const name of this.#entries.keys()) this.#fresh(name, Infinity);
      this.#sweepSoon();
    }, waitMs).unref();
  }

  #use(entry: Entry): KeptAnswer {
    const { exact } = entry.place;
    this.#entries.delete(exact);
    this.#entries.set(exact, entry);
    return entry;
  }

  #drop(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    this.#bytes -= entry.bytes;
    const scope = entry.place.alike?.scope;
    const names = scope === undefined ? undefined : this.#scopes.get(scope);
    names?.delete(name);
    if (names?.size === 0) this.#scopes.delete(scope!);
  }
}
