import { CodedError } from './errors.ts';
import type { Bilingual } from './language.ts';

/** Why a PostgreSQL server cannot be used, and what its operator can do about it. */
export const postgresErrors = {
  database_url_invalid: {
    en: 'DATABASE_URL is not of the form postgres://user:password@host:5432/database?sslmode=verify-full; sslmode may be disable, require, verify-ca or verify-full',
    ja: 'DATABASE_URL は postgres://ユーザー:パスワード@ホスト:5432/データベース?sslmode=verify-full の形で書いてください。sslmode は disable、require、verify-ca、verify-full のどれかです',
  },
  database_unreachable: {
    en: 'the database server cannot be reached; check that it runs, its address and the network',
    ja: 'データベースサーバーに接続できません。稼働状況、アドレス、ネットワークを確かめてください',
  },
  database_login_refused: {
    en: 'the database server refused the login; check user, password, database name and pg_hba.conf',
    ja: 'データベースサーバーがログインを拒否しました。ユーザー、パスワード、データベース名、pg_hba.conf を確かめてください',
  },
  database_tls: {
    en: 'no trustworthy TLS connection to the database server could be made; check its certificate, and name the authority with sslrootcert',
    ja: 'データベースサーバーと信頼できる TLS 接続ができません。証明書を確かめ、認証局を sslrootcert で指定してください',
  },
  database_too_old: {
    en: 'the database server is older than PostgreSQL 13; upgrade it',
    ja: 'データベースサーバーが PostgreSQL 13 より古いため使えません。更新してください',
  },
  database_no_fsync: {
    en: 'the database server runs with fsync=off, so a power cut loses what it has acknowledged; set fsync=on',
    ja: 'データベースサーバーが fsync=off で動いており、停電で確定済みの記録が失われます。fsync=on にしてください',
  },
  database_torn_pages: {
    en: 'the database server runs with full_page_writes=off, so a power cut can destroy what it holds; set full_page_writes=on',
    ja: 'データベースサーバーが full_page_writes=off で動いており、停電で既存の記録が壊れ得ます。full_page_writes=on にしてください',
  },
  database_lazy_commits: {
    en: 'the database acknowledges commits before they are on disk; set synchronous_commit=on',
    ja: 'データベースがディスクに書く前に確定を応答します。synchronous_commit=on にしてください',
  },
  database_read_only: {
    en: 'the database server is a read-only replica, or read-only by its settings; name the primary',
    ja: 'データベースサーバーが読み取り専用の複製、又は読み取り専用の設定です。主系を指定してください',
  },
  database_privileges: {
    en: 'the database user may not do what the ledger needs: let it own the schema sekisho and all in it, or let it create that schema (GRANT CREATE, TEMPORARY ON DATABASE)',
    ja: 'データベースユーザーの権限が足りません。スキーマ sekisho とその中身の所有者にするか、スキーマの作成を許可してください(GRANT CREATE, TEMPORARY ON DATABASE)',
  },
  database_newer: {
    en: 'the tables in the database were made by a newer release; run that one',
    ja: 'データベースの表は新しい版が作ったものです。その版を使ってください',
  },
  database_lost: {
    en: 'the connection to the database was lost; what was under way may or may not be recorded, and a new start finds out',
    ja: 'データベースとの接続が切れました。途中の処理が記録されたかどうかは、再び起動すると分かります',
  },
  database_failed: {
    en: 'the database refused a statement; look up its code in the log of the database server',
    ja: 'データベースが命令を拒否しました。データベースサーバーのログで、このコードを確かめてください',
  },
} as const satisfies Record<string, Bilingual>;

export type PostgresErrorCode = keyof typeof postgresErrors;

/**
 * What the driver reported, by code. Its own error is not kept as the cause: its text can quote
 * values of a row and its fields the connection's settings.
 */
export class PostgresError extends CodedError<PostgresErrorCode> {
  /** SQLSTATE of the server or code of the system: letters and digits. */
  readonly state: string | undefined;

  /** @param what completes "couldn't …" */
  constructor(code: PostgresErrorCode, what: string, state?: string) {
    const bracket = state === undefined ? '' : ` (${state})`;
    super(code, `couldn't ${what}: ${postgresErrors[code].en}${bracket}`);
    this.state = state;
  }
}

const systemCodes: Readonly<Record<string, PostgresErrorCode>> = {
  ECONNREFUSED: 'database_unreachable',
  ENOTFOUND: 'database_unreachable',
  EAI_AGAIN: 'database_unreachable',
  EHOSTUNREACH: 'database_unreachable',
  ENETUNREACH: 'database_unreachable',
  ENOENT: 'database_unreachable',
  EACCES: 'database_unreachable',
  ETIMEDOUT: 'database_lost',
  ECONNRESET: 'database_lost',
  EPIPE: 'database_lost',
};

/** SQLSTATEs, by their beginning (PostgreSQL manual, appendix A); the longest one counts. */
const sqlStates: readonly (readonly [prefix: string, code: PostgresErrorCode])[] = [
  ['25006', 'database_read_only'],
  ['3D000', 'database_login_refused'],
  ['42501', 'database_privileges'],
  ['53300', 'database_unreachable'],
  ['57P03', 'database_unreachable'],
  ['57P', 'database_lost'],
  ['08', 'database_lost'],
  ['28', 'database_login_refused'],
];

/** Takes from a driver's error what may be shown: a code. */
export function asPostgresError(error: unknown, what: string): PostgresError {
  if (error instanceof PostgresError) return error;
  const { code, message = '' } = error as { code?: unknown; message?: string };
  // Several addresses of one host were tried: each failed for its own reason.
  if (error instanceof AggregateError && error.errors.length > 0) {
    return asPostgresError(error.errors[0], what);
  }
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !(code in systemCodes)) {
    const known = sqlStates.find(([prefix]) => code.startsWith(prefix));
    return new PostgresError(known?.[1] ?? 'database_failed', what, code);
  }
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code)) {
    const isTls = /CERT|TLS|SSL|UNABLE_TO|CRL|SIGNATURE/.test(code);
    return new PostgresError(
      systemCodes[code] ?? (isTls ? 'database_tls' : 'database_failed'),
      what,
      code,
    );
  }
  // The driver's own errors have no code, only these words.
  if (/SSL/.test(message)) return new PostgresError('database_tls', what);
  if (/trying to connect|timeout expired/.test(message)) {
    return new PostgresError('database_unreachable', what, 'timeout');
  }
  if (/Connection terminated|not queryable|read timeout|was closed|calling end/.test(message)) {
    return new PostgresError('database_lost', what);
  }
  return new PostgresError('database_failed', what);
}
