import ipaddr from 'ipaddr.js';

/** What platforms answer to their own machines on addresses that the registries do not set apart. */
const PLATFORM_SERVICES: readonly string[] = ['168.63.129.16'];
/** All of IPv6 that is given to anybody (RFC 4291 section 2.4); the rest may become anything. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];

/**
 * Whether an address is that of a machine on the Internet, and none that is special to this machine, its network or its platform (RFC 6890). What
 * carries an IPv4 address inside (mapped, NAT64, 6to4, Teredo) is never one.
 */
export function isGlobalAddress(address: string): boolean {
  const parsed = parse(address);
  if (parsed?.range() !== 'unicast' || PLATFORM_SERVICES.includes(parsed.toString())) return false;
  return !(parsed instanceof ipaddr.IPv6) || parsed.match(GLOBAL_UNICAST);
}

/** Whether an address leads to this very machine, in its own notation. */
export function isLoopbackAddress(address: string): boolean {
  return parse(address)?.range() === 'loopback';
}

function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // Four decimal numbers: the library would read 0177.1 or 2130706433 as well, as the resolvers of some systems do.
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address);
  return ipaddr.IPv6.isValid(address) ? ipaddr.IPv6.parse(address) : undefined;
}
