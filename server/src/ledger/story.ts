import { limits } from '#base';
import type { Decision, End } from './draft.ts';
import type { IndexedEntry } from './entry-index.ts';
import type { Group } from './fields.ts';
import { type OpenedEntry, openEntry } from './opening.ts';
import type { OpenedFields } from './passage.ts';
import { readEntry } from './record.ts';
import type { LogFiles } from './recovery.ts';

/**
 * An exchange that has ended. Where nothing was decided but to let it pass, nothing is opened
 * unless that is asked for.
 */
export interface EndedPassage {
  readonly kind: 'passage';
  /** Of the intent. */
  readonly id: string;
  readonly intentIndex: number;
  /** Unix seconds of the outcome. */
  readonly time: number;
  readonly decision: Decision;
  readonly end?: End;
  /** Those of the ops group. */
  readonly intentFields: OpenedFields;
  readonly outcomeFields: OpenedFields;
}

/** A `system.record` entry. */
export interface SystemRecord {
  readonly kind: 'record';
  readonly id: string;
  readonly index: number;
  /** Unix seconds. */
  readonly time: number;
  readonly fields: OpenedFields;
}

/** Which part of the log is read. */
export interface StoryOptions {
  /** Index of the first entry that may be in it. */
  readonly from: number;
  readonly limit: number;
  /** Also the outcomes of passages that nothing was done about are opened. */
  readonly opensAllowed?: boolean;
}

/** A part of the log in its order, for tables that are folds over it. */
export interface Story {
  readonly events: readonly (EndedPassage | SystemRecord)[];
  /** Where the next part begins. */
  readonly next: number;
}

type Readable = Pick<
  LogFiles,
  'bundles' | 'payloads' | 'vault' | 'rootKey' | 'index' | 'tree' | 'custody'
>;

export async function readStory(
  files: Readable,
  { from, limit, opensAllowed = false }: StoryOptions,
): Promise<Story> {
  // Taken first: what is recorded meanwhile belongs to the next part.
  const end = files.index.state().size;
  const most = Math.min(limit, limits.passagesAtOnce);
  const found = files.index.followedFrom(from, most).filter(({ index }) => index < end);
  const events = await Promise.all(
    found.map((indexed) =>
      indexed.type === 'outcome'
        ? endedPassage(files, indexed, opensAllowed)
        : record(files, indexed, ['ops']),
    ),
  );
  const next = found.length < most ? end : found.at(-1)!.index + 1;
  return { events, next: Math.max(next, from) };
}

/** @param id of a `system.record`, 32 hex digits */
export async function readRecord(files: Readable, id: string): Promise<SystemRecord | undefined> {
  const indexed = findRecord(files, id);
  if (indexed === undefined) return undefined;
  return record(files, indexed, ['identity', 'content', 'ops']);
}

export function findRecord(files: Pick<LogFiles, 'index'>, id: string): IndexedEntry | undefined {
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  const found = files.index.byId(Buffer.from(id, 'hex'));
  return found?.type === 'system.record' ? found : undefined;
}

async function record(
  files: Readable,
  indexed: IndexedEntry,
  groups: readonly Group[],
): Promise<SystemRecord> {
  const opened = await openEntry(files, indexed, groups);
  const { id, iat: time } = opened.entry;
  return { kind: 'record', id, index: indexed.index, time, fields: valuesOf(opened) };
}

async function endedPassage(
  files: Readable,
  outcome: IndexedEntry,
  opensAllowed: boolean,
): Promise<EndedPassage> {
  const { dec: decision, end, iat: time } = readEntry(await files.bundles.entry(outcome.index));
  const intent = files.index.byIndex(outcome.intentIndex!)!;
  const open = async (indexed: IndexedEntry): Promise<OpenedFields> =>
    decision === 'allow' && !(opensAllowed && indexed === outcome)
      ? {}
      : valuesOf(await openEntry(files, indexed, ['ops']));
  return {
    kind: 'passage',
    id: Buffer.from(intent.id).toString('hex'),
    intentIndex: intent.index,
    time,
    decision,
    ...(end === undefined ? {} : { end }),
    intentFields: await open(intent),
    outcomeFields: await open(outcome),
  };
}

function valuesOf({ fields }: OpenedEntry): OpenedFields {
  return Object.fromEntries(fields.map(({ name, value }) => [name, value]));
}
