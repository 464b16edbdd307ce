import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CancelSignal, type Bilingual, limits } from '#base';
import { ModelChild } from './embedded-child.ts';
import { EmbeddedExchange } from './embedded-exchange.ts';
import { type ChatCommand, type FromModel, isEnding } from './embedded-protocol.ts';
import { embeddedLosses } from './embedded-losses.ts';
import { OneAtATime, left } from './embedded-queue.ts';
import { UpstreamError } from './errors.ts';
import type { ChatEvent } from './event.ts';
import type { ChatRequest, Upstream } from './upstream.ts';

export interface EmbeddedOptions {
  readonly id: string;
  /** A GGUF file whose hash has been checked. */
  readonly modelPath: string;
  /** What the model was trained for; no more than `mostContextTokens` are used. */
  readonly contextTokens: number;
  /** Threads for computing; by default the cores, less one where there are more than two. */
  readonly threads?: number;
  /** The built file of the child, when it is not the one beside this file. */
  readonly processPath?: string;
}

export interface EmbeddedUpstream extends Upstream {
  /** Loads the model ahead of the first request. @returns whether it can answer; never throws */
  warm(): Promise<boolean>;
  /** Why it cannot answer, for the operator; undefined while it can. */
  problem(): Bilingual | undefined;
  /** The process that has the model in memory, for those who watch processes. */
  pid(): number | undefined;
}

/**
 * Memory grows with the context, and reading this much already takes a small machine half a
 * minute.
 */
const mostContextTokens = 4_096;
/** Requests that may wait. More would wait longer than their callers do. */
const longestQueue = 32;
/** A slow disk reads the default model in seconds; what takes longer is stuck. */
const loadMs = 120_000;
/** Deaths while loading, in a row, after which no further start is tried. */
const mostFailedStarts = 3;
const stopMs = 2_000;
/**
 * What a caller gets who names no limit, and who names no way of choosing words. Small models
 * wander.
 */
const answerTokens = 512;
const calm = { temperature: 0.2, topP: 0.9 } as const;

const problems = {
  runtime: {
    en: 'the llama.cpp runtime for this platform is not installed',
    ja: 'この環境用の llama.cpp ランタイムが入っていません',
  },
  model: {
    en: 'the model file could not be loaded',
    ja: 'モデルのファイルを読み込めませんでした',
  },
  crash: {
    en: 'the model process stopped again and again while starting',
    ja: 'モデルのプロセスが起動中に繰り返し停止しました',
  },
} as const satisfies Record<string, Bilingual>;

/**
 * A language model on this machine, run by llama.cpp in a process of its own: whatever happens
 * there, the checkpoint goes on and the next request starts it anew.
 */
export function createEmbeddedUpstream(options: EmbeddedOptions): EmbeddedUpstream {
  return new Embedded(options);
}

interface Running {
  readonly child: ModelChild;
  /** Resolves when it can answer or never will. */
  readonly settled: Promise<boolean>;
}

class Embedded implements EmbeddedUpstream {
  readonly id: string;
  readonly #options: EmbeddedOptions;
  readonly #turns = new OneAtATime(longestQueue, limits.upstreamFirstByteMs);
  #running: Running | undefined;
  #exchange: { readonly current: EmbeddedExchange; readonly end: () => void } | undefined;
  #problem: keyof typeof problems | undefined;
  #failedStarts = 0;
  #lastId = 0;
  #closed = false;

  constructor(options: EmbeddedOptions) {
    this.id = options.id;
    this.#options = options;
  }

  available(): boolean {
    return !this.#closed && this.#problem === undefined;
  }

  problem(): Bilingual | undefined {
    return this.#problem === undefined ? undefined : problems[this.#problem];
  }

  pid(): number | undefined {
    return this.#running?.child.pid;
  }

