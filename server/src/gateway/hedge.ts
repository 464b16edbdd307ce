import { type CancelSignal, Cancellation } from '#base';
import { type ChatEvent, type ChatRequest, type Upstream, UpstreamError } from '#upstream';
import type { Attempt } from './passage.ts';
import type { Candidate } from './route.ts';

/** How a call began: with an event, with an end, or with an error. */
type Beginning =
  | { readonly call: BegunCall; readonly first: IteratorResult<ChatEvent> }
  | { readonly call: BegunCall; readonly error: unknown };

/** A call that was made before anybody reads it. */
export class BegunCall {
  readonly candidate: Candidate;
  /** Settles when it has begun, and never rejects. */
  readonly beginning: Promise<Beginning>;
  readonly #events: AsyncIterator<ChatEvent>;
  readonly #controller = new Cancellation();
  readonly #caller: CancelSignal;
  readonly #forward = (): void => this.#controller.abort();

  constructor(candidate: Candidate, request: ChatRequest, caller: CancelSignal) {
    this.candidate = candidate;
    this.#caller = caller;
    if (caller.aborted) this.#controller.abort();
    else caller.addEventListener('abort', this.#forward, { once: true });
    const events = candidate.upstream.chat(request, this.#controller);
    this.#events = events[Symbol.asyncIterator]();
    this.beginning = this.#events.next().then(
      (first) => ({ call: this, first }),
      (error: unknown) => ({ call: this, error }),
    );
  }

  /** The upstream of this call, for one reader who asks as if nothing had been sent. */
  asCandidate(): Candidate {
    const { candidate } = this;
    const read = (): AsyncGenerator<ChatEvent> => this.#read();
    const upstream: Upstream = {
      id: candidate.upstream.id,
      available: () => true,
      chat: read,
      close: () => Promise.resolve(),
    };
    return { declared: candidate.declared, upstream, begun: true };
  }

  /** Nobody will read it. */
  async cancel(): Promise<void> {
    this.#controller.abort();
    await this.beginning;
    await this.#end();
  }

  async *#read(): AsyncGenerator<ChatEvent> {
    try {
      const beginning = await this.beginning;
      if ('error' in beginning) throw beginning.error;
      let next = beginning.first;
      while (next.done !== true) {
        yield next.value;
        // oxlint-disable-next-line no-await-in-loop -- events come one after another
        next = await this.#events.next();
      }
    } finally {
      await this.#end();
    }
  }

  async #end(): Promise<void> {
    this.#caller.removeEventListener('abort', this.#forward);
    await this.#events.return?.();
  }
}

export interface Hedge {
  readonly primary: Candidate;
  readonly afterMs: number;
  readonly caller: CancelSignal;
  readonly attempts: Attempt[];
  readonly request: (candidate: Candidate) => ChatRequest;
  /** Who is asked when the first is slow; undefined when nobody may be. Called at most once. */
  second(): Candidate | undefined;
  /** The first was slower than this, and was given up. */
  gaveUp(candidate: Candidate, afterMs: number): void;
}

/**
 * Asks the first, and after a while the second too; who begins first answers. The other is
 * cancelled and recorded as an attempt.
 * @returns the one that answers, as a candidate that was already asked
 */
export async function beginHedged(hedge: Hedge, nowMs: () => number): Promise<Candidate> {
  const { primary, caller, attempts } = hedge;
  const startedMs = nowMs();
  const first = new BegunCall(primary, hedge.request(primary), caller);
  const soon = await within(first.beginning, hedge.afterMs);
  if (soon !== undefined || caller.aborted) return first.asCandidate();
  const other = hedge.second();
  if (other === undefined) return first.asCandidate();
  const second = new BegunCall(other, hedge.request(other), caller);
  const beginning = await Promise.race([first.beginning, second.beginning]);
  if (caller.aborted) {
    // Nobody waits for either. Both have read the request, and the caller asked for the first.
    attempts.push({ upstream: other.declared.id, outcome: 'hedged' });
    void second.cancel();
    return first.asCandidate();
  }
  const loser = beginning.call === first ? second : first;
  if ('error' in beginning) {
    const { error, call } = beginning;
    const outcome = error instanceof UpstreamError ? error.code : 'internal';
    attempts.push({ upstream: call.candidate.declared.id, outcome });
    return loser.asCandidate();
  }
  attempts.push({ upstream: loser.candidate.declared.id, outcome: 'hedged' });
  if (loser === first) hedge.gaveUp(primary, nowMs() - startedMs);
  void loser.cancel();
  return beginning.call.asCandidate();
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
