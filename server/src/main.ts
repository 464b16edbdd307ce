import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getRequestListener } from '@hono/node-server';
import { createApi, readConsoleFiles } from '#api';
import { createDirectoryDurably, listen, openDatabase, systemClock, writeFileDurably } from '#base';
import {
  Classroom,
  Drills,
  ExchangeMeter,
  KeyStore,
  LedgerWatch,
  McpCheckpoint,
  RecordedFacts,
  type RuleBook,
  type Tariff,
  createGateway,
  recordKeyEvent,
  recordShadow,
} from '#gateway';
import { SignIn } from '#identity';
import { type Ledger, openLedger, scheduleExpiry, startWitnessing } from '#ledger';
import { type Policy, defaultPolicyYaml, parsePolicy } from '#policy';
import { createSchoolSupervisor } from '#school';
import { InspectionThreads, allDetectors } from '#supervisor';
import { Registry, observeProcess } from '#telemetry';
import { chargeShadow, openAccounts } from './main/accounts.ts';
import { firstKey, ledgerOrigin } from './main/first-start.ts';
import { observeGateway, openSpans } from './main/observation.ts';
import type { CheckpointOptions } from './main/options.ts';
import { expiryOrder } from './main/retention.ts';
import { openReview, releaseOverturned } from './main/review.ts';
import { RuleBooks } from './main/rule-books.ts';
import { loadPacks } from './main/school.ts';
import { noticeSignIn } from './main/sign-in.ts';
import { storageSettings } from './main/storage.ts';
import { createUpstreams, noticeOverdue } from './main/upstreams.ts';

export { readStorageSettings } from './main/storage.ts';

/** Also the content of `run.json`, which scripts and tests read. */
export interface RunningCheckpoint {
  readonly pid: number;
  readonly url: string;
  readonly console: string;
  readonly key: string;
  readonly origin: string;
  readonly vkey: string;
  /** Of the ledger's second key, type 0x06, where `ledger.postQuantum` is on. */
  readonly postQuantumVkey?: string;
}

export interface Checkpoint extends RunningCheckpoint {
  readonly firstStart: boolean;
  readonly policyPath: string;
  readonly upstreams: readonly { readonly id: string; readonly available: boolean }[];
  /** Puts the changed rule book in force. @throws GatewayError that says why it was not */
  reload(): Promise<{ readonly changed: boolean; readonly sha256: string }>;
  /** Ends what is under way, closes the ledger and removes `run.json`. */
  stop(): Promise<void>;
}

/** Time for exchanges under way to end when the checkpoint is told to stop. */
const drainMs = 10_000;

/**
 * Puts the house together and opens its doors.
 * @throws PolicyError, LedgerError or a system error, each saying what to do
 */
