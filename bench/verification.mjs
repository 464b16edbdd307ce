// What a stranger's machine needs to verify: receipts a second, beside the bare signature check that
// each rests on, and entries of a whole exported log a second, beside nothing but hashing the same
// bytes. Only the ratios mean anything. usage: npm run bench verification [-- 100000]
import { hash, verify, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitBundle, verifyExport, verifyReceipt } from '../proof/dist/index.js';
import { nodeDisk, silentLog } from '../server/dist/base/index.js';
import { stateDraft } from '../server/dist/ledger/draft.js';
import { Engine } from '../server/dist/ledger/engine.js';
import { exportLog } from '../server/dist/ledger/export.js';
import { openLocalStorage } from '../server/dist/ledger/local/local-storage.js';

const entriesWanted = Number(process.argv[2] ?? 100_000);
const receiptsWanted = 1_000;
const rounds = 3;
const say = (text) => process.stdout.write(`${text}\n`);
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const folder = mkdtempSync(join(tmpdir(), 'sekisho-verification-'));
const directory = join(folder, 'ledger');
const exported = join(folder, 'export');
const originName = 'bench.example/verification';
const openStorage = () => openLocalStorage(nodeDisk, directory, originName);
const place = {
  directory,
  originName,
  holdBack: false,
  disk: nodeDisk,
  openStorage,
  log: silentLog,
};

/** An exchange as the gateway records it, with little text. */
const exchange = [
  stateDraft({
    type: 'intent',
    decision: 'allow',
    evidenceClass: 'r1',
    refs: {},
    fields: {
      'actor.id': 'key-0123456789',
      'request.messages': 'hello',
      'request.params': { m: 1 },
    },
  }),
  stateDraft({
    type: 'outcome',
    decision: 'allow',
    evidenceClass: 'r1',
    end: 'complete',
    refs: { intent: '#0' },
    fields: { 'response.delivered': 'good day', usage: { inputTokens: 1, outputTokens: 2 } },
  }),
];

/** @returns CPU microseconds that one of `count` pieces of work took, all threads */
async function cpuOf(count, work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

function filesUnder(path) {
  return readdirSync(path, { recursive: true })
    .map((name) => join(path, name))
    .filter((name) => statSync(name).isFile());
}

try {
  const engine = await Engine.open(place, Date.now());
  const ids = [];
  for (let size = 1; size < entriesWanted; size += 1_024) {
    const results = await engine.append(
      Array.from({ length: 512 }, () => exchange),
      Date.now(),
    );
    ids.push(...results.map(({ sequenced }) => sequenced[0].id));
    if (ids.length % 5_120 === 0) await engine.publish();
  }
  await engine.publish();
  const stride = Math.floor(ids.length / receiptsWanted) || 1;
  const receipts = [];
  for (const id of ids.filter((_, i) => i % stride === 0).slice(0, receiptsWanted)) {
    receipts.push(await engine.receipt(id, ['ops']));
  }
  const { verifierKey } = engine;
  await engine.close();
  await exportLog(directory, exported);
  say(
    `verification; ${entriesWanted} entries, ${receipts.length} receipts; ` +
      `${cpus().length} CPUs, Node ${process.versions.node}`,
  );

  const options = { verifierKeys: [verifierKey] };
  const raw = Buffer.from(verifierKey.split('+').slice(2).join('+'), 'base64').subarray(1);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
  const note = readFileSync(join(exported, 'checkpoint'), 'utf8');
  const end = note.lastIndexOf('\n\n') + 1;
  const signature = Buffer.from(note.trimEnd().split(' ').at(-1), 'base64').subarray(4);
  const message = Buffer.from(note.slice(0, end));
  const bundles = filesUnder(join(exported, 'tile/entries')).map((path) => readFileSync(path));

  const found = { receipt: [], bareSignature: [], export: [], bareHash: [] };
  for (let round = 0; round < rounds; round++) {
    found.receipt.push(
      await cpuOf(receipts.length, async () => {
        for (const receipt of receipts) {
          const { verdict } = await verifyReceipt(receipt, options);
          if (verdict !== 'UNANCHORED') throw new Error(`a receipt is ${verdict}`);
        }
      }),
    );
    found.bareSignature.push(
      await cpuOf(receipts.length, async () => {
        for (let i = 0; i < receipts.length; i++) {
          const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
          if (!verify(null, message, key, signature)) throw new Error('the key is another');
        }
      }),
    );
    let entries = 0;
    found.export.push(
      await cpuOf(entriesWanted, async () => {
        const read = (path) => readFile(join(exported, path)).catch(() => undefined);
        const report = await verifyExport(read, options);
        if (report.verdict !== 'UNANCHORED') throw new Error(`the export is ${report.verdict}`);
        entries = report.entries;
      }),
    );
    found.bareHash.push(
      await cpuOf(entriesWanted, async () => {
        const prefix = Buffer.alloc(1);
        for (const bundle of bundles) {
          for (const entry of splitBundle(bundle)) {
            hash('sha256', Buffer.concat([prefix, entry]), 'buffer');
          }
        }
        // As many inner nodes as leaves, of 65 bytes each.
        const node = Buffer.alloc(65, 1);
        for (let i = 1; i < entries; i++) hash('sha256', node, 'buffer');
      }),
    );
  }
  const of = (name) => median(found[name]);
  const ratio = (a, b) => median(found[a].map((value, i) => found[b][i] / value)).toFixed(3);
  say(
    `receipts: ${(1e6 / of('receipt')).toFixed(0)} a CPU second (${of('receipt').toFixed(0)} µs), ` +
      `${ratio('receipt', 'bareSignature')} of bare signature checks`,
  );
  say(
    `whole log: ${(1e6 / of('export')).toFixed(0)} entries a CPU second ` +
      `(${of('export').toFixed(1)} µs), ${ratio('export', 'bareHash')} of bare hashing`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
