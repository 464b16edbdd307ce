import { Worker } from 'node:worker_threads';
import { limits } from '#base';
import type { UsageMark, UsageRow, UsageTable } from './usage-table.ts';

/**
 * Writes counts of use: a few at once, many in a thread of its own, which exists from the first
 * time on that there are many. One batch at a time; whoever counts goes on meanwhile.
 */
export class UsageWriter {
  readonly #table: UsageTable;
  readonly #path: string;
  #worker: Worker | undefined;
  #written: ((written: boolean) => void) | undefined;

  /** @param path of the database that the table is in */
  constructor(table: UsageTable, path: string) {
    this.#table = table;
    this.#path = path;
  }

  /** @returns undefined when it is done already */
  write(rows: readonly UsageRow[], mark: UsageMark): Promise<void> | undefined {
    if (rows.length <= limits.usageRowsInline || !threaded) {
      this.#table.add(rows, mark);
      return undefined;
    }
    return this.#inThread(rows, mark);
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #inThread(rows: readonly UsageRow[], mark: UsageMark): Promise<void> {
    const written = await new Promise<boolean>((resolve) => {
      this.#written = resolve;
      this.#worker ??= this.#start();
      this.#worker.ref();
      // One text is copied at once; rows would be copied member by member.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread
      this.#worker.postMessage({ rows: JSON.stringify(rows), mark });
    });
    this.#written = undefined;
    this.#worker?.unref();
    if (written) return;
    // The thread may have ended between its commit and its word; the mark says which it was.
    if (this.#table.mark()?.outcome !== mark.outcome) this.#table.add(rows, mark);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./usage-thread.js', import.meta.url), {
      workerData: this.#path,
      name: 'usage',
    });
    worker.on('message', () => this.#written?.(true));
    const end = (): void => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#written?.(false);
    };
    worker.on('error', end).on('exit', end);
    return worker;
  }
}

/** Only what was compiled can be loaded by a thread. */
const threaded = import.meta.url.endsWith('.js');
