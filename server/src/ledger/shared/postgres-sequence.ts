import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { limits } from '#base';
import { LedgerError } from '../errors.ts';
import type { Batch, Sequence, SequenceEnd } from '../storage.ts';
import type { PostgresHold, PostgresLog } from './postgres-hold.ts';

const what = 'append to the ledger';
const rootBytes = 32;
const pageRows = 64;

interface BatchRow {
  readonly first_index: number;
  readonly entry_count: number;
  readonly size: number;
  readonly root: Buffer;
  readonly entries: Buffer;
  readonly crc: number;
  readonly epoch: number;
}

/**
 * The order of the entries in PostgreSQL: one row for each batch. The log's own row says how many
 * entries there are and moves in the same statement that adds a batch, so a lost or foreign row
 * shows, and an end is never torn.
 */
export class PostgresSequence implements Sequence {
  readonly #hold: PostgresHold;
  #size: number | undefined;

  constructor(hold: PostgresHold) {
    this.#hold = hold;
  }

  async *read(): AsyncGenerator<Batch, SequenceEnd> {
    this.#size = undefined;
    let size = 0;
    const batches = readSequence(this.#hold);
    let step = await batches.next();
    for (; step.done !== true; step = await batches.next()) {
      size = step.value.size;
      yield step.value;
    }
    if (step.value === 'clean') this.#size = size;
    return step.value;
  }

  /** Never needed: a transaction leaves no half of a batch. */
  async cutTornTail(): Promise<void> {
    assert.fail('a sequence in PostgreSQL has no torn end');
  }

  /** @throws LedgerError `fenced` when another process has taken over */
  async append({ entries, size, root }: Batch): Promise<void> {
    const from = this.#size;
    assert.ok(from !== undefined, 'what is there was read before the first append');
    assert.ok(entries.length > 0 && root.length === rootBytes, 'a batch has entries and a root');
    assert.equal(size, from + entries.length, 'a batch follows the one before');
    const frames = framed(entries);
    const { logId, epoch } = this.#hold;
    const row = { first_index: from, entry_count: entries.length, size, root, entries: frames };
    await this.#hold.write(what, async (postgres) => {
      const { count } = await postgres.query(
        `WITH moved AS (
           UPDATE sekisho.log SET size = $4::bigint
           WHERE log_id = $1 AND epoch = $2 AND size = $3::bigint
           RETURNING log_id, epoch
         )
         INSERT INTO sekisho.batch
           (log_id, first_index, entry_count, size, root, entries, crc, epoch)
         SELECT log_id, $3, $5::integer, $4, $6::bytea, $7::bytea, $8::bigint, epoch FROM moved`,
        [logId, epoch, from, size, entries.length, root, frames, checksum(row)],
        { name: 'append' },
      );
      if (count !== 1) throw new LedgerError('fenced', what);
    });
    this.#size = size;
  }

  async close(): Promise<void> {
    // The connections belong to all parts together.
  }
}

/**
 * Every whole batch from the start, with or without the right to append.
 * @param endSize where to stop, for a reader beside a writer; otherwise what the log's row says must
 * be the end of the rows
 */
export async function* readSequence(
  log: PostgresLog,
  endSize?: number,
): AsyncGenerator<Batch, SequenceEnd> {
  if (endSize === 0) return 'clean';
  let size = 0;
  for (let after = -1; ;) {
    const rows = await readPage(log, after);
    for (const row of rows) {
      const entries = row.first_index === size ? checkedEntries(row) : undefined;
      if (entries === undefined || row.epoch > log.epoch) return 'damaged';
      after = row.first_index;
      size = row.size;
      yield { entries, size, root: row.root };
      if (size === endSize) return 'clean';
    }
    if (rows.length === 0) break;
  }
  return size === (await readRecordedSize(log)) ? 'clean' : 'damaged';
}

/** Rows are read until their entries fill a page, so memory is bounded by it and one batch. */
async function readPage(log: PostgresLog, after: number): Promise<readonly BatchRow[]> {
  const { rows } = await log.read('read the log', (postgres) =>
    postgres.query<BatchRow>(
      `SELECT first_index, entry_count, size, root, entries, crc, epoch FROM (
         SELECT *, sum(octet_length(entries)) OVER (ORDER BY first_index) AS running FROM (
           SELECT * FROM sekisho.batch WHERE log_id = $1 AND first_index > $2
           ORDER BY first_index LIMIT $3
         ) AS next
       ) AS page WHERE running - octet_length(entries) < $4 ORDER BY first_index`,
      [log.logId, after, pageRows, limits.sequencePageBytes],
    ),
  );
  return rows;
}

async function readRecordedSize(log: PostgresLog): Promise<number | undefined> {
  const { rows } = await log.read('read the log', (postgres) =>
    postgres.query<{ size: number }>('SELECT size FROM sekisho.log WHERE log_id = $1', [log.logId]),
  );
  return rows[0]?.size;
}

/** `u32 length, entry` for each entry, little-endian. */
function framed(entries: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.alloc(entries.reduce((sum, entry) => sum + 4 + entry.length, 0));
  let at = 0;
  for (const entry of entries) {
    assert.ok(entry.length > 0 && entry.length <= limits.entryBytes, 'an entry has a size');
    at = bytes.writeUInt32LE(entry.length, at);
    bytes.set(entry, at);
    at += entry.length;
  }
  return bytes;
}

/** @returns undefined when the row is not as it was written */
function checkedEntries(row: BatchRow): readonly Uint8Array[] | undefined {
  const { first_index: first, entry_count: count, size, root, entries: bytes } = row;
  if (root.length !== rootBytes || count < 1 || size !== first + count) return undefined;
  if (checksum(row) !== row.crc) return undefined;
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    if (entries.length === count || at + 4 > bytes.length) return undefined;
    const length = bytes.readUInt32LE(at);
    at += 4;
    if (length === 0 || length > limits.entryBytes || at + length > bytes.length) return undefined;
    entries.push(bytes.subarray(at, at + length));
    at += length;
  }
  return entries.length === count ? entries : undefined;
}

/** CRC-32 over everything that says what the batch is and where it belongs. */
function checksum(
  row: Pick<BatchRow, 'first_index' | 'entry_count' | 'size'> & {
    readonly root: Uint8Array;
    readonly entries: Uint8Array;
  },
): number {
  const head = Buffer.alloc(20);
  head.writeBigUInt64LE(BigInt(row.first_index), 0);
  head.writeBigUInt64LE(BigInt(row.size), 8);
  head.writeUInt32LE(row.entry_count, 16);
  return crc32(row.entries, crc32(row.root, crc32(head)));
}
