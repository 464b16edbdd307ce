import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyConsistency, verifyInclusion } from '@sekisho/proof';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shown } from '../../../proof/test/corpus.ts';
import { mutants } from '../../../proof/test/mutants.ts';
import { SparseTree, flipBit, reshaped } from '../../../proof/test/rfc-tree.ts';
import { type Format, type Question, formats } from './go-formats.ts';
import { type GoProgram, buildGo } from './go-program.ts';

const isSlow = process.env['SLOW'] === '1';
const runs = isSlow ? 200_000 : 4_000;
/** The ordinary run tries the same inputs every time; the long one tries new ones. */
const seed = isSlow ? Date.now() : 20_260_101;
const timeoutMs = isSlow ? 1_200_000 : 120_000;
const made = mkdtempSync(join(tmpdir(), 'sekisho-oracle-'));

let go: GoProgram;
beforeAll(() => {
  go = buildGo(join(made, 'go'), 'oracle');
});
afterAll(() => {
  // Go makes its module cache read-only.
  execFileSync('chmod', ['-R', 'u+w', made]);
  rmSync(made, { recursive: true, force: true });
});

interface Answer {
  readonly accepted: boolean;
  readonly value?: string;
}

function ask(skip: (reason: string) => never, questions: readonly Question[]): readonly Answer[] {
  if ('reason' in go) return skip(go.reason);
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
  const { status, stdout, stderr } = spawnSync(go.program, {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  expect(status, stderr).toBe(0);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}

function excuse({ differences }: Format, input: Uint8Array, stricter: 'we' | 'Go') {
  return differences.find((item) => item.stricter === stricter && item.applies(input));
}

describe('our parsers and those of Go', () => {
  test.for(Object.entries(formats))(
    `read %s alike (${runs} mutants)`,
    { timeout: timeoutMs },
    async ([name, format], { skip }) => {
      const corpus = await format.corpus();
      const inputs = [...corpus, ...fc.sample(mutants(corpus), { seed, numRuns: runs })];
      const asked = await Promise.all(
        inputs.map(async (input) => ({ input, question: await format.toGo(input) })),
      );
      const known = asked.filter(({ question }) => question !== undefined);
      const answers = ask(
        skip,
        known.map(({ question }) => ({ kind: format.kind, size: '0', place: '0', ...question })),
      );
      const used = new Map<string, number>();
      let agreed = 0;
      for (const [i, { input }] of known.entries()) {
        const ours = await format.read(input);
        const theirs = answers[i]?.value;
        if (ours === theirs) {
          if (ours !== undefined) agreed++;
          continue;
        }
        const isOurs = ours === undefined ? 'we' : 'Go';
        const reason =
          ours !== undefined && theirs !== undefined ? undefined : excuse(format, input, isOurs);
        if (reason === undefined) {
          expect.fail(`${name}: seed ${seed}: we read ${ours}, Go ${theirs}: ${shown(input)}`);
        }
        used.set(reason.why, (used.get(reason.why) ?? 0) + 1);
      }
      for (const { question, input } of asked) {
        if (question === undefined) expect(await format.read(input), shown(input)).toBeUndefined();
      }
      // A comparison in which nobody accepts anything would show nothing.
      expect(agreed).toBeGreaterThan(runs / 50);
      expect([...used.keys()].toSorted()).toEqual(
        format.differences.map(({ why }) => why).toSorted(),
      );
      const excused = [...used.values()].reduce((sum, count) => sum + count, 0);
      process.stdout.write(
        `Go on ${name}: ${known.length} inputs, ${agreed} accepted by both, ${excused} differ as meant\n`,
      );
    },
  );
});

interface Claim {
  readonly kind: 'inclusion' | 'consistency';
  readonly size: number;
  readonly place: number;
  readonly root: Uint8Array;
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

function believe({ kind, size, place, root, leaf, proof }: Claim): Promise<boolean> {
  return kind === 'inclusion'
    ? verifyInclusion({ leafHash: leaf, index: place, size, proof, root })
    : verifyConsistency({ oldSize: place, newSize: size, oldRoot: leaf, newRoot: root, proof });
}

/** A good proof in a tree of any size below 2^53, and then claims one step away from it. */
function claimsAround(tree: SparseTree, size: bigint, place: bigint): readonly Claim[] {
  const [root, n, i] = [tree.root(size), Number(size), Number(place)];
  const inclusion = { leaf: tree.leafHash(place), place: i, proof: tree.path(place, 0n, size) };
  const [oldSize, leaf] = [i + 1, tree.root(place + 1n)];
  const consistency = { leaf, place: oldSize, proof: tree.proof(place + 1n, size) };
  return [
    { kind: 'inclusion' as const, size: n, root, ...inclusion },
    { kind: 'consistency' as const, size: n, root, ...consistency },
  ].flatMap((claim) => [
    claim,
    { ...claim, size: n + 1 },
    { ...claim, size: n - 1 },
    { ...claim, place: claim.place + 1 },
    { ...claim, place: claim.place - 1 },
    { ...claim, place: 0 },
    { ...claim, root: flipBit(root, 77) },
    { ...claim, leaf: flipBit(claim.leaf, 200) },
    { ...claim, root: claim.leaf, leaf: root },
    ...[...reshaped(claim.proof)].map((proof) => ({ ...claim, proof })),
    ...claim.proof.map((hash, at) => ({
      ...claim,
      proof: claim.proof.with(at, flipBit(hash, (at * 37) % 256)),
    })),
  ]);
}

describe('our proofs and those of Go', () => {
  const trees = isSlow ? 4_000 : 150;

  test(
    `are believed alike in ${trees} trees of up to 2^53-1 leaves`,
    { timeout: timeoutMs },
    async ({ skip }) => {
      const sizes = fc.oneof(
        fc.bigInt({ min: 1n, max: 40n }),
        fc.bigInt({ min: 1n, max: 2n ** 53n - 2n }),
        fc
          .tuple(fc.integer({ min: 1, max: 52 }), fc.bigInt({ min: -1n, max: 1n }))
          .map(([power, more]) => 2n ** BigInt(power) + more),
      );
      const drawn = fc.sample(fc.tuple(sizes, fc.bigInt({ min: 0n, max: 2n ** 53n })), {
        seed,
        numRuns: trees,
      });
      const claims = drawn.flatMap(([size, any]) => {
        const place = any % size;
        return claimsAround(new SparseTree([place, 0n, size - 1n]), size, place);
      });
      const answers = ask(
        skip,
        claims.map((claim) => ({
          ...claim,
          size: String(claim.size),
          place: String(claim.place),
          root: encode(claim.root),
          leaf: encode(claim.leaf),
          proof: claim.proof.map(encode),
        })),
      );
      let believed = 0;
      for (const [i, claim] of claims.entries()) {
        const ours = await believe(claim);
        const { kind, size, place } = claim;
        const title = `${kind} of ${place} in ${size} (${claim.proof.length} hashes)`;
        expect([title, ours]).toEqual([title, answers[i]?.accepted]);
        if (ours) believed++;
      }
      expect(believed).toBeGreaterThanOrEqual(2 * trees);
      process.stdout.write(`Go on proofs: ${claims.length} claims, ${believed} believed by both\n`);
    },
  );
});

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
