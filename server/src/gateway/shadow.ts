import { type CancelSignal, Cancellation, type Clock, type Log, limits } from '#base';
import type { JsonValue, LedgerAppender } from '#ledger';
import type { DeclaredUpstream } from '#policy';
import { type ChatEvent, type ChatRequest, type Upstream, UpstreamError } from '#upstream';
import type { Usage } from './chat-response.ts';
import { estimatedTokens } from './passage.ts';
import type { Candidate, Route } from './route.ts';
import { beginning } from './watched-upstream.ts';

/** An answer in numbers: no word of it. */
export interface AnswerSample {
  readonly upstream: string;
  readonly model: string;
  /** `answered`, or the code of its failure. */
  readonly outcome: string;
  /** UTF-16 units of content, and of everything else that was said. */
  readonly contentCharacters: number;
  readonly otherCharacters: number;
  readonly toolCalls: number;
  readonly finish: string | null;
  /** As the upstream counts them, or null where it did not say. */
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly firstTokenMs: number | null;
  readonly totalMs: number;
}

/** The same request at two upstreams. */
export interface ShadowComparison {
  /** Id of the passage's intent. */
  readonly passage: string;
  readonly rule: string;
  /** Null where the caller got no answer. */
  readonly answer: AnswerSample | null;
  readonly shadow: AnswerSample;
  /** What the shadow used, and what that cost; null where nothing came back. */
  readonly charged: Usage | null;
}

export interface ShadowPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** At least 0 and less than 1. */
  readonly random: () => number;
  readonly record: (comparison: ShadowComparison) => Promise<void>;
  /** To the institution's account. @returns the usage with its cost */
  readonly charge: (declared: DeclaredUpstream, usage: Usage) => Usage;
}

/** What of an exchange a shadow needs. */
export interface Shadowed {
  readonly passage: string;
  readonly caller: CancelSignal;
  /** Absent where no chat is asked for: what brings no text is not asked twice. */
  readonly request?: (candidate: Candidate) => ChatRequest;
}

/** A candidate that is asked the same in the background, and the exchange it is compared with. */
export interface Shadow {
  readonly upstream: string;
  /** The candidate as it was, with its answer measured on the way. */
  watch(candidate: Candidate): Candidate;
  /** The exchange is over. */
  conclude(answered: boolean): void;
}

/**
 * Asks a share of the requests of a rule at a second upstream too. Nobody waits for it, its answer
 * goes nowhere, and it is one of the candidates of the route: the class may reach it.
 */
export class Shadows {
  readonly #ports: ShadowPorts;
  readonly #stop = new Cancellation();
  #inFlight = 0;

  constructor(ports: ShadowPorts) {
    this.#ports = ports;
  }

