import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getRequestListener } from '@hono/node-server';
import { createApi, readConsoleFiles } from '#api';
import {
  type Bilingual,
  type Database,
  type Log,
  createDirectoryDurably,
  openDatabase,
  systemClock,
  writeFileDurably,
} from '#base';
import {
  type ApiKey,
  Accounts,
  Drills,
  ExchangeMeter,
  type Gateway,
  KeyStore,
  LedgerWatch,
  RecordedFacts,
  type RuleBook,
  type Tariff,
  UsageBook,
  UsageTable,
  createGateway,
  recordKeyEvent,
  recordShadow,
} from '#gateway';
import {
  type Ledger,
  type StorageSettings,
  openLedger,
  readObjectCredentials,
  scheduleExpiry,
  startWitnessing,
} from '#ledger';
import { type Progress, describeMissingModel, ensureModel, findModel, readCatalogue } from '#pack';
import {
  type DeclaredUpstream,
  type Policy,
  defaultPolicyYaml,
  isReviewOverdue,
  parsePolicy,
} from '#policy';
import { allDetectors } from '#supervisor';
import {
  OtlpExporter,
  Registry,
  type SpanSink,
  noSpans,
  observeProcess,
  readTraceSettings,
} from '#telemetry';
import { type Upstream, createEmbeddedUpstream, createRemoteUpstream } from '#upstream';
import { RuleBooks } from './main/rule-books.ts';

