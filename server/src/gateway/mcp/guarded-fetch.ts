import { limits } from '#base';
import { createPool } from '#upstream';
import { type Pool, fetch as request } from 'undici';

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * How the MCP client reaches a server: the connections, and so the guards, of upstreams; one
 * origin, no redirects, and a bound on what comes back. It is never given a stream of its own to
 * read: the list of tools is asked for when it is needed.
 */
export function guardedFetch(
  base: URL,
  mayBePrivate: boolean,
): { readonly fetch: Fetch; readonly close: () => Promise<void> } {
  let pool: Pool | undefined;
  const options = { mayBePrivate, connectMs: limits.upstreamConnectMs };
  return {
    fetch: async (url, init = {}) => {
      if (new URL(url).origin !== base.origin) throw new TypeError('another origin');
      if ((init.method ?? 'GET') === 'GET') return new Response(null, { status: 405 });
      pool ??= createPool(base, options);
      // The types of undici and those of Node name the same things.
      const sent = { ...init, redirect: 'error', dispatcher: pool } as Parameters<
        typeof request
      >[1];
      const response = (await request(url, sent)) as unknown as Response;
      return bounded(response);
    },
    close: async () => pool?.destroy(),
  };
}

function bounded(response: Response): Response {
  if (response.body === null) return response;
  let left: number = limits.mcpAnswerBytes;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        left -= piece.length;
        if (left < 0) controller.error(new RangeError('the answer is too large'));
        else controller.enqueue(piece);
      },
    }),
  );
  const { status, statusText, headers } = response;
  // A length that was checked against the pieces says nothing here any more.
  return new Response(counted, { status, statusText, headers: [...headers] });
}
