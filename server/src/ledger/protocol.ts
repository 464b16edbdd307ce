import type { LogFields } from '#base';
import type { BundleOptions } from './bundle.ts';
import type { CoseEvidence } from './cose.ts';
import type { CustodyOrder } from './custody-order.ts';
import type { StatedDraft } from './draft.ts';
import type { AppendEvent, Sequenced } from './sequenced.ts';
import { LedgerError, type LedgerErrorCode } from './errors.ts';
import type { Group } from './fields.ts';
import type { StorageSettings } from './open-storage.ts';
import type { Passage, PersonPassages } from './passage.ts';
import type { Story, StoryOptions, SystemRecord } from './story.ts';

/** What the ledger's thread is told when it starts. */
export interface ClerkSettings {
  readonly directory: string;
  readonly originName: string;
  readonly checkpointMs: number;
  /** Publication waits for a quorum of witnesses. */
  readonly holdBack: boolean;
  /** Checkpoints are signed with ML-DSA-44 too. */
  readonly postQuantum: boolean;
  readonly storage: StorageSettings;
  readonly nowMs: number;
}

/** What the main thread asks, and the answer to each. The clock stays on the main side. */
export interface Calls {
  readonly append: {
    readonly ask: { readonly drafts: readonly StatedDraft[]; readonly nowMs: number };
    readonly answer: readonly Sequenced[];
  };
  readonly checkpoint: { readonly ask: null; readonly answer: string | undefined };
  readonly tile: { readonly ask: string; readonly answer: Uint8Array | undefined };
  readonly passage: {
    readonly ask: { readonly id: string; readonly content: boolean };
    readonly answer: Passage | undefined;
  };
  readonly passages: {
    readonly ask: { readonly limit: number; readonly before?: number };
    readonly answer: readonly Passage[];
  };
  readonly story: {
    readonly ask: StoryOptions;
    readonly answer: Story;
  };
  readonly systemRecord: { readonly ask: string; readonly answer: SystemRecord | undefined };
  readonly passagesAbout: {
    readonly ask: { readonly subject: string; readonly groups: readonly Group[] };
    readonly answer: PersonPassages;
  };
  readonly receipt: {
    readonly ask: { readonly id: string; readonly groups: readonly Group[] };
    readonly answer: string | undefined;
  };
  readonly bundle: {
    readonly ask: { readonly id: string; readonly options: BundleOptions };
    readonly answer: string | undefined;
  };
  readonly cose: {
    readonly ask: { readonly id: string; readonly role: 'intent' | 'outcome' };
    readonly answer: CoseEvidence | undefined;
  };
  readonly granted: {
    readonly ask: { readonly id: string; readonly reader: string; readonly nowMs: number };
    readonly answer: readonly Group[];
  };
  readonly custody: {
    readonly ask: { readonly order: CustodyOrder; readonly nowMs: number };
    readonly answer: readonly Sequenced[];
  };
  readonly consistency: {
    readonly ask: { readonly oldSize: number; readonly newSize: number };
    readonly answer: readonly Uint8Array[] | undefined;
  };
  readonly adopt: {
    readonly ask: { readonly note: string; readonly isQuorum: boolean };
    readonly answer: null;
  };
  readonly close: { readonly ask: null; readonly answer: null };
}

export type Call = {
  [Name in keyof Calls]: {
    readonly number: number;
    readonly name: Name;
    readonly ask: Calls[Name]['ask'];
  };
}[keyof Calls];

/** An error keeps its code on the way between threads; its cause is told in words. */
export interface Failure {
  readonly code: LedgerErrorCode;
  readonly message: string;
  readonly detail: string | undefined;
}

export type AppendAnswer = { readonly number: number } & (
  | { readonly sequenced: readonly Sequenced[] }
  | { readonly failure: Failure }
);

/** The checkpoints that have left the ledger's thread. */
export interface Progress {
  /** The newest signed note, for witnesses. */
  readonly signed: string;
  /** Sizes of the newest published checkpoint, and of the newest a quorum has cosigned. */
  readonly publishedSize: number;
  readonly witnessedSize: number;
}

export type Message =
  | {
      readonly kind: 'ready';
      readonly origin: string;
      readonly verifierKey: string;
      readonly postQuantumKey: string | undefined;
    }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'answer'; readonly number: number; readonly answer: unknown }
  | { readonly kind: 'failure'; readonly number: number; readonly failure: Failure }
  /** What became of a batch of appends, in one message. */
  | {
      readonly kind: 'appended';
      readonly answers: readonly AppendAnswer[];
      readonly events: readonly AppendEvent[];
    }
  /** How far the log has come, whenever that changes. */
  | ({ readonly kind: 'progress' } & Progress)
  /** The ledger can no longer record. */
  | { readonly kind: 'fatal'; readonly failure: Failure }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly event: string;
      readonly fields: LogFields | undefined;
    };

export function failureOf(error: unknown): Failure {
  const known =
    error instanceof LedgerError
      ? error
      : new LedgerError('failed', 'use the ledger', { cause: error });
  const { code, message, detail, cause } = known;
  const why = cause instanceof Error ? cause.message : undefined;
  // Of a failure without a name of its own the system's words say most.
  return {
    code,
    message: why === undefined ? message : `${message}: ${why}`,
    detail: detail ?? (code === 'failed' ? why : undefined),
  };
}

export function errorOf({ code, message, detail }: Failure): LedgerError {
  return LedgerError.received(code, message, detail);
}