export interface CheckpointOptions {
  readonly dataDirectory: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly version: string;
  /** Something the operator should read while the checkpoint starts. */
  readonly notice: (text: Bilingual) => void;
  readonly onModelProgress: (title: Bilingual, progress: Progress) => void;
  /** The ledger can no longer record: the process must end. */
  readonly onFatal: (error: unknown) => void;
}

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
  if (firstStart) writeFileDurably(policyPath, Buffer.from(defaultPolicyYaml(), 'utf8'));
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
  const state = openDatabase(join(dataDirectory, 'state.db'));
  const keys = new KeyStore(state, systemClock);
  const registry = new Registry();
  const stopObserving = observeProcess(registry, options.version);
  const watch = new LedgerWatch(ledger, registry, systemClock);
  const spans = openSpans(options, registry);
  const facts = new RecordedFacts(state, watch, ledger.origin);
  const lost = new Set<string>();
  const books = await RuleBooks.open(from.policyPath, policy, {
    recorded: facts,
    createUpstreams: (declared) => createUpstreams(declared, options),
    log,
    clock: systemClock,
    lost,
    recordShadow: (comparison) => recordShadow(watch, ruleBook().policyLeaf, comparison),
    notice: ({ document }) => noticeOverdue(document.upstreams, options),
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
  const money = await openAccounts(state, { ledger, keys, tariff, policy });
  const reload: Checkpoint['reload'] = () => books.reload(() => gateway.settled());
  const ports = { ...money, ledger: watch, keys, log, clock: systemClock, ruleBook };
  const drills = new Drills({ ...ports, lost, reader: ledger, appender: watch });
  const api = createApi({
    ...ports,
    drills,
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
  const address = { url: '' };
  const gateway = createGateway({
    ...ports,
    observer: new ExchangeMeter(registry, spans, systemClock),
    baseUrl: () =>
      ruleBook().policy.document.institution.publicUrl?.replace(/\/+$/, '') ?? address.url,
    elsewhere: (request, response) => void listener(request, response),
  });
  observeGateway(registry, gateway, ruleBook);
  await new Promise<void>((resolve, reject) => {
    gateway.server.once('error', reject);
    gateway.server.listen(options.port, options.host, resolve);
  });
  const bound = gateway.server.address() as AddressInfo;
  address.url = `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
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
      await drills.stop();
      await spans.close();
      ruleBook().continuity.stop();
      stopObserving();
      await Promise.all([...ruleBook().upstreams.values()].map((upstream) => upstream.close()));
      await witnessing.stop();
      money.usage.close();
      await ledger.close();
      state.close();
      rmSync(runFile, { force: true });
    },
  };
}

/** Traces go where the environment says, and nowhere when it says nothing. */
function openSpans(options: CheckpointOptions, registry: Registry): SpanSink {
  const settings = readTraceSettings(options.environment);
  if (settings === undefined) return noSpans;
  const dropped = registry.counter('sekisho_spans_dropped_total', 'Spans no collector took.');
  const onDrop = (count: number): void => dropped.add({}, count);
  return new OtlpExporter({ ...settings, version: options.version, onDrop });
}

function observeGateway(registry: Registry, gateway: Gateway, ruleBook: () => RuleBook): void {
  registry.gauge('sekisho_exchanges_in_flight', 'Requests to models under way.', () => [
    [{}, gateway.inFlight()],
  ]);
  registry.gauge('sekisho_upstream_available', 'Whether an upstream may be asked.', () =>
    [...ruleBook().upstreams].map(([id, upstream]) => [
      { upstream: id },
      upstream.available() ? 1 : 0,
    ]),
  );
}

/** What keys used and may still use, taken up where the last process left it. */
async function openAccounts(
  state: Database,
  from: { ledger: Ledger; keys: KeyStore; tariff: () => Tariff; policy: Policy },
): Promise<{
  accounts: Accounts;
  usage: UsageBook;
  usageTable: UsageTable;
  tariff: () => Tariff;
}> {
  const { ledger, keys, tariff } = from;
  const usageTable = new UsageTable(state);
  const { identityMonths, opsMonths } = from.policy.document.ledger.retention;
  usageTable.forget({ keysBefore: monthsAgo(identityMonths), allBefore: monthsAgo(opsMonths) });
  const usage = new UsageBook({
    table: usageTable,
    clock: systemClock,
    calendar: () => tariff().calendar,
    currency: () => tariff().prices.currency,
    origin: ledger.origin,
  });
  await usage.open(ledger, (id) => keys.get(id)?.terms.project ?? '');
  const accounts = new Accounts({ usage, tariff, clock: systemClock });
  return { accounts, usage, usageTable, tariff };
}

function monthsAgo(months: number): string {
  const date = new Date(systemClock.nowMs());
  date.setUTCMonth(date.getUTCMonth() - months);
  return date.toISOString().slice(0, 10);
}

/** The rule book's retention as an order; nobody else decides what expires. */
function expiryOrder(ruleBook: () => RuleBook): Parameters<typeof scheduleExpiry>[1] {
  return () => {
    const { policy, policyLeaf } = ruleBook();
    const { identityMonths, contentMonths, opsMonths } = policy.document.ledger.retention;
    return {
      kind: 'expire',
      months: { identity: identityMonths, content: contentMonths, ops: opsMonths },
      authority: policy.document.institution.name,
      by: 'schedule',
      policyLeaf,
    };
  };
}

/**
 * Where the ledger of a data folder is kept, by the same settings as at its start.
 * @throws PolicyError; LedgerError `store_refused` when the credentials are not there
 */
export function readStorageSettings(
  dataDirectory: string,
  environment: CheckpointOptions['environment'],
): StorageSettings {
  const path = join(dataDirectory, 'sekisho.yaml');
  const yaml = existsSync(path) ? readFileSync(path, 'utf8') : defaultPolicyYaml();
  return storageSettings(parsePolicy(yaml), environment);
}

/** @throws LedgerError `store_refused` when the credentials are not there */
function storageSettings(
  { document }: Policy,
  environment: CheckpointOptions['environment'],
): StorageSettings {
  const { DATABASE_URL: databaseUrl = '' } = environment;
  const database = databaseUrl === '' ? {} : { databaseUrl };
  const place = document.storage?.objects;
  if (place === undefined) return database;
  const { endpoint, region, bucket, prefix, pathStyle } = place;
  const credentials = readObjectCredentials(place, environment, (path) =>
    readFileSync(path, 'utf8'),
  );
  return { ...database, objects: { endpoint, region, bucket, prefix, pathStyle, credentials } };
}

/** The log's name: made once, kept with the data, and free of the machine's own name. */
function ledgerOrigin(dataDirectory: string): string {
  const path = join(dataDirectory, 'origin');
  if (!existsSync(path)) {
    const year = new Date(systemClock.nowMs()).getUTCFullYear();
    const name = `sekisho.local/${randomBytes(4).toString('hex')}/${year}`;
    writeFileDurably(path, Buffer.from(`${name}\n`, 'utf8'));
  }
  return readFileSync(path, 'utf8').trim();
}

/**
 * The key a newcomer is given. It stays in a file of its own, which may be deleted once it is used.
 */
async function firstKey(
  dataDirectory: string,
  keys: KeyStore,
  record: (key: ApiKey) => Promise<void>,
): Promise<string> {
  const path = join(dataDirectory, 'first.key');
  const kept = existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
  if (kept !== undefined && keys.find(kept) !== undefined) return kept;
  const made = keys.make('first user', 'operator');
  await record(made.key);
  keys.admit(made);
  writeFileDurably(path, Buffer.from(`${made.secret}\n`, 'utf8'));
  return made.secret;
}

async function createUpstreams(
  declarations: Policy['document']['upstreams'],
  options: CheckpointOptions,
): Promise<{
  upstreams: ReadonlyMap<string, Upstream>;
  facts: ReadonlyMap<string, Readonly<Record<string, string>>>;
}> {
  const upstreams = new Map<string, Upstream>();
  const facts = new Map<string, Readonly<Record<string, string>>>();
  for (const declared of declarations) {
    if (declared.dialect !== 'embedded') {
      const { upstream, missing } = createRemoteUpstream(declared, {
        environment: options.environment,
        clock: systemClock,
      });
      for (const variable of missing) options.notice(missingKey(declared.id, variable));
      upstreams.set(declared.id, upstream);
      continue;
    }
    // oxlint-disable-next-line no-await-in-loop -- one model at a time shows one progress bar
    const embedded = await createEmbedded(declared, options);
    if (embedded === undefined) continue;
    upstreams.set(declared.id, embedded.upstream);
    facts.set(declared.id, { sha256: embedded.sha256 });
  }
  return { upstreams, facts };
}

function noticeOverdue(
  declared: readonly DeclaredUpstream[],
  { notice }: Pick<CheckpointOptions, 'notice'>,
): void {
  for (const one of declared) {
    if (isReviewOverdue(one, systemClock.nowMs())) notice(overdueReview(one));
  }
}

function overdueReview({ id, terms }: DeclaredUpstream): Bilingual {
  const { reviewed = '', reviewBy = '', url = '' } = terms ?? {};
  return {
    en: `The terms of "${id}" were last read on ${reviewed} and were to be read again by ${reviewBy}: ${url}`,
    ja: `接続先「${id}」の利用条件は ${reviewed} に確認されたきりで、再確認の期限 ${reviewBy} を過ぎています。${url}`,
  };
}

function missingKey(id: string, variable: string): Bilingual {
  return {
    en: `The upstream "${id}" cannot be used: set its key in the environment variable ${variable}.`,
    ja: `上流「${id}」は使えません。環境変数 ${variable} にキーを設定してください。`,
  };
}

async function createEmbedded(
  declared: DeclaredUpstream,
  options: CheckpointOptions,
): Promise<{ upstream: Upstream; sha256: string } | undefined> {
  const model = findModel(readCatalogue(), declared.model);
  if (model === undefined) {
    options.notice({
      en: `The embedded upstream "${declared.id}" names a model that is not in the catalogue: ${declared.model}.`,
      ja: `内蔵の上流「${declared.id}」のモデル ${declared.model} は一覧にありません。`,
    });
    return undefined;
  }
  const directory = join(options.dataDirectory, 'models');
  const outcome = await ensureModel(model, {
    directory,
    environment: options.environment,
    monotonicMs: () => systemClock.monotonicMs(),
    onProgress: (progress) => options.onModelProgress(model.title, progress),
  });
  if (!outcome.found) {
    options.notice(describeMissingModel(model, directory));
    for (const { source, sentence } of outcome.reasons) {
      options.notice({ en: `  ${source}: ${sentence.en}`, ja: `  ${source}: ${sentence.ja}` });
    }
    return undefined;
  }
  const upstream = createEmbeddedUpstream({
    id: declared.id,
    modelPath: outcome.path,
    contextTokens: model.contextTokens,
  });
  // Loading takes a second or two: the doors open meanwhile, and a first request waits for it.
  void upstream.warm();
  return { upstream, sha256: outcome.sha256 };
}
