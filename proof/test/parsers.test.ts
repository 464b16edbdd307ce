import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  ProofError,
  canonicalJson,
  concatBytes,
  decodeCbor,
  decodeUtf8,
  encodeCbor,
  encodeUtf8,
  formatBundle,
  formatEntryBundle,
  formatCheckpointBody,
  formatDisclosure,
  formatEntryJwt,
  formatForkEvidence,
  formatNote,
  formatBatchBody,
  formatBatchPromise,
  formatPromiseBody,
  formatReceipt,
  formatTilePath,
  formatTlogProof,
  formatVerifierKey,
  formatWitnessRequest,
  parseBundle,
  parseCheckpointBody,
  parseCoseReceipt,
  parseDisclosure,
  parseEntry,
  parseEntryJwt,
  parseForkEvidence,
  parseNote,
  parseBatchBody,
  parseBatchPromise,
  parsePromiseBody,
  parseReceipt,
  parseTilePath,
  parseTlogProof,
  parseTrustPolicy,
  parseVerifierKey,
  parseWitnessRequest,
  splitBundle,
  splitTile,
  verifyFork,
  verifyReceipt,
} from '../src/index.ts';
import { maxNoteBytes } from '../src/note.ts';
import { readCorpus, seedsOf, shown } from './corpus.ts';
import { mutants } from './mutants.ts';
import { logSigner, witnessSigner } from './receipt-fixture.ts';

const isSlow = process.env['SLOW'] === '1';
const runs = isSlow ? 200_000 : 2_000;
/** The ordinary run tries the same inputs every time; the long one tries new ones. */
const seed = isSlow ? Date.now() : 20_260_101;
const timeoutMs = isSlow ? 3_600_000 : 120_000;

interface Parser {
  readonly format: string;
  /** Undefined where the input is refused; a refusal may be thrown, as a ProofError. */
  readonly read: (input: Uint8Array) => unknown;
  /** What we would write for what was read; without it the format has no writer. */
  readonly write?: (read: never) => string | Uint8Array | Promise<string>;
  /** Several spellings mean the same, so what is written need not be what was read. */
  readonly isLoose?: true;
}

/** A parser with the type of what it reads kept between `read` and `write`. */
function parser<T>(
  format: string,
  read: (input: Uint8Array) => T | undefined | Promise<T | undefined>,
  write?: (read: T) => string | Uint8Array | Promise<string>,
): Parser {
  return { format, read, ...(write === undefined ? {} : { write }) };
}

/** For parsers of text: what is not UTF-8 never reaches them. */
function ofText<T>(parse: (text: string) => T): (input: Uint8Array) => T | undefined {
  return (input) => {
    const text = decodeUtf8(input);
    return text === undefined ? undefined : parse(text);
  };
}

const parsers: readonly Parser[] = [
  parser('note', parseNote, ({ text, signatures }) => formatNote(text, signatures)),
  parser('verifier-key', ofText(parseVerifierKey), formatVerifierKey),
  parser('checkpoint-body', ofText(parseCheckpointBody), formatCheckpointBody),
  parser('tile-path', ofText(parseTilePath), formatTilePath),
  parser('bundle', splitBundle, formatEntryBundle),
  parser('tile', splitTile, (hashes) => concatBytes(...hashes)),
  parser('add-checkpoint', parseWitnessRequest, formatWitnessRequest),
  parser(
    'entry',
    (input) => {
      const entry = parseEntry(input);
      return entry === undefined ? undefined : (JSON.parse(decodeUtf8(input)!) as unknown);
    },
    canonicalJson,
  ),
  parser('fork-evidence', ofText(parseForkEvidence), formatForkEvidence),
  parser('trust-policy', parseTrustPolicy),
  parser('promise', ofText(parsePromiseBody), formatPromiseBody),
  parser('promise-batch', ofText(parseBatchBody), formatBatchBody),
  parser('batch-promise', ofText(parseBatchPromise), formatBatchPromise),
  parser('sd-jwt', ofText(parseEntryJwt), formatEntryJwt),
  parser('audit-bundle', ofText(parseBundle), formatBundle),
  parser('cose-receipt', parseCoseReceipt),
  // The keys of a map may come in any order.
  { ...parser('cbor', decodeCbor, encodeCbor), isLoose: true },
  // An `extra` line is skipped, a receipt may end in a newline, JSON has many spellings.
  { ...parser('tlog-proof', ofText(parseTlogProof), formatTlogProof), isLoose: true },
  { ...parser('receipt', ofText(parseReceipt), formatReceipt), isLoose: true },
  { ...parser('disclosure', ofText(parseDisclosure), formatDisclosure), isLoose: true },
];

