import { type KeyObject, generateKeyPairSync, hash, sign } from 'node:crypto';
import {
  type Subtree,
  consistencyNodes,
  formatCheckpointBody,
  formatNote,
  formatVerifierKey,
  formatWitnessRequest,
  keyTypes,
  noteKeyId,
} from '@sekisho/proof';
import { systemClock } from '#base';
import { type Witness, openWitness } from '#ledger';

/** A log of any length whose leaves follow from a seed, so that a second seed is a fork. */
export class SmallLog {
  readonly origin: string;
  readonly #key: KeyObject;
  readonly #publicKey: Uint8Array;

  constructor(origin: string) {
    this.origin = origin;
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.#key = privateKey;
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    this.#publicKey = new Uint8Array(spki.subarray(-32));
  }

  vkey(): Promise<string> {
    const publicKey = this.#publicKey;
    return formatVerifierKey({ name: this.origin, type: keyTypes.ed25519, publicKey });
  }

  async checkpoint(size: number, seed = ''): Promise<string> {
    const root = size === 0 ? sha256('') : treeHash({ start: 0, end: size }, seed);
    return this.sign(formatCheckpointBody({ origin: this.origin, size, root }));
  }

  async sign(text: string): Promise<string> {
    const keyId = await noteKeyId(this.origin, keyTypes.ed25519, this.#publicKey);
    const signature = new Uint8Array(sign(null, Buffer.from(text), this.#key));
    return formatNote(text, [{ name: this.origin, keyId, signature }]);
  }

  /** @param seed of a fork that starts at the first leaf */
  async request(oldSize: number, size: number, seed = ''): Promise<Buffer> {
    const nodes = oldSize === 0 || oldSize > size ? [] : consistencyNodes(oldSize, size);
    const proof = nodes.map((node) => treeHash(node, seed));
    const checkpoint = await this.checkpoint(size, seed);
    return Buffer.from(formatWitnessRequest({ oldSize, proof, checkpoint }));
  }
}

export interface Said {
  readonly level: string;
  readonly event: string;
}

export async function witnessFor(
  directory: string,
  logs: readonly string[],
  said: Said[] = [],
): Promise<Witness> {
  const line = (level: string) => (event: string) => void said.push({ level, event });
  const log = { info: line('info'), warn: line('warn'), error: line('error') };
  return openWitness({ directory, logs, name: 'witness.example', clock: systemClock, log });
}

function sha256(...parts: readonly (string | Uint8Array)[]): Buffer {
  return hash('sha256', Buffer.concat(parts.map((part) => Buffer.from(part as string))), 'buffer');
}

function treeHash({ start, end }: Subtree, seed: string): Buffer {
  if (end - start === 1) return sha256('\0', `leaf ${start} ${seed}`);
  let width = 1;
  while (width * 2 < end - start) width *= 2;
  const middle = start + width;
  return sha256(
    '\x01',
    treeHash({ start, end: middle }, seed),
    treeHash({ start: middle, end }, seed),
  );
}
