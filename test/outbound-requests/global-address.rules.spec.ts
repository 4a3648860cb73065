import { describe, expect, it } from 'vitest';
import { isGlobalAddress, isLoopbackAddress } from '../../lib/outbound-requests/global-address.rules.js';

const GLOBAL = [
  '8.8.8.8',
  '1.1.1.1',
  '192.0.1.1',
  '100.63.255.255',
  '100.128.0.1',
  '172.32.0.1',
  '2606:4700::1111',
  '2a00:1450:4001::1',
];

/** By the block of the IANA special-purpose registries, or what else makes it special. */
const SPECIAL: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8, this network', '0.0.0.0'],
  ['0.0.0.0/8, this network', '0.1.2.3'],
  ['10.0.0.0/8, private', '10.0.0.1'],
  ['100.64.0.0/10, shared (CGNAT)', '100.64.0.1'],
  ['100.64.0.0/10, metadata of Alibaba Cloud', '100.100.100.200'],
  ['127.0.0.0/8, loopback', '127.0.0.1'],
  ['127.0.0.0/8, loopback', '127.255.255.254'],
  ['169.254.0.0/16, link local', '169.254.1.1'],
  ['169.254.0.0/16, metadata of AWS, Azure and Google Cloud', '169.254.169.254'],
  ['169.254.0.0/16, metadata of AWS ECS', '169.254.170.2'],
  ['168.63.129.16, services of Azure', '168.63.129.16'],
  ['172.16.0.0/12, private', '172.16.0.1'],
  ['172.16.0.0/12, private', '172.31.255.255'],
  ['192.0.0.0/24, IETF protocol assignments', '192.0.0.1'],
  ['192.0.0.0/24, metadata of Oracle Cloud', '192.0.0.192'],
  ['192.0.2.0/24, documentation', '192.0.2.1'],
  ['192.31.196.0/24, AS112', '192.31.196.1'],
  ['192.52.193.0/24, AMT', '192.52.193.1'],
  ['192.88.99.0/24, 6to4 relay', '192.88.99.1'],
  ['192.168.0.0/16, private', '192.168.1.1'],
  ['192.175.48.0/24, AS112', '192.175.48.1'],
  ['198.18.0.0/15, benchmarking', '198.18.0.1'],
  ['198.18.0.0/15, benchmarking', '198.19.255.255'],
  ['198.51.100.0/24, documentation', '198.51.100.1'],
  ['203.0.113.0/24, documentation', '203.0.113.1'],
  ['224.0.0.0/4, multicast', '224.0.0.1'],
  ['240.0.0.0/4, reserved', '240.0.0.1'],
  ['255.255.255.255, broadcast', '255.255.255.255'],
  ['::, unspecified', '::'],
  ['::1, loopback', '::1'],
  ['::1 in full', '0:0:0:0:0:0:0:1'],
  ['::/96, IPv4-compatible', '::127.0.0.1'],
  ['::ffff:0:0/96, IPv4-mapped', '::ffff:127.0.0.1'],
  ['::ffff:0:0/96, IPv4-mapped in hexadecimal', '::ffff:7f00:1'],
  ['::ffff:0:0/96, IPv4-mapped, of a global address', '::ffff:8.8.8.8'],
  ['::ffff:0:0:0/96, IPv4-translated', '::ffff:0:127.0.0.1'],
  ['64:ff9b::/96, NAT64', '64:ff9b::7f00:1'],
  ['64:ff9b::/96, NAT64 of a global address', '64:ff9b::8.8.8.8'],
  ['64:ff9b:1::/48, local NAT64', '64:ff9b:1::a9fe:a9fe'],
  ['100::/64, discard', '100::1'],
  ['100:0:0:1::/64, dummy', '100:0:0:1::1'],
  ['2001::/32, Teredo', '2001::7f00:1'],
  ['2001:1::1, port control', '2001:1::1'],
  ['2001:2::/48, benchmarking', '2001:2::1'],
  ['2001:3::/32, AMT', '2001:3::1'],
  ['2001:4:112::/48, AS112', '2001:4:112::1'],
  ['2001:10::/28, ORCHID', '2001:10::1'],
  ['2001:20::/28, ORCHIDv2', '2001:20::1'],
  ['2001:30::/28, drone identification', '2001:30::1'],
  ['2001:db8::/32, documentation', '2001:db8::1'],
  ['2002::/16, 6to4 of loopback', '2002:7f00:1::'],
  ['2002::/16, 6to4 of a metadata service', '2002:a9fe:a9fe::'],
  ['2620:4f:8000::/48, AS112', '2620:4f:8000::1'],
  ['3fff::/20, documentation', '3fff::1'],
  ['4000::/3, not given to anybody', '4000::1'],
  ['5f00::/16, segment routing', '5f00::1'],
  ['fc00::/7, unique local', 'fc00::1'],
  ['fc00::/7, metadata of AWS', 'fd00:ec2::254'],
  ['fe80::/10, link local', 'fe80::1'],
  ['fe80::/10, with a zone', 'fe80::1%eth0'],
  ['fec0::/10, site local', 'fec0::1'],
  ['ff00::/8, multicast', 'ff02::1'],
  ['no address: decimal', '2130706433'],
  ['no address: hexadecimal', '0x7f000001'],
  ['no address: octal', '0177.0.0.1'],
  ['no address: leading zero', '010.0.0.1'],
  ['no address: two parts', '127.1'],
  ['no address: a name', 'localhost'],
  ['no address: empty', ''],
];

describe('global address (RFC 6890, IANA special-purpose address registries)', () => {
  it.each(GLOBAL)('takes %s', (address) => {
    expect(isGlobalAddress(address)).toBe(true);
  });

  it.each(SPECIAL)('refuses %s: %s', (_block, address) => {
    expect(isGlobalAddress(address)).toBe(false);
  });
});

describe('loopback address', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1'])('is %s', (address) => {
    expect(isLoopbackAddress(address)).toBe(true);
  });

  it.each(['::ffff:127.0.0.1', '2130706433', '127.1', '128.0.0.1', '::2', 'localhost'])('is not %s', (address) => {
    expect(isLoopbackAddress(address)).toBe(false);
  });
});
