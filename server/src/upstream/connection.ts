import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import { type LookupFunction, isIP } from 'node:net';
import { addressKind, limits } from '#base';
import { Pool, buildConnector } from 'undici';

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

/**
 * Connections to one upstream. A name that resolves into a private network is refused unless that
 * is what was declared, so that neither a slip nor somebody else's DNS turns the checkpoint into a
 * way into the networks around it; link-local addresses are refused always. Redirects are not
 * followed. The check is on each connection, with the very addresses that are then connected to.
 */
export function createPool(base: URL, mayBePrivate: boolean, resolve: ResolveName = lookup): Pool {
  const host = base.hostname.replace(/^\[|\]$/g, '');
  const privateMeant = mayBePrivate || namesPrivateNetwork(host);
  const connect = buildConnector({
    timeout: limits.upstreamConnectMs,
    lookup: guardedLookup(privateMeant, resolve),
  });
  return new Pool(base.origin, {
    connections: 256,
    // A stream would block whatever stands behind it on the same connection.
    pipelining: 1,
    connect: (options, callback) => {
      const refused = isIP(host) === 0 ? undefined : refusal(host, privateMeant);
      if (refused === undefined) connect(options, callback);
      else callback(refused, null);
    },
    keepAliveTimeout: 30_000,
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