export async function startCheckpoint(options: CheckpointOptions): Promise<Checkpoint> {
  const { dataDirectory, log } = options;
  createDirectoryDurably(dataDirectory);
  const policyPath = join(dataDirectory, 'sekisho.yaml');
  const firstStart = !existsSync(policyPath);
  const { firstRuleBook } = options;
  if (firstStart) {
    writeFileDurably(policyPath, Buffer.from(firstRuleBook ?? defaultPolicyYaml(), 'utf8'));
  } else if (firstRuleBook !== undefined) {
    options.notice({
      en: `--preset was left aside: ${policyPath} is there already, and it is yours.`,
      ja: `--preset は使いませんでした。${policyPath} が既にあるためです。`,
    });
  }
  const policy = parsePolicy(readFileSync(policyPath, 'utf8'));

  const ledger = await openLedger({
    directory: join(dataDirectory, 'ledger'),
    originName: ledgerOrigin(dataDirectory),
    checkpointMs: policy.document.ledger.checkpointSeconds * 1_000,
    holdBack: policy.document.ledger.publication === 'witnessed',
    postQuantum: policy.document.ledger.postQuantum === true,
    storage: storageSettings(policy, options.environment),
    clock: systemClock,
    log,
    onFatal: options.onFatal,
  });
  try {
    return await open(options, { policy, ledger, policyPath, firstStart });
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

async function open(
  options: CheckpointOptions,
  from: { policy: Policy; ledger: Ledger; policyPath: string; firstStart: boolean },
): Promise<Checkpoint> {
  const { dataDirectory, log } = options;
  const { policy, ledger } = from;
  const path = join(dataDirectory, 'state.db');
  const state = openDatabase(path);
  const keys = new KeyStore(state, systemClock);
  const registry = new Registry();
  const stopObserving = observeProcess(registry, options.version);
  const watch = new LedgerWatch(ledger, registry, systemClock);
  const spans = openSpans(options, registry);
  const meter = new ExchangeMeter(registry, spans, systemClock);
  const facts = new RecordedFacts(state, watch, ledger.origin);
  const lost = new Set<string>();
  const threads = new InspectionThreads();
  const books = await RuleBooks.open(from.policyPath, policy, {
    recorded: facts,
    createUpstreams: (declared) => createUpstreams(declared, options),
    log,
    clock: systemClock,
    threads,
    lost,
    recordShadow: (comparison) => recordShadow(watch, ruleBook().policyLeaf, comparison),
    // No request comes, and so no shadow, before the accounts are open.
    chargeShadow: (declared, usage) => chargeShadow(money.accounts, meter, { declared, usage }),
    loadPacks: (book, before) =>
      loadPacks(book, before, {
        ...options,
        recorded: facts,
        createSupervisor: options.createSchoolSupervisor ?? createSchoolSupervisor,
      }),
    notice: ({ document }) => {
      noticeOverdue(document.upstreams, options);
      noticeSignIn(document, options);
    },
  });
  const ruleBook = (): RuleBook => books.current.ruleBook;
  const key = await firstKey(dataDirectory, keys, (made) =>
    recordKeyEvent(watch, ruleBook().policyLeaf, {
      event: 'created',
      key: made.id,
      role: made.role,
      by: 'start',
    }),
  );
  const stopExpiry = await scheduleExpiry(ledger, expiryOrder(ruleBook), log);
  const tariff = (): Tariff => books.current.tariff;
  const money = await openAccounts(state, {
    ledger,
    keys,
    tariff,
    retention: () => ruleBook().policy.document.ledger.retention,
    path,
  });
  const reload: Checkpoint['reload'] = async () => {
    const outcome = await books.reload(() => gateway.settled());
    mcp.reloaded();
    return outcome;
  };
  const address = { url: '' };
  const baseUrl = (): string =>
    ruleBook().policy.document.institution.publicUrl?.replace(/\/+$/, '') ?? address.url;
  const ports = { ...money, ledger: watch, keys, log, clock: systemClock, ruleBook };
  const drills = new Drills({ ...ports, lost, reader: ledger, appender: watch });
  const { environment } = options;
  const classroom = new Classroom({ database: state, clock: systemClock, baseUrl, log });
  const review = openReview(state, {
    ...ports,
    reader: ledger,
    appender: watch,
    decided: (passage, verdict) => {
      if (verdict === 'overturned') classroom.levels.release(passage);
    },
  });
  await releaseOverturned(classroom.levels, review.desk);
  const signIn = new SignIn({ ...ports, database: state, environment, baseUrl });
  const mcp = new McpCheckpoint({
    ...ports,
    baseUrl,
    observer: meter,
    registry,
    spans,
    database: state,
    environment,
    version: options.version,
  });
  const api = createApi({
    ...ports,
    classroom,
    drills,
    mcp,
    review,
    signIn,
    reader: ledger,
    appender: watch,
    custodian: ledger,
    detectors: allDetectors,
    version: options.version,
    consoleFiles: readConsoleFiles(fileURLToPath(new URL('../../console/dist', import.meta.url))),
    metrics: () => registry.text(),
    closing: () => gateway.closing(),
    ledgerWrites: (stallMs) => watch.writes(stallMs),
    reload,
  });
  const { witnesses = [], quorum = 0 } = policy.document.ledger;
  const witnessing = await startWitnessing({ ledger, witnesses, quorum, log });
  const listener = getRequestListener(api.fetch, { overrideGlobalObjects: false });
  const gateway = createGateway({
    ...ports,
    classroom,
    mcp,
    observer: meter,
    overrides: review.overrides,
    sessions: signIn,
    baseUrl,
    elsewhere: (request, response) => void listener(request, response),
  });
  observeGateway(registry, gateway, ruleBook);
  address.url = await listen(gateway.server, options, log);
  const running: RunningCheckpoint = {
    pid: process.pid,
    url: address.url,
    console: `${address.url}/console/#key=${key}`,
    key,
    origin: ledger.origin,
    vkey: ledger.verifierKey,
    ...(ledger.postQuantumKey === undefined ? {} : { postQuantumVkey: ledger.postQuantumKey }),
  };
  const runFile = join(dataDirectory, 'run.json');
  writeFileDurably(runFile, Buffer.from(`${JSON.stringify(running, null, 2)}\n`, 'utf8'));
  return {
    ...running,
    firstStart: from.firstStart,
    policyPath: from.policyPath,
    upstreams: [...ruleBook().upstreams.values()].map((u) => ({
      id: u.id,
      available: u.available(),
    })),
    reload,
    stop: async () => {
      stopExpiry();
      await gateway.drain(drainMs);
      await mcp.close();
      await threads.close();
      await drills.stop();
      await signIn.close();
      await spans.close();
      ruleBook().continuity.stop();
      stopObserving();
      await Promise.all([...ruleBook().upstreams.values()].map((upstream) => upstream.close()));
      await witnessing.stop();
      await money.usage.close();
      await ledger.close();
      state.close();
      rmSync(runFile, { force: true });
    },
  };
}
