import { type ReadonlySignal, signal } from '@preact/signals';

export type Route =
  | { readonly page: 'chat' }
  | { readonly page: 'passages' }
  | { readonly page: 'passage'; readonly id: string }
  | { readonly page: 'usage' }
  | { readonly page: 'keys' }
  | { readonly page: 'sessions' }
  | { readonly page: 'contest'; readonly id: string }
  | { readonly page: 'reviews' }
  | { readonly page: 'review'; readonly id: string }
  | { readonly page: 'lesson'; readonly id: string }
  | { readonly page: 'classes' }
  | { readonly page: 'class'; readonly id: string }
  | { readonly page: 'statistics' }
  | { readonly page: 'verify' }
  | { readonly page: 'rules' };

const plain: readonly Route[] = [
  { page: 'verify' },
  { page: 'rules' },
  { page: 'usage' },
  { page: 'keys' },
  { page: 'sessions' },
  { page: 'statistics' },
  { page: 'classes' },
];

/** Pages live behind the `#`: the server needs to know one address only. */
export function parseRoute(hash: string): Route {
  const [, of] = /^#\/class\/([a-z0-9][a-z0-9._-]{0,63})$/.exec(hash) ?? [];
  if (of !== undefined) return { page: 'class', id: of };
  const [, page, id] = /^#\/([a-z]+)(?:\/([0-9a-f]{1,64}))?$/.exec(hash) ?? [];
  if (page === 'passages') return id === undefined ? { page } : { page: 'passage', id };
  if (page === 'reviews') return id === undefined ? { page } : { page: 'review', id };
  if ((page === 'contest' || page === 'lesson') && id !== undefined) return { page, id };
  return plain.find((route) => route.page === page) ?? { page: 'chat' };
}

/** @param onChange called after the address has changed by the person's doing */
export function watchRoute(onChange: () => void): ReadonlySignal<Route> {
  const route = signal(parseRoute(location.hash));
  addEventListener('hashchange', () => {
    route.value = parseRoute(location.hash);
    onChange();
  });
  return route;
}
