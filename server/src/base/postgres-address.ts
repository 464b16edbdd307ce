import { readFileSync } from 'node:fs';
import { PostgresError } from './postgres-errors.ts';

/** How the server is spoken to; `false` is without encryption. */
export type PostgresTls =
  | false
  | {
      readonly rejectUnauthorized: boolean;
      readonly ca?: string;
      readonly cert?: string;
      readonly key?: string;
      readonly checkServerIdentity?: () => undefined;
    };

/** Where a database is and who asks. */
export interface PostgresAddress {
  /** Host name, address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string;
  readonly tls: PostgresTls;
}

const known = new Set(['host', 'port', 'user', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey']);
const what = 'use the database';

/**
 * Reads a connection URI in the form of libpq (PostgreSQL manual, 34.1.1.2). Strict: a parameter we
 * would not honour is an error. Without `sslmode` the server's certificate is checked, except
 * through a socket or the loopback interface. `prefer` and `allow` are refused, since whoever stands
 * between can turn them into no encryption at all.
 * @throws PostgresError `database_url_invalid`, which never quotes the URL
 */
export function parsePostgresAddress(text: string): PostgresAddress {
  // A URL with a user and no host is none by the WHATWG rules, and common with sockets.
  const url = URL.canParse(withHost(text)) ? new URL(withHost(text)) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol) || url.hash !== '') {
    throw new PostgresError('database_url_invalid', what);
  }
  const parameters = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (!known.has(name) || parameters.has(name)) {
      throw new PostgresError('database_url_invalid', what, known.has(name) ? name : 'parameter');
    }
    parameters.set(name, value);
  }
  const host = parameters.get('host') ?? (decode(url.hostname).replace(/^\[|\]$/g, '') || 'socket');
  const port = Number(parameters.get('port') ?? (url.port || '5432'));
  const user = parameters.get('user') ?? decode(url.username);
  const password = decode(url.password);
  const database = decode(url.pathname.replace(/^\//, ''));
  if (host === 'socket' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new PostgresError('database_url_invalid', what);
  }
  if (database === '' || database.includes('/')) {
    throw new PostgresError('database_url_invalid', what, 'database');
  }
  return {
    host,
    port,
    user: user === '' ? undefined : user,
    password: password === '' ? undefined : password,
    database,
    tls: tlsOf(parameters, host),
  };
}

function withHost(text: string): string {
  return text.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)\//, '$1socket/');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new PostgresError('database_url_invalid', what);
  }
}

function tlsOf(parameters: ReadonlyMap<string, string>, host: string): PostgresTls {
  const isHere = host.startsWith('/') || /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);
  const mode = parameters.get('sslmode') ?? (isHere ? 'disable' : 'verify-full');
  if (mode === 'disable') return false;
  if (host.startsWith('/')) throw new PostgresError('database_url_invalid', what, 'sslmode');
  const files = {
    ...file(parameters, 'sslrootcert', 'ca'),
    ...file(parameters, 'sslcert', 'cert'),
    ...file(parameters, 'sslkey', 'key'),
  };
  switch (mode) {
    case 'require':
      return { ...files, rejectUnauthorized: false };
    case 'verify-ca':
      return { ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case 'verify-full':
      return { ...files, rejectUnauthorized: true };
    default:
      throw new PostgresError('database_url_invalid', what, 'sslmode');
  }
}

function file(
  parameters: ReadonlyMap<string, string>,
  name: string,
  as: 'ca' | 'cert' | 'key',
): Partial<Record<typeof as, string>> {
  const path = parameters.get(name);
  if (path === undefined) return {};
  try {
    return { [as]: readFileSync(path, 'utf8') };
  } catch {
    throw new PostgresError('database_url_invalid', what, name);
  }
}
