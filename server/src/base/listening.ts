import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from './log.ts';

/**
 * Opens a server's doors. From then on a connection that cannot be taken, because there are too
 * many open files, costs that connection and a line in the log, and not the process.
 * @param at.port 0 takes a free one
 * @returns its address, such as `http://127.0.0.1:7700`
 * @throws the system's error when the address cannot be had
 */
export async function listen(
  server: Server,
  { port, host }: { readonly port: number; readonly host: string },
  log: Pick<Log, 'warn'>,
): Promise<string> {
  server.listen(port, host);
  await once(server, 'listening');
  server.on('error', (error: NodeJS.ErrnoException) => {
    log.warn('connection_not_taken', { code: error.code ?? 'unknown' });
  });
  const bound = server.address() as AddressInfo;
  return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
}
