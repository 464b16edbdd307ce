import { hash } from 'node:crypto';
import { canonicalJson } from '@sekisho/proof';
import { type Log, limits } from '#base';
import { type CustodyOrder, checkWords, draftOf, retentionBasis } from './custody-order.ts';
import type { ErasedRange } from './custody.ts';
import type { StatedDraft } from './draft.ts';
import type { IndexedEntry } from './entry-index.ts';
import { LedgerError } from './errors.ts';
import { type Group, groups as allGroups } from './fields.ts';
import { dayOf } from './index-rebuild.ts';
import { openEntry } from './opening.ts';
import { findIntent } from './passage.ts';
import { readEntry } from './record.ts';
import type { LogFiles } from './recovery.ts';
import { firstKeptDay } from './retention.ts';
import type { VaultDay, VaultPlace } from './storage.ts';
import { findRecord } from './story.ts';

type Files = Pick<
  LogFiles,
  'bundles' | 'payloads' | 'vault' | 'rootKey' | 'index' | 'tree' | 'custody'
>;

/** An order that was found lawful: the entries to sequence, and what to do once they are. */
export interface CustodyPlan {
  readonly drafts: readonly StatedDraft[];
  carryOut(files: Files): Promise<void>;
}

/** Only reads. @throws LedgerError when the order cannot be followed, with nothing changed */
export async function planOrder(
  files: Files,
  order: CustodyOrder,
  nowMs: number,
): Promise<CustodyPlan> {
  switch (order.kind) {
    case 'erase':
      return planErasure(files, order);
    case 'hold':
      return planHold(files, order);
    case 'release':
      return planRelease(files, order);
    case 'grant':
      return planGrant(files, order, nowMs);
    case 'withdraw':
      return planWithdrawal(files, order);
    case 'expire':
      return planExpiry(files, order, nowMs);
    default:
      return order satisfies never;
  }
}

async function planErasure(
  files: Files,
  order: CustodyOrder & { kind: 'erase' },
): Promise<CustodyPlan> {
  const what = 'erase the passages';
  checkWords(what, [order.authority]);
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(order.basis) || order.basis === retentionBasis) {
    throw new LedgerError('order_invalid', what, { detail: 'basis' });
  }
  const groups = allGroups.filter((group) => order.groups.includes(group));
  if (groups.length === 0) throw new LedgerError('order_invalid', what, { detail: 'groups' });
  const found = [...(await findPassages(files, order.passageIds, what))];
  for (const { indexed } of found) {
    if (files.custody.isHeld(indexed.index)) throw new LedgerError('held', what);
  }
  for (const id of order.recordIds ?? []) {
    const indexed = findRecord(files, id);
    if (indexed === undefined) throw new LedgerError('unknown_passage', what);
    found.push({ indexed, entry: readEntry(await files.bundles.entry(indexed.index)) });
  }
  const left = found.filter(({ indexed, entry }) =>
    groups.some(
      (group) =>
        entry.ct.some(({ g }) => g === group) &&
        files.custody.erasureOf(indexed.index, entry, group) === undefined,
    ),
  );
  if (left.length === 0) throw new LedgerError('already_erased', what);
  const entries = left.map(({ indexed }) => indexed);
  const fields = {
    'erasure.indexes': entries.map(({ index }) => index),
    'erasure.groups': groups,
    'erasure.basis': order.basis,
    'erasure.tombstone': tombstone({ groups, leaves: entries.map(leafOf) }),
  };
  return {
    drafts: [draftOf('erasure', order, fields)],
    carryOut: ({ vault }) => vault.destroy(placesOf(entries, groups)),
  };
}

async function planHold(
  files: Files,
  order: CustodyOrder & { kind: 'hold' },
): Promise<CustodyPlan> {
  const what = 'hold the passages';
  checkWords(what, [order.authority, order.reason]);
  const entries = await findPassages(files, order.passageIds, what);
  const indexes = entries.map(({ indexed }) => indexed.index);
  return {
    drafts: [draftOf('incident', order, { 'hold.indexes': indexes, 'hold.reason': order.reason })],
    carryOut: (now) => holdKeys(now, indexes),
  };
}

async function planRelease(
  files: Files,
  order: CustodyOrder & { kind: 'release' },
): Promise<CustodyPlan> {
  const what = 'lift the hold';
  checkWords(what, [order.authority, order.reason]);
  const hold = files.custody.hold(order.holdId);
  if (hold === undefined) throw new LedgerError('unknown_hold', what);
  return {
    drafts: [
      draftOf('hold.release', order, {
        'hold.id': order.holdId,
        'hold.indexes': hold.indexes,
        'hold.reason': order.reason,
      }),
    ],
    carryOut: (now) => releaseKeys(now, hold.indexes),
  };
}

