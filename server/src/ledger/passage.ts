import { limits } from '#base';
import type { Erasure, GroupState } from './custody.ts';
import type { Decision, End, JsonValue } from './draft.ts';
import type { IndexedEntry } from './entry-index.ts';
import type { FieldName, Group } from './fields.ts';
import { type OpenedEntry, isOpenable, openEntry } from './opening.ts';
import { readEntry } from './record.ts';
import type { LogFiles } from './recovery.ts';

export type OpenedFields = Readonly<Partial<Record<FieldName, JsonValue>>>;

/** One exchange as the ledger remembers it: an intent and, once it has ended, its outcome. */
export interface Passage {
  /** Of the intent. */
  readonly id: string;
  readonly intentIndex: number;
  readonly outcomeIndex?: number;
  /** Unix seconds of the intent. */
  readonly time: number;
  /** Of the outcome, or of the intent while it is under way. */
  readonly decision: Decision;
  readonly end?: End;
  readonly leafHashes: { readonly intent: string; readonly outcome: string | null };
  readonly intentFields: OpenedFields;
  readonly outcomeFields: OpenedFields;
  /** ERASED: lawfully, by an entry that says so. MISSING: it should be there. */
  readonly contentState: GroupState;
  /** Of every group that one of the entries has. */
  readonly states: Readonly<Partial<Record<Group, GroupState>>>;
  /** The entries by which something of it was erased. */
  readonly erasures: readonly Erasure[];
  /** Under a legal hold: neither a request nor the schedule erases it. */
  readonly held: boolean;
}

type Readable = Pick<
  LogFiles,
  'bundles' | 'payloads' | 'vault' | 'rootKey' | 'index' | 'tree' | 'custody'
>;

/** @param id of the intent, 32 hex digits */
export async function readPassage(
  files: Readable,
  id: string,
  { content }: { readonly content: boolean },
): Promise<Passage | undefined> {
  const intent = findIntent(files, id);
  if (intent === undefined) return undefined;
  return passageOf(files, intent, content ? ['identity', 'content', 'ops'] : ['identity', 'ops']);
}

/** Newest first. @param before an intent index */
export function readPassages(
  files: Readable,
  { limit, before }: { readonly limit: number; readonly before?: number },
): Promise<readonly Passage[]> {
  const end = Math.min(before ?? files.tree.size, files.tree.size);
  const intents = files.index.intentsBefore(end, Math.min(limit, limits.passagesAtOnce));
  return Promise.all(intents.map((intent) => passageOf(files, intent, ['identity', 'ops'])));
}

/** What a person's request finds. Ids of intents, oldest first; what is erased is in no list. */
export interface PersonPassages {
  readonly due: readonly string[];
  /** Under a legal hold, which beats the request. */
  readonly held: readonly string[];
  readonly underWay: readonly string[];
}

/**
 * The passages about a person, found by a keyed hash, which goes with the key of the identity
 * group.
 * @param subject as it was recorded in `subject.ref`, or an `actor.id` where no person was named
 * @param groups those of which something must be left
 */
export async function findPassagesAbout(
  files: Readable,
  subject: string,
  groups: readonly Group[],
): Promise<PersonPassages> {
  const tag = files.rootKey.subjectTag(JSON.stringify(subject));
  const found = { due: [] as string[], held: [] as string[], underWay: [] as string[] };
  for (const recordId of await files.vault.recordsOf(tag)) {
    const intent = files.index.byId(recordId);
    if (intent?.type !== 'intent') continue;
    const outcome = files.index.outcomeOf(intent.index);
    const list = files.custody.isHeld(intent.index) ? 'held' : 'due';
    const id = Buffer.from(recordId).toString('hex');
    if (outcome === undefined) found.underWay.push(id);
    else if (await isAnyLeft(files, [intent, outcome], groups)) found[list].push(id);
  }
  return found;
}

