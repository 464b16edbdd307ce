import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { limits } from '#base';
import type { Direction } from './decide.ts';
import { type SupervisorDefinition, supervisorOf } from './definition.ts';
import type { Inspection } from './inspection.ts';
import { lazily } from './lexicon.ts';
import type { About } from './panels.ts';
import type { Part, Supervisor } from './supervisor.ts';

/** What is to be looked at, and the supervisor that is to do it: `definition` is JSON. */
export interface InspectionTask {
  readonly definition: string;
  readonly direction: Direction;
  readonly parts: readonly Part[];
  readonly about: About | undefined;
}

/** Long texts wait already, as many as may. */
export class ThreadsBusy extends Error {
  constructor() {
    super(`couldn't look at a long text: ${limits.inspectionsWaiting} are waiting`);
  }
}

interface Waiting extends InspectionTask {
  resolve(inspection: Inspection): void;
}

interface Thread {
  readonly worker: Worker;
  task: Waiting | undefined;
}

/** A detector that cannot look names itself as failed, and that is a block. So does a thread. */
const unlooked: Inspection = {
  decision: { action: 'block', rules: [] },
  bans: [],
  findings: [],
  failed: ['inspection-thread'],
};

/** Only what was compiled can be loaded by a thread. */
const compiled = import.meta.url.endsWith('.js')
  ? new URL('./inspection-thread.js', import.meta.url)
  : undefined;

/**
 * Threads that look at long texts, so that nobody else waits for one. They exist from the first
 * long text on, one text at a time each, and are given whatever is waiting in the order it came.
 */
export class InspectionThreads {
  readonly #entry: URL | undefined;
  readonly #most: number;
  readonly #threads = new Set<Thread>();
  readonly #waiting: Waiting[] = [];
  #closed = false;

  /** @param entry what a thread runs; without one, everything is looked at by whoever asks */
  constructor(entry: URL | undefined = compiled) {
    this.#entry = entry;
    // One core is left to the thread that everybody's requests come through.
    this.#most = Math.max(1, Math.min(limits.inspectionThreads, availableParallelism() - 1));
  }

  /** A supervisor whose long texts are looked at here, with the same result. */
  supervisorOf(definition: SupervisorDefinition): Supervisor {
    const supervisor = supervisorOf(definition);
    if (this.#entry === undefined) return supervisor;
    const text = lazily(() => JSON.stringify(bare(definition)));
    return {
      ...supervisor,
      inspectAside: (direction, parts, about) =>
        isLong(parts)
          ? this.#look({ definition: text(), direction, parts: parts.map(plain), about })
          : supervisor.inspect(direction, parts, about),
    };
  }

  /** Ends the threads. What they had not looked at counts as not looked at. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#waiting.splice(0)) task.resolve(unlooked);
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #look(task: InspectionTask): Promise<Inspection> {
    if (this.#waiting.length >= limits.inspectionsWaiting) throw new ThreadsBusy();
    return new Promise((resolve) => {
      if (this.#closed) {
        resolve(unlooked);
        return;
      }
      this.#waiting.push({ ...task, resolve });
      this.#hand();
    });
  }

  /** Gives what waits to threads that have nothing to do. */
  #hand(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#idle();
      if (thread === undefined) return;
      const task = this.#waiting.shift()!;
      thread.task = task;
      thread.worker.ref();
      const { definition, direction, parts, about } = task;
      const asked: InspectionTask = { definition, direction, parts, about };
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread
      thread.worker.postMessage(asked);
    }
  }

  #idle(): Thread | undefined {
    for (const thread of this.#threads) if (thread.task === undefined) return thread;
    return this.#threads.size < this.#most ? this.#start() : undefined;
  }

  #start(): Thread {
    const thread: Thread = {
      // What this process was started with is no business of a thread.
      worker: new Worker(this.#entry!, { name: 'inspection', execArgv: [] }),
      task: undefined,
    };
    this.#threads.add(thread);
    const done = (inspection: Inspection): void => {
      const { task } = thread;
      thread.task = undefined;
      // A thread with nothing to do keeps no process alive.
      thread.worker.unref();
      task?.resolve(inspection);
      this.#hand();
    };
    const end = (): void => {
      if (this.#threads.delete(thread)) done(unlooked);
    };
    thread.worker.on('message', (inspection: Inspection | undefined) =>
      done(inspection ?? unlooked),
    );
    // What came back cannot be read: nobody knows what was found, and no other message will come.
    thread.worker.on('messageerror', () => done(unlooked));
    thread.worker.on('error', end).on('exit', end);
    return thread;
  }
}

/** Of the rule book only what a supervisor is made of. */
function bare({ rules, classes, watches, document }: SupervisorDefinition): SupervisorDefinition {
  const { identifiers, canaries, links } = document;
  return {
    rules,
    classes,
    ...(watches === undefined ? {} : { watches }),
    document: { identifiers, canaries, links },
  };
}

function isLong(parts: readonly Part[]): boolean {
  let units = 0;
  for (const { text } of parts) units += text.length;
  return units > limits.inspectionInlineUnits;
}

function plain({ path, text }: Part): Part {
  return { path, text };
}
