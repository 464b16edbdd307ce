import { MessageChannel, Worker } from 'node:worker_threads';
import { type Clock, type Log, limits } from '#base';
import type { BundleOptions } from './bundle.ts';
import type { CoseEvidence } from './cose.ts';
import { type CustodyOrder, isCustodyDraft } from './custody-order.ts';
import { type Draft, invalid, stateDraft } from './draft.ts';
import type { AppendEvent, Sequenced } from './sequenced.ts';
import { LedgerError } from './errors.ts';
import type { Group } from './fields.ts';
import type { StorageSettings } from './open-storage.ts';
import type { Passage, PersonPassages } from './passage.ts';
import {
  type Call,
  type Calls,
  type ClerkSettings,
  type Message,
  type Progress,
  errorOf,
} from './protocol.ts';
import type { Story, StoryOptions, SystemRecord } from './story.ts';
import { Clerk } from './clerk.ts';

/** The only way to record evidence. */
export interface LedgerAppender {
  /**
   * Records all of the drafts or none, one behind the other; resolves when they are durable.
   * A draft's `refs.intent` may be `#0`, the entry of the first draft.
   * @throws LedgerError `draft_invalid` when a draft cannot be recorded, `failed` when nothing can
   */
  append(drafts: readonly Draft[]): Promise<readonly Sequenced[]>;
}

/** What may be read of the ledger. It cannot write. */
export interface LedgerReader {
  /** The log's name. */
  readonly origin: string;
  /** C2SP signed-note verifier key of the log. */
  readonly verifierKey: string;
  /** The same of its second key, type 0x06, where checkpoints are signed with ML-DSA-44 too. */
  readonly postQuantumKey: string | undefined;
  /** The latest published signed note; none while the first one waits for witnesses. */
  checkpoint(): Promise<string | undefined>;
  /** A hash tile or entry bundle that a published checkpoint requires. */
  tile(path: string): Promise<Uint8Array | undefined>;
  /** @param id of an intent @param options content opens the content group too */
  passage(id: string, options?: { readonly content: boolean }): Promise<Passage | undefined>;
  /** Newest first, by intent index; identity and ops opened. At most `limits.passagesAtOnce`. */
  passages(options: {
    readonly limit: number;
    readonly before?: number;
  }): Promise<readonly Passage[]>;
  /** What happened from an entry on, oldest first. At most `limits.passagesAtOnce` events. */
  story(options: StoryOptions): Promise<Story>;
  /** One `system.record` with all that can be opened of it. */
  systemRecord(id: string): Promise<SystemRecord | undefined>;
  /** The passages about a person of which something of the groups is left. */
  passagesAbout(subject: string, groups: readonly Group[]): Promise<PersonPassages>;
  /**
   * Receipt JSON with the disclosures of the given groups, under a checkpoint that covers the
   * exchange: one is published if need be.
   */
  receipt(id: string, options: { readonly groups: readonly Group[] }): Promise<string | undefined>;
  /**
   * Resolves once a published checkpoint covers an entry, or one that a quorum of witnesses has
   * cosigned. That it is durable is known already: an append resolves at the level `sequenced`.
   * @throws LedgerError `not_published` or `not_witnessed` after `limits.acknowledgeMs`
   */
  acknowledged(index: number, level: 'included' | 'witnessed'): Promise<void>;
  /** The same as one file for an auditor, in open formats, with the log's signature on each entry. */
  bundle(id: string, options: BundleOptions): Promise<string | undefined>;
  /** One entry of an exchange, and a receipt for it in COSE (RFC 9942). */
  cose(id: string, role: 'intent' | 'outcome'): Promise<CoseEvidence | undefined>;
  /** The groups of a passage that a key may open now because it was granted. */
  granted(id: string, reader: string): Promise<readonly Group[]>;
  /** Calls back after entries became durable. The listener must not throw. */
  onAppend(listener: (event: AppendEvent) => void): () => void;
}

/** The only way to destroy or to hold what was sealed. Each order is an entry before it is done. */
export interface LedgerCustodian {
  /**
   * Resolves when the order is recorded and carried out; nothing of an erased key is left on disk.
   * @returns the entries it became: none when nothing was due to expire
   * @throws LedgerError `order_invalid`, `unknown_passage`, `under_way`, `held`, `already_erased`,
   * `unknown_hold` or `unknown_grant`, with nothing changed; `failed` when nothing can be recorded
   */
  carryOut(order: CustodyOrder): Promise<readonly Sequenced[]>;
}

/** What a ledger offers to whoever asks its witnesses. */
export interface WitnessedLedger {
  /** C2SP signed-note verifier key of the log. */
  readonly verifierKey: string;
  /** Calls back with each checkpoint as it is signed, at once with the latest one. */
  onSign(listener: (note: string) => void): () => void;
  /** Between two sizes of which checkpoints were published, RFC 6962 section 2.1.2. */
  consistencyProof(oldSize: number, newSize: number): Promise<readonly Uint8Array[] | undefined>;
  /** Adds verified lines of witnesses to a checkpoint of this log, and publishes it again. */
  adoptCosignatures(note: string, isQuorum: boolean): Promise<void>;
}