  async warm(): Promise<boolean> {
    return (await this.#loaded()) !== undefined;
  }

  async *chat(request: ChatRequest, signal: CancelSignal): AsyncGenerator<ChatEvent> {
    if (!this.available()) throw unavailable(this.problem());
    const lost = embeddedLosses(request.chat);
    const leave = await this.#turns.enter(signal);
    let child: ModelChild;
    try {
      child = await this.#ready(signal);
    } catch (cause) {
      leave();
      throw cause;
    }
    const exchange = this.#open(signal, leave);
    let ended = false;
    try {
      child.send(this.#command(exchange.id, request));
      if (lost.length > 0) yield { type: 'lost', names: lost };
      yield* exchange.events();
      ended = true;
    } finally {
      if (!ended) this.#abandon(exchange, child);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#turns.clear(
      new UpstreamError('unavailable', "couldn't answer: the checkpoint is closing"),
    );
    await this.#running?.child.stop(stopMs);
  }

  /**
   * The caller may leave while the model loads; the loading goes on, for the next one needs it
   * too.
   */
  async #ready(signal: CancelSignal): Promise<ModelChild> {
    let onAbort: (() => void) | undefined;
    const gone = new Promise<never>((_, reject) => {
      onAbort = () => reject(left());
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      const child = await Promise.race([this.#loaded(), gone]);
      if (child === undefined || child.exited) throw unavailable(this.problem());
      return child;
    } finally {
      if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    }
  }

  /** @returns a child that has the model in memory, or undefined once it is clear that none will */
  async #loaded(): Promise<ModelChild | undefined> {
    while (this.available()) {
      const { child, settled } = this.#start();
      // oxlint-disable-next-line no-await-in-loop -- a failed start is tried again
      if (await settled) return child;
    }
    return undefined;
  }

  #start(): Running {
    this.#running ??= this.#fork();
    return this.#running;
  }

  #fork(): Running {
    let settle: ((ready: boolean) => void) | undefined;
    const settled = new Promise<boolean>((resolve) => {
      settle = resolve;
    });
    const child: ModelChild = new ModelChild(this.#options.processPath ?? besideThisFile(), {
      onMessage: (message) => {
        if (message.type === 'ready') {
          this.#failedStarts = 0;
          clearTimeout(timer);
          settle?.(true);
        } else if (message.type === 'unusable') {
          this.#problem = message.part;
          child.kill();
        } else {
          this.#receive(message);
        }
      },
      onExit: () => {
        clearTimeout(timer);
        this.#running = undefined;
        this.#failedStarts += 1;
        if (this.#failedStarts >= mostFailedStarts) this.#problem ??= 'crash';
        settle?.(false);
        this.#exchange?.current.lose();
        this.#exchange?.end();
      },
    });
    const timer = setTimeout(() => child.kill(), loadMs);
    const contextTokens = Math.min(this.#options.contextTokens, mostContextTokens);
    const threads = this.#options.threads ?? defaultThreads();
    child.send({ type: 'load', modelPath: this.#options.modelPath, contextTokens, threads });
    return { child, settled };
  }

  #receive(message: Exclude<FromModel, { type: 'ready' | 'unusable' }>): void {
    if (this.#exchange?.current.id !== message.id) return;
    this.#exchange.current.push(message);
    if (isEnding(message)) this.#exchange.end();
  }

  /**
   * @param leave ends the turn: when the process has finished, which may be after the caller has
   * left
   */
  #open(signal: CancelSignal, leave: () => void): EmbeddedExchange {
    this.#lastId += 1;
    const current = new EmbeddedExchange(this.#lastId, signal, limits.upstreamGapMs);
    this.#exchange = {
      current,
      end: () => {
        this.#exchange = undefined;
        leave();
      },
    };
    return current;
  }

  /** The caller left or the process is stuck: it is told to stop, and killed when it does not. */
  #abandon(exchange: EmbeddedExchange, child: ModelChild): void {
    if (this.#exchange?.current !== exchange) return;
    child.send({ type: 'abort', id: exchange.id });
    const timer = setTimeout(() => {
      if (this.#exchange?.current === exchange) child.kill();
    }, limits.upstreamGapMs);
    timer.unref();
  }

  #command(id: number, request: ChatRequest): ChatCommand {
    return {
      type: 'chat',
      id,
      messages: request.messages,
      maxTokens: Math.max(1, request.maxTokens ?? answerTokens),
      temperature: request.temperature ?? calm.temperature,
      topP: request.topP ?? calm.topP,
      seed: request.seed === undefined ? randomInt(2 ** 32) : Math.abs(request.seed) % 2 ** 32,
      stop: request.stop ?? [],
    };
  }
}

function unavailable(problem: Bilingual | undefined): UpstreamError {
  const why = problem?.en ?? "the model's process could not be started";
  return new UpstreamError('unavailable', `couldn't answer: ${why}`);
}

/**
 * Half of the cores. The runtime's threads wait for each other by spinning, so one that is kept
 * from its core by other work stops them all. Measured on two cores with one of them busy: 80
 * tokens in 1.9 s with one thread, in 50 s with two.
 */
function defaultThreads(): number {
  return Math.max(1, Math.min(8, Math.floor(availableParallelism() / 2)));
}

function besideThisFile(): string {
  const extension = extname(fileURLToPath(import.meta.url));
  return fileURLToPath(new URL(`./embedded-process${extension}`, import.meta.url));
}
