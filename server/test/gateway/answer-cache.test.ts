import { expect, test } from 'vitest';
import { AnswerCache, type KeptAnswer } from '../../src/gateway/answer-cache.ts';
import { questionOf } from '../../src/gateway/likeness.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

const settings = { maxEntries: 3, maxMegabytes: 1, classes: [] };
const anyone = (): boolean => true;

function kept(passage: string, more: Partial<KeptAnswer> = {}): KeptAnswer {
  const said = { type: 'chat', events: [] } as const;
  return { keyId: 'key', passage, upstream: 'a', said, bytes: 100, ...more };
}

function cacheWith(clock = new ManualClock()): AnswerCache {
  return new AnswerCache(settings, clock);
}

test('an answer is given again until its time is over, and then no byte of it is left', () => {
  const clock = new ManualClock();
  const cache = cacheWith(clock);
  cache.keep({ exact: 'x' }, kept('p'), 10, cache.generation);
  clock.pass(9_999);
  expect(cache.exact({ exact: 'x' }, Infinity, anyone)?.passage).toBe('p');
  expect(cache.exact({ exact: 'x' }, 9_998, anyone)).toBeUndefined();
  clock.pass(1);
  expect(cache.exact({ exact: 'x' }, Infinity, anyone)).toBeUndefined();
  expect(cache).toMatchObject({ size: 0, bytes: 0 });
});

test('the least lately used goes first, by number and by bytes', () => {
  const cache = cacheWith();
  for (const name of ['a', 'b', 'c']) cache.keep({ exact: name }, kept(name), 10, cache.generation);
  cache.exact({ exact: 'a' }, Infinity, anyone);
  cache.keep({ exact: 'd' }, kept('d'), 10, cache.generation);
  const there = (): string[] =>
    ['a', 'b', 'c', 'd', 'e'].filter((exact) => cache.exact({ exact }, Infinity, anyone));
  expect(there()).toEqual(['a', 'c', 'd']);
  const half = 600 * 1024;
  cache.keep({ exact: 'e' }, kept('e', { bytes: half }), 10, cache.generation);
  cache.keep({ exact: 'a' }, kept('a', { bytes: half }), 10, cache.generation);
  expect(there()).toEqual(['a']);
  cache.keep({ exact: 'b' }, kept('b', { bytes: 2 * half }), 10, cache.generation);
  expect(there()).toEqual(['a']);
  expect(cache.bytes).toBeLessThan(1024 * 1024);
});

test('what began before something was forgotten is not kept after it', () => {
  const cache = cacheWith();
  const { generation } = cache;
  cache.keep({ exact: 'x' }, kept('p'), 10, generation);
  cache.keep({ exact: 'y' }, kept('q', { keyId: 'other' }), 10, generation);
  cache.forgetKey('key');
  expect(cache.exact({ exact: 'x' }, Infinity, anyone)).toBeUndefined();
  expect(cache.exact({ exact: 'y' }, Infinity, anyone)?.passage).toBe('q');
  cache.keep({ exact: 'x' }, kept('p'), 10, generation);
  expect(cache.size).toBe(1);
  cache.clear();
  expect(cache).toMatchObject({ size: 0, bytes: 0 });
});

test('a similar question is found in its own scope only, and only where it may be', () => {
  const cache = cacheWith();
  const place = (exact: string, scope: string, text: string) => ({
    exact,
    alike: { scope, question: questionOf(text) },
  });
  cache.keep(place('x', 's', 'Where is Nara?'), kept('p'), 10, cache.generation);
  const look = (scope: string, may = anyone): string | undefined =>
    cache.alike(place('y', scope, 'where is Nara'), { maxAgeMs: Infinity, minLikeness: 70 }, may)
      ?.passage;
  expect(look('s')).toBe('p');
  expect(look('t')).toBeUndefined();
  expect(look('s', () => false)).toBeUndefined();
  cache.clear();
  expect(look('s')).toBeUndefined();
});

test('without a word of the rule book nothing is kept', () => {
  const cache = new AnswerCache(undefined, new ManualClock());
  cache.keep({ exact: 'x' }, kept('p'), 10, cache.generation);
  expect(cache.size).toBe(0);
});

test('names say nothing of what they name, and another process has others', () => {
  const [one, two] = [cacheWith(), cacheWith()];
  expect(one.nameOf('secret')).toBe(one.nameOf('secret'));
  expect(one.nameOf('secret')).not.toBe(two.nameOf('secret'));
  expect(one.nameOf('secret')).not.toContain('secret');
});
