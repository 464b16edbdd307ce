import type { Client, ClientBase, ClientConfig, CustomTypesConfig, Pool, QueryConfig } from 'pg';
import { limits } from './limits.ts';
import { parsePostgresAddress } from './postgres-address.ts';
import { PostgresError, asPostgresError } from './postgres-errors.ts';
import { type ServerFacts, serverFacts, whyUnsuitable } from './postgres-suitability.ts';

export type PostgresRow = Readonly<Record<string, unknown>>;

export interface PostgresResult<Row> {
  readonly rows: readonly Row[];
  /** Rows the last part of the statement returned or changed. */
  readonly count: number;
}

export interface QueryOptions {
  /** Under which the server keeps the statement prepared. */
  readonly name?: string;
  /** In place of `limits.databaseStatementMs`; the server's own limit is set beside it. */
  readonly timeoutMs?: number;
}

/** Something statements can be given to: the pool, a session, or a transaction. */
export interface PostgresQuery {
  /** @throws PostgresError, which never quotes a value */
  query<Row = PostgresRow>(
    text: string,
    values?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<PostgresResult<Row>>;
}

/** A connection of its own, for what lives and dies with one. */
export interface PostgresSession extends PostgresQuery {
  close(): Promise<void>;
}

const what = 'use the database';

/**
 * Whatever the server's defaults are: our commits wait for the disk; no object that somebody puts on
 * the search path is mistaken for the server's own; and a machine that lost its power is noticed
 * within a minute and not after two hours, since its lock goes with its connection.
 */
const sessionOptions = [
  'synchronous_commit=on',
  'search_path=pg_catalog',
  'tcp_keepalives_idle=20',
  'tcp_keepalives_interval=5',
  'tcp_keepalives_count=4',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

/**
 * A PostgreSQL server that was found fit to keep evidence. Statements run in READ COMMITTED, commit
 * to disk before they return, and name every table with its schema.
 */
export class Postgres implements PostgresQuery {
  readonly #pool: Pool;
  readonly #connect: () => Promise<Client>;

  private constructor(pool: Pool, connect: () => Promise<Client>) {
    this.#pool = pool;
    this.#connect = connect;
  }

  /**
   * @param url as in libpq; see `parsePostgresAddress`
   * @throws PostgresError that says why the server cannot be used
   */
  static async open(url: string): Promise<Postgres> {
    const address = parsePostgresAddress(url);
    // Loaded here, since an institution with one machine never needs it.
    const { default: driver } = await import('pg');
    const types: CustomTypesConfig = {
      getTypeParser: (type, format?) =>
        type === driver.types.builtins.INT8
          ? safeInteger
          : driver.types.getTypeParser(type, format),
    };
    const config: ClientConfig = {
      host: address.host,
      port: address.port,
      database: address.database,
      ...(address.user === undefined ? {} : { user: address.user }),
      ...(address.password === undefined ? {} : { password: address.password }),
      ssl: address.tls,
      types,
      application_name: 'sekisho',
      connectionTimeoutMillis: limits.databaseConnectMs,
      keepAlive: true,
      statement_timeout: limits.databaseStatementMs,
      query_timeout: limits.databaseStatementMs + limits.databaseConnectMs,
      idle_in_transaction_session_timeout: limits.databaseStatementMs,
      options: sessionOptions,
    };
    const pool = new driver.Pool({ ...config, max: limits.databaseConnections });
    // An idle connection that breaks is replaced; one that is in use tells its own statement.
    pool.on('error', () => undefined);
    const postgres = new Postgres(pool, async () => {
      const client = new driver.Client(config);
      await client.connect();
      return client;
    });
    try {
      const { rows } = await postgres.query<ServerFacts>(serverFacts);
      const reason = whyUnsuitable(rows[0]!);
      if (reason !== undefined) throw new PostgresError(reason, what);
    } catch (error) {
      await postgres.close();
      throw error;
    }
    return postgres;
  }

  async query<Row = PostgresRow>(
    text: string,
    values: readonly unknown[] = [],
    options: QueryOptions = {},
  ): Promise<PostgresResult<Row>> {
    try {
      return resultOf<Row>(await this.#pool.query(queryOf(text, values, options)));
    } catch (error) {
      throw asPostgresError(error, what);
    }
  }

  /** All or nothing. When its commit was sent and not answered, nobody knows which. */
  async transaction<T>(work: (query: PostgresQuery) => Promise<T>): Promise<T> {
    let client;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw asPostgresError(error, what);
    }
    const transaction = queryOn(client);
    try {
      await transaction.query('BEGIN');
      const result = await work(transaction);
      await transaction.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      // Closing the connection is the rollback that works in every state it can be in.
      client.release(true);
      throw error;
    }
  }

  /** @param onLost called once when the connection ends and nobody closed it */
  async session(onLost: (error: PostgresError) => void): Promise<PostgresSession> {
    let client: Client;
    try {
      client = await this.#connect();
    } catch (error) {
      throw asPostgresError(error, what);
    }
    let isOpen = true;
    const lose = (error: unknown): void => {
      if (!isOpen) return;
      isOpen = false;
      onLost(asPostgresError(error, what));
    };
    client.on('error', lose);
    client.on('end', () => lose(new PostgresError('database_lost', what)));
    return {
      ...queryOn(client),
      close: async () => {
        isOpen = false;
        // Of a connection that is already gone there is nothing to close.
        await client.end().catch(() => undefined);
      },
    };
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

function queryOn(client: ClientBase): PostgresQuery {
  return {
    async query<Row = PostgresRow>(
      text: string,
      values: readonly unknown[] = [],
      options: QueryOptions = {},
    ): Promise<PostgresResult<Row>> {
      try {
        return resultOf<Row>(await client.query(queryOf(text, values, options)));
      } catch (error) {
        throw asPostgresError(error, what);
      }
    },
  };
}

function queryOf(text: string, values: readonly unknown[], options: QueryOptions): QueryConfig {
  const { name, timeoutMs } = options;
  return {
    text,
    values: [...values],
    ...(name === undefined ? {} : { name }),
    ...(timeoutMs === undefined ? {} : { query_timeout: timeoutMs + limits.databaseConnectMs }),
  };
}

function resultOf<Row>(result: {
  readonly rows: unknown[];
  readonly rowCount: number | null;
}): PostgresResult<Row> {
  return { rows: result.rows as Row[], count: result.rowCount ?? 0 };
}

/** The driver gives 64-bit integers as text, since not all of them fit. Ours do. */
function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new PostgresError('database_failed', what, 'integer');
  return value;
}
