/** Fields whose keys expire together. */
export type Group = 'identity' | 'content' | 'ops';
export const groups: readonly Group[] = ['identity', 'content', 'ops'];

type FieldList = readonly (readonly [name: string, group: Group])[];

const exchangeFields = [
  ['subject.ref', 'identity'],
  ['actor.id', 'identity'],
  ['client.ip', 'identity'],
  ['request.messages', 'content'],
  ['request.effective_input', 'content'],
  ['response.raw', 'content'],
  ['response.delivered', 'content'],
  ['tool.calls', 'content'],
  ['request.params', 'ops'],
  ['policy.verdicts', 'ops'],
  ['usage', 'ops'],
  ['latency', 'ops'],
  ['human.override', 'ops'],
  ['eval.ids', 'ops'],
  // Of a class: what was withheld, earlier answers that had to be written again, and the notes.
  ['answer.held', 'content'],
  ['answer.drafts', 'content'],
  ['answer.notes', 'content'],
] as const satisfies FieldList;

// An incident that names passages places them under a legal hold; a release lifts it.
const holdFields = [
  ['hold.by', 'identity'],
  ['hold.id', 'ops'],
  ['hold.indexes', 'ops'],
  ['hold.reason', 'ops'],
  ['hold.authority', 'ops'],
] as const satisfies FieldList;

// The order inside a group decides which salt a field gets, so new names go to the end of a list.
const fieldsByType = {
  intent: exchangeFields,
  outcome: exchangeFields,
  'eval.result': [],
  'model.record': [['model.declaration', 'ops']],
  // A drill: who ordered it, what it found, and whose passages its rows are about. A comparison of
  // two upstreams by the same request. A tool's definition that was pinned or accepted. A contested
  // decision, or the verdict on it, with what was said in words. A country pack that was put in
  // force, and the settings of a class.
  'system.record': [
    ['system.by', 'identity'],
    ['system.keys', 'identity'],
    ['system.drill', 'ops'],
    ['system.shadow', 'ops'],
    ['system.mcp', 'ops'],
    ['system.review', 'ops'],
    ['system.words', 'content'],
    ['system.pack', 'ops'],
    ['system.class', 'ops'],
  ],
  'policy.change': [
    ['policy.sha256', 'ops'],
    ['policy.document', 'ops'],
  ],
  incident: [...holdFields, ['incident.note', 'ops']],
  'hold.release': holdFields,
  'access.grant': [
    ['grant.reader', 'identity'],
    ['grant.by', 'identity'],
    ['grant.indexes', 'ops'],
    ['grant.groups', 'ops'],
    ['grant.until', 'ops'],
    ['grant.reason', 'ops'],
    ['grant.authority', 'ops'],
    ['grant.withdraws', 'ops'],
  ],
  'access.read': [
    ['access.reader', 'identity'],
    ['access.what', 'ops'],
  ],
  erasure: [
    ['erasure.by', 'identity'],
    ['erasure.indexes', 'ops'],
    ['erasure.range', 'ops'],
    ['erasure.groups', 'ops'],
    ['erasure.basis', 'ops'],
    ['erasure.authority', 'ops'],
    ['erasure.tombstone', 'ops'],
  ],
  // Of a person who signs in: which one, apart from what happened.
  'key.event': [
    ['key.event', 'ops'],
    ['key.person', 'identity'],
  ],
  'log.genesis': [['log.note', 'ops']],
  'log.close': [],
} as const satisfies Record<string, FieldList>;

export type EntryType = keyof typeof fieldsByType;
export type FieldName = (typeof fieldsByType)[EntryType][number][0];

/** The names a group of this entry type may hold, in schema order. */
export function fieldsOf(type: EntryType, group: Group): readonly FieldName[] {
  return namesByType[type][group];
}

const namesByType = Object.fromEntries(
  Object.entries(fieldsByType).map(([type, list]) => {
    const all: readonly (readonly [FieldName, Group])[] = list;
    const names = (group: Group): readonly FieldName[] =>
      all.filter(([, of]) => of === group).map(([name]) => name);
    return [type, Object.fromEntries(groups.map((group) => [group, names(group)]))];
  }),
) as unknown as Readonly<Record<EntryType, Readonly<Record<Group, readonly FieldName[]>>>>;

const knownNames = Object.fromEntries(
  Object.entries(fieldsByType).map(([type, list]) => [type, new Set(list.map(([name]) => name))]),
) as unknown as Readonly<Record<EntryType, ReadonlySet<string>>>;

export function isEntryType(text: string): text is EntryType {
  return Object.hasOwn(fieldsByType, text);
}

export function isFieldOf(type: EntryType, name: string): name is FieldName {
  return knownNames[type].has(name);
}
