import type { LogFields } from '#base';
import type { CustodyOrder } from './custody-order.ts';
import type { StatedDraft } from './draft.ts';
import type { AppendEvent, Sequenced } from './engine.ts';
import { LedgerError, type LedgerErrorCode } from './errors.ts';
import type { Group } from './fields.ts';
import type { Passage } from './passage.ts';

/** What the ledger's thread is told when it starts. */
export interface ClerkSettings {
  readonly directory: string;
  readonly originName: string;
  readonly checkpointMs: number;
  readonly nowMs: number;
}

/** What the main thread asks, and the answer to each. The clock stays on the main side. */
export interface Calls {
  readonly append: {
    readonly ask: { readonly drafts: readonly StatedDraft[]; readonly nowMs: number };
    readonly answer: readonly Sequenced[];
  };
  readonly checkpoint: { readonly ask: null; readonly answer: string };
  readonly tile: { readonly ask: string; readonly answer: Uint8Array | undefined };
  readonly passage: {
    readonly ask: { readonly id: string; readonly content: boolean };
    readonly answer: Passage | undefined;
  };
  readonly passages: {
    readonly ask: { readonly limit: number; readonly before?: number };
    readonly answer: readonly Passage[];
  };
  readonly receipt: {
    readonly ask: { readonly id: string; readonly groups: readonly Group[] };
    readonly answer: string | undefined;
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
}

export type Message =
  | { readonly kind: 'ready'; readonly origin: string; readonly verifierKey: string }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'answer'; readonly number: number; readonly answer: unknown }
  | { readonly kind: 'failure'; readonly number: number; readonly failure: Failure }
  | { readonly kind: 'appended'; readonly events: readonly AppendEvent[] }
  /** A new checkpoint has left the ledger's thread. */
  | { readonly kind: 'published'; readonly note: string }
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
  const { cause } = known;
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return { code: known.code, message: `${known.message}${why}` };
}

export function errorOf({ code, message }: Failure): LedgerError {
  return LedgerError.received(code, message);
}
