import { PolicyError } from '#policy';
import { describe, expect, test } from 'vitest';
import { policyOf } from './routing-document.ts';

const bookWith = (school: unknown) =>
  policyOf({
    upstreams: [{ id: 'model' }],
    dataClasses: [{ id: 'lesson', upstreams: ['model'] }],
    school,
  });

describe('the member school', () => {
  test('is closed by itself: teachers read what is held, and what cannot be checked is held', () => {
    expect(bookWith({ packs: ['jp'] }).document.school).toEqual({
      packs: ['jp'],
      teacherReads: 'held',
      lockAfter: 'stop',
      onFailure: 'hold',
    });
  });

  test('takes packs by id or path, and a judge among the upstreams', () => {
    const school = {
      packs: ['jp', '/srv/packs/ours', './packs/mine', '../elsewhere'],
      judge: { upstream: 'model' },
    };
    expect(bookWith(school).document.school?.judge).toEqual({
      upstream: 'model',
      timeoutMs: 3_000,
      whenSilent: 'note',
    });
  });

  test.each([
    ['no packs', { packs: [] }],
    ['a pack twice', { packs: ['jp', 'jp'] }],
    ['a name that is neither id nor path', { packs: ['Japan!'] }],
    ['another failure', { packs: ['jp'], onFailure: 'pass' }],
    ['another reading', { packs: ['jp'], teacherReads: 'all' }],
    ['an unknown judge', { packs: ['jp'], judge: { upstream: 'nobody' } }],
    ['a typo', { packs: ['jp'], lockafter: 'hold' }],
  ])('refuses %s', (_name, school) => {
    expect(() => bookWith(school)).toThrow(PolicyError);
  });
});
