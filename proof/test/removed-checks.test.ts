import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import * as proof from '../src/index.ts';
import { readCorpus } from './corpus.ts';
import { corruptions } from './corruptions.ts';
import { judgements } from './judgements.ts';
import { SparseTree, reshaped } from './rfc-tree.ts';

type Proof = typeof proof;

const isSlow = process.env['SLOW'] === '1';
const skipped = ' (skipped: a build for each check takes two minutes, so only SLOW=1 runs it)';

/** Which files hold checks of evidence; formats and texts are left out. */
const files = ['verify-receipt', 'verify-export', 'fork', 'tree', 'note', 'checkpoint'];
const more = [
  'checkpoint-body',
  'key-name',
  'subtree-cosignature',
  'receipt',
  'tlog-proof',
  'entry',
  'disclosure',
];
const source = fileURLToPath(new URL('../src/', import.meta.url));
const made = mkdtempSync(join(tmpdir(), 'sekisho-mutants-'));
afterAll(() => rmSync(made, { recursive: true }));

interface Removal {
  readonly file: string;
  readonly line: number;
  readonly check: string;
  readonly text: string;
}

/** Each `if (…)` that refuses, with its condition replaced by one that never holds. */
function* removals(file: string): Generator<Removal> {
  const text = readFileSync(join(source, `${file}.ts`), 'utf8');
  const refusal =
    /if \(((?:[^()]|\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\))*)\)\s*(?:\{\s*)?(?:return (?:undefined|false|Number\.NaN|refuse\()|throw |refuse\(|walk\.fault|this\.fault|fault\()/g;
  for (const match of text.matchAll(refusal)) {
    const [whole, condition = ''] = match;
    const line = text.slice(0, match.index).split('\n').length;
    const changed = whole.replace(condition, () => 'never()');
    const before = text.slice(0, match.index);
    const after = text.slice(match.index + whole.length);
    const never = '\nfunction never(): boolean {\n  return false;\n}\n';
    yield {
      file,
      line,
      check: condition.replaceAll(/\s+/g, ' '),
      text: before + changed + after + never,
    };
  }
}

let count = 0;

async function load({ file, text }: Removal): Promise<Proof> {
  const folder = join(made, String((count += 1)));
  // The manifest says which file `#primitives` is.
  cpSync(source, join(folder, 'src'), { recursive: true });
  cpSync(join(source, '../package.json'), join(folder, 'package.json'));
  writeFileSync(join(folder, 'src', `${file}.ts`), text);
  return (await import(/* @vite-ignore */ join(folder, 'src/index.ts'))) as Proof;
}

/** What is not UTF-8 never reaches a parser of text; no text stands for it. */
const decode = (bytes: Uint8Array): string => proof.decodeUtf8(bytes) ?? '';

const readers: Readonly<Record<string, (one: Proof, bytes: Uint8Array) => unknown>> = {
  note: (one, bytes) => one.parseNote(bytes),
  'verifier-key': (one, bytes) => one.parseVerifierKey(decode(bytes)),
  'checkpoint-body': (one, bytes) => one.parseCheckpointBody(decode(bytes)),
  'tlog-proof': (one, bytes) => one.parseTlogProof(decode(bytes)),
  entry: (one, bytes) => one.parseEntry(bytes),
  disclosure: (one, bytes) => one.parseDisclosure(decode(bytes)),
};

/** @returns the first thing that a build of proof gets wrong; undefined where it judges well */
async function firstFault(one: Proof): Promise<string | undefined> {
  for (const { what, code, judge } of corruptions) {
    if ((await judge(one)) !== code) return what;
  }
  for (const [what, refuses] of judgements) if (!(await refuses(one))) return what;
  for (const [format, read] of Object.entries(readers)) {
    for (const verdict of ['accepted', 'refused'] as const) {
      for (const { name, bytes } of readCorpus(format, verdict)) {
        const got = (await read(one, bytes)) === undefined ? 'refused' : 'accepted';
        if (got !== verdict) return `${format}/${name}`;
      }
    }
  }
  return treeFault(one);
}

async function treeFault(one: Proof): Promise<string | undefined> {
  for (const [size, index] of [
    [11, 4],
    [8, 7],
    [1, 0],
  ] as const) {
    const tree = new SparseTree([0n, BigInt(index)]);
    const [n, i] = [BigInt(size), BigInt(index)];
    const inclusion = { leafHash: tree.leafHash(i), index, size, root: tree.root(n) };
    const oldSize = index + 1;
    const roots = { oldRoot: tree.root(i + 1n), newRoot: tree.root(n) };
    const consistency = { oldSize, newSize: size, ...roots };
    const [path, steps] = [tree.path(i, 0n, n), tree.proof(i + 1n, n)];
    if (!(await one.verifyInclusion({ ...inclusion, proof: path }))) return 'an inclusion';
    if (!(await one.verifyConsistency({ ...consistency, proof: steps }))) return 'a consistency';
    for (const mutated of reshaped(path)) {
      if (await one.verifyInclusion({ ...inclusion, proof: mutated })) return 'a mutated inclusion';
    }
    for (const mutated of reshaped(steps)) {
      if (await one.verifyConsistency({ ...consistency, proof: mutated }))
        return 'a mutated consistency';
    }
  }
  return undefined;
}

/** Checks without which all judgements stay as they are, each with the reason why it is kept. */
const bug = 'what is no refusal is a fault of the program, and no evidence brings one about';
const work = 'what is longer is refused anyway; this only saves the work';
const redundant: Readonly<Record<string, string>> = {
  'verify-receipt: !(error instanceof ProofError)': bug,
  'fork: !(error instanceof ProofError)': bug,
  'note: vkey.length > keyCharactersMax': work,
  'checkpoint-body: body.length > bodyCharactersMax': work,
  'entry: bytes.length > entryBytesMax': work,
  'entry: list.length > groups.length': 'there are three groups, and none may come twice',
  'disclosure: json === undefined': 'JSON.parse refuses it too; this says so to the types',
};

describe('a verifier', () => {
  it('judges well as it is', async () => {
    expect(await firstFault(proof)).toBeUndefined();
  });

  it.skipIf(!isSlow).each([...files, ...more])(
    `without any one check of %s.ts is found out${isSlow ? '' : skipped}`,
    async (file) => {
      const survivors: string[] = [];
      let total = 0;
      for (const removal of removals(file)) {
        total++;
        const one = await load(removal);
        let fault: string | undefined;
        try {
          fault = await firstFault(one);
        } catch (error) {
          fault = `it fails: ${String(error)}`;
        }
        const title = `${file}: ${removal.check}`;
        if (fault === undefined && redundant[title] === undefined) survivors.push(title);
        if (fault !== undefined && redundant[title] !== undefined) survivors.push(`not: ${title}`);
      }
      expect(total).toBeGreaterThan(0);
      expect(survivors).toEqual([]);
      process.stdout.write(`checks removed from ${file}.ts one at a time: ${total}\n`);
    },
    300_000,
  );
});
