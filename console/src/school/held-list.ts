const storageKey = 'sekisho.held';
const most = 20;

/** Questions of this tab that wait for a teacher, by number alone: no word of them is kept. */
export function heldIds(): readonly string[] {
  const ids = (sessionStorage.getItem(storageKey) ?? '').split(' ');
  return ids.filter((id) => /^[0-9a-f]{1,64}$/.test(id));
}

export function keepHeld(id: string): void {
  const ids = [...heldIds().filter((known) => known !== id), id];
  sessionStorage.setItem(storageKey, ids.slice(-most).join(' '));
}

/** The pupil has read what became of it. */
export function dropHeld(id: string): void {
  const ids = heldIds().filter((known) => known !== id);
  sessionStorage.setItem(storageKey, ids.join(' '));
}

export function forgetHeld(): void {
  sessionStorage.removeItem(storageKey);
}