async function planGrant(
  files: Files,
  order: CustodyOrder & { kind: 'grant' },
  nowMs: number,
): Promise<CustodyPlan> {
  const what = 'grant access';
  checkWords(what, [order.authority, order.reason, order.reader]);
  const groups = allGroups.filter((group) => order.groups.includes(group));
  if (groups.length === 0) throw new LedgerError('order_invalid', what, { detail: 'groups' });
  const seconds = order.until - nowMs / 1_000;
  if (!Number.isSafeInteger(order.until) || seconds <= 0 || seconds > limits.grantSeconds) {
    throw new LedgerError('order_invalid', what, { detail: 'until' });
  }
  const entries = await findPassages(files, order.passageIds, what);
  const fields = {
    'grant.reader': order.reader,
    'grant.indexes': entries.map(({ indexed }) => indexed.index),
    'grant.groups': groups,
    'grant.until': order.until,
    'grant.reason': order.reason,
  };
  return { drafts: [draftOf('access.grant', order, fields)], carryOut: async () => undefined };
}

async function planWithdrawal(
  files: Files,
  order: CustodyOrder & { kind: 'withdraw' },
): Promise<CustodyPlan> {
  const what = 'withdraw the grant';
  checkWords(what, [order.authority, order.reason]);
  if (!files.custody.grants.has(order.grantId)) throw new LedgerError('unknown_grant', what);
  const fields = { 'grant.withdraws': order.grantId, 'grant.reason': order.reason };
  return { drafts: [draftOf('access.grant', order, fields)], carryOut: async () => undefined };
}

/**
 * One entry for each day of keys whose time is over, and one for each group of entries that were
 * held beyond their time and have been released since.
 */
async function planExpiry(
  files: Files,
  order: CustodyOrder & { kind: 'expire' },
  nowMs: number,
): Promise<CustodyPlan> {
  const days: VaultDay[] = [];
  const drafts: StatedDraft[] = [];
  const late: VaultPlace[] = [];
  const expired = { ...order, basis: retentionBasis };
  for (const group of allGroups) {
    const firstKept = firstKeptDay(nowMs, order.months[group]);
    const due = await files.vault.daysBefore(group, firstKept);
    for (const day of due) {
      if (days.length === limits.batchEntries - allGroups.length) break;
      const range = await rangeOf(files, day);
      days.push(day);
      drafts.push(draftOf('erasure', expired, dayFields(files, group, range)));
    }
    const released = await releasedLate(files, { group, firstKept, due });
    if (released.length === 0) continue;
    late.push(...placesOf(released, [group]));
    const fields = {
      'erasure.indexes': released.map(({ index }) => index),
      'erasure.groups': [group],
      'erasure.basis': retentionBasis,
      'erasure.tombstone': tombstone({ groups: [group], leaves: released.map(leafOf) }),
    };
    drafts.push(draftOf('erasure', expired, fields));
  }
  return {
    drafts,
    carryOut: async ({ vault }) => {
      await vault.destroyDays(days);
      await vault.destroy(late);
    },
  };
}

function dayFields(
  { index }: Files,
  group: Group,
  range: ErasedRange,
): Readonly<Record<string, unknown>> {
  // Each leaf holds the hash of the one before, so the last stands for all of them.
  const ends = [range.from, range.to].flatMap((at) => {
    const found = index.byIndex(at);
    return found === undefined ? [] : [leafOf(found)];
  });
  return {
    'erasure.range': range,
    'erasure.groups': [group],
    'erasure.basis': retentionBasis,
    'erasure.tombstone': tombstone({ groups: [group], range, leaves: ends }),
  };
}

async function releasedLate(
  { custody, index, bundles, vault }: Files,
  from: { readonly group: Group; readonly firstKept: number; readonly due: readonly VaultDay[] },
): Promise<readonly IndexedEntry[]> {
  const { group, firstKept } = from;
  // Keys that were given back in time go with their day.
  const due = new Set(from.due.map(dayName));
  const found: IndexedEntry[] = [];
  for (const at of custody.releasedEntries()) {
    const indexed = index.byIndex(at)!;
    const entry = readEntry(await bundles.entry(at));
    const day = dayOf(entry.iat);
    const late = day < firstKept && !due.has(dayName({ group, evidenceClass: entry.cls, day }));
    if (!late || custody.erasureOf(at, entry, group) !== undefined) continue;
    if (await vault.has(indexed.id, group)) found.push(indexed);
  }
  return found;
}

