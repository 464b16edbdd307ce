import { BlockList, isIP } from 'node:net';

/**
 * - `public`: anyone may have it
 * - `private`: of this machine or of a network of one's own, or reserved
 * - `forbidden`: what no server of anybody's stands behind: link-local addresses, at which clouds
 *   give out credentials, and multicast
 */
export type AddressKind = 'public' | 'private' | 'forbidden';

function ranges(v4: readonly string[], v6: readonly string[]): BlockList {
  const list = new BlockList();
  for (const [type, texts] of [
    ['ipv4', v4],
    ['ipv6', v6],
  ] as const) {
    for (const text of texts) {
      const [network = '', bits] = text.split('/');
      list.addSubnet(network, Number(bits), type);
    }
  }
  return list;
}

/** 100.100.100.200 and fd00:ec2::254 are where two clouds give out credentials. */
const forbidden = ranges(
  ['169.254.0.0/16', '224.0.0.0/3', '100.100.100.200/32'],
  ['fe80::/10', 'ff00::/8', 'fd00:ec2::254/128'],
);

/** What the IANA special-purpose registries list as not globally reachable (RFC 6890). */
const privates = ranges(
  [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
  ],
  [
    '::/127',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/32',
    '2001:db8::/32',
    '2002::/16',
    'fc00::/7',
    'fec0::/10',
  ],
);

const translated = ranges([], ['64:ff9b::/96']);

/**
 * What kind of network an address belongs to. An IPv4 address inside an IPv6 one (mapped, or
 * translated by NAT64) counts as what it is.
 * @param address an IPv4 or IPv6 address without brackets; anything else is `forbidden`
 */
export function addressKind(address: string): AddressKind {
  const version = isIP(address);
  if (version === 0) return 'forbidden';
  const type = version === 4 ? 'ipv4' : 'ipv6';
  if (version === 6 && translated.check(address, type)) return addressKind(lastFour(address));
  if (forbidden.check(address, type)) return 'forbidden';
  return privates.check(address, type) ? 'private' : 'public';
}

/** The last four bytes of an IPv6 address, dotted. */
function lastFour(address: string): string {
  // The URL parser writes every IPv6 address in one way.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':');
  const [high = 0, low = 0] = groups.slice(-2).map((group) => Number.parseInt(group || '0', 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
