import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { verifyFork, verifyReceipt } from '@sekisho/proof';
import { describe, expect, it } from 'vitest';
import { silentLog, systemClock } from '#base';
import {
  type Ledger,
  type Witness,
  type WitnessSettings,
  createWitnessServer,
  openLedger,
  startWitnessing,
} from '#ledger';
import { inDirectory, intent, origin, outcome } from './fixtures.ts';
import { type Said, witnessFor } from './witness-fixture.ts';

interface House {
  readonly ledger: Ledger;
  readonly directory: string;
  /** Starts a witness of this ledger and says how it is configured. */
  readonly witness: (
    name: string,
    institution?: string,
  ) => Promise<WitnessSettings & { witness: Witness }>;
  /** Anything that answers, where a witness should be. */
  readonly impostor: (
    status: number,
    body: string,
    like: WitnessSettings,
  ) => Promise<WitnessSettings>;
  readonly ask: (
    witnesses: readonly WitnessSettings[],
    quorum?: number,
  ) => Promise<{ readonly said: Said[]; readonly stop: () => Promise<void> }>;
}

const open = (directory: string): Promise<Ledger> =>
  openLedger({
    directory: join(directory, 'ledger'),
    originName: origin,
    checkpointMs: 10,
    clock: systemClock,
    log: silentLog,
  });

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function inHouse(work: (house: House) => Promise<void>): Promise<void> {
  await inDirectory(async (directory) => {
    const ledger = await open(directory);
    const ends: (() => unknown)[] = [];
    const keep = async (server: Server): Promise<string> => {
      ends.push(() => {
        server.closeAllConnections();
        server.close();
      });
      return listen(server);
    };
    const house: House = {
      ledger,
      directory,
      witness: async (name, institution = name) => {
        const witness = await witnessFor(join(directory, name), [ledger.verifierKey]);
        ends.push(() => witness.close());
        const url = await keep(createWitnessServer(witness, silentLog));
        return { name, vkey: witness.verifierKey, url, institution, witness };
      },
      impostor: async (status, body, like) => {
        const url = await keep(
          createServer((request, response) => {
            request.resume();
            if (status !== 0) response.writeHead(status).end(body);
          }),
        );
        return { ...like, url };
      },
      ask: async (witnesses, quorum = 1) => {
        const said: Said[] = [];
        const line = (level: string) => (event: string) => void said.push({ level, event });
        const log = { info: line('info'), warn: line('warn'), error: line('error') };
        const witnessing = await startWitnessing({ ledger, witnesses, quorum, log });
        ends.unshift(() => witnessing.stop());
        return { said, stop: () => witnessing.stop() };
      },
    };
    try {
      await work(house);
    } finally {
      // oxlint-disable-next-line no-await-in-loop -- who asks stops first
      for (const end of ends) await end();
      await ledger.close();
    }
  });
}