export interface Ledger extends LedgerAppender, LedgerReader, LedgerCustodian, WitnessedLedger {
  /** Publishes what is left and lets go of the directory. */
  close(): Promise<void>;
}

export interface LedgerOptions {
  readonly directory: string;
  /** A URL without scheme, spaces or plus signs: the log's name for ever. */
  readonly originName: string;
  /** Longest time between an entry and the checkpoint that covers it. */
  readonly checkpointMs: number;
  /** Checkpoints are published once a quorum of witnesses has cosigned them, and not before. */
  readonly holdBack?: boolean;
  /** Checkpoints get a second line, with ML-DSA-44. */
  readonly postQuantum?: boolean;
  /** What lies elsewhere than in the directory: everything but keys and index may. */
  readonly storage?: StorageSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** Called once when the ledger can no longer record: the process must then end. */
  readonly onFatal?: (error: LedgerError) => void;
  /**
   * Runs the ledger in this thread. True for TypeScript sources, which Node 20 cannot load in a
   * worker.
   */
  readonly inThread?: boolean;
}

/**
 * Opens the ledger of a directory, recovering what a former process left, in a thread of its own.
 * @throws LedgerError
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { directory, originName, checkpointMs, storage = {} } = options;
  const { holdBack = false, postQuantum = false } = options;
  const nowMs = options.clock.nowMs();
  const settings: ClerkSettings = {
    directory,
    originName,
    checkpointMs,
    holdBack,
    postQuantum,
    storage,
    nowMs,
  };
  const client = new LedgerClient(options, startClerk(settings, options));
  await client.opened;
  return client;
}

/** The two ways to reach the clerk: through its worker, or through a channel within this thread. */
interface ClerkLink {
  send(calls: readonly Call[]): void;
  /** @param onEnd the thread is gone, whether or not it was asked to go */
  listen(onMessage: (message: Message) => void, onEnd: (cause?: unknown) => void): void;
  /** Waits until the thread has gone. */
  end(): Promise<void>;
}

function startClerk(settings: ClerkSettings, { inThread }: LedgerOptions): ClerkLink {
  if (inThread ?? import.meta.url.endsWith('.ts')) {
    const { port1, port2 } = new MessageChannel();
    void Clerk.start(port2, settings);
    return {
      send: (calls) => port1.postMessage(calls),
      listen: (onMessage) => void port1.on('message', onMessage),
      end: async () => port1.close(),
    };
  }
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: settings });
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    send: (calls) => worker.postMessage(calls),
    listen: (onMessage, onEnd) => {
      worker.on('message', onMessage).on('error', onEnd);
      worker.on('exit', () => onEnd());
    },
    end: async () => void (await worker.terminate()),
  };
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: LedgerError): void;
}

/** Somebody waits until an entry is covered. */
interface PendingLevel {
  readonly index: number;
  readonly level: 'included' | 'witnessed';
  resolve(): void;
  reject(error: LedgerError): void;
}

function isCovered(index: number, level: PendingLevel['level'], progress: Progress): boolean {
  return index < (level === 'included' ? progress.publishedSize : progress.witnessedSize);
}

class LedgerClient implements Ledger {
  origin = '';
  verifierKey = '';
  postQuantumKey: string | undefined;
  readonly opened: Promise<void>;
  readonly #options: LedgerOptions;
  readonly #link: ClerkLink;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(event: AppendEvent) => void>();
  readonly #signings = new Set<(note: string) => void>();
  readonly #pending = new Set<PendingLevel>();
  #progress: Progress | undefined;
  #outbox: Call[] = [];
  #calls = 0;
  #ended: LedgerError | undefined;
  #gone = false;

