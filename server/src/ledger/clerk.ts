import type { MessagePort } from 'node:worker_threads';
import { type Log, limits, nodeDisk } from '#base';
import type { StatedDraft } from './draft.ts';
import { Engine } from './engine.ts';
import type { LedgerError } from './errors.ts';
import { openStorage } from './open-storage.ts';
import {
  type AppendAnswer,
  type Call,
  type ClerkSettings,
  type Message,
  type Progress,
  failureOf,
} from './protocol.ts';
import type { AppendResult } from './sequenced.ts';

interface PendingAppend {
  readonly number: number;
  readonly drafts: readonly StatedDraft[];
  readonly nowMs: number;
}

/** Field texts collected into one batch, so that memory does not follow the length of the queue. */
const batchCharacters = 32 * 1024 * 1024;
/** The order's own batch has the last place. */
const batchesAtOnce = limits.batchesAtOnce - 1;

/**
 * The ledger's side of the port: one engine, one queue. Appends that arrive while batches are being
 * committed form the next one, so batches grow with the load and an idle ledger adds no delay.
 */
export class Clerk {
  readonly #port: MessagePort;
  readonly #engine: Engine;
  readonly #checkpointMs: number;
  #queue: PendingAppend[] = [];
  #batches = 0;
  #commitScheduled = false;
  #announced: Progress = { signed: '', publishedSize: 0, witnessedSize: 0 };
  #publication: NodeJS.Timeout | undefined;
  #idle: (() => void)[] = [];

  private constructor(port: MessagePort, engine: Engine, checkpointMs: number) {
    this.#port = port;
    this.#engine = engine;
    this.#checkpointMs = checkpointMs;
  }

  /** Opens the ledger and answers on the port until it is told to close. */
  static async start(port: MessagePort, settings: ClerkSettings): Promise<void> {
    const { directory, originName, checkpointMs, holdBack, postQuantum, nowMs, storage } = settings;
    const log = portLog(port);
    const onLost = (error: LedgerError): void =>
      post(port, { kind: 'fatal', failure: failureOf(error) });
    const place = {
      directory,
      originName,
      holdBack,
      postQuantum,
      log,
      disk: nodeDisk,
      openStorage: () => openStorage(directory, originName, { settings: storage, log, onLost }),
    };
    try {
      const engine = await Engine.open(place, nowMs);
      const clerk = new Clerk(port, engine, checkpointMs);
      port.on('message', (calls: readonly Call[]) => {
        for (const call of calls) clerk.#take(call);
      });
      const { origin, verifierKey, postQuantumKey } = engine;
      post(port, { kind: 'ready', origin, verifierKey, postQuantumKey });
      clerk.#announce();
    } catch (error) {
      post(port, { kind: 'refused', failure: failureOf(error) });
      port.close();
    }
  }

