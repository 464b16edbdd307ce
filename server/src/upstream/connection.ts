import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import { type LookupFunction, isIP } from 'node:net';
import { addressKind, limits } from '#base';
import { Pool, buildConnector } from 'undici';
import { UpstreamError } from './errors.ts';

/** An address that the rule book did not mean. It names a kind of network, never the address. */
class AddressRefused extends Error {
  readonly code = 'ERR_SEKISHO_ADDRESS';
}

/** How names become addresses. */
export type ResolveName = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface PoolOptions {
  /** Whether the name may lead into a private network. */
  readonly mayBePrivate: boolean;
  readonly connectMs: number;
  /** The system's own way when left out. */
  readonly resolve?: ResolveName | undefined;
}

/**
 * Connections to one upstream. A name that resolves into a private network is refused unless that
 * is what was declared, so that neither a slip nor somebody else's DNS turns the checkpoint into a
 * way into the networks around it; link-local addresses are refused always. Redirects are not
 * followed. The check is on each connection, with the very addresses that are then connected to.
 */
export function createPool(base: URL, options: PoolOptions): Pool {
  return new Pool(base.origin, {
    connections: limits.upstreamConnections,
    // A stream would block whatever stands behind it on the same connection.
    pipelining: 1,
    connect: guardedConnector(base, options),
    keepAliveTimeout: 30_000,
  });
}

function guardedConnector(
  base: URL,
  { mayBePrivate, connectMs, resolve = lookup }: PoolOptions,
): buildConnector.connector {
  const host = base.hostname.replace(/^\[|\]$/g, '');
  const privateMeant = mayBePrivate || namesPrivateNetwork(host);
  const connect = buildConnector({
    timeout: connectMs,
    lookup: guardedLookup(privateMeant, resolve),
  });
  return (options, callback) => {
    const refused = isIP(host) === 0 ? undefined : refusal(host, privateMeant);
    if (refused === undefined) connect(options, callback);
    else callback(refused, null);
  };
}

/**
 * Connects and lets go at once.
 * @throws UpstreamError `connect` when nobody answers, or the signal fires before somebody does
 */
export function knock(base: URL, options: PoolOptions, signal: AbortSignal): Promise<void> {
  const { hostname, host, protocol } = base;
  const port = base.port === '' ? (protocol === 'https:' ? '443' : '80') : base.port;
  return new Promise((resolve, reject) => {
    const give = (cause?: unknown): void =>
      reject(new UpstreamError('connect', "couldn't probe: nobody answered", cause));
    const onAbort = (): void => give();
    signal.addEventListener('abort', onAbort, { once: true });
    guardedConnector(base, options)({ hostname, host, protocol, port }, (error, socket) => {
      signal.removeEventListener('abort', onAbort);
      socket?.destroy();
      if (error === null) resolve();
      else give(error);
    });
  });
}

/**
 * Whether a host says by itself that it is no public one: who writes 127.0.0.1, 10.0.0.5,
 * localhost or a name without a dot into the rule book has declared it.
 */
export function namesPrivateNetwork(host: string): boolean {
  if (isIP(host) !== 0) return addressKind(host) === 'private';
  return !host.includes('.') || /\.(localhost|local|internal|lan|home\.arpa)\.?$/i.test(host);
}

function guardedLookup(privateMeant: boolean, resolve: ResolveName): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      for (const { address } of addresses) {
        const refused = refusal(address, privateMeant);
        if (refused !== undefined) {
          callback(refused, '', 0);
          return;
        }
      }
      const [first] = addresses;
      if (options.all === true) callback(null, addresses);
      else callback(null, first?.address ?? '', first?.family);
    });
  };
}

function refusal(address: string, privateMeant: boolean): AddressRefused | undefined {
  switch (addressKind(address)) {
    case 'public':
      return undefined;
    case 'private':
      return privateMeant
        ? undefined
        : new AddressRefused('the name leads into a private network, and it is not declared so');
    case 'forbidden':
      return new AddressRefused('link-local and multicast addresses are never asked');
  }
}
