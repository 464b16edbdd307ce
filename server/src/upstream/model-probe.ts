import { limits } from '#base';
import type { Pool } from 'undici';
import { UpstreamError } from './errors.ts';

/**
 * Asks for the list of models and reads none of it: any answer below 500 shows that somebody is
 * there, also one that refuses the key.
 * @throws UpstreamError `connect` or `status`
 */
export async function probeModels(
  pool: Pool,
  request: { readonly path: string; readonly headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<void> {
  let status: number;
  try {
    const answer = await pool.request({
      ...request,
      method: 'GET',
      signal,
      headersTimeout: limits.probeMs,
      bodyTimeout: limits.probeMs,
    });
    status = answer.statusCode;
    await answer.body.dump({ limit: 64 * 1024 });
  } catch (cause) {
    throw new UpstreamError('connect', "couldn't probe: nobody answered", cause);
  }
  if (status >= 500) throw new UpstreamError('status', `couldn't probe: it said ${status}`);
}