  #take(call: Call): void {
    if (call.name === 'append') {
      this.#queue.push({ number: call.number, ...call.ask });
      this.#scheduleCommit();
      return;
    }
    void this.#answer(call);
  }

  async #answer(call: Exclude<Call, { name: 'append' }>): Promise<void> {
    const { number, name } = call;
    try {
      if (name === 'close') await this.#settled();
      const answer = await this.#do(call);
      if (name !== 'close') this.#announce();
      post(this.#port, { kind: 'answer', number, answer });
    } catch (error) {
      const failure = failureOf(error);
      post(this.#port, { kind: 'failure', number, failure });
      if (this.#engine.failed) post(this.#port, { kind: 'fatal', failure });
    }
    if (name === 'close') this.#port.close();
  }

  /** Tells how far the log has come, whatever brought it there. */
  #announce(): void {
    const { signed, published, witnessedSize } = this.#engine;
    const publishedSize = published?.size ?? 0;
    const { signed: told, ...sizes } = this.#announced;
    const isOld = sizes.publishedSize === publishedSize && sizes.witnessedSize === witnessedSize;
    if (told === signed.note && isOld) return;
    this.#announced = { signed: signed.note, publishedSize, witnessedSize };
    post(this.#port, { kind: 'progress', ...this.#announced });
  }

  async #do(call: Exclude<Call, { name: 'append' }>): Promise<unknown> {
    const engine = this.#engine;
    switch (call.name) {
      case 'checkpoint':
        return engine.published?.note;
      case 'tile':
        return engine.tile(call.ask);
      case 'passage':
        return engine.passage(call.ask.id, call.ask);
      case 'passages':
        return engine.passages(call.ask);
      case 'story':
        return engine.story(call.ask);
      case 'systemRecord':
        return engine.systemRecord(call.ask);
      case 'passagesAbout':
        return engine.passagesAbout(call.ask.subject, call.ask.groups);
      case 'receipt':
        return engine.receipt(call.ask.id, call.ask.groups);
      case 'bundle':
        return engine.bundle(call.ask.id, call.ask.options);
      case 'cose':
        return engine.cose(call.ask.id, call.ask.role);
      case 'granted':
        return engine.grantedGroups(call.ask.id, call.ask.reader, call.ask.nowMs);
      case 'custody': {
        const { sequenced, events } = await engine.carryOut(call.ask.order, call.ask.nowMs);
        post(this.#port, { kind: 'appended', answers: [], events });
        this.#schedulePublication();
        return sequenced;
      }
      case 'consistency':
        return engine.consistencyProof(call.ask.oldSize, call.ask.newSize);
      case 'adopt':
        await engine.adopt(call.ask.note, call.ask.isQuorum);
        return null;
      case 'close':
        clearTimeout(this.#publication);
        await engine.close();
        return null;
      default:
        return call satisfies never;
    }
  }

  #scheduleCommit(): void {
    if (this.#commitScheduled || this.#batches >= batchesAtOnce) return;
    this.#commitScheduled = true;
    // Runs once every message that has already arrived is in the queue.
    setImmediate(() => {
      this.#commitScheduled = false;
      void this.#commitBatch();
      if (this.#queue.length > 0) this.#scheduleCommit();
    });
  }

  /** Waits until every append that has arrived is answered. */
  async #settled(): Promise<void> {
    if (this.#batches === 0 && this.#queue.length === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #commitBatch(): Promise<void> {
    const { numbers, recorded } = this.#startBatch();
    if (numbers.length === 0) return;
    this.#batches++;
    try {
      const results = await recorded;
      const answers = results.map((result, i): AppendAnswer => {
        const number = numbers[i]!;
        return 'error' in result
          ? { number, failure: failureOf(result.error) }
          : { number, sequenced: result.sequenced };
      });
      const events = results.flatMap((result) => ('error' in result ? [] : result.events));
      post(this.#port, { kind: 'appended', answers, events });
      this.#schedulePublication();
    } catch (error) {
      const failure = failureOf(error);
      const answers = numbers.map((number) => ({ number, failure }));
      post(this.#port, { kind: 'appended', answers, events: [] });
      if (this.#engine.failed) post(this.#port, { kind: 'fatal', failure });
    }
    this.#batches--;
    if (this.#queue.length > 0) this.#scheduleCommit();
    else if (this.#batches === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /**
   * Not part of what waits for the batch: that would keep its drafts in memory for as long, and the
   * collector would move them about (with the rest of the entry, a quarter of all it moves).
   */
  #startBatch(): {
    readonly numbers: readonly number[];
    readonly recorded: Promise<readonly AppendResult[]>;
  } {
    const batch = this.#takeBatch();
    const numbers = batch.map(({ number }) => number);
    if (batch.length === 0) return { numbers, recorded: Promise.resolve([]) };
    const nowMs = Math.max(...batch.map((append) => append.nowMs));
    const requests = batch.map(({ drafts }) => drafts);
    return { numbers, recorded: this.#engine.append(requests, nowMs) };
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
    if (this.#engine.unsigned === 0) return;
    this.#publication ??= setTimeout(() => void this.#publish(), this.#checkpointMs);
  }

  async #publish(): Promise<void> {
    try {
      await this.#engine.publish();
      this.#announce();
    } catch (error) {
      // Closing meanwhile is no failure.
      if (this.#engine.failed) post(this.#port, { kind: 'fatal', failure: failureOf(error) });
      return;
    } finally {
      this.#publication = undefined;
    }
    this.#schedulePublication();
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
