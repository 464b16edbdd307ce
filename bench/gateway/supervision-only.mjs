// The checkpoint with a ledger that keeps nothing: what policy and supervision cost by themselves.
// It is put together here, because the product has no switch that turns its ledger off.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, silentLog, systemClock } from '../../server/dist/base/index.js';
import {
  Classroom,
  ExchangeMeter,
  KeyStore,
  createGateway,
} from '../../server/dist/gateway/index.js';
import { openAccounts } from '../../server/dist/main/accounts.js';
import { RuleBooks } from '../../server/dist/main/rule-books.js';
import { parsePolicy } from '../../server/dist/policy/index.js';
import { InspectionThreads } from '../../server/dist/supervisor/index.js';
import { Registry, noSpans } from '../../server/dist/telemetry/index.js';
import { createRemoteUpstream } from '../../server/dist/upstream/index.js';
import { policyFor } from './policy.mjs';

const [upstreamUrl] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), 'sekisho-bench-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
process.on('SIGTERM', () => process.exit());

let entries = 0;
const forgetful = {
  origin: 'bench',
  passages: async () => [],
  append: async (drafts) =>
    drafts.map(() => {
      const index = entries++;
      const id = index.toString(16).padStart(32, '0');
      return { id, index, leafHash: Buffer.from(id, 'hex').toString('base64url') };
    }),
};

const policyPath = join(directory, 'sekisho.yaml');
writeFileSync(policyPath, policyFor(upstreamUrl));
const policy = parsePolicy(policyFor(upstreamUrl));
const clock = systemClock;
const books = await RuleBooks.open(policyPath, policy, {
  recorded: {
    recordRuleBook: async () => ({ policyLeaf: 'A'.repeat(43), modelLeaves: new Map() }),
  },
  createUpstreams: async (declarations) => ({
    upstreams: new Map(
      declarations
        .filter(({ dialect }) => dialect !== 'embedded')
        .map((one) => [one.id, createRemoteUpstream(one, { environment: {}, clock }).upstream]),
    ),
    facts: new Map(),
  }),
  log: silentLog,
  clock,
  threads: new InspectionThreads(),
  lost: new Set(),
  recordShadow: async () => undefined,
  chargeShadow: () => undefined,
  loadPacks: async () => new Map(),
  notice: () => undefined,
});

const path = join(directory, 'state.db');
const state = openDatabase(path);
const keys = new KeyStore(state, clock);
const made = keys.make('bench', 'operator');
keys.admit(made);
const tariff = () => books.current.tariff;
const retention = () => policy.document.ledger.retention;
const from = { ledger: forgetful, keys, tariff, retention, policy, path };
const { accounts } = await openAccounts(state, from);
const gateway = createGateway({
  ledger: forgetful,
  keys,
  accounts,
  log: silentLog,
  clock,
  ruleBook: () => books.current.ruleBook,
  observer: new ExchangeMeter(new Registry(), noSpans, clock),
  baseUrl: () => 'http://127.0.0.1',
  classroom: new Classroom({
    database: state,
    clock,
    baseUrl: () => 'http://127.0.0.1',
    log: silentLog,
  }),
  overrides: { waiting: () => false, take: () => undefined, giveBack: () => undefined },
  mcp: { serve: async () => undefined },
  elsewhere: (_request, response) => response.writeHead(404).end(),
});
gateway.server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${gateway.server.address().port}`;
  process.send({ url, key: made.secret });
});
