import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hammerCommand } from '../../src/cli/hammer.ts';
import {
  type RunningCheckpoint,
  build,
  startCheckpoint,
  temporaryDirectory,
} from './running-checkpoint.ts';

const data = temporaryDirectory();
let checkpoint: RunningCheckpoint;

beforeAll(async () => {
  build();
  checkpoint = await startCheckpoint(data.path);
});
afterAll(async () => {
  expect(await checkpoint.end('SIGINT')).toBe(0);
  data.remove();
});

async function hammer(...args: readonly string[]): Promise<{ code: number; said: string }> {
  let said = '';
  const say = (text: string): void => void (said += text);
  const terminal = { language: 'en', version: '0', out: say, error: say } as const;
  return { code: await hammerCommand.run(args, terminal), said };
}

const short = ['--rate', '5', '--seconds', process.env['SLOW'] === '1' ? '60' : '3'];

/** Stands between, and changes one bit of what the ledger serves under a path. */
async function withLyingTiles<T>(lieAbout: string, work: (url: string) => Promise<T>): Promise<T> {
  const server = createServer((request, response) => {
    void (async () => {
      const body: Buffer[] = [];
      for await (const chunk of request) body.push(chunk as Buffer);
      const answer = await fetch(`${checkpoint.url}${request.url}`, {
        method: request.method ?? 'GET',
        headers: {
          authorization: request.headers.authorization ?? '',
          'content-type': 'application/json',
        },
        ...(request.method === 'POST' ? { body: Buffer.concat(body) } : {}),
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      if (request.url!.startsWith(lieAbout)) bytes[0] ^= 1;
      const headers = [...answer.headers].filter(([name]) => name.startsWith('x-'));
      response.writeHead(answer.status, headers.flat()).end(bytes);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('sekisho hammer', () => {
  // A machine that stands still for a second misses the rate, and that is not what is tested.
  test('loads a checkpoint and finds all it acknowledged in the log', { retry: 2 }, async () => {
    const { code, said } = await hammer('--url', checkpoint.url, '--key', checkpoint.key, ...short);
    expect(said).toContain('PASSED');
    expect(code).toBe(0);
    expect(said).toMatch(/ [1-9]\d* checkpoints and [1-9]\d* receipts verified, 0 faults/);
  });

  test.for([
    ['/tile/0/', /do not begin with|the tile does not hold/],
    ['/checkpoint', /not signed by the key/],
    ['/receipts/', /is INVALID/],
  ] as const)('fails when one bit under %s is a lie', async ([path, reason]) => {
    await withLyingTiles(path, async (url) => {
      const { code, said } = await hammer('--url', url, '--key', checkpoint.key, ...short);
      expect([code, said]).toEqual([1, expect.stringMatching(reason)]);
    });
  });

  test('fails when the rate cannot be reached, or nothing is acknowledged', async () => {
    const all = ['--url', checkpoint.url, '--key'];
    const fast = await hammer(...all, checkpoint.key, '--rate', '10000', '--seconds', '1');
    expect([fast.code, fast.said.includes('FAILED')]).toEqual([1, true]);
    expect((await hammer(...all, 'sk-wrong', ...short)).code).toBe(1);
  });

  test('cannot be used without a checkpoint, a key, or sensible numbers', async () => {
    expect((await hammer('--help')).code).toBe(0);
    expect((await hammer('--url', checkpoint.url)).code).toBe(2);
    const all = ['--url', checkpoint.url, '--key', checkpoint.key];
    for (const more of [
      ['--rate', '0'],
      ['--seconds', '1e3'],
      ['--readers', '65'],
      ['--url', 'nowhere'],
    ]) {
      expect([more, (await hammer(...all, ...more)).code]).toEqual([more, 2]);
    }
  });
});
