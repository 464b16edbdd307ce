import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCheckpoint, openNote, parseVerifierKey, verifyFork } from '@sekisho/proof';
import { describe, expect, it } from 'vitest';
import { silentLog } from '#base';
import { type Witness, createWitnessServer } from '#ledger';
import { inDirectory } from './fixtures.ts';
import { type Said, SmallLog, witnessFor } from './witness-fixture.ts';

const vectors = fileURLToPath(
  new URL('../../../../shared/vectors/ledger/litewitness/add-checkpoint.json', import.meta.url),
);

interface Exchanges {
  readonly log: { readonly origin: string; readonly vkey: string };
  readonly finalSize: number;
  readonly exchanges: readonly {
    readonly n: number;
    readonly request: string;
    readonly status: number;
    readonly statusV1_0_0?: number;
    readonly responseContains?: string;
    readonly responseBody?: string;
    readonly responseContentTypeV1_0_0?: string;
  }[];
}

const hashOf = (origin: string): string => hash('sha256', origin, 'hex');

async function inWitness(
  work: (witness: Witness, log: SmallLog, directory: string) => Promise<void>,
): Promise<void> {
  const log = new SmallLog('log.example/small');
  const vkey = await log.vkey();
  await inDirectory(async (directory) => {
    const witness = await witnessFor(directory, [vkey]);
    try {
      await work(witness, log, directory);
    } finally {
      witness.close();
    }
  });
}

