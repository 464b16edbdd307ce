import type { Postgres, PostgresQuery } from './postgres.ts';
import { PostgresError } from './postgres-errors.ts';

/** Any number that nobody else locks: the ASCII of `sekisho`. */
const migrationLock = '32479407189161839';
const what = 'prepare the tables of the database';

/**
 * Brings the tables of one part of the product to the newest form, all or nothing. Everything lies
 * in the schema `sekisho`, whose version table holds one row for each part.
 * @param steps statements that lead from each version to the next; never change one that shipped
 * @throws PostgresError `database_privileges` or `database_newer`
 */
export async function migratePostgres(
  postgres: Postgres,
  part: string,
  steps: readonly string[],
): Promise<void> {
  await postgres.transaction(async (query) => {
    // Several processes may start at once; the second finds the work done.
    await query.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    await requirePrivileges(query);
    await query.query(`
      CREATE TABLE IF NOT EXISTS sekisho.schema_version (
        part text PRIMARY KEY, version integer NOT NULL
      )`);
    const { rows } = await query.query<{ version: number }>(
      'SELECT version FROM sekisho.schema_version WHERE part = $1',
      [part],
    );
    const from = rows[0]?.version ?? 0;
    if (from > steps.length) throw new PostgresError('database_newer', what, `${from}`);
    if (from === steps.length) return;
    for (const step of steps.slice(from)) await query.query(step);
    await query.query(
      `INSERT INTO sekisho.schema_version VALUES ($1, $2)
       ON CONFLICT (part) DO UPDATE SET version = excluded.version`,
      [part, steps.length],
    );
  });
}

/** Tables are made and rewritten while the product runs, so their owner must be us. */
async function requirePrivileges(query: PostgresQuery): Promise<void> {
  const { rows } = await query.query<{ exists: boolean; may: boolean }>(`
    SELECT to_regnamespace('sekisho') IS NOT NULL AS exists,
      has_database_privilege(current_database(), 'TEMPORARY') AND CASE
        WHEN to_regnamespace('sekisho') IS NULL
        THEN has_database_privilege(current_database(), 'CREATE')
        ELSE (SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'sekisho')
          AND NOT EXISTS (
            SELECT FROM pg_class
            WHERE relnamespace = to_regnamespace('sekisho') AND NOT pg_has_role(relowner, 'USAGE')
          )
      END AS may`);
  const [found] = rows;
  if (found?.may !== true) throw new PostgresError('database_privileges', what);
  if (!found.exists) await query.query('CREATE SCHEMA sekisho');
}
