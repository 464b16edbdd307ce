import type { Language } from '../text/language.ts';
import { ApiFailure, failureOf } from './failure.ts';
import { parseJson } from './shape.ts';

export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly json?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Calls to the checkpoint this page came from. There is no other address it can reach. */
export interface Client {
  /** @throws ApiFailure; a DOMException named AbortError when the signal fired */
  call(path: string, options?: CallOptions): Promise<Response>;
  /** @throws ApiFailure as `call`, and `unreadable` for what is not JSON */
  json(path: string, options?: CallOptions): Promise<unknown>;
  text(path: string, options?: CallOptions): Promise<string>;
}

export interface ClientPorts {
  readonly key: () => string | undefined;
  readonly language: () => Language;
  /** Told when the checkpoint answers 401. */
  readonly onUnauthorized: () => void;
}

export function createClient(ports: ClientPorts): Client {
  const call = async (path: string, options: CallOptions = {}): Promise<Response> => {
    const key = ports.key();
    let response: Response;
    try {
      response = await fetch(path, {
        method: options.method ?? 'GET',
        headers: {
          'accept-language': ports.language(),
          // Without a key, the browser's session: it counts only beside a header of our own.
          ...(key === undefined
            ? { 'x-sekisho-console': '1' }
            : { authorization: `Bearer ${key}` }),
          ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
          ...options.headers,
        },
        ...(options.json === undefined ? {} : { body: JSON.stringify(options.json) }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        cache: 'no-store',
        credentials: key === undefined ? 'same-origin' : 'omit',
      });
    } catch (error) {
      throw wrap(error, options.signal);
    }
    if (response.ok) return response;
    if (response.status === 401) ports.onUnauthorized();
    const body = await response.text().catch(() => '');
    throw failureOf(response.status, response.headers, body);
  };
  const text = async (path: string, options: CallOptions = {}): Promise<string> => {
    const response = await call(path, options);
    try {
      return await response.text();
    } catch (error) {
      throw wrap(error, options.signal);
    }
  };
  return {
    call,
    text,
    async json(path, options) {
      const parsed = parseJson(await text(path, options));
      if (parsed === undefined) throw new ApiFailure('unreadable');
      return parsed;
    },
  };
}

function wrap(error: unknown, signal: AbortSignal | undefined): unknown {
  return signal?.aborted === true ? error : new ApiFailure('network', { cause: error });
}
