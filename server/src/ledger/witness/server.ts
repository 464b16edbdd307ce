import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { witnessRequestBytesMax } from '@sekisho/proof';
import { type Log, limits } from '#base';
import type { Witness } from './witness.ts';

/**
 * A witness over HTTP: `POST /add-checkpoint`, and `GET /<hex SHA-256 of the origin>/checkpoint`
 * for monitors. It needs no key from its callers: a log's signature is what it asks for.
 */
export function createWitnessServer(witness: Witness, log: Log): Server {
  let underWay = 0;
  const server = createServer(
    { maxHeaderSize: limits.requestHeadersBytes, connectionsCheckingInterval: 1_000 },
    (request, response) => {
      if (underWay >= limits.witnessRequestsAtOnce) {
        response.setHeader('retry-after', '1');
        return answer(request, response, { status: 503, body: 'busy\n' });
      }
      underWay++;
      void serve(witness, request)
        .catch((error: unknown): Answer => {
          // The store may have failed, so nothing is promised and nothing is signed.
          if (!request.destroyed)
            log.error('witness_failed', {
              name: error instanceof Error ? error.name : typeof error,
            });
          return { status: 500, body: 'failed\n' };
        })
        .then((said) => answer(request, response, said))
        .finally(() => void underWay--);
    },
  );
  server.headersTimeout = limits.requestHeadersMs;
  server.requestTimeout = limits.requestBodyMs;
  server.maxHeadersCount = limits.requestHeaderCount;
  return server;
}

interface Answer {
  readonly status: number;
  readonly contentType?: string;
  readonly body: string;
}

async function serve(witness: Witness, request: IncomingMessage): Promise<Answer> {
  const path = request.url ?? '';
  const monitored = /^\/([0-9a-f]{64})\/checkpoint$/.exec(path)?.[1];
  if (path !== '/add-checkpoint' && monitored === undefined) return notFound;
  const expected = monitored === undefined ? 'POST' : 'GET';
  if (request.method !== expected) return { status: 405, body: `use ${expected}\n` };
  if (monitored !== undefined) {
    const note = witness.checkpoint(monitored);
    return note === undefined ? notFound : { status: 200, body: note };
  }
  const body = await readBody(request);
  if (body === undefined) return { status: 413, body: 'too large\n' };
  return witness.addCheckpoint(body);
}

const notFound: Answer = { status: 404, body: 'not found\n' };

/** @returns undefined for one that no request needs */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  // Leaving the loop must not close the connection, or the answer would not arrive.
  const incoming = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const part of incoming) {
    length += part.length;
    if (length > witnessRequestBytesMax) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function answer(request: IncomingMessage, response: ServerResponse, said: Answer): void {
  // A body that was not read to its end leaves the connection in the middle of it.
  if (!request.complete) response.setHeader('connection', 'close');
  response.writeHead(said.status, {
    'content-type': said.contentType ?? 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(said.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(said.body);
}
