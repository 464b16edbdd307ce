import { Worker } from 'node:worker_threads';
import { type NoteSignature, formatMlDsaSignature, mlDsaCosignedBytes } from '@sekisho/proof';
import { LedgerError } from '../errors.ts';
import type { PostQuantumKey } from './log-key.ts';
import { mlDsaKeyOf } from './ml-dsa.ts';

/** Makes the second signature line of checkpoints. */
export interface PostQuantumSigner {
  readonly key: PostQuantumKey;
  /**
   * @param body of a checkpoint @returns the line; the same body gives the same bytes
   * @throws LedgerError `failed`
   */
  line(body: string): Promise<NoteSignature>;
  close(): Promise<void>;
}

/** A log does not say when it signs: the entries say when they were written. */
const time = 0;

/**
 * Signing takes several milliseconds of computing, in which the ledger's thread would commit
 * nothing. So it has a thread of its own, except for TypeScript sources, which Node 20 cannot load
 * in one.
 */
export async function openPostQuantumSigner(
  key: PostQuantumKey,
  inThread: boolean = import.meta.url.endsWith('.ts'),
): Promise<PostQuantumSigner> {
  const signing = inThread ? await signHere(key.seed) : signInWorker(key.seed);
  const { name, keyId } = key;
  return {
    key,
    close: () => signing.close(),
    line: async (body) => {
      const message = mlDsaCosignedBytes(body, name, time);
      if (message === undefined) throw new LedgerError('failed', 'sign a checkpoint');
      const signature = formatMlDsaSignature({ time, signature: await signing.sign(message) });
      return { name, keyId, signature };
    },
  };
}

interface Signing {
  sign(message: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

async function signHere(seed: Uint8Array): Promise<Signing> {
  const key = await mlDsaKeyOf(seed);
  return { sign: async (message) => key.sign(message), close: async () => {} };
}

function signInWorker(seed: Uint8Array): Signing {
  const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: seed });
  /** One at a time: checkpoints are signed one after another, and the answers come in order. */
  const waiting: {
    readonly resolve: (signature: Uint8Array) => void;
    readonly reject: (error: LedgerError) => void;
  }[] = [];
  let ended: LedgerError | undefined;
  const end = (cause?: unknown): void => {
    ended ??= new LedgerError('failed', 'sign a checkpoint', { cause });
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  worker.on('message', (signature: Uint8Array) => waiting.shift()?.resolve(signature));
  worker.on('error', end).on('exit', () => end());
  return {
    sign: (message) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) {
          reject(ended);
          return;
        }
        waiting.push({ resolve, reject });
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        worker.postMessage(message);
      }),
    close: async () => void (await worker.terminate()),
  };
}
