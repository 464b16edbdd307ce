import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { Postgres, PostgresError, languages, migratePostgres, postgresErrors } from '#base';
import { parsePostgresAddress } from '../../src/base/postgres-address.ts';
import { asPostgresError } from '../../src/base/postgres-errors.ts';
import { type ServerFacts, whyUnsuitable } from '../../src/base/postgres-suitability.ts';
import { noPostgres, startPostgres } from '../postgres-server.ts';

const secret = 's3cret-word';

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'none';
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    // Nothing of it may hold the password, however it is printed.
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
    for (const language of languages) {
      expect(postgresErrors[error.code][language].length).toBeGreaterThan(20);
    }
    return error.code;
  }
}

async function openAndClose(url: string): Promise<void> {
  const postgres = await Postgres.open(url);
  await postgres.close();
}

describe('the address of a database', () => {
  test('is read from a URL in the form of libpq', () => {
    expect(parsePostgresAddress(`postgres://u%40x:p%3A%2F@db.example:6432/my%20db`)).toEqual({
      host: 'db.example',
      port: 6432,
      user: 'u@x',
      password: 'p:/',
      database: 'my db',
      tls: { rejectUnauthorized: true },
    });
    expect(parsePostgresAddress('postgresql://u@/db?host=/run/postgresql')).toMatchObject({
      host: '/run/postgresql',
      port: 5432,
      tls: false,
    });
    expect(parsePostgresAddress('postgres://u@%2Frun%2Fpg/db')).toMatchObject({ host: '/run/pg' });
    expect(parsePostgresAddress('postgres://u@[::1]:5/db')).toMatchObject({
      host: '::1',
      tls: false,
    });
  });

  test('asks for a checked certificate unless it says otherwise or stays on the machine', () => {
    const tls = (rest: string): unknown => parsePostgresAddress(`postgres://u@${rest}`).tls;
    expect(tls('db.example/d')).toEqual({ rejectUnauthorized: true });
    expect(tls('db.example/d?sslmode=require')).toEqual({ rejectUnauthorized: false });
    expect(tls('db.example/d?sslmode=disable')).toBe(false);
    expect(tls('localhost/d')).toBe(false);
    expect(tls('localhost/d?sslmode=verify-full')).toEqual({ rejectUnauthorized: true });
    expect(tls('db.example/d?sslmode=verify-ca')).toMatchObject({ rejectUnauthorized: true });
  });

  test.each([
    '',
    'mysql://u@h/d',
    `postgres://u:${secret}@h`,
    `postgres://u:${secret}@h/`,
    `postgres://u:${secret}@/d`,
    `postgres://u:${secret}@h/d/e`,
    `postgres://u:${secret}@h:99999/d`,
    `postgres://u:${secret}@h/d?port=0`,
    `postgres://u:${secret}@h/d?sslmode=prefer`,
    `postgres://u:${secret}@h/d?sslmode=allow`,
    `postgres://u:${secret}@h/d?sslmode=require&sslmode=disable`,
    `postgres://u:${secret}@h/d?sslrootcert=/nowhere`,
    `postgres://u:${secret}@h/d?options=-c%20fsync=off`,
    `postgres://u:${secret}@h/d?${secret}=1`,
    `postgres://u:${secret}%zz@h/d`,
    `postgres://u:${secret}@h/d#x`,
    `postgres://u:${secret}@/d?host=/run/pg&sslmode=require`,
  ])('is refused without a word of it: %s', async (url) => {
    expect(await codeOf(() => parsePostgresAddress(url))).toBe('database_url_invalid');
  });
});

describe('a database server', () => {
  const fit: ServerFacts = {
    version: 130_000,
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    in_recovery: false,
    read_only: 'off',
  };

  test('is fit, or unfit for one reason', () => {
    expect(whyUnsuitable(fit)).toBeUndefined();
    expect(whyUnsuitable({ ...fit, synchronous_commit: 'remote_apply' })).toBeUndefined();
    const why = (more: Partial<ServerFacts>) => whyUnsuitable({ ...fit, ...more });
    expect(why({ version: 129_999 })).toBe('database_too_old');
    expect(why({ fsync: 'off' })).toBe('database_no_fsync');
    expect(why({ full_page_writes: 'off' })).toBe('database_torn_pages');
    expect(why({ in_recovery: true })).toBe('database_read_only');
    expect(why({ read_only: 'on' })).toBe('database_read_only');
    for (const mode of ['off', 'local', 'remote_write']) {
      expect(why({ synchronous_commit: mode })).toBe('database_lazy_commits');
    }
  });

  test('is told by its error codes, and never by its words', () => {
    const from = (more: object): PostgresError =>
      asPostgresError(Object.assign(new Error(secret), more), 'try');
    expect(from({ code: '28P01' })).toMatchObject({ code: 'database_login_refused' });
    expect(from({ code: '42501' })).toMatchObject({ code: 'database_privileges', state: '42501' });
    expect(from({ code: '57P01' })).toMatchObject({ code: 'database_lost' });
    expect(from({ code: '23505', detail: secret })).toMatchObject({ code: 'database_failed' });
    expect(from({ code: 'EPIPE' })).toMatchObject({ code: 'database_lost' });
    expect(from({ code: 'CERT_HAS_EXPIRED' })).toMatchObject({ code: 'database_tls' });
    expect(from({ code: secret })).toMatchObject({ code: 'database_failed', state: undefined });
    expect(inspect(from({ code: '23505', detail: secret }), { depth: 9 })).not.toContain(secret);
  });

  test('that nobody runs is said to be out of reach', async () => {
    const url = `postgres://u:${secret}@127.0.0.1:9/d`;
    expect(await codeOf(() => openAndClose(url))).toBe('database_unreachable');
  });
});

