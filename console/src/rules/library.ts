import { type ReadonlySignal, signal } from '@preact/signals';
import type { Client } from '../api/client.ts';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { type Rule, type RuleBook, fetchRules } from '../api/rules.ts';
import type { Bilingual } from '../text/language.ts';

export type Shelf =
  | { readonly state: 'empty' }
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly book: RuleBook }
  | { readonly state: 'failed'; readonly failure: ApiFailure };

/** The public rule book, fetched when it is first needed, and its ids in words. */
export interface Library {
  readonly shelf: ReadonlySignal<Shelf>;
  load(): Promise<void>;
  rule(id: string): Rule | undefined;
  classTitle(id: string): Bilingual;
  kindTitle(kind: string): Bilingual;
}

export function createLibrary(client: Client): Library {
  const shelf = signal<Shelf>({ state: 'empty' });
  const book = (): RuleBook | undefined =>
    shelf.value.state === 'ready' ? shelf.value.book : undefined;
  return {
    shelf,
    async load() {
      if (shelf.value.state === 'loading') return;
      if (shelf.value.state !== 'ready') shelf.value = { state: 'loading' };
      try {
        shelf.value = { state: 'ready', book: await fetchRules(client) };
      } catch (error) {
        // A book that was read stays readable while the checkpoint is away.
        if (shelf.value.state !== 'ready') {
          shelf.value = { state: 'failed', failure: asFailure(error) };
        }
      }
    },
    rule: (id) => book()?.rules.find((rule) => rule.id === id),
    classTitle: (id) => book()?.dataClasses.find((c) => c.id === id)?.title ?? same(id),
    kindTitle(kind) {
      for (const detector of book()?.detectors ?? []) {
        const found = detector.kinds.find((entry) => entry.kind === kind);
        if (found !== undefined) return found.title;
      }
      return same(kind);
    },
  };
}

/** An id that the book does not know is shown as it is, in every language. */
function same(id: string): Bilingual {
  return { en: id, ja: id };
}