  constructor(options: LedgerOptions, link: ClerkLink) {
    this.#options = options;
    this.#link = link;
    this.opened = new Promise((resolve, reject) => {
      link.listen(
        (message) => {
          if (message.kind === 'ready') {
            this.origin = message.origin;
            this.verifierKey = message.verifierKey;
            this.postQuantumKey = message.postQuantumKey;
            resolve();
          } else if (message.kind === 'refused') {
            this.#ended = errorOf(message.failure);
            void link.end();
            reject(this.#ended);
          } else {
            this.#receive(message);
          }
        },
        (cause) => {
          const error = new LedgerError('failed', 'use the ledger', { cause });
          this.#gone = true;
          // Whoever waits for the opening hears of it there, and the owner need not hear it twice.
          if (this.origin === '') this.#ended ??= error;
          reject(error);
          this.#fail(error);
        },
      );
    });
  }

  async append(drafts: readonly Draft[]): Promise<readonly Sequenced[]> {
    if (drafts.length === 0) return [];
    if (drafts.length > limits.batchEntries) throw invalid(`${drafts.length} entries at once`);
    if (drafts.some(isCustodyDraft)) throw invalid('only an order erases or holds');
    const stated = drafts.map(stateDraft);
    return this.#call('append', { drafts: stated, nowMs: this.#options.clock.nowMs() });
  }

  carryOut(order: CustodyOrder): Promise<readonly Sequenced[]> {
    return this.#call('custody', { order, nowMs: this.#options.clock.nowMs() });
  }

  checkpoint(): Promise<string | undefined> {
    return this.#call('checkpoint', null);
  }

  tile(path: string): Promise<Uint8Array | undefined> {
    return this.#call('tile', path);
  }

  passage(id: string, { content } = { content: false }): Promise<Passage | undefined> {
    return this.#call('passage', { id, content });
  }

  passages(options: { limit: number; before?: number }): Promise<readonly Passage[]> {
    return this.#call('passages', options);
  }

  story(options: StoryOptions): Promise<Story> {
    return this.#call('story', options);
  }

  systemRecord(id: string): Promise<SystemRecord | undefined> {
    return this.#call('systemRecord', id);
  }

  passagesAbout(subject: string, groups: readonly Group[]): Promise<PersonPassages> {
    return this.#call('passagesAbout', { subject, groups });
  }

  receipt(id: string, { groups }: { groups: readonly Group[] }): Promise<string | undefined> {
    return this.#call('receipt', { id, groups });
  }

  bundle(id: string, options: BundleOptions): Promise<string | undefined> {
    return this.#call('bundle', { id, options });
  }

  cose(id: string, role: 'intent' | 'outcome'): Promise<CoseEvidence | undefined> {
    return this.#call('cose', { id, role });
  }

  granted(id: string, reader: string): Promise<readonly Group[]> {
    return this.#call('granted', { id, reader, nowMs: this.#options.clock.nowMs() });
  }

  onAppend(listener: (event: AppendEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onSign(listener: (note: string) => void): () => void {
    this.#signings.add(listener);
    if (this.#progress !== undefined) listener(this.#progress.signed);
    return () => void this.#signings.delete(listener);
  }

  acknowledged(index: number, level: 'included' | 'witnessed'): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.#progress !== undefined && isCovered(index, level, this.#progress)) {
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#pending.delete(pending);
      };
      const code = level === 'included' ? 'not_published' : 'not_witnessed';
      const timer = setTimeout(
        () => pending.reject(new LedgerError(code, 'wait for the entry')),
        limits.acknowledgeMs,
      );
      const pending: PendingLevel = {
        index,
        level,
        resolve: () => {
          end();
          resolve();
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      this.#pending.add(pending);
    });
  }

  consistencyProof(oldSize: number, newSize: number): Promise<readonly Uint8Array[] | undefined> {
    return this.#call('consistency', { oldSize, newSize });
  }

  async adoptCosignatures(note: string, isQuorum: boolean): Promise<void> {
    await this.#call('adopt', { note, isQuorum });
  }

  async close(): Promise<void> {
    if (this.#ended?.code === 'closed') return;
    try {
      if (!this.#gone) await this.#call('close', null);
    } finally {
      this.#ended ??= new LedgerError('closed', 'use the ledger');
      // What was asked for after the closing is not answered any more.
      this.#rejectAll(this.#ended);
      await this.#link.end();
    }
  }

  #call<Name extends keyof Calls>(
    name: Name,
    ask: Calls[Name]['ask'],
  ): Promise<Calls[Name]['answer']> {
    return new Promise((resolve, reject) => {
      // After a failure the thread is asked for nothing more but to close.
      if (this.#ended !== undefined && name !== 'close') {
        reject(this.#ended);
        return;
      }
      const number = this.#calls++;
      this.#waiting.set(number, { resolve, reject });
      // What is asked for in one turn of the event loop travels in one message.
      if (this.#outbox.push({ number, name, ask } as Call) === 1) {
        setImmediate(() => this.#link.send(this.#outbox.splice(0)));
      }
    });
  }

  #receive(message: Exclude<Message, { kind: 'ready' | 'refused' }>): void {
    switch (message.kind) {
      case 'answer':
        this.#take(message.number)?.resolve(message.answer);
        break;
      case 'failure':
        this.#take(message.number)?.reject(errorOf(message.failure));
        break;
      case 'appended':
        for (const answer of message.answers) {
          const waiting = this.#take(answer.number);
          if ('failure' in answer) waiting?.reject(errorOf(answer.failure));
          else waiting?.resolve(answer.sequenced);
        }
        for (const event of message.events) {
          for (const listener of this.#listeners) listener(event);
        }
        break;
      case 'progress':
        this.#follow(message);
        break;
      case 'fatal':
        this.#fail(errorOf(message.failure));
        break;
      case 'log':
        this.#options.log[message.level](message.event, message.fields);
        break;
    }
  }

  #follow(progress: Progress): void {
    const isNew = progress.signed !== this.#progress?.signed;
    this.#progress = progress;
    if (isNew) for (const listener of this.#signings) listener(progress.signed);
    for (const pending of this.#pending) {
      if (isCovered(pending.index, pending.level, progress)) pending.resolve();
    }
  }

  #rejectAll(error: LedgerError): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    for (const pending of this.#pending) pending.reject(error);
  }

  #take(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    return waiting;
  }

  #fail(error: LedgerError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#rejectAll(error);
    this.#options.onFatal?.(error);
  }
}
