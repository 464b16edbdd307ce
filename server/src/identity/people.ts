import { createHmac, randomBytes } from 'node:crypto';
import type { Database } from '#base';
import { type ApiKey, type KeyStore, type KeyTerms, type Role, keyTermsSchema } from '#gateway';
import type { SignInSettings } from '#policy';

/**
 * Who signs in, by a keyed hash of what the issuer calls them: the same person gets the same id at
 * each sign-in, and nobody who reads an id learns whose it is.
 */
export class People {
  readonly #keys: KeyStore;
  readonly #secret: Uint8Array;
  /** The terms of each role and class, made once for a version of the rule book. */
  readonly #terms = new WeakMap<SignInSettings, Map<string, KeyTerms>>();

  constructor(database: Database, keys: KeyStore) {
    this.#keys = keys;
    this.#secret = readSecret(database);
  }

  idOf({ issuer }: Pick<SignInSettings, 'issuer'>, subject: string): string {
    const hash = createHmac('sha256', this.#secret)
      .update(JSON.stringify([issuer, subject]), 'utf8')
      .digest('hex');
    return `person-${hash.slice(0, 24)}`;
  }

  /** Also of somebody whose key was withdrawn: their name is kept until it is erased. */
  isOnRecord(id: string): boolean {
    return id.startsWith('person-') && this.#keys.nameOf(id) !== undefined;
  }

  known(id: string): ApiKey | undefined {
    return this.#keys.get(id);
  }

  /** @returns false for a person whose key an operator has withdrawn */
  mayEnter(id: string): boolean {
    return this.#keys.has(id) || this.#keys.nameOf(id) === undefined;
  }

  /** Puts a person's name and role in force, once they are on record. */
  admit(
    settings: SignInSettings,
    person: Pick<ApiKey, 'id' | 'name' | 'role'> & { readonly class: string | null },
  ): void {
    const { class: of, ...known } = person;
    this.#keys.admitPerson({ ...known, terms: this.termsOf(settings, person.role, of) });
  }

  /** The person's key under the rule book that is in force now, not that of their sign-in. */
  current(settings: SignInSettings, id: string): ApiKey | undefined {
    const key = this.#keys.get(id);
    if (key === undefined) return undefined;
    // Which class somebody is of is said by their groups, at each sign-in.
    const terms = this.termsOf(settings, key.role, key.terms.class);
    if (key.terms === terms) return key;
    this.#keys.change(id, terms);
    return this.#keys.get(id);
  }

  termsOf(settings: SignInSettings, role: Role, of: string | null = null): KeyTerms {
    const made = this.#terms.get(settings) ?? new Map<string, KeyTerms>();
    this.#terms.set(settings, made);
    const name = `${role} ${of ?? ''}`;
    const terms = made.get(name) ?? keyTermsSchema.parse({ ...settings.terms[role], class: of });
    made.set(name, terms);
    return terms;
  }

  forgetName(id: string): void {
    this.#keys.forgetName(id);
  }
}

/** Whoever has it can tell whether an id is a given person's; it lies beside the keys' hashes. */
function readSecret(database: Database): Uint8Array {
  database.exec(
    'CREATE TABLE IF NOT EXISTS person_secret (one INTEGER PRIMARY KEY, secret BLOB NOT NULL) STRICT',
  );
  database
    .prepare('INSERT OR IGNORE INTO person_secret (one, secret) VALUES (1, ?)')
    .run([randomBytes(32)]);
  const row = database.prepare('SELECT secret FROM person_secret WHERE one = 1').get() as {
    readonly secret: Uint8Array;
  };
  return row.secret;
}
