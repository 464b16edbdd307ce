/**
 * Numbers from a seed, the same on every machine (mulberry32, public domain, Tommy Ettinger). For
 * shuffling and resampling, never for secrets.
 * @returns a function that gives the next number, 0 inclusive to 1 exclusive
 */
export function chanceFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** In place (Fisher and Yates). */
export function shuffle<T>(items: T[], chance: () => number): T[] {
  for (let at = items.length - 1; at > 0; at--) {
    const other = Math.floor(chance() * (at + 1));
    const kept = items[at] as T;
    items[at] = items[other] as T;
    items[other] = kept;
  }
  return items;
}
