import type { MessagePort } from 'node:worker_threads';
import { type Log, limits } from '#base';
import type { StatedDraft } from './draft.ts';
import { Engine } from './engine.ts';
import { type Call, type Message, type ClerkSettings, failureOf } from './protocol.ts';

interface PendingAppend {
  readonly number: number;
  readonly drafts: readonly StatedDraft[];
  readonly nowMs: number;
}

/** Field texts collected into one batch, so that memory does not follow the length of the queue. */
const batchCharacters = 32 * 1024 * 1024;

/**
 * The ledger's side of the port: one engine, one queue. Appends that arrive while a batch is being
 * committed form the next one, so batches grow with the load and an idle ledger adds no delay.
 */
export class Clerk {
  readonly #port: MessagePort;
  readonly #engine: Engine;
  readonly #checkpointMs: number;
  #queue: PendingAppend[] = [];
  #commitScheduled = false;
  #announced = '';
  #publication: NodeJS.Timeout | undefined;

  private constructor(port: MessagePort, engine: Engine, checkpointMs: number) {
    this.#port = port;
    this.#engine = engine;
    this.#checkpointMs = checkpointMs;
  }

  /** Opens the ledger and answers on the port until it is told to close. */
  static async start(port: MessagePort, settings: ClerkSettings): Promise<void> {
    const { directory, originName, checkpointMs, nowMs } = settings;
    try {
      const engine = await Engine.open({ directory, originName, log: portLog(port) }, nowMs);
      const clerk = new Clerk(port, engine, checkpointMs);
      port.on('message', (call: Call) => clerk.#answer(call));
      const { origin, verifierKey } = engine;
      post(port, { kind: 'ready', origin, verifierKey });
      clerk.#announce();
    } catch (error) {
      post(port, { kind: 'refused', failure: failureOf(error) });
      port.close();
    }
  }

  #answer(call: Call): void {
    if (call.name === 'append') {
      this.#queue.push({ number: call.number, ...call.ask });
      this.#scheduleCommit();
      return;
    }
    if (call.name === 'close') this.#commitAll();
    const { number } = call;
    try {
      const answer = this.#read(call);
      if (call.name !== 'close') this.#announce();
      post(this.#port, { kind: 'answer', number, answer });
    } catch (error) {
      const failure = failureOf(error);
      post(this.#port, { kind: 'failure', number, failure });
      if (this.#engine.failed) post(this.#port, { kind: 'fatal', failure });
    }
    if (call.name === 'close') this.#port.close();
  }

  /** Tells of a checkpoint that was published on the way, whatever asked for it. */
  #announce(): void {
    const { note } = this.#engine.checkpoint;
    if (note === this.#announced) return;
    this.#announced = note;
    post(this.#port, { kind: 'published', note });
  }

  #read(call: Exclude<Call, { name: 'append' }>): unknown {
    switch (call.name) {
      case 'checkpoint':
        return this.#engine.checkpoint.note;
      case 'tile':
        return this.#engine.tile(call.ask);
      case 'passage':
        return this.#engine.passage(call.ask.id, call.ask);
      case 'passages':
        return this.#engine.passages(call.ask);
      case 'receipt':
        return this.#engine.receipt(call.ask.id, call.ask.groups);
      case 'granted':
        return this.#engine.grantedGroups(call.ask.id, call.ask.reader, call.ask.nowMs);
      case 'custody': {
        const { sequenced, events } = this.#engine.carryOut(call.ask.order, call.ask.nowMs);
        post(this.#port, { kind: 'appended', events });
        this.#schedulePublication();
        return sequenced;
      }
      case 'consistency':
        return this.#engine.consistencyProof(call.ask.oldSize, call.ask.newSize);
      case 'adopt':
        this.#engine.adopt(call.ask.note, call.ask.isQuorum);
        return null;
      case 'close':
        clearTimeout(this.#publication);
        this.#engine.close();
        return null;
      default:
        return call satisfies never;
    }
  }

  #scheduleCommit(): void {
    if (this.#commitScheduled) return;
    this.#commitScheduled = true;
    // Runs once every message that has already arrived is in the queue.
    setImmediate(() => {
      this.#commitScheduled = false;
      this.#commitBatch();
      if (this.#queue.length > 0) this.#scheduleCommit();
    });
  }

  #commitAll(): void {
    while (this.#queue.length > 0) this.#commitBatch();
  }

  #commitBatch(): void {
    const batch = this.#takeBatch();
    if (batch.length === 0) return;
    try {
      const nowMs = Math.max(...batch.map((append) => append.nowMs));
      const results = this.#engine.append(
        batch.map(({ drafts }) => drafts),
        nowMs,
      );
      for (const [i, result] of results.entries()) {
        const { number } = batch[i]!;
        if ('error' in result) {
          post(this.#port, { kind: 'failure', number, failure: failureOf(result.error) });
        } else {
          post(this.#port, { kind: 'answer', number, answer: result.sequenced });
          post(this.#port, { kind: 'appended', events: result.events });
        }
      }
      this.#schedulePublication();
    } catch (error) {
      const failure = failureOf(error);
      for (const { number } of batch) post(this.#port, { kind: 'failure', number, failure });
      post(this.#port, { kind: 'fatal', failure });
    }
  }

  #takeBatch(): readonly PendingAppend[] {
    let entries = 0;
    let characters = 0;
    let count = 0;
    for (const { drafts } of this.#queue) {
      entries += drafts.length;
      characters += charactersOf(drafts);
      const over = entries > limits.batchEntries || characters > batchCharacters;
      if (over && count > 0) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  #schedulePublication(): void {
    if (this.#engine.unpublished === 0) return;
    this.#publication ??= setTimeout(() => {
      this.#publication = undefined;
      try {
        this.#engine.publish();
        this.#announce();
      } catch (error) {
        post(this.#port, { kind: 'fatal', failure: failureOf(error) });
      }
    }, this.#checkpointMs);
  }
}

function charactersOf(drafts: readonly StatedDraft[]): number {
  let characters = 0;
  for (const { fields } of drafts) {
    for (const text of Object.values(fields)) characters += text.length;
  }
  return characters;
}

function post(port: MessagePort, message: Message): void {
  port.postMessage(message);
}

function portLog(port: MessagePort): Log {
  const line = (level: 'info' | 'warn' | 'error'): Log['info'] => {
    return (event, fields) => post(port, { kind: 'log', level, event, fields });
  };
  return { info: line('info'), warn: line('warn'), error: line('error') };
}