/** Times never go back in the log, so the entries of a day lie together. */
async function rangeOf({ bundles, tree, custody }: Files, scope: VaultDay): Promise<ErasedRange> {
  const { evidenceClass, day } = scope;
  const firstOf = async (wanted: number): Promise<number> => {
    let low = 0;
    let high = tree.size;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (dayOf(readEntry(await bundles.entry(middle)).iat) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const from = await firstOf(day);
  const to = (await firstOf(day + 1)) - 1;
  const except = custody.heldEntries().filter((index) => index >= from && index <= to);
  return { from, to, class: evidenceClass, day, except: except.toSorted((a, b) => a - b) };
}

/**
 * Folds the log's erasures and holds, and finishes what a former process logged and did not carry
 * out.
 */
export async function restoreCustody(files: Files, log: Log): Promise<void> {
  const { custody, index, vault } = files;
  for (let last = -1; ;) {
    const found = index.custodyAfter(last, limits.batchEntries);
    for (const indexed of found) {
      last = indexed.index;
      await applyEntry(files, indexed, log);
    }
    if (found.length < limits.batchEntries) break;
  }
  // Holds first: what they keep must be under its own key before a day is dropped.
  await holdKeys(files, custody.heldEntries());
  await releaseKeys(files, custody.releasedEntries());
  const places: VaultPlace[] = [];
  for (const { index: at, group } of custody.erasedEntries()) {
    const { id } = index.byIndex(at)!;
    if (await vault.has(id, group)) places.push({ recordId: id, group });
  }
  // A day that was logged and is still there is among the oldest.
  const kept = new Set<string>();
  for (const group of allGroups) {
    const days = await vault.daysBefore(group, Number.MAX_SAFE_INTEGER);
    for (const day of days) kept.add(dayName(day));
  }
  const days = custody
    .erasedDays()
    .map(({ group, range }) => ({ group, evidenceClass: range.class, day: range.day }))
    .filter((day) => kept.has(dayName(day)));
  if (places.length + days.length === 0) return;
  await vault.destroy(places);
  await vault.destroyDays(days);
  log.warn('ledger_erasure_finished', { keys: places.length, days: days.length });
}

/** Takes an entry that has been sequenced into the state that readers ask. */
export async function applyEntry(files: Files, indexed: IndexedEntry, log?: Log): Promise<void> {
  const { entry, fields, missing } = await openEntry(files, indexed, [
    ...(indexed.type === 'access.grant' ? (['identity'] as const) : []),
    'ops',
  ]);
  if (missing.length > 0) {
    log?.error('ledger_custody_unreadable', { index: indexed.index });
    return;
  }
  const values = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
  files.custody.apply(indexed.index, entry, values);
}

async function holdKeys(
  { index, bundles, vault }: Files,
  indexes: readonly number[],
): Promise<void> {
  const places: (VaultPlace & { day: number })[] = [];
  for (const at of indexes) {
    const day = dayOf(readEntry(await bundles.entry(at)).iat);
    const found = placesOf([index.byIndex(at)!], allGroups);
    places.push(...found.map((place) => ({ ...place, day })));
  }
  if (places.length > 0) await vault.hold(places);
}

async function releaseKeys(
  { index, custody, vault }: Files,
  indexes: readonly number[],
): Promise<void> {
  const free = indexes.filter((at) => !custody.isHeld(at));
  const entries = free.map((at) => index.byIndex(at)!);
  if (entries.length > 0) await vault.unhold(placesOf(entries, allGroups));
}

interface FoundEntry {
  readonly indexed: IndexedEntry;
  readonly entry: ReturnType<typeof readEntry>;
}

/** Intent and outcome of each passage. One under way is refused: its outcome would come later. */
async function findPassages(
  files: Files,
  ids: readonly string[],
  what: string,
): Promise<readonly FoundEntry[]> {
  if (ids.length === 0 || ids.length > limits.custodyPassages) {
    throw new LedgerError('order_invalid', what, { detail: `${ids.length} passages` });
  }
  const found: FoundEntry[] = [];
  for (const id of new Set(ids)) {
    const intent = findIntent(files, id);
    if (intent === undefined) throw new LedgerError('unknown_passage', what);
    const outcome = files.index.outcomeOf(intent.index);
    if (outcome === undefined) throw new LedgerError('under_way', what);
    for (const indexed of [intent, outcome]) {
      found.push({ indexed, entry: readEntry(await files.bundles.entry(indexed.index)) });
    }
  }
  return found;
}

function dayName({ group, evidenceClass, day }: VaultDay): string {
  return `${group}/${evidenceClass}/${day}`;
}

function placesOf(entries: readonly IndexedEntry[], groups: readonly Group[]): VaultPlace[] {
  return entries.flatMap(({ id }) => groups.map((group) => ({ recordId: id, group })));
}

function leafOf({ leafHash }: IndexedEntry): string {
  return Buffer.from(leafHash).toString('base64url');
}

/** Names exactly what was destroyed; whoever has the entries can compute it again. */
function tombstone(destroyed: Readonly<Record<string, unknown>>): string {
  return hash('sha256', canonicalJson(destroyed), 'base64url');
}
