import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { limits } from '#base';
import { Derivation } from './derivation.ts';
import { LedgerError } from './errors.ts';
import type { VaultPlace } from './storage.ts';

export const recordKeyBytes = 32;
/** What a wrapped key-encryption key takes up: 12 bytes of nonce, 32 of key, 16 of tag. */
export const wrappedKekBytes = 60;

/** Whose keys a key-encryption key wraps: tenant, group, evidence class and UTC day. */
export type KekPlace = readonly [tenant: string, group: string, evidenceClass: string, day: number];

/**
 * The one key that is in no database. Everything derived from it is derived again when it is
 * needed, so an old copy of a vault cannot make the ledger forget it.
 */
export class RootKey {
  readonly #key: Uint8Array;
  readonly #subjectKey: Uint8Array;
  readonly #tags = new Map<string, Uint8Array>();

  /** @param key 32 random bytes */
  constructor(key: Uint8Array) {
    this.#key = key;
    this.#subjectKey = this.#derive('ledger/v1/subject');
  }

  /** The key to what an erasure, a hold or a grant says. */
  custodyKey(recordId: Uint8Array): Uint8Array {
    return this.#derive('ledger/v1/custody', recordId);
  }

  /** By which the vault finds what is about a person without knowing who that is. */
  subjectTag(subject: string): Uint8Array {
    const kept = this.#tags.get(subject);
    if (kept !== undefined) return kept;
    const tag = createHmac('sha256', this.#subjectKey).update(subject, 'utf8').digest();
    // The same people come again; how many of them are remembered is bounded.
    if (this.#tags.size >= limits.subjectsInMemory) this.#tags.clear();
    this.#tags.set(subject, tag);
    return tag;
  }

  /** @returns a new random key-encryption key, wrapped */
  newKek(place: KekPlace): Uint8Array {
    return wrap(this.#key, randomBytes(32), { nonce: randomBytes(12), label: kekLabel(place) });
  }

  /**
   * @returns undefined for one that was destroyed: all zeros
   * @throws LedgerError `wrong_key` when another root key wrapped it
   */
  openKek(wrapped: Uint8Array, place: KekPlace): Uint8Array | undefined {
    if (wrapped.every((byte) => byte === 0)) return undefined;
    const key = unwrap(this.#key, wrapped, kekLabel(place));
    if (key === undefined) {
      throw new LedgerError('wrong_key', 'open the vault', { detail: 'root.key' });
    }
    return key;
  }

  #derive(purpose: string, recordId: Uint8Array = new Uint8Array(0)): Uint8Array {
    const info = Buffer.concat([Buffer.from(purpose, 'ascii'), recordId]);
    return new Uint8Array(hkdfSync('sha256', this.#key, new Uint8Array(0), info, 32));
  }
}

/**
 * Wraps record keys: 32 bytes, XORed with the HMAC-SHA-256 of record id and group under the
 * key-encryption key. That is a one-time pad from a pseudo-random function, and safe because a
 * record has one key for a group, for ever. It says nothing about who wrote it, and need not: the
 * seal it opens and the digests in the log do. An AEAD for each key took four times as long.
 */
export class KeyWrap {
  readonly #derivation: Derivation;

  constructor(kek: Uint8Array) {
    this.#derivation = new Derivation(kek);
  }

  /** @param key 32 bytes @returns 32 bytes */
  wrap(key: Uint8Array, place: VaultPlace): Uint8Array {
    assert.equal(key.length, recordKeyBytes, 'a record key has 32 bytes');
    return this.#masked(key, place);
  }

  /** @returns undefined when the key was destroyed: all zeros */
  unwrap(wrapped: Uint8Array, place: VaultPlace): Uint8Array | undefined {
    if (wrapped.length !== recordKeyBytes || wrapped.every((byte) => byte === 0)) return undefined;
    return this.#masked(wrapped, place);
  }

  #masked(bytes: Uint8Array, { recordId, group }: VaultPlace): Uint8Array {
    const pad = this.#derivation.pad(recordId, group);
    for (let i = 0; i < recordKeyBytes; i++) pad[i]! ^= bytes[i]!;
    return pad;
  }
}

function kekLabel(place: KekPlace): Uint8Array {
  return Buffer.from(JSON.stringify(place), 'utf8');
}

/** AES-256-GCM with a random nonce. */
function wrap(
  under: Uint8Array,
  key: Uint8Array,
  { nonce, label }: { readonly nonce: Uint8Array; readonly label: Uint8Array },
): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', under, nonce).setAAD(label);
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

function unwrap(under: Uint8Array, wrapped: Uint8Array, label: Uint8Array): Uint8Array | undefined {
  if (wrapped.length !== wrappedKekBytes) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', under, wrapped.subarray(0, 12)).setAAD(label);
  decipher.setAuthTag(wrapped.subarray(44));
  const key = decipher.update(wrapped.subarray(12, 44));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return key;
}
