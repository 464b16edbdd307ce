import { hash } from 'node:crypto';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultPolicyYaml } from '#policy';
import {
  type RunningCheckpoint,
  build,
  root,
  startCheckpoint,
  temporaryDirectory,
  verifyOffline,
} from './running-checkpoint.ts';

interface RunningWitness {
  readonly url: string;
  readonly vkey: string;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const folder = temporaryDirectory();
const ends: (() => Promise<unknown>)[] = [];
beforeAll(build);
afterAll(async () => {
  await Promise.all(ends.map((end) => end()));
  folder.remove();
});

async function startWitness(
  directory: string,
  logs: readonly string[],
  port = 0,
): Promise<RunningWitness> {
  const runFile = join(directory, 'run.json');
  const args = ['witness', '--data', directory, '--port', String(port)];
  const child: ChildProcess = spawn(
    process.execPath,
    [join(root, 'server/bin/sekisho.js'), ...args, ...logs.flatMap((vkey) => ['--log', vkey])],
    { stdio: 'ignore' },
  );
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  ends.push(() => end('SIGKILL'));
  const isOurs = (): boolean =>
    existsSync(runFile) &&
    (JSON.parse(readFileSync(runFile, 'utf8')) as { pid: number }).pid === child.pid;
  while (!isOurs()) {
    if (child.exitCode !== null) throw new Error(`the witness ended with ${child.exitCode}`);
    // oxlint-disable-next-line no-await-in-loop -- waiting is the point
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { url, vkey } = JSON.parse(readFileSync(runFile, 'utf8')) as RunningWitness;
  return { url, vkey, end };
}

async function start(directory: string, policy?: string): Promise<RunningCheckpoint> {
  const checkpoint = await startCheckpoint(directory, policy);
  ends.push(() => checkpoint.end('SIGKILL'));
  return checkpoint;
}

/** The five lines an institution adds to its rule book. */
const anchoredBy = ({ vkey, url }: RunningWitness, institution: string): string =>
  `${defaultPolicyYaml()}  quorum: 1
  witnesses:
    - name: neighbour
      vkey: ${vkey}
      url: ${url}
      institution: ${institution}
`;

/** A request that a rule refuses needs no model and leaves a receipt all the same. */
async function receiptOf({
  url,
  key,
}: RunningCheckpoint): Promise<(query?: string) => Promise<string>> {
  const refused = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'auto',
      messages: [{ role: 'user', content: 'My Number 123456789018' }],
    }),
  });
  const id = refused.headers.get('x-sekisho-receipt');
  await refused.text();
  expect(id).not.toBeNull();
  return async (query = '') => (await fetch(`${url}/receipts/${id}${query}`)).text();
}

describe('two institutions', () => {
  test('witness each other with five lines of configuration each', async () => {
    const place = (name: string): string => join(folder.path, name);
    // Each starts its checkpoint once, and gives the other its verification key.
    const north = await start(place('north'));
    const south = await start(place('south'));
    const northWitness = await startWitness(place('north-witness'), [south.vkey]);
    const southWitness = await startWitness(place('south-witness'), [north.vkey]);
    await Promise.all([north.end('SIGTERM'), south.end('SIGTERM')]);
    const pairs = [
      [await start(place('north'), anchoredBy(southWitness, 'South')), southWitness],
      [await start(place('south'), anchoredBy(northWitness, 'North')), northWitness],
    ] as const;
    for (const [checkpoint, witness] of pairs) {
      const policy = join(checkpoint.directory, 'trust.txt');
      const trust = `log ${checkpoint.vkey}\nwitness w ${witness.vkey}\ngroup neighbour any w\n`;
      writeFileSync(policy, `${trust}quorum neighbour\n`);
      // oxlint-disable-next-line no-await-in-loop -- one institution after the other
      const receipt = await receiptOf(checkpoint);
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- the witness is asked once a second
        const text = await receipt();
        const { code, said } = verifyOffline(text, checkpoint.vkey, ['--policy', policy]);
        if (code === 0) {
          expect(said).toContain('VALID, WITNESSED');
          expect(said).toContain('1 institution(s)');
          break;
        }
        expect(said).toContain('VALID, UNANCHORED');
        // oxlint-disable-next-line no-await-in-loop -- waiting is the point
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }

    // Whoever asks to wait gets it witnessed the first time.
    const [{ 0: anchored, 1: cosigner }] = pairs;
    const trusted = ['--policy', join(anchored.directory, 'trust.txt')];
    const waited = await (await receiptOf(anchored))('?wait=witnessed');
    expect(verifyOffline(waited, anchored.vkey, trusted).said).toContain('VALID, WITNESSED');
    expect(waited).toContain(cosigner.vkey.split('+')[0]);
    expect(await (await receiptOf(anchored))('?wait=forever')).toContain('invalid_value');

    // A witness that is killed has kept what it vouched for, and the checkpoint goes on meanwhile.
    const [{ 0: checkpoint }] = pairs;
    await southWitness.end('SIGKILL');
    const alone = await receiptOf(checkpoint);
    const included = await alone('?wait=included');
    expect(verifyOffline(included, checkpoint.vkey).said).toContain('VALID, UNANCHORED');
    const port = Number(new URL(southWitness.url).port);
    const back = await startWitness(place('south-witness'), [checkpoint.vkey], port);
    expect(back.vkey).toBe(southWitness.vkey);
    const monitored = `${back.url}/${hash('sha256', checkpoint.origin, 'hex')}/checkpoint`;
    expect(await (await fetch(monitored)).text()).toContain(`${checkpoint.origin}\n`);
    const policy = join(checkpoint.directory, 'trust.txt');
    while (verifyOffline(await alone(), checkpoint.vkey, ['--policy', policy]).code !== 0) {
      // oxlint-disable-next-line no-await-in-loop -- waiting is the point
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await back.end('SIGTERM')).toBe(0);
  }, 60_000);
});
