import { parentPort, workerData } from 'node:worker_threads';
import { mlDsaKeyOf } from './ml-dsa.ts';

// Signs what the ledger's thread asks for, one message after another.
if (parentPort !== null) {
  const port = parentPort;
  const key = mlDsaKeyOf(workerData as Uint8Array);
  port.on('message', (message: Uint8Array) => {
    void key.then((opened) => port.postMessage(opened.sign(message)));
  });
}
