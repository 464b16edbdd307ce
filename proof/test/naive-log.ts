import { type KeyObject, createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import {
  type KeyType,
  type Subtree,
  type TlogProof,
  consistencyNodes,
  cosignedText,
  formatCheckpointBody,
  formatNote,
  formatVerifierKey,
  inclusionNodes,
  keyTypes,
  noteKeyId,
} from '../src/index.ts';

// The plainest writer that can be: recursion as in RFC 6962 section 2.1, and a cache.

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

export class NaiveLog {
  readonly entries: Uint8Array[] = [];
  readonly #cache = new Map<string, Uint8Array>();

  append(entry: Uint8Array): number {
    return this.entries.push(entry) - 1;
  }

  leafHash(index: number): Uint8Array {
    return this.hash({ start: index, end: index + 1 });
  }

  root(size: number = this.entries.length): Uint8Array {
    return size === 0 ? sha256() : this.hash({ start: 0, end: size });
  }

  /** MTH(D[start:end]). */
  hash({ start, end }: Subtree): Uint8Array {
    const name = `${start}:${end}`;
    const known = this.#cache.get(name);
    if (known !== undefined) return known;
    let k = 1;
    while (k * 2 < end - start) k *= 2;
    const hash =
      end - start === 1
        ? sha256(Uint8Array.of(0), this.entries[start]!)
        : sha256(
            Uint8Array.of(1),
            this.hash({ start, end: start + k }),
            this.hash({ start: start + k, end }),
          );
    this.#cache.set(name, hash);
    return hash;
  }

  /** PATH(m, D[n]) as the RFC writes it, to be compared with the planner. */
  path(index: number, { start, end }: Subtree): Uint8Array[] {
    if (end - start === 1) return [];
    let k = 1;
    while (k * 2 < end - start) k *= 2;
    const middle = start + k;
    return index < middle
      ? [...this.path(index, { start, end: middle }), this.hash({ start: middle, end })]
      : [...this.path(index, { start: middle, end }), this.hash({ start, end: middle })];
  }

  /** SUBPROOF(m, D[n], b) as the RFC writes it. */
  subproof(size: number, { start, end }: Subtree, isKnown: boolean): Uint8Array[] {
    if (size === end - start) return isKnown ? [] : [this.hash({ start, end })];
    let k = 1;
    while (k * 2 < end - start) k *= 2;
    const middle = start + k;
    return size <= k
      ? [...this.subproof(size, { start, end: middle }, isKnown), this.hash({ start: middle, end })]
      : [
          ...this.subproof(size - k, { start: middle, end }, false),
          this.hash({ start, end: middle }),
        ];
  }

  inclusion(index: number, size: number): Uint8Array[] {
    return inclusionNodes(index, size).map((node) => this.hash(node));
  }

  consistency(oldSize: number, newSize: number): Uint8Array[] {
    return consistencyNodes(oldSize, newSize).map((node) => this.hash(node));
  }

  proof(index: number, checkpoint: string, size: number = this.entries.length): TlogProof {
    return { index, hashes: this.inclusion(index, size), checkpoint };
  }
}

/** A signer whose key follows from its name: a fixed seed makes a failing test repeatable. */
export class TestSigner {
  readonly name: string;
  readonly type: KeyType;
  readonly #privateKey: KeyObject;
  readonly publicKey: Uint8Array;

  constructor(name: string, type: KeyType = keyTypes.ed25519, seed: string = name) {
    this.name = name;
    this.type = type;
    const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
    const der = Buffer.concat([prefix, sha256(Buffer.from(`test seed ${seed}`))]);
    this.#privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(this.#privateKey).export({ format: 'der', type: 'spki' });
    this.publicKey = new Uint8Array(spki.subarray(-32));
  }

  vkey(): Promise<string> {
    const { name, type, publicKey } = this;
    return formatVerifierKey({ name, type, publicKey });
  }

  /** Ed25519 over bytes, for what is no note. */
  signBytes(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, bytes, this.#privateKey));
  }

  keyId(): Promise<Uint8Array> {
    return noteKeyId(this.name, this.type, this.publicKey);
  }

  async sign(text: string, time = 1_790_000_000): Promise<SignedLine> {
    const keyId = await noteKeyId(this.name, this.type, this.publicKey);
    if (this.type === keyTypes.ed25519) {
      const signature = new Uint8Array(sign(null, Buffer.from(text), this.#privateKey));
      return { name: this.name, keyId, signature };
    }
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(time));
    const signature = sign(null, cosignedText(text, time), this.#privateKey);
    return { name: this.name, keyId, signature: new Uint8Array(Buffer.concat([stamp, signature])) };
  }
}

interface SignedLine {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

export async function signCheckpoint(
  origin: string,
  log: NaiveLog,
  signers: readonly TestSigner[],
): Promise<string> {
  const text = formatCheckpointBody({ origin, size: log.entries.length, root: log.root() });
  return formatNote(text, await Promise.all(signers.map((signer) => signer.sign(text))));
}