  /**
   * @param asked who is asked first, for the caller
   * @returns undefined where this request is not shadowed
   */
  begin({ rule, candidates }: Route, asked: Candidate, from: Shadowed): Shadow | undefined {
    const wanted = rule?.shadow;
    const { request } = from;
    if (wanted === undefined || request === undefined) return undefined;
    if (this.#ports.random() * 100 >= wanted.percent) return undefined;
    const candidate = candidates.find(({ declared }) => declared.id === wanted.upstream);
    if (candidate === undefined || candidate.declared.id === asked.declared.id) return undefined;
    if (!candidate.upstream.available()) return undefined;
    if (this.#inFlight >= limits.shadowsInFlight) return undefined;
    const { clock } = this.#ports;
    let measured: Measured | undefined;
    let settle = (_answer: AnswerSample | null): void => {};
    const answer = new Promise<AnswerSample | null>((resolve) => (settle = resolve));
    const copy = { candidate, request: request(candidate) };
    void this.#run(copy, from, { answer, rule: rule!.id });
    return {
      upstream: wanted.upstream,
      watch: (begun) => {
        measured = new Measured(begun, clock);
        return measured.candidate;
      },
      conclude: (answered) => settle(answered ? (measured?.sample ?? null) : null),
    };
  }

  stop(): void {
    this.#stop.abort();
  }

  async #run(
    { candidate, request }: { readonly candidate: Candidate; readonly request: ChatRequest },
    shadowed: Shadowed,
    from: { readonly answer: Promise<AnswerSample | null>; readonly rule: string },
  ): Promise<void> {
    this.#inFlight++;
    const signal = new Cancellation();
    const forward = (): void => signal.abort();
    const sources = [shadowed.caller, this.#stop];
    for (const source of sources) {
      if (source.aborted) signal.abort();
      source.addEventListener('abort', forward);
    }
    try {
      const measured = new Measured(candidate, this.#ports.clock);
      await drain(measured.candidate.upstream.chat(request, signal));
      // Also where nothing will be compared: it was asked, and somebody sends a bill.
      const used = usedBy(measured.sample, request);
      const charged = used === undefined ? null : this.#ports.charge(candidate.declared, used);
      const answer = await from.answer;
      if (signal.aborted) return;
      const { passage } = shadowed;
      const { rule } = from;
      await this.#ports.record({ passage, rule, answer, shadow: measured.sample, charged });
    } catch (error) {
      // It is nobody's request: what fails here is told to the operator and to nobody else.
      const name = error instanceof Error ? error.name : typeof error;
      this.#ports.log.warn('shadow_failed', { upstream: candidate.declared.id, name });
    } finally {
      for (const source of sources) source.removeEventListener('abort', forward);
      this.#inFlight--;
    }
  }
}

async function drain(events: AsyncIterable<ChatEvent>): Promise<void> {
  const iterator = events[Symbol.asyncIterator]();
  try {
    // oxlint-disable-next-line no-await-in-loop -- events come one after another
    while ((await iterator.next()).done !== true);
  } catch (error) {
    // Its code is in the sample.
    if (!(error instanceof UpstreamError)) throw error;
  }
}

/** @returns undefined where nothing came back, so that nothing shows that it read anything */
function usedBy(sample: AnswerSample, { messages }: ChatRequest): Usage | undefined {
  const { inputTokens, outputTokens, contentCharacters, otherCharacters } = sample;
  if (inputTokens !== null && outputTokens !== null) {
    return { inputTokens, outputTokens, estimated: false };
  }
  const said = contentCharacters + otherCharacters;
  if (said === 0 && sample.outcome !== 'answered') return undefined;
  const asked = messages.reduce((sum, { text }) => sum + text.length, 0);
  return {
    inputTokens: estimatedTokens(asked),
    outputTokens: estimatedTokens(said),
    estimated: true,
  };
}

/** Passes an answer on and takes its measure. */
class Measured {
  readonly candidate: Candidate;
  readonly #clock: Clock;
  #sample: AnswerSample;

  constructor(candidate: Candidate, clock: Clock) {
    const { declared, upstream } = candidate;
    this.#clock = clock;
    this.#sample = {
      upstream: declared.id,
      model: declared.model,
      outcome: 'aborted',
      contentCharacters: 0,
      otherCharacters: 0,
      toolCalls: 0,
      finish: null,
      inputTokens: null,
      outputTokens: null,
      firstTokenMs: null,
      totalMs: 0,
    };
    const asked: Upstream = {
      id: upstream.id,
      available: () => upstream.available(),
      chat: (request, signal) => this.#measure(upstream.chat(request, signal)),
      close: () => Promise.resolve(),
    };
    this.candidate = { declared, upstream: asked };
  }

  get sample(): AnswerSample {
    return this.#sample;
  }

  async *#measure(events: AsyncIterable<ChatEvent>): AsyncGenerator<ChatEvent> {
    const startedMs = this.#clock.monotonicMs();
    const passedMs = (): number => Math.round(this.#clock.monotonicMs() - startedMs);
    try {
      for await (const event of events) {
        if (beginning.has(event.type) && this.#sample.firstTokenMs === null) {
          this.#sample = { ...this.#sample, firstTokenMs: passedMs() };
        }
        this.#sample = counted(this.#sample, event);
        yield event;
      }
      this.#sample = { ...this.#sample, outcome: 'answered' };
    } catch (error) {
      const outcome = error instanceof UpstreamError ? error.code : 'internal';
      this.#sample = { ...this.#sample, outcome };
      throw error;
    } finally {
      this.#sample = { ...this.#sample, totalMs: passedMs() };
    }
  }
}

function counted(sample: AnswerSample, event: ChatEvent): AnswerSample {
  switch (event.type) {
    case 'delta': {
      const member = event.channel === 'content' ? 'contentCharacters' : 'otherCharacters';
      return { ...sample, [member]: sample[member] + event.text.length };
    }
    case 'tool': {
      const calls = sample.toolCalls + (event.id === undefined ? 0 : 1);
      const otherCharacters = sample.otherCharacters + event.arguments.length;
      return { ...sample, toolCalls: calls, otherCharacters };
    }
    case 'finish':
      return { ...sample, finish: event.reason };
    case 'usage':
      return {
        ...sample,
        inputTokens: event.inputTokens,
        outputTokens: event.outputTokens,
      };
    case 'lost':
      return sample;
  }
}

/** Records a comparison as an entry of its own: the passage it belongs to has ended before. */
export async function recordShadow(
  ledger: LedgerAppender,
  policyLeaf: string,
  comparison: ShadowComparison,
): Promise<void> {
  await ledger.append([
    {
      type: 'system.record',
      decision: 'allow',
      evidenceClass: 'r1',
      refs: { policy: policyLeaf },
      fields: { 'system.shadow': { ...comparison } as unknown as JsonValue },
    },
  ]);
}