/** @throws whatever is not a refusal */
async function accepted({ read }: Parser, input: Uint8Array): Promise<unknown> {
  try {
    return await read(input);
  } catch (error) {
    if (error instanceof ProofError) return undefined;
    throw error;
  }
}

/** Says with what input a property failed, so that it can be kept as a file of the corpus. */
async function judged(format: string, input: Uint8Array, judge: () => Promise<void>) {
  try {
    await judge();
  } catch (error) {
    throw new Error(`${format}, seed ${seed}: ${shown(input)}`, { cause: error });
  }
}

async function survives(one: Parser, input: Uint8Array): Promise<boolean> {
  const read = await accepted(one, input);
  if (read === undefined || one.write === undefined) return read !== undefined;
  const written = await one.write(read as never);
  const bytes = typeof written === 'string' ? encodeUtf8(written) : written;
  if (one.isLoose === true) expect(await accepted(one, bytes)).toEqual(read);
  else expect(Buffer.compare(bytes, input)).toBe(0);
  return true;
}

describe.each(parsers)('the parser of a $format', (one) => {
  it('accepts and refuses what the corpus says', async () => {
    for (const verdict of ['accepted', 'refused'] as const) {
      for (const { name, bytes } of readCorpus(one.format, verdict)) {
        const read = await accepted(one, bytes);
        expect([name, read === undefined ? 'refused' : 'accepted']).toEqual([name, verdict]);
      }
    }
  });

  it(
    `fails on none of ${runs} mutants, and writes what it accepted as it was`,
    async () => {
      let count = 0;
      await fc.assert(
        fc.asyncProperty(mutants(seedsOf(one.format)), (input) =>
          judged(one.format, input, async () => {
            if (await survives(one, input)) count++;
          }),
        ),
        { seed, numRuns: runs },
      );
      // Mutants that are all refused would show nothing about what is accepted.
      expect(count).toBeGreaterThan(runs / 100);
      process.stdout.write(`mutants of ${one.format}: ${runs}, ${count} accepted\n`);
    },
    timeoutMs,
  );

  it('refuses what is larger than anything it was made for', async () => {
    for (const { name, bytes } of readCorpus(one.format, 'accepted')) {
      const tail = new Uint8Array(4 * maxNoteBytes).fill(0x61);
      for (const grown of [concatBytes(bytes, tail), concatBytes(tail, bytes)]) {
        expect([name, await accepted(one, grown)]).toEqual([name, undefined]);
      }
    }
    for (const text of ['\n', '[', '{"":', ' ', '"', '0', '— a AAAA\n', 'tile/', '\ufeff']) {
      const input = encodeUtf8(text.repeat((4 * maxNoteBytes) / text.length));
      expect([text, await accepted(one, input)]).toEqual([text, undefined]);
    }
  });
});

describe('a verifier', () => {
  let verifierKeys: readonly string[];
  beforeAll(async () => {
    verifierKeys = [await logSigner.vkey(), await witnessSigner.vkey()];
  });

  it(
    `believes no mutant of a receipt, and gives every one of ${runs} a code`,
    async () => {
      const known = readCorpus('receipt', 'accepted').map(({ bytes }) => plain(bytes));
      const codes = new Set<string>();
      await fc.assert(
        fc.asyncProperty(mutants(seedsOf('receipt')), (input) =>
          judged('receipt', input, async () => {
            const report = await verifyReceipt(plain(input), { verifierKeys });
            for (const { code } of report.checks) if (code !== undefined) codes.add(code);
            const isKnown = known.some((text) => text.trimEnd() === plain(input).trimEnd());
            expect(isKnown || report.verdict === 'INVALID').toBe(true);
          }),
        ),
        { seed, numRuns: runs },
      );
      expect([...codes].toSorted()).toEqual(
        expect.arrayContaining(['E_DISCLOSURE', 'E_FORMAT', 'E_PROOF', 'E_ROOT', 'E_SIG']),
      );
    },
    timeoutMs,
  );

  it(
    `convicts on no mutant of the evidence of a fork, of ${runs}`,
    async () => {
      const known = readCorpus('fork-evidence', 'accepted').map(({ bytes }) => plain(bytes));
      await fc.assert(
        fc.asyncProperty(mutants(seedsOf('fork-evidence')), (input) =>
          judged('fork-evidence', input, async () => {
            const { convicted } = await verifyFork(plain(input), { verifierKeys });
            expect(convicted).toBe(known.includes(plain(input)));
          }),
        ),
        { seed, numRuns: runs },
      );
    },
    timeoutMs,
  );
});

function plain(input: Uint8Array): string {
  return Buffer.from(input).toString('utf8');
}
