/** Whose key it is; what each may do stands in one table. */
export const roles = ['user', 'operator', 'auditor', 'security', 'teacher'] as const;
export type Role = (typeof roles)[number];

/**
 * - `exchange`: ask a model
 * - `passages`: read passages without their texts; `incidents`: those that a rule stopped or marked
 * - `receipts`: receipts of others, with what was decided
 * - `content`: open sealed texts without a grant; each opening is an entry
 * - `custody`: erase, grant; `holds`: place and lift a legal hold
 * - `keys.read`, `keys`: see keys; issue, change and withdraw them
 * - `usage`: what every key used; one's own use needs no right
 * - `metrics`: read `/metrics`
 * - `rules`: put a changed rule book in force
 * - `reviews`: see what was contested or escalated, and give the verdict
 * - `classes`: make classes and change them; see what waits in any of them
 * - `class`: the same within the class of the key itself: settings, held passages, weekly report
 * - `sessions`: see who is signed in, and end their sessions; one's own need no right
 */
export type Right =
  | 'exchange'
  | 'passages'
  | 'incidents'
  | 'receipts'
  | 'content'
  | 'custody'
  | 'holds'
  | 'keys.read'
  | 'keys'
  | 'usage'
  | 'metrics'
  | 'rules'
  | 'sessions'
  | 'classes'
  | 'class'
  | 'reviews';

const rights: Readonly<Record<Role, readonly Right[]>> = {
  user: ['exchange'],
  operator: [
    'exchange',
    'passages',
    'incidents',
    'receipts',
    'content',
    'custody',
    'holds',
    'keys.read',
    'keys',
    'usage',
    'metrics',
    'rules',
    'sessions',
    'reviews',
    'classes',
    'class',
  ],
  auditor: ['passages', 'incidents', 'receipts', 'keys.read', 'usage'],
  security: ['incidents', 'holds', 'metrics', 'sessions', 'reviews'],
  teacher: ['exchange', 'class'],
};

const granted: Readonly<Record<Role, ReadonlySet<Right>>> = {
  user: new Set(rights.user),
  operator: new Set(rights.operator),
  auditor: new Set(rights.auditor),
  security: new Set(rights.security),
  teacher: new Set(rights.teacher),
};

export function may({ role }: { readonly role: Role }, right: Right): boolean {
  return granted[role].has(right);
}

/** The roles that have a right, for whoever is told that theirs does not. */
export function rolesWith(right: Right): readonly Role[] {
  return roles.filter((role) => granted[role].has(right));
}

export function rightsOf({ role }: { readonly role: Role }): readonly Right[] {
  return rights[role];
}
