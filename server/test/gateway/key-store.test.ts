import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '#base';
import { KeyStore, keyTermsSchema } from '#gateway';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let directory: string;
let database: Database;
let now = 1_000_000;
const clock = { nowMs: () => now, monotonicMs: () => now };

beforeEach(() => {
  now = 1_000_000;
  directory = mkdtempSync(join(tmpdir(), 'sekisho-keys-'));
  database = openDatabase(join(directory, 'state.db'));
});

afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true, force: true });
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const terms = (more: object) => keyTermsSchema.parse(more);

describe('the keys', () => {
  test('of an earlier release go on as they were', () => {
    database.exec(`CREATE TABLE api_key (
      id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL,
      sha256 TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL, revoked_ms INTEGER
    ) STRICT`);
    const insert = database.prepare('INSERT INTO api_key VALUES (?, ?, ?, ?, ?, ?)');
    insert.run('a1', 'Old', 'operator', sha256('sk-old'), 5, null);
    insert.run('b2', 'Gone', 'user', sha256('sk-gone'), 5, 6);
    for (const store of [new KeyStore(database, clock), new KeyStore(database, clock)]) {
      const found = store.find('sk-old');
      expect(found).toMatchObject({ id: 'a1', name: 'Old', role: 'operator', createdMs: 5 });
      expect(found?.terms).toEqual(terms({}));
      expect(store.find('sk-gone')).toBeUndefined();
    }
  });

  test('keep their bounds over a restart, and their secret nowhere', () => {
    const made = new KeyStore(database, clock).make('New', 'auditor', terms({ tokensPerDay: 9 }));
    const store = new KeyStore(database, clock);
    store.admit(made);
    expect(new KeyStore(database, clock).find(made.secret)?.terms.tokensPerDay).toBe(9);
    store.change(made.key.id, terms({ maxClass: 'internal' }));
    expect(store.find(made.secret)?.terms.maxClass).toBe('internal');
    expect(new KeyStore(database, clock).get(made.key.id)?.terms.tokensPerDay).toBeNull();
    expect(JSON.stringify(database.prepare('SELECT * FROM api_key').all())).not.toContain(
      made.secret,
    );
  });

  test('are no longer known from the second on which they expire', () => {
    const store = new KeyStore(database, clock);
    const made = store.make('Short', 'user', terms({ expires: 1_001 }));
    store.admit(made);
    now = 1_000_999;
    expect(store.find(made.secret)?.id).toBe(made.key.id);
    now = 1_001_000;
    expect(store.find(made.secret)).toBeUndefined();
  });

  test('that are renewed work beside the old secret for the overlap, also over a restart', () => {
    const store = new KeyStore(database, clock);
    const first = store.make('Turning', 'user');
    store.admit(first);
    const second = store.makeSecret(first.key);
    store.rotate(second, 10_000);
    expect(store.find(second.secret)).toBe(store.find(first.secret));
    expect(new KeyStore(database, clock).find(first.secret)?.id).toBe(first.key.id);
    // A second renewal ends the first secret at once: never more than two.
    const third = store.makeSecret(first.key);
    store.rotate(third, 10_000);
    expect(store.find(first.secret)).toBeUndefined();
    expect(store.find(second.secret)?.id).toBe(first.key.id);
    now += 10_000;
    expect(store.find(second.secret)).toBeUndefined();
    expect(new KeyStore(database, clock).find(second.secret)).toBeUndefined();
    expect(store.find(third.secret)?.id).toBe(first.key.id);
    expect(store.list()).toHaveLength(1);
  });

  test('that are withdrawn take every secret of theirs along', () => {
    const store = new KeyStore(database, clock);
    const first = store.make('Going', 'user');
    store.admit(first);
    const second = store.makeSecret(first.key);
    store.rotate(second, 10_000);
    expect(store.revoke(first.key.id)).toBe(true);
    expect(store.revoke(first.key.id)).toBe(false);
    for (const from of [store, new KeyStore(database, clock)]) {
      expect(from.find(first.secret) ?? from.find(second.secret)).toBeUndefined();
    }
    expect(store.nameOf(first.key.id)).toBe('Going');
  });
});
