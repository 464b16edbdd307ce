import { describe, expect, it } from 'vitest';
import { storage } from '../../src/policy/storage-schema.ts';

const objects = { endpoint: 'https://s3.example.org', region: 'jp-east-1', bucket: 'records' };

describe('the storage of a rule book', () => {
  it('needs an endpoint, a region and a bucket', () => {
    expect(storage.parse({ objects })).toEqual({
      objects: { ...objects, prefix: '', pathStyle: true },
    });
    for (const member of Object.keys(objects)) {
      const rest = Object.fromEntries(Object.entries(objects).filter(([name]) => name !== member));
      expect(storage.safeParse({ objects: rest }).success, member).toBe(false);
    }
  });

  it.each([
    ['a password in the address', { endpoint: 'https://a:b@s3.example.org' }],
    ['a query in the address', { endpoint: 'https://s3.example.org/?x=1' }],
    ['an address of another kind', { endpoint: 'file:///srv' }],
    ['a bucket that is none', { bucket: 'Records/a' }],
    ['a prefix that does not end in a slash', { prefix: 'tenant' }],
    ['a prefix that climbs', { prefix: '../' }],
    ['a prefix with an empty part', { prefix: 'a//' }],
    ['a secret', { secretAccessKey: 'x' }],
    ['one file of two', { secretAccessKeyFile: '/run/secret' }],
    ['a token file alone', { sessionTokenFile: '/run/token' }],
  ])('refuses %s', (_what, more) => {
    expect(storage.safeParse({ objects: { ...objects, ...more } }).success).toBe(false);
  });

  it('takes files, and a prefix of several parts', () => {
    const more = {
      prefix: 'tenant/a-1/',
      accessKeyIdFile: '/run/secrets/id',
      secretAccessKeyFile: '/run/secrets/key',
    };
    expect(storage.safeParse({ objects: { ...objects, ...more } }).success).toBe(true);
  });
});
