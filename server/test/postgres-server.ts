import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Client } from 'pg';

export interface PostgresServer {
  readonly url: string;
  /** The same through TCP, with a password; undefined for a server that was named. */
  readonly tcp: { readonly port: number; readonly password: string } | undefined;
  /** Where its files are; undefined for a server that was named. */
  readonly directory: string | undefined;
  /** A statement of the superuser, beside the code under test. */
  ask(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Its processes, as a power cut sees them; undefined for a server that was named. */
  readonly power: { cut(): Promise<void>; restore(): Promise<void> } | undefined;
  stop(): Promise<void>;
}

/** What a test says that is skipped for want of a server. */
export const noPostgres =
  'was not tested: this machine has no PostgreSQL, and SEKISHO_TEST_DATABASE_URL names none';

/**
 * Starts a server of its own in a temporary folder, or uses the one that is named. Commits are
 * synced as anywhere, only the making of the empty server is not.
 * @param settings of postgresql.conf
 * @param certificates a folder that the settings name files of
 * @returns undefined when the machine has none
 */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
  certificates?: string,
): Promise<PostgresServer | undefined> {
  const named = process.env['SEKISHO_TEST_DATABASE_URL'];
  if (named !== undefined && Object.keys(settings).length === 0) {
    const none = { tcp: undefined, directory: undefined, power: undefined };
    return { url: named, ...none, ask: ask(named), stop: nothing };
  }
  const programs = findPrograms();
  const owner = serverOwner();
  if (programs === undefined || owner === undefined) return undefined;

  const folder = mkdtempSync(join(tmpdir(), 'sekisho-pg-'));
  chmodSync(folder, 0o755);
  const password = 'correct horse & staple';
  const secret = join(folder, 'password');
  writeFileSync(secret, password);
  const files = certificates === undefined ? [] : readdirSync(certificates);
  const given = files.map((name) => join(certificates!, name));
  if (certificates !== undefined) chmodSync(certificates, 0o755);
  for (const path of given) chmodSync(path, 0o600);
  for (const path of [folder, secret, ...given]) chownSync(path, owner.uid, owner.gid);
  const directory = join(folder, 'data');
  const options = { ...owner, cwd: folder, stdio: 'ignore' } as const;
  const initdb = ['-D', directory, '-U', 'sekisho', '--auth-local=trust', '--no-sync'];
  const auth = ['--auth-host=scram-sha-256', `--pwfile=${secret}`, '--locale=C', '-E', 'UTF8'];
  execFileSync(join(programs, 'initdb'), [...initdb, ...auth], options);

  const port = await freePort();
  const all = {
    port: `${port}`,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    shared_buffers: '32MB',
    max_connections: '40',
    ...settings,
  };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const run = (): ChildProcess =>
    spawn(join(programs, 'postgres'), ['-D', directory, ...flags], options);
  let child = run();
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const url = `postgres://sekisho@/postgres?host=${folder}&port=${port}`;
  const asked = ask(url);
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    await ended(child, 'SIGQUIT');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(asked, child);
  } catch (error) {
    await stop();
    throw error;
  }
  const power = {
    cut: () => ended(child, 'SIGQUIT'),
    restore: async () => {
      child = run();
      await ready(asked, child);
    },
  };
  return { url, tcp: { port, password }, directory, ask: asked, power, stop };
}

/**
 * A database of its own, for tests whose ledgers all have one name. A server that was started for
 * one test file has no need of it; a named one serves several at once.
 */
export async function startEmptyPostgres(): Promise<PostgresServer | undefined> {
  const server = await startPostgres();
  if (server === undefined || server.directory !== undefined) return server;
  const name = `sekisho_${process.pid}_${Date.now()}`;
  await server.ask(`CREATE DATABASE ${name}`);
  const url = new URL(server.url.replace('@/', '@socket/'));
  url.pathname = name;
  const own = url.toString().replace('@socket/', '@/');
  const stop = async (): Promise<void> => {
    await server.ask(`DROP DATABASE ${name} WITH (FORCE)`);
  };
  return { ...server, url: own, ask: ask(own), stop };
}

function ask(url: string): PostgresServer['ask'] {
  return async (text, values = []) => {
    const { searchParams, username, password, hostname, port, pathname } = new URL(
      url.replace('@/', '@socket/'),
    );
    const client = new Client({
      host: searchParams.get('host') ?? hostname,
      port: Number(searchParams.get('port') ?? port) || 5432,
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: pathname.slice(1),
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const { rows } = await client.query(text, values);
      return rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  };
}

/** The folder of the newest server programs. */
function findPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted().toReversed() : [];
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return folders.find((folder) =>
    ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))),
  );
}

/** PostgreSQL refuses to run as root, so it is run as somebody else where we are. */
function serverOwner(): { readonly uid: number; readonly gid: number } | undefined {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  if (uid === undefined || gid === undefined) return undefined;
  if (uid !== 0) return { uid, gid };
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      continue;
    }
  }
  return undefined;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function ready(asked: PostgresServer['ask'], child: ChildProcess): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await asked('SELECT 1');
      return;
    } catch (error) {
      if (tries === 300 || child.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await end;
}

async function nothing(): Promise<void> {}
