import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { bounds } from './bounds.ts';
import { PackError, type PackErrorCode } from './errors.ts';
import type { HubSource } from './schema.ts';
import { type Incoming, systemCode, writeVerified } from './verified.ts';

export interface FetchTiming {
  readonly connectMs: number;
  readonly headersMs: number;
  /** Silence after which the download is given up. */
  readonly silenceMs: number;
  /** The whole download. */
  readonly downloadMs: number;
}

/** A large model may take longer, as long as it keeps coming. */
export function timingFor(sizeBytes: number): FetchTiming {
  // A timer takes whole milliseconds only.
  const steadyMs = Math.ceil((sizeBytes / bounds.leastBytesPerSecond) * 1_000);
  const { connectMs, headersMs, silenceMs, downloadMs } = bounds;
  return { connectMs, headersMs, silenceMs, downloadMs: Math.max(downloadMs, steadyMs) };
}

/**
 * Fetches a file by the Hugging Face Hub's download address, from the Hub or a mirror that speaks
 * it.
 * @param endpoint for example https://huggingface.co; plain http is allowed, since the hash decides
 * @throws PackError, having left nothing at `target`
 */
export async function fetchFromHub(
  source: HubSource,
  target: string,
  options: { readonly endpoint: string; readonly timing: FetchTiming; readonly incoming: Incoming },
): Promise<void> {
  const { timing, incoming } = options;
  const url = downloadAddress(options.endpoint, source);
  const deadline = AbortSignal.timeout(timing.downloadMs);
  const signal =
    incoming.signal === undefined ? deadline : AbortSignal.any([deadline, incoming.signal]);
  const dispatcher = new EnvHttpProxyAgent({
    connect: { timeout: timing.connectMs },
    headersTimeout: timing.headersMs,
    bodyTimeout: timing.silenceMs,
  });
  try {
    const body = await follow(url, { dispatcher, signal, sizeBytes: incoming.expected.sizeBytes });
    await writeVerified(target, body, incoming);
  } catch (cause) {
    if (incoming.signal?.aborted === true) throw new PackError('aborted', undefined, cause);
    throw translate(cause, deadline.aborted);
  } finally {
    await dispatcher.destroy();
  }
}

function downloadAddress(endpoint: string, source: HubSource): URL {
  let base: URL;
  try {
    base = new URL(endpoint);
  } catch (cause) {
    throw new PackError('address', undefined, cause);
  }
  if (base.protocol !== 'https:' && base.protocol !== 'http:') throw new PackError('address');
  const folder = base.pathname.replace(/\/+$/, '');
  return new URL(`${folder}/${source.repo}/resolve/${source.revision}/${source.file}`, base);
}

interface Following {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
  readonly sizeBytes: number;
}

async function follow(first: URL, following: Following): Promise<AsyncIterable<Uint8Array>> {
  let url = first;
  for (let hop = 0; hop <= bounds.redirects; hop += 1) {
    // oxlint-disable-next-line no-await-in-loop -- each address is known from the answer before
    const response = await request(url, {
      dispatcher: following.dispatcher,
      signal: following.signal,
      // The bytes are hashed as they come, so the server must not wrap them.
      headers: { 'user-agent': 'sekisho', 'accept-encoding': 'identity' },
    });
    if (response.statusCode < 300 || response.statusCode >= 400)
      return checked(response, following);
    discard(response);
    url = nextAddress(url, response.headers['location']);
  }
  throw new PackError('redirect');
}

function nextAddress(from: URL, location: string | string[] | undefined): URL {
  if (typeof location !== 'string' || !URL.canParse(location, from.href)) {
    throw new PackError('redirect');
  }
  const url = new URL(location, from);
  const safer =
    url.protocol === 'https:' || (url.protocol === 'http:' && from.protocol === 'http:');
  if (!safer) throw new PackError('redirect');
  return url;
}

function checked(
  response: Dispatcher.ResponseData,
  { sizeBytes }: Following,
): AsyncIterable<Uint8Array> {
  if (response.statusCode !== 200) {
    discard(response);
    throw new PackError('status', String(response.statusCode));
  }
  const length = Number(response.headers['content-length'] ?? sizeBytes);
  if (length !== sizeBytes) {
    discard(response);
    throw new PackError('wrong_size', `${length}, not ${sizeBytes} bytes`);
  }
  return response.body;
}

/** Ends a body nobody will read; what it says on the way out is of no interest. */
function discard(response: Dispatcher.ResponseData): void {
  response.body.on('error', () => {});
  response.body.destroy();
}

const codes: ReadonlyMap<string | undefined, PackErrorCode> = new Map([
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'timeout'],
  ['UND_ERR_SOCKET', 'cut'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'cut'],
  ['ECONNRESET', 'cut'],
]);

function translate(cause: unknown, late: boolean): PackError {
  if (cause instanceof PackError) return cause;
  if (late) return new PackError('timeout', undefined, cause);
  const system = systemCode(cause);
  const code = codes.get(system);
  return code === undefined
    ? new PackError('connect', system, cause)
    : new PackError(code, undefined, cause);
}
