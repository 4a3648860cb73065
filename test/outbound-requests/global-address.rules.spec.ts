import { describe, expect, it } from 'vitest';
import { isGlobalAddress, isLoopbackAddress } from '../../lib/outbound-requests/global-address.rules.js';
import { GLOBAL_ADDRESSES, SPECIAL_ADDRESSES } from './special-addresses.js';

/** What a resolver may read as an address, and this module does not. */
const NO_ADDRESSES: readonly (readonly [string, string])[] = [
  ['decimal', '2130706433'],
  ['hexadecimal', '0x7f000001'],
  ['octal', '0177.0.0.1'],
  ['leading zero', '010.0.0.1'],
  ['two parts', '127.1'],
  ['a name', 'localhost'],
  ['empty', ''],
];

describe('global address (RFC 6890, IANA special-purpose address registries)', () => {
  it.each(GLOBAL_ADDRESSES)('takes %s', (address) => {
    expect(isGlobalAddress(address)).toBe(true);
  });

  it.each(SPECIAL_ADDRESSES)('refuses %s: %s', (_block, address) => {
    expect(isGlobalAddress(address)).toBe(false);
  });

  it.each(NO_ADDRESSES)('takes %s for no address: %j', (_what, text) => {
    expect(isGlobalAddress(text)).toBe(false);
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
