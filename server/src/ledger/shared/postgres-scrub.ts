import assert from 'node:assert/strict';
import { type Log, type Postgres, PostgresError, type PostgresQuery, limits } from '#base';

/** What of a destroyed key may outlive its destruction on a server, and why. */
export interface Traces {
  /** Our user may not run `CHECKPOINT` or `pg_switch_wal()`, so old log segments stay longer. */
  readonly checkpointRefused: boolean;
  /** With `wal_recycle=on` old log segments are kept for reuse with their bytes in them. */
  readonly walRecycled: boolean;
  /** The server archives its log: what is in the archive is out of our reach. */
  readonly archived: boolean;
  /** Replication slots: standbys hold their own copies, and slots hold back log segments. */
  readonly slots: number;
}

/** Only names that we made ourselves are ever put into a statement. */
const rewritable = /^(kek|held_key|keys_\d{1,10}_\d{1,10})$/;

/**
 * Notes that a table holds bytes that must go. In the same transaction as the destruction, and
 * behind its first change to that table, so that a rewriting under way waits for it or it for that.
 */
export async function markForScrub(query: PostgresQuery, tables: Iterable<string>): Promise<void> {
  for (const table of tables) {
    assert.match(table, rewritable);
    await query.query('INSERT INTO sekisho.scrub VALUES ($1) ON CONFLICT DO NOTHING', [table]);
  }
}

/**
 * Rewrites the tables in which destroyed keys lie. An old row version stays in its page until the
 * space is used again, even after VACUUM, which closes gaps and clears nothing. So what lives is
 * copied out, the table's file is exchanged for an empty one by TRUNCATE, and it is copied back.
 * Unlike VACUUM FULL this leaves out old versions that another transaction could still see. Then
 * the log is moved on. What cannot be done now, since a backup holds a lock, stays noted.
 */
export async function scrub(postgres: Postgres, log: Log): Promise<void> {
  const { rows } = await postgres.query<{ table_name: string }>(
    'SELECT table_name FROM sekisho.scrub ORDER BY table_name',
  );
  let rewritten = 0;
  for (const { table_name: table } of rows) {
    if (await rewrite(postgres, table)) rewritten++;
    else log.warn('vault_scrub_postponed', { table });
  }
  if (rewritten > 0) await moveLogOn(postgres, log);
}

/** @returns false when another session holds on to the table */
async function rewrite(postgres: Postgres, table: string): Promise<boolean> {
  assert.match(table, rewritable);
  const options = { timeoutMs: limits.databaseRewriteMs };
  try {
    await postgres.transaction(async (query) => {
      await query.query(`SET LOCAL statement_timeout = ${limits.databaseRewriteMs}`);
      await query.query(`SET LOCAL lock_timeout = ${limits.databaseLockMs}`);
      await query.query(`LOCK TABLE sekisho.${table} IN ACCESS EXCLUSIVE MODE`, [], options);
      await query.query(
        `CREATE TEMPORARY TABLE living ON COMMIT DROP AS SELECT * FROM sekisho.${table}`,
        [],
        options,
      );
      await query.query(`TRUNCATE sekisho.${table}`, [], options);
      await query.query(`INSERT INTO sekisho.${table} SELECT * FROM pg_temp.living`, [], options);
      await query.query('DELETE FROM sekisho.scrub WHERE table_name = $1', [table]);
    });
    return true;
  } catch (error) {
    const lockNotAvailable = '55P03';
    if (error instanceof PostgresError && error.state === lockNotAvailable) return false;
    throw error;
  }
}

/**
 * Ends the log segment the keys were written in, and has the server let go of it. The exchanged
 * files go with the same checkpoint. Where we may not, the server does both in its own time.
 */
async function moveLogOn(postgres: Postgres, log: Log): Promise<void> {
  try {
    await postgres.transaction(async (query) => {
      // A checkpoint writes out all that others changed too.
      await query.query(`SET LOCAL statement_timeout = ${limits.databaseRewriteMs}`);
      await query.query('SELECT pg_switch_wal()');
      await query.query('CHECKPOINT', [], { timeoutMs: limits.databaseRewriteMs });
    });
  } catch (error) {
    if (!(error instanceof PostgresError) || error.code !== 'database_privileges') throw error;
    log.warn('vault_checkpoint_refused');
  }
}

/** For a word to the operator at start: how soon this server forgets. */
export async function tracesOf(postgres: Postgres): Promise<Traces> {
  const { rows } = await postgres.query<{
    may_switch: boolean;
    may_checkpoint: boolean;
    recycle: string;
    archive: string;
    slots: number;
  }>(`
    SELECT has_function_privilege('pg_switch_wal()', 'EXECUTE') AS may_switch,
      (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) OR EXISTS (
        SELECT FROM pg_roles
        WHERE rolname = 'pg_checkpoint' AND pg_has_role(oid, 'USAGE')
      ) AS may_checkpoint,
      current_setting('wal_recycle') AS recycle,
      current_setting('archive_mode') AS archive,
      (SELECT count(*) FROM pg_replication_slots) AS slots`);
  const [found] = rows;
  assert.ok(found);
  return {
    checkpointRefused: !found.may_switch || !found.may_checkpoint,
    walRecycled: found.recycle !== 'off',
    archived: found.archive !== 'off',
    slots: found.slots,
  };
}
