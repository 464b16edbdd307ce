import type { Clock, Log } from '#base';
import type { LedgerAppender } from '#ledger';
import type { Accounts } from '../accounts.ts';
import type { RuleBook } from '../admission.ts';
import type { KeyStore } from '../key-store.ts';
import type { ExchangeObserver } from '../observer.ts';
import type { Connections } from './connections.ts';
import type { McpMeter } from './meter.ts';
import type { Offers } from './offer.ts';

/** What calls of tools need of the house. */
export interface McpPorts {
  readonly ledger: LedgerAppender;
  readonly accounts: Accounts;
  readonly keys: KeyStore;
  readonly ruleBook: () => RuleBook;
  readonly baseUrl: () => string;
  readonly observer: Pick<ExchangeObserver, 'refused'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly connections: Connections;
  readonly offers: Offers;
  readonly meter: McpMeter;
}
