import type { PostgresErrorCode } from './postgres-errors.ts';

/** What a server says about itself in one of our own sessions. */
export interface ServerFacts {
  /** `server_version_num`: 150018 is 15.18. */
  readonly version: number;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly synchronous_commit: string;
  readonly in_recovery: boolean;
  readonly read_only: string;
}

export const serverFacts = `
  SELECT current_setting('server_version_num')::integer AS version,
    current_setting('fsync') AS fsync,
    current_setting('full_page_writes') AS full_page_writes,
    current_setting('synchronous_commit') AS synchronous_commit,
    pg_is_in_recovery() AS in_recovery,
    current_setting('transaction_read_only') AS read_only`;

/** The first version with all we use; older ones get no repairs any more. */
const oldestVersion = 130_000;

/** @returns why evidence must not be entrusted to this server; undefined when it may */
export function whyUnsuitable(facts: ServerFacts): PostgresErrorCode | undefined {
  if (facts.version < oldestVersion) return 'database_too_old';
  // A replica first: its settings are not those that commits are made with.
  if (facts.in_recovery || facts.read_only !== 'off') return 'database_read_only';
  if (facts.fsync !== 'on') return 'database_no_fsync';
  if (facts.full_page_writes !== 'on') return 'database_torn_pages';
  // `local` and `remote_write` do not wait until a synchronous standby has it on disk.
  if (!['on', 'remote_apply'].includes(facts.synchronous_commit)) return 'database_lazy_commits';
  return undefined;
}
