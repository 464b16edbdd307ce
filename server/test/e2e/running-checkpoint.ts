import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultPolicyYaml } from '#policy';

export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

export interface RunFile {
  readonly pid: number;
  readonly url: string;
  readonly console: string;
  readonly key: string;
  readonly origin: string;
  readonly vkey: string;
}

export interface RunningCheckpoint extends RunFile {
  readonly directory: string;
  readonly child: ChildProcess;
  /** What it printed so far. */
  readonly printed: () => string;
  /** @returns the exit code, or null when a signal ended it */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** A data folder that vanishes with the test. */
export function temporaryDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'sekisho-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The newcomer's policy, with further upstreams in front of the embedded model for every class. */
export function policyWith(
  upstreams: readonly { id: string; baseUrl: string; classes?: readonly string[] }[],
): string {
  let yaml = defaultPolicyYaml();
  const declared = upstreams
    .map(({ id, baseUrl }) =>
      [
        `  - id: ${id}`,
        '    dialect: openai-compatible',
        `    baseUrl: ${baseUrl}`,
        `    model: ${id}-model`,
        '    operator: A test',
        '    jurisdiction: JP',
        '    residency: JP',
      ].join('\n'),
    )
    .join('\n');
  yaml = yaml.replace('\nupstreams:\n', `\nupstreams:\n${declared}\n`);
  return yaml.replaceAll(
    /- id: (\w+)\n( {4}title: .*\n) {4}upstreams: \[embedded\]/g,
    (_found, dataClass: string, title: string) => {
      const ids = upstreams
        .filter(({ classes }) => classes === undefined || classes.includes(dataClass))
        .map(({ id }) => id);
      return `- id: ${dataClass}\n${title}    upstreams: [${[...ids, 'embedded'].join(', ')}]`;
    },
  );
}

/**
 * The model of an earlier start, or the one the environment names; undefined when there is none.
 */
export function modelPath(): string | undefined {
  const named = process.env['SEKISHO_MODEL_PATH'];
  if (named !== undefined && existsSync(named)) return named;
  const kept = join(root, 'data', 'models');
  return existsSync(join(kept, 'SmolLM2-135M-Instruct.Q4_1.gguf')) ? kept : undefined;
}

/** Compiles the server once per test file, so that what runs is what is tested. */
export function build(): void {
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'], {
    cwd: root,
  });
}

/**
 * Starts the real product on a free port.
 * @param policy the sekisho.yaml to use; the newcomer's own when absent
 */
export async function startCheckpoint(
  directory: string,
  policy?: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningCheckpoint> {
  mkdirSync(directory, { recursive: true });
  if (policy !== undefined) writeFileSync(join(directory, 'sekisho.yaml'), policy);
  const runFile = join(directory, 'run.json');
  rmSync(runFile, { force: true });
  const model = modelPath();
  const child = spawn(
    process.execPath,
    [join(root, 'server/bin/sekisho.js'), 'start', '--port', '0', '--data', directory],
    {
      env: {
        ...process.env,
        // A test fetches nothing: the model is there or it is not.
        HF_HUB_OFFLINE: '1',
        LANG: 'C',
        ...(model === undefined ? {} : { SEKISHO_MODEL_PATH: model }),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      printed += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const running = await waitForRunFile(runFile, child, () => printed);
  return {
    ...running,
    directory,
    child,
    printed: () => printed,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

async function waitForRunFile(
  path: string,
  child: ChildProcess,
  printed: () => string,
): Promise<RunFile> {
  for (;;) {
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as RunFile;
    if (child.exitCode !== null) throw new Error(`the checkpoint ended: ${printed()}`);
    // oxlint-disable-next-line no-await-in-loop -- waiting is the point
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs one command of the product to its end, while this process goes on serving. */
export function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn(process.execPath, [join(root, 'server/bin/sekisho.js'), ...args], {
    env: { ...process.env, HF_HUB_OFFLINE: '1', LANG: 'C', LC_ALL: 'C', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })));
}

/** Runs the verifier a stranger would run. */
export function verifyOffline(
  receipt: string,
  vkey: string,
  more: readonly string[] = [],
): { code: number; said: string } {
  const { path, remove } = temporaryDirectory();
  const file = join(path, 'receipt.json');
  writeFileSync(file, receipt);
  try {
    const said = execFileSync(
      process.execPath,
      [join(root, 'proof/bin/sekisho-verify.js'), file, '--key', vkey, '--lang', 'en', ...more],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    return { code: 0, said };
  } catch (error) {
    const failed = error as { status: number; stdout: string; stderr: string };
    return { code: failed.status, said: failed.stdout + failed.stderr };
  } finally {
    remove();
  }
}
