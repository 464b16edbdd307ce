import { hash } from 'node:crypto';
import { fromHex, toHex } from '#base';
import { isCustodyType } from './custody-order.ts';
import { Custody } from './custody.ts';
import type { Group } from './fields.ts';
import type { Findings } from './fsck-findings.ts';
import { dayOf } from './index-rebuild.ts';
import { loadRootKey } from './key-files.ts';
import type { FilesReading, OrderReading } from './reading.ts';
import { type Entry, readEntry } from './record.ts';
import type { RootKey } from './root-key.ts';
import { sealTagBytes } from './seal.ts';
import { digestOf, openFields } from './sealed-fields.ts';
import type { KeyVault, PayloadPlace } from './storage.ts';

/** What was counted of the sealed side. */
export interface SealedCounts {
  readonly blobs: number;
  readonly blobsAbsent: number;
  readonly sealsTried: number;
  readonly sealsOpened: number;
  /** Of the seals tried: keys that an erasure entry accounts for, and keys that nothing does. */
  readonly keysErased: number;
  readonly keysMissing: number;
}

/** A blob or key that is not there: a fault, unless an entry says that it was erased. */
interface Absent {
  readonly code: 'payload_missing' | 'key_missing';
  readonly index: number;
  readonly entry: Pick<Entry, 'cls' | 'iat'>;
  readonly group: Group;
}

interface SealedOptions {
  /** 1 opens every seal, n every n-th. */
  readonly stride: number;
  readonly findings: Findings;
}