describe('a witness', () => {
  it.skipIf(!existsSync(vectors))(
    existsSync(vectors)
      ? 'answers the nine exchanges of litewitness as version 1.0.0 asks'
      : 'answers litewitness (skipped: ../shared/vectors/ledger is not on this machine)',
    async () => {
      const { log, exchanges, finalSize } = JSON.parse(readFileSync(vectors, 'utf8')) as Exchanges;
      await inDirectory(async (directory) => {
        const witness = await witnessFor(directory, [log.vkey]);
        for (const exchange of exchanges) {
          // oxlint-disable-next-line no-await-in-loop -- each depends on those before
          const answer = await witness.addCheckpoint(Buffer.from(exchange.request));
          const status = exchange.statusV1_0_0 ?? exchange.status;
          expect([exchange.n, answer.status]).toEqual([exchange.n, status]);
          expect(answer.body).toContain(
            exchange.responseContains?.replace('example.com/witness', 'witness.example') ?? '',
          );
          if (exchange.responseBody !== undefined) expect(answer.body).toBe(exchange.responseBody);
          if (exchange.responseContentTypeV1_0_0 !== undefined) {
            expect(answer.contentType).toBe(exchange.responseContentTypeV1_0_0);
          }
        }
        const note = witness.checkpoint(hashOf(log.origin))!;
        const keys = [log.vkey, witness.verifierKey].map((vkey) => parseVerifierKey(vkey));
        const opened = await openCheckpoint(
          note,
          (await Promise.all(keys)).map((key) => key!),
        );
        expect(opened).toMatchObject({ size: finalSize, unknownSignatures: 0 });
        expect(opened?.signatures).toHaveLength(2);
        witness.close();
      });
      process.stdout.write(`vectors litewitness: ${exchanges.length} passed\n`);
    },
  );

  it('cosigns with a key of its own, in a file nobody else can read', async () => {
    await inWitness(async (witness, log, directory) => {
      const before = Math.floor(Date.now() / 1_000);
      const { status, body } = await witness.addCheckpoint(await log.request(0, 7));
      expect(status).toBe(200);
      const text = (await log.checkpoint(7)).split('\n\n')[0];
      const key = (await parseVerifierKey(witness.verifierKey))!;
      const opened = await openNote(`${text}\n\n${body}`, [key]);
      expect(opened?.verified[0]?.time).toBeGreaterThanOrEqual(before);
      expect(statSync(join(directory, 'witness.key')).mode & 0o777).toBe(0o600);
    });
  });

  it('remembers across a restart, keeps its key, and then wants it', async () => {
    await inDirectory(async (directory) => {
      const log = new SmallLog('log.example/kept');
      const vkey = await log.vkey();
      const first = await witnessFor(directory, [vkey]);
      expect((await first.addCheckpoint(await log.request(0, 5))).status).toBe(200);
      await expect(witnessFor(directory, [vkey])).rejects.toMatchObject({ code: 'in_use' });
      first.close();
      const second = await witnessFor(directory, [vkey]);
      expect(second.verifierKey).toBe(first.verifierKey);
      expect(await second.addCheckpoint(await log.request(0, 6))).toMatchObject({
        status: 409,
        body: '5\n',
      });
      expect((await second.addCheckpoint(await log.request(5, 6))).status).toBe(200);
      second.close();
    });
  });

  it('lets of two requests checked together only one pass, and never goes back', async () => {
    await inWitness(async (witness, log) => {
      await witness.addCheckpoint(await log.request(0, 3));
      const sizes = [9, 4, 200, 5, 77, 6];
      const requests = await Promise.all(sizes.map((size) => log.request(3, size)));
      const answers = await Promise.all(requests.map((body) => witness.addCheckpoint(body)));
      const won = answers.findIndex(({ status }) => status === 200);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const [i, answer] of answers.entries()) {
        if (i !== won) expect(answer).toMatchObject({ status: 409, body: `${sizes[won]}\n` });
      }
      expect(witness.checkpoint(hashOf(log.origin))).toContain(`\n${sizes[won]}\n`);
    });
  });

  it('cosigns the same tree again, and an empty one', async () => {
    await inWitness(async (witness, log) => {
      for (const [from, to, status] of [
        [0, 0, 200],
        [0, 0, 200],
        [0, 4, 200],
        [4, 4, 200],
        [4, 300, 200],
        [4, 300, 409],
        [300, 300, 200],
        [300, 299, 400],
        [299, 299, 409],
      ] as const) {
        const { status: said } = await witness.addCheckpoint(await log.request(from, to));
        expect([from, to, said]).toEqual([from, to, status]);
      }
    });
  });

  it('refuses a key of another log, and a log nobody gave it, before it looks further', async () => {
    await inWitness(async (witness, log) => {
      const impostor = new SmallLog(log.origin);
      expect((await witness.addCheckpoint(await impostor.request(9, 4))).status).toBe(403);
      const stranger = new SmallLog('stranger.example');
      expect((await witness.addCheckpoint(await stranger.request(9, 4))).status).toBe(404);
      expect((await witness.addCheckpoint(await log.request(9, 4))).status).toBe(400);
      expect(witness.checkpoint(hashOf(log.origin))).toBeUndefined();
    });
  });

  it('refuses what is not exactly a request', async () => {
    await inWitness(async (witness, log) => {
      const good = (await log.request(0, 4)).toString();
      const extended = await log.sign(`${(await log.checkpoint(4)).split('\n\n')[0]}\nextension\n`);
      for (const [body, status] of [
        ['', 400],
        ['old 0\n\n', 404],
        [good.replace('old 0', 'old -1'), 400],
        [good.trimEnd(), 403],
        [`old 0\n\n${extended}`, 400],
        [good.replace('old 0\n', `old 0\n${'A'.repeat(43)}=\n`), 422],
      ] as const) {
        const answer = await witness.addCheckpoint(Buffer.from(body));
        expect([body, answer.status]).toEqual([body, status]);
      }
    });
  });

  it('keeps two faces of a log as evidence that convicts it offline', async () => {
    const log = new SmallLog('log.example/two-faced');
    const said: Said[] = [];
    await inDirectory(async (directory) => {
      const witness = await witnessFor(directory, [await log.vkey()], said);
      await witness.addCheckpoint(await log.request(0, 8));
      expect((await witness.addCheckpoint(await log.request(8, 8, 'fork'))).status).toBe(409);
      expect((await witness.addCheckpoint(await log.request(8, 9, 'fork'))).status).toBe(422);
      expect(said).toContainEqual({ level: 'error', event: 'witness_fork' });
      const files = readdirSync(join(directory, 'forks'));
      expect(files).toHaveLength(1);
      const evidence = readFileSync(join(directory, 'forks', files[0]), 'utf8');
      const report = await verifyFork(evidence, { verifierKeys: [await log.vkey()] });
      expect(report).toMatchObject({ convicted: true, origin: log.origin, size: 8 });
      expect((await witness.addCheckpoint(await log.request(8, 9))).status).toBe(200);
      witness.close();
    });
  });

  it('takes no key twice, and none that is not of a log', async () => {
    const vkey = await new SmallLog('log.example').vkey();
    await inDirectory(async (directory) => {
      for (const logs of [[vkey, vkey], ['nonsense']]) {
        // oxlint-disable-next-line no-await-in-loop -- one directory
        await expect(witnessFor(directory, logs)).rejects.toThrow(RangeError);
      }
      const witness = await witnessFor(directory, []);
      const { verifierKey } = witness;
      witness.close();
      await expect(witnessFor(directory, [verifierKey])).rejects.toThrow(RangeError);
    });
  });
});

describe('a witness over HTTP', () => {
  it('answers logs and monitors, and nothing else', async () => {
    await inWitness(async (witness, log) => {
      const server = createWitnessServer(witness, silentLog).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}`;
      const post = async (body: Buffer) => fetch(`${url}/add-checkpoint`, { method: 'POST', body });
      const first = await post(await log.request(0, 5));
      expect([first.status, await first.text()]).toEqual([
        200,
        expect.stringMatching(/^— witness/),
      ]);
      const stale = await post(await log.request(0, 6));
      expect([stale.status, stale.headers.get('content-type')]).toEqual([409, 'text/x.tlog.size']);
      const monitored = await fetch(`${url}/${hashOf(log.origin)}/checkpoint`);
      expect(await monitored.text()).toBe(witness.checkpoint(hashOf(log.origin)));
      expect((await fetch(`${url}/${hashOf('other')}/checkpoint`)).status).toBe(404);
      expect((await fetch(`${url}/`)).status).toBe(404);
      expect((await fetch(`${url}/add-checkpoint`)).status).toBe(405);
      expect((await post(Buffer.alloc(600 * 1024, 'x'))).status).toBe(413);
      // A caller that leaves in the middle of its body takes nobody else with it.
      const socket = connect(port, '127.0.0.1');
      socket.write('POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\nold');
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
      expect((await post(await log.request(5, 6))).status).toBe(200);
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
  });
});