async function isAnyLeft(
  { bundles, custody }: Readable,
  entries: readonly IndexedEntry[],
  groups: readonly Group[],
): Promise<boolean> {
  for (const { index } of entries) {
    const entry = readEntry(await bundles.entry(index));
    const left = entry.ct.some(
      ({ g }) => groups.includes(g) && custody.erasureOf(index, entry, g) === undefined,
    );
    if (left) return true;
  }
  return false;
}

export function findIntent(files: Pick<LogFiles, 'index'>, id: string): IndexedEntry | undefined {
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  const found = files.index.byId(Buffer.from(id, 'hex'));
  return found?.type === 'intent' ? found : undefined;
}

async function passageOf(
  files: Readable,
  intent: IndexedEntry,
  groups: readonly Group[],
): Promise<Passage> {
  const outcome = files.index.outcomeOf(intent.index);
  const first = await openEntry(files, intent, groups);
  const last = outcome === undefined ? undefined : await openEntry(files, outcome, groups);
  const { entry } = last ?? first;
  const opened = last === undefined ? [first] : [first, last];
  const states = await statesOf(files, [intent, outcome], opened, groups);
  return {
    id: first.entry.id,
    intentIndex: intent.index,
    ...(outcome === undefined ? {} : { outcomeIndex: outcome.index }),
    time: first.entry.iat,
    decision: entry.dec,
    ...(entry.end === undefined ? {} : { end: entry.end }),
    leafHashes: {
      intent: textOf(intent.leafHash),
      outcome: outcome ? textOf(outcome.leafHash) : null,
    },
    intentFields: valuesOf(first),
    outcomeFields: last === undefined ? {} : valuesOf(last),
    contentState: states.content ?? 'PRESENT',
    states,
    erasures: erasuresOf(files, opened),
    held: files.custody.isHeld(intent.index),
  };
}

/** Missing outweighs erased, and erased outweighs present. */
async function statesOf(
  files: Readable,
  entries: readonly (IndexedEntry | undefined)[],
  opened: readonly OpenedEntry[],
  groups: readonly Group[],
): Promise<Passage['states']> {
  const states: Partial<Record<Group, GroupState>> = {};
  for (const [i, part] of opened.entries()) {
    const indexed = entries[i]!;
    for (const { g: group } of part.entry.ct) {
      const state = await stateOf(files, { indexed, opened: part, group, asked: groups });
      if (rank[state] >= rank[states[group] ?? 'PRESENT']) states[group] = state;
    }
  }
  return states;
}

const rank = { PRESENT: 0, ERASED: 1, MISSING: 2 } as const;

async function stateOf(
  files: Readable,
  from: {
    readonly indexed: IndexedEntry;
    readonly opened: OpenedEntry;
    readonly group: Group;
    readonly asked: readonly Group[];
  },
): Promise<GroupState> {
  const { indexed, opened, group, asked } = from;
  if (files.custody.erasureOf(indexed.index, opened.entry, group) !== undefined) return 'ERASED';
  const there = asked.includes(group)
    ? !opened.missing.includes(group)
    : await isOpenable(files, indexed, opened.entry, group);
  return there ? 'PRESENT' : 'MISSING';
}

function erasuresOf({ custody }: Readable, opened: readonly OpenedEntry[]): readonly Erasure[] {
  const found = new Map<number, Erasure>();
  for (const { index, entry } of opened) {
    for (const { g } of entry.ct) {
      const erasure = custody.erasureOf(index, entry, g);
      if (erasure !== undefined) found.set(erasure.index, erasure);
    }
  }
  return [...found.values()].toSorted((a, b) => a.index - b.index);
}

function valuesOf({ fields }: OpenedEntry): OpenedFields {
  return Object.fromEntries(fields.map(({ name, value }) => [name, value]));
}

function textOf(leafHash: Uint8Array): string {
  return Buffer.from(leafHash).toString('base64url');
}