const folder = mkdtempSync(join(tmpdir(), 'sekisho-cert-'));
function certificate(): { readonly ca: string; readonly settings: Record<string, string> } {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject];
  execFileSync('openssl', [...args, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { ca: cert, settings: { ssl: 'on', ssl_cert_file: cert, ssl_key_file: key } };
}

const server = await startPostgres({ synchronous_commit: 'off' });
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(server === undefined)('a PostgreSQL server', () => {
  const tcp = (user: string, password: string, rest = ''): string =>
    `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${server!.tcp!.port}/postgres${rest}`;

  test('commits to disk in our sessions, whatever its default is', async () => {
    const postgres = await Postgres.open(tcp('sekisho', server!.tcp!.password));
    const { rows } = await postgres.query('SHOW synchronous_commit');
    expect(rows).toEqual([{ synchronous_commit: 'on' }]);
    await postgres.close();
    expect(await server!.ask('SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'off' }]);
  });

  test('is asked to notice within a minute that our machine is gone', async () => {
    const postgres = await Postgres.open(tcp('sekisho', server!.tcp!.password));
    const { rows } = await postgres.query<{ seconds: number }>(
      `SELECT current_setting('tcp_keepalives_idle')::integer
         + current_setting('tcp_keepalives_interval')::integer
         * current_setting('tcp_keepalives_count')::integer AS seconds`,
    );
    await postgres.close();
    expect(rows[0].seconds).toBeGreaterThan(0);
    expect(rows[0].seconds).toBeLessThan(60);
  });

  test('refuses a wrong password, and the error does not hold it', async () => {
    expect(await codeOf(() => openAndClose(tcp('sekisho', secret)))).toBe('database_login_refused');
    const missing = tcp('sekisho', server!.tcp!.password).replace('/postgres', '/nowhere');
    expect(await codeOf(() => openAndClose(missing))).toBe('database_login_refused');
  });

  test('without TLS is refused where TLS is asked for', async () => {
    const url = tcp('sekisho', server!.tcp!.password, '?sslmode=require');
    expect(await codeOf(() => openAndClose(url))).toBe('database_tls');
  });

  test('is refused to a user who may not make or does not own the tables', async () => {
    await server!.ask(`CREATE ROLE reader LOGIN PASSWORD '${secret}'`);
    await server!.ask(`CREATE ROLE owner LOGIN PASSWORD '${secret}'`);
    await server!.ask('GRANT CREATE, TEMPORARY ON DATABASE postgres TO owner');
    const migrate = async (user: string, steps: readonly string[]): Promise<void> => {
      const postgres = await Postgres.open(tcp(user, secret));
      try {
        await migratePostgres(postgres, 'test', steps);
      } finally {
        await postgres.close();
      }
    };
    const steps = ['CREATE TABLE sekisho.a (a integer)', 'CREATE TABLE sekisho.b (b integer)'];
    expect(await codeOf(() => migrate('reader', steps))).toBe('database_privileges');
    // Two at once: one makes them, the other finds them.
    await Promise.all([migrate('owner', steps.slice(0, 1)), migrate('owner', steps.slice(0, 1))]);
    expect(await codeOf(() => migrate('reader', steps))).toBe('database_privileges');
    expect(await codeOf(() => migrate('owner', [...steps, 'SELECT nonsense']))).toBe(
      'database_failed',
    );
    expect(await server!.ask("SELECT to_regclass('sekisho.b') AS b")).toEqual([{ b: null }]);
    await migrate('owner', steps);
    expect(await codeOf(() => migrate('owner', steps.slice(0, 1)))).toBe('database_newer');
    await server!.ask('ALTER ROLE owner SET default_transaction_read_only = on');
    expect(await codeOf(() => openAndClose(tcp('owner', secret)))).toBe('database_read_only');
  });

  test.each([
    ['fsync', 'database_no_fsync'],
    ['full_page_writes', 'database_torn_pages'],
  ])('with %s=off is refused', async (setting, code) => {
    const unsafe = await startPostgres({ [setting]: 'off' });
    expect(await codeOf(() => openAndClose(unsafe!.url))).toBe(code);
    await unsafe!.stop();
  });

  test('is believed by its certificate only', async () => {
    const { ca, settings } = certificate();
    expect(readFileSync(ca, 'utf8')).toContain('CERTIFICATE');
    const secured = await startPostgres(settings, folder);
    const url = (host: string, rest: string): string =>
      tcp('sekisho', secured!.tcp!.password)
        .replace(`127.0.0.1:${server!.tcp!.port}`, `${host}:${secured!.tcp!.port}`)
        .concat(rest);
    const open = (host: string, rest: string): Promise<string> =>
      codeOf(() => openAndClose(url(host, rest)));
    expect(await open('localhost', '?sslmode=verify-full')).toBe('database_tls');
    expect(await open('localhost', `?sslmode=verify-full&sslrootcert=${ca}`)).toBe('none');
    expect(await open('127.0.0.1', `?sslmode=verify-full&sslrootcert=${ca}`)).toBe('database_tls');
    expect(await open('127.0.0.1', `?sslmode=verify-ca&sslrootcert=${ca}`)).toBe('none');
    expect(await open('localhost', '?sslmode=require')).toBe('none');
    await secured!.stop();
  });
});

test('PostgreSQL', ({ skip }) => {
  if (server === undefined) skip(`PostgreSQL ${noPostgres}`);
});
