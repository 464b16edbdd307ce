import { describe, expect, test } from 'vitest';
import { addressKind } from '#base';

describe('the kind of a network address', () => {
  test.each([
    ['public', '8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808', '172.32.0.1'],
    ['private', '127.0.0.1', '127.9.9.9', '10.1.2.3', '172.31.255.255', '192.168.0.1', '0.0.0.0'],
    ['private', '100.64.0.1', '::1', '::', 'fd12::1', '::ffff:127.0.0.1', '::ffff:a00:1'],
    ['private', '64:ff9b::7f00:1', '2002:7f00:1::', '198.18.0.1', '2001:db8::1'],
    ['forbidden', '169.254.169.254', 'fe80::1', '::ffff:169.254.169.254', 'fd00:ec2::254'],
    ['forbidden', '224.0.0.1', '255.255.255.255', 'ff02::1', '64:ff9b::a9fe:a9fe', 'localhost', ''],
  ])('is %s', (kind, ...addresses) => {
    for (const address of addresses) expect(addressKind(address), address).toBe(kind);
  });
});
