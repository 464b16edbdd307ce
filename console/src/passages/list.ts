import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Client } from '../api/client.ts';
import { readEvents } from '../api/event-stream.ts';
import { ApiFailure, asFailure } from '../api/failure.ts';
import { type PassageRow, fetchPassages, readPassageRow } from '../api/passages.ts';
import { parseJson } from '../api/shape.ts';

/** Rows the page keeps; the rest is one "load more" away. */
const maxRows = 2_000;
const pageSize = 50;
/** The server says something every 15 seconds; a stream that is silent longer than this is dead. */
const silenceMs = 45_000;
const firstRetryMs = 1_000;
const maxRetryMs = 30_000;

export type Link = 'connecting' | 'live' | 'reconnecting';

export interface PassageList {
  readonly rows: ReadonlySignal<readonly PassageRow[]>;
  readonly link: ReadonlySignal<Link>;
  readonly loaded: ReadonlySignal<boolean>;
  readonly more: ReadonlySignal<boolean>;
  readonly loadingMore: ReadonlySignal<boolean>;
  readonly failure: ReadonlySignal<ApiFailure | undefined>;
  /** How many passages came in while the page was open. */
  readonly arrived: ReadonlySignal<number>;
  /** One decision, or empty for all. */
  readonly filter: Signal<string>;
  /** Follows the checkpoint until the signal fires. */
  follow(signal: AbortSignal): Promise<void>;
  loadMore(): Promise<void>;
}

export function createPassageList(client: Client): PassageList {
  const rows = signal<readonly PassageRow[]>([]);
  const link = signal<Link>('connecting');
  const loaded = signal(false);
  const more = signal(false);
  const loadingMore = signal(false);
  const failure = signal<ApiFailure | undefined>(undefined);
  const arrived = signal(0);

  const firstPage = async (stop: AbortSignal): Promise<void> => {
    const page = await fetchPassages(client, { limit: pageSize, signal: stop });
    const gap = leavesGap(rows.value, page.passages) && page.more;
    const merged = mergeRows(gap ? [] : rows.value, page.passages);
    if (gap || !loaded.value) more.value = page.more;
    rows.value = merged;
    loaded.value = true;
    failure.value = undefined;
  };
  const take = (row: PassageRow): void => {
    if (!rows.value.some((known) => known.id === row.id)) arrived.value++;
    const merged = mergeRows(rows.value, [row]);
    if (merged.length > maxRows) more.value = true;
    rows.value = merged.slice(0, maxRows);
  };
  const once = async (stop: AbortSignal): Promise<void> => {
    const silent = new Silence(silenceMs);
    try {
      const signals = AbortSignal.any([stop, silent.signal]);
      const response = await client.call('/api/passages/events', { signal: signals });
      // The stream is open before the list is fetched, so nothing falls between the two.
      const page = firstPage(signals);
      page.catch(() => silent.give());
      link.value = 'live';
      if (response.body === null) return;
      try {
        for await (const { event, data } of readEvents(response.body, () => silent.heard())) {
          if (event === 'passage') take(readPassageRow(parseJson(data)));
        }
      } finally {
        // Where the list could not be fetched, that is the failure to tell of.
        await page;
      }
    } finally {
      silent.end();
    }
  };
  return {
    rows,
    link,
    loaded,
    more,
    loadingMore,
    failure,
    arrived,
    filter: signal(''),
    async follow(stop) {
      let retryMs = firstRetryMs;
      while (!stop.aborted) {
        const before = Date.now();
        try {
          await once(stop);
        } catch (error) {
          if (stop.aborted) return;
          failure.value = error instanceof ApiFailure ? error : new ApiFailure('network');
          if (failure.value.kind === 'unauthorized') return;
        }
        if (Date.now() - before > maxRetryMs) retryMs = firstRetryMs;
        link.value = 'reconnecting';
        await pause(retryMs, stop);
        retryMs = Math.min(retryMs * 2, maxRetryMs);
      }
    },
    async loadMore() {
      const last = rows.value.at(-1);
      if (loadingMore.value || last === undefined) return;
      loadingMore.value = true;
      try {
        const page = await fetchPassages(client, { limit: pageSize, before: last.index });
        rows.value = mergeRows(rows.value, page.passages);
        more.value = page.more;
      } catch (error) {
        failure.value = asFailure(error);
      } finally {
        loadingMore.value = false;
      }
    },
  };
}

/** Newest first, one row for each passage; a row that knows the end is never undone. */
export function mergeRows(
  known: readonly PassageRow[],
  fresh: readonly PassageRow[],
): readonly PassageRow[] {
  const byId = new Map(known.map((row) => [row.id, row]));
  for (const row of fresh) {
    const old = byId.get(row.id);
    if (old === undefined || old.end === null || row.end !== null) byId.set(row.id, row);
  }
  return [...byId.values()].toSorted((a, b) => b.index - a.index);
}

/** Whether passages may lie between what is known and a first page fetched later. */
function leavesGap(known: readonly PassageRow[], page: readonly PassageRow[]): boolean {
  const ids = new Set(known.map((row) => row.id));
  return known.length > 0 && !page.some((row) => ids.has(row.id));
}

/** Fires its signal when nothing was heard for too long. */
class Silence {
  readonly #controller = new AbortController();
  readonly #limitMs: number;
  #timer: ReturnType<typeof setTimeout>;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.#timer = setTimeout(() => this.give(), limitMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.give(), this.#limitMs);
  }

  give(): void {
    this.#controller.abort();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stop.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