async function until<T>(find: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- waiting is the point
    const found = await find();
    if (found !== undefined) return found;
    // oxlint-disable-next-line no-await-in-loop -- waiting is the point
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const told = (said: readonly Said[], event: string): Promise<Said> =>
  until(() => said.find((line) => line.event === event));

async function exchange(ledger: Ledger): Promise<string> {
  const [opened] = await ledger.append([intent('hello')]);
  await ledger.append([outcome(opened.leafHash, 'good day')]);
  return opened.id;
}

/** The receipt of an exchange, once it is under a checkpoint with these witnesses. */
async function witnessedReceipt(ledger: Ledger, id: string, vkeys: readonly string[]) {
  return until(async () => {
    const receipt = (await ledger.receipt(id, { groups: ['ops'] }))!;
    const keys = { verifierKeys: [ledger.verifierKey], witnessKeys: vkeys };
    const report = await verifyReceipt(receipt, keys);
    expect(report.verdict).not.toBe('INVALID');
    return report.facts?.witnesses.length === vkeys.length ? receipt : undefined;
  });
}

/** What a witness makes a ledger say about forks, once it has covered all of its entries. */
async function contradictionsOf(ledger: Ledger, witness: WitnessSettings) {
  const [newest] = await ledger.passages({ limit: 1 });
  await ledger.receipt(newest.id, { groups: [] });
  const said: Said[] = [];
  const line = (level: string) => (event: string) => void said.push({ level, event });
  const log = { info: line('info'), warn: line('warn'), error: line('error') };
  const witnessing = await startWitnessing({ ledger, witnesses: [witness], quorum: 1, log });
  await told(said, 'ledger_unanchored');
  await witnessing.stop();
  return said.map(({ event }) => event).filter((event) => event !== 'ledger_unanchored');
}

describe('a ledger with witnesses', () => {
  it('publishes what they signed, and its receipts carry it', async () => {
    await inHouse(async ({ ledger, witness, ask }) => {
      const one = await witness('university');
      const two = await witness('archive');
      await ask([one, two], 2);
      const vkeys = [one.vkey, two.vkey];
      for (let i = 0; i < 3; i++) {
        // oxlint-disable-next-line no-await-in-loop -- one checkpoint after the other
        await witnessedReceipt(ledger, await exchange(ledger), vkeys);
      }
      const receipt = await witnessedReceipt(ledger, await exchange(ledger), vkeys);
      const trust = `log ${ledger.verifierKey}\nwitness U ${one.vkey}\nwitness A ${two.vkey}
group both all U A\nquorum both\n`;
      const report = await verifyReceipt(receipt, { verifierKeys: [], trustPolicy: trust });
      expect(report.verdict).toBe('WITNESSED');
      expect(report.facts?.quorum?.institutions).toEqual(['U', 'A']);
      const published = await until(async () => {
        const note = await ledger.checkpoint();
        return note!.split('\n').filter((line) => line.startsWith('—')).length === 3
          ? note
          : undefined;
      });
      expect(published.startsWith(`${origin}\n`)).toBe(true);
    });
  });

  it('learns after a restart what they know, and keeps what they signed', async () => {
    await inHouse(async ({ ledger, directory, witness, ask }) => {
      const one = await witness('university');
      const { stop } = await ask([one]);
      await witnessedReceipt(ledger, await exchange(ledger), [one.vkey]);
      await stop();
      await ledger.close();
      const again = await open(directory);
      const id = await exchange(again);
      const asking = { ledger: again, witnesses: [one], quorum: 1, log: silentLog };
      const witnessing = await startWitnessing(asking);
      await witnessedReceipt(again, id, [one.vkey]);
      const before = await until(async () => {
        const note = (await again.checkpoint())!;
        return note.includes('— witness.example') ? note : undefined;
      });
      await witnessing.stop();
      await again.close();
      const third = await open(directory);
      expect(await third.checkpoint()).toBe(before);
      await third.close();
    });
  });

  it('goes on without them, raises an alarm, and is anchored once they are back', async () => {
    await inHouse(async ({ ledger, witness, impostor, ask }) => {
      const one = await witness('university');
      const { said, stop } = await ask([await impostor(503, '', one)]);
      await told(said, 'ledger_unanchored');
      const id = await exchange(ledger);
      const keys = { verifierKeys: [ledger.verifierKey], witnessKeys: [one.vkey] };
      const alone = await verifyReceipt((await ledger.receipt(id, { groups: [] }))!, keys);
      expect(alone.verdict).toBe('UNANCHORED');
      await stop();
      const { said: better } = await ask([one]);
      await told(better, 'ledger_witnessed');
      await witnessedReceipt(ledger, id, [one.vkey]);
    });
  });

  it('waits for nobody: a silent witness costs the others nothing', async () => {
    await inHouse(async ({ ledger, witness, impostor, ask }) => {
      const one = await witness('university');
      const silent = await impostor(0, '', await witness('archive'));
      const { said } = await ask([one, { ...silent, name: 'silent' }]);
      await witnessedReceipt(ledger, await exchange(ledger), [one.vkey]);
      expect(said).toContainEqual({ level: 'warn', event: 'witness_fails' });
    });
  });

  it('takes no signature by another key, no garbage and no flood', async () => {
    await inHouse(async ({ ledger, witness, impostor, ask }) => {
      const one = await witness('university');
      const other = await witness('archive');
      for (const body of ['garbage\n', '', 'x'.repeat(64 * 1024), '— witness.example AAAAAAAA\n']) {
        // oxlint-disable-next-line no-await-in-loop -- one impostor at a time
        const { said, stop } = await ask([await impostor(200, body, one)]);
        // oxlint-disable-next-line no-await-in-loop -- one impostor at a time
        await told(said, 'witness_fails');
        // oxlint-disable-next-line no-await-in-loop -- one impostor at a time
        await stop();
      }
      // A witness that signs with a key other than the one it is known by.
      const { said } = await ask([{ ...one, vkey: other.vkey }]);
      await told(said, 'witness_fails');
      expect(await ledger.checkpoint()).not.toContain('— witness.example');
    });
  });

  it('counts one institution once', async () => {
    await inHouse(async ({ witness, ask }) => {
      const one = await witness('a', 'University');
      const two = await witness('b', 'University');
      const { said } = await ask([one, two], 2);
      await told(said, 'ledger_unanchored');
      const third = await witness('c', 'Archive');
      const { said: enough } = await ask([one, two, third], 2);
      await told(enough, 'ledger_witnessed');
    });
  });

  it('is found out by its witness when its key writes a second history', async () => {
    await inHouse(async ({ ledger, directory, witness, ask }) => {
      const one = await witness('university');
      const { stop } = await ask([one]);
      await witnessedReceipt(ledger, await exchange(ledger), [one.vkey]);
      await stop();
      const copy = join(directory, 'copy');
      const keys = join('ledger', 'keys');
      cpSync(join(directory, keys), join(copy, keys), { recursive: true });
      // Keys alone would be taken for a ledger that is kept elsewhere.
      for (const folder of ['wal', 'tile', 'payload']) {
        mkdirSync(join(copy, 'ledger', folder), { recursive: true });
      }
      writeFileSync(join(copy, 'ledger/wal/entries.wal'), '');
      const other = await open(copy);
      expect(other.verifierKey).toBe(ledger.verifierKey);
      await exchange(other);
      // As long as the first history, and then longer: the incident has been added.
      expect(await contradictionsOf(other, one)).toEqual(['ledger_fork_signal']);
      await exchange(other);
      expect(await contradictionsOf(other, one)).toEqual(['ledger_fork_signal']);
      await other.close();
      const forks = join(directory, 'university', 'forks');
      const [file] = readdirSync(forks);
      const evidence = readFileSync(join(forks, file), 'utf8');
      const report = await verifyFork(evidence, { verifierKeys: [ledger.verifierKey] });
      expect(report).toMatchObject({ convicted: true, origin, size: 3 });
    });
  });

  it('records a sign of a fork as an incident, and never catches up from it', async () => {
    await inHouse(async ({ ledger, witness, impostor, ask }) => {
      const one = await witness('university');
      let incidents = 0;
      ledger.onAppend(({ type }) => void (incidents += type === 'incident' ? 1 : 0));
      // The proof does not hold; a size beyond anything we ever signed.
      for (const [status, body] of [
        [422, 'consistency proof does not verify\n'],
        [409, '4503599627370496\n'],
      ] as const) {
        // oxlint-disable-next-line no-await-in-loop -- one impostor at a time
        const { said, stop } = await ask([await impostor(status, body, one)]);
        // oxlint-disable-next-line no-await-in-loop -- one impostor at a time
        await told(said, 'ledger_fork_signal');
        // oxlint-disable-next-line no-await-in-loop -- one impostor at a time
        await exchange(ledger);
        // oxlint-disable-next-line no-await-in-loop -- one impostor at a time
        await stop();
        expect(said.filter(({ event }) => event === 'ledger_fork_signal')).toHaveLength(1);
      }
      expect(incidents).toBe(2);
    });
  });
});
