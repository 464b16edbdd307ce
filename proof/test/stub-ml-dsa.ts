import {
  type NoteOptions,
  type VerifyMlDsa44,
  concatBytes,
  encodeUtf8,
  equalBytes,
  formatMlDsaSignature,
  keyTypes,
  mlDsaCosignedBytes,
} from '../src/index.ts';
import { TestSigner, sha256 } from './naive-log.ts';

/** Stands for the primitive: anybody could compute it, and only whoever has all of its input. */
const stub = (publicKey: Uint8Array, message: Uint8Array): Uint8Array =>
  expand(concatBytes(publicKey, message), 2420);
const verifyMlDsa44: VerifyMlDsa44 = (publicKey, message, signature) =>
  equalBytes(signature, stub(publicKey, message));
export const able: NoteOptions = { verifyMlDsa44 };

function expand(seed: Uint8Array, length: number): Uint8Array {
  const parts = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    sha256(seed, Uint8Array.of(i)),
  );
  return concatBytes(...parts).slice(0, length);
}

/** A signer of type 0x06 whose key follows from its name. */
export class StubSigner extends TestSigner {
  override readonly publicKey: Uint8Array = expand(encodeUtf8(this.name), 1312);

  constructor(name: string) {
    super(name, keyTypes.mlDsa44);
  }

  override async sign(text: string, time = 0) {
    const message = mlDsaCosignedBytes(text, this.name, time)!;
    const signature = formatMlDsaSignature({ time, signature: stub(this.publicKey, message) });
    return { name: this.name, keyId: await this.keyId(), signature };
  }
}