/** Compares sealed blobs with the hashes their entries state, and opens a sample of them. */
export class SealedCheck {
  readonly #findings: Findings;
  readonly #places: SegmentPlaces;
  readonly #payloads: FilesReading['payloads'];
  readonly #vault: Pick<KeyVault, 'get' | 'close'> | undefined;
  readonly #stride: number;
  readonly #rootKey: RootKey | undefined;
  /** What the log says was erased: known for sure only at its end. */
  readonly #custody = new Custody();
  readonly #absent: Absent[] = [];
  #groups = 0;
  #counts = {
    blobs: 0,
    blobsAbsent: 0,
    sealsTried: 0,
    sealsOpened: 0,
    keysErased: 0,
    keysMissing: 0,
  };

  private constructor(
    from: { readonly payloads: FilesReading['payloads'] } & SealedOptions,
    keys: { readonly vault?: Pick<KeyVault, 'get' | 'close'>; readonly rootKey?: RootKey },
  ) {
    this.#findings = from.findings;
    this.#payloads = from.payloads;
    this.#places = new SegmentPlaces(from.payloads);
    this.#stride = from.stride;
    this.#vault = keys.vault;
    this.#rootKey = keys.rootKey;
  }

  /** @param keys the folder of the root key */
  static async open(
    { payloads }: Pick<FilesReading, 'payloads'>,
    { order, keys }: { readonly order: OrderReading; readonly keys: string },
    options: SealedOptions,
  ): Promise<SealedCheck> {
    let rootKey: RootKey | undefined;
    try {
      const vault = await order.openVault(() => (rootKey = loadRootKey(keys, false)));
      return new SealedCheck({ payloads, ...options }, { vault, ...(rootKey && { rootKey }) });
    } catch {
      options.findings.add('vault_unusable', order.names.vault);
      return new SealedCheck({ payloads, ...options }, { ...(rootKey && { rootKey }) });
    }
  }

  async add(bytes: Uint8Array, index: number): Promise<void> {
    const entry = readEntry(bytes);
    if (entry.ct.length === 0) return;
    const place = await this.#places.find(entry);
    const lengths = entry.ct.map(({ n }) => n + sealTagBytes);
    const blobs = place && (await this.#payloads.read(place, fromHex(entry.id)!, lengths));
    if (blobs === undefined) {
      this.#counts.blobsAbsent += entry.ct.length;
      for (const { g: group } of entry.ct) {
        this.#absent.push({ code: 'payload_missing', index, entry, group });
      }
      return;
    }
    if (entry.t === 'erasure') this.#applyErasure(entry, index, blobs);
    for (const [i, { h }] of entry.ct.entries()) {
      this.#counts.blobs++;
      const isTried = this.#groups++ % this.#stride === 0;
      if (hash('sha256', blobs[i]!, 'base64url') !== h) {
        this.#findings.add('payload_differs', `entry ${index}`);
      } else if (isTried && this.#vault !== undefined) {
        await this.#open({ entry, index, which: i, blob: blobs[i]! });
      }
    }
  }

  /** Says what is missing without a reason, and lets go of the vault. */
  async finish(): Promise<SealedCounts> {
    for (const { code, index, entry, group } of this.#absent) {
      const isErased = this.#custody.erasureOf(index, entry, group) !== undefined;
      if (code === 'key_missing') this.#counts[isErased ? 'keysErased' : 'keysMissing']++;
      if (!isErased) this.#findings.add(code, `entry ${index} ${group}`);
    }
    await this.#vault?.close();
    return this.#counts;
  }

  #applyErasure(entry: Entry, index: number, blobs: readonly Uint8Array[]): void {
    const recordId = fromHex(entry.id)!;
    const blob = blobs[entry.ct.findIndex(({ g }) => g === 'ops')];
    const key = this.#rootKey?.custodyKey(recordId);
    if (blob === undefined || key === undefined) return;
    const fields = openFields(key, blob, { recordId, group: 'ops', type: entry.t }) ?? [];
    const isVouched = fields.every(({ disclosure }) => entry._sd.includes(digestOf(disclosure)));
    const values = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
    if (isVouched && fields.length > 0) this.#custody.apply(index, entry, values);
  }

  async #open(seal: {
    entry: Entry;
    index: number;
    which: number;
    blob: Uint8Array;
  }): Promise<void> {
    const { entry, index, which, blob } = seal;
    const { g: group } = entry.ct[which]!;
    const recordId = fromHex(entry.id)!;
    this.#counts.sealsTried++;
    let key: Uint8Array | undefined;
    try {
      key = await this.#vault!.get(recordId, group);
    } catch {
      // The key above it does not open under this root key.
      this.#findings.add('key_wrong', `entry ${index} ${group}`);
      return;
    }
    // What an order says lies under a key that comes from the root key.
    if (group === 'ops' && isCustodyType(entry.t)) key ??= this.#rootKey?.custodyKey(recordId);
    if (key === undefined) {
      this.#absent.push({ code: 'key_missing', index, entry, group });
      return;
    }
    const fields = openFields(key, blob, { recordId, group, type: entry.t });
    const vouched = fields?.every(({ disclosure }) => entry._sd.includes(digestOf(disclosure)));
    if (vouched === true) this.#counts.sealsOpened++;
    else this.#findings.add('key_wrong', `entry ${index} ${group}`);
  }
}

/**
 * Where the records of a day lie. Beside a running checkpoint a segment grows while it is read, so
 * a record that is not found is looked for once more, until looking again finds nothing new.
 */
class SegmentPlaces {
  readonly #payloads: FilesReading['payloads'];
  #day: number | undefined;
  #isWhole = false;
  #places: ReadonlyMap<string, PayloadPlace> = new Map();

  constructor(payloads: FilesReading['payloads']) {
    this.#payloads = payloads;
  }

  async find(entry: Entry): Promise<PayloadPlace | undefined> {
    const day = dayOf(entry.iat);
    if (day !== this.#day) {
      this.#day = day;
      this.#isWhole = false;
      this.#places = await this.#scan(day);
    }
    const found = this.#places.get(entry.id);
    if (found !== undefined || this.#isWhole) return found;
    const again = await this.#scan(day);
    this.#isWhole = again.size === this.#places.size;
    this.#places = again;
    return again.get(entry.id);
  }

  async #scan(day: number): Promise<ReadonlyMap<string, PayloadPlace>> {
    const places = new Map<string, PayloadPlace>();
    for await (const { recordId, ...place } of this.#payloads.scan(day)) {
      places.set(toHex(recordId), place);
    }
    return places;
  }
}
