import { Injectable } from '@nestjs/common';
import { Resolver } from 'node:dns/promises';

/** An address of a host. */
export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

/** `localhost` and all names below it, fully qualified or not. */
const LOCALHOST = /(?:^|\.)localhost\.?$/i;

/** Finds the addresses of hosts in the DNS. Extend it and list it in `providers` to ask elsewhere. */
@Injectable()
export class HostResolver {
  // Not the resolver of the operating system: names that nobody answers would keep the few threads that bcrypt and files need too.
  private readonly dns = new Resolver({ timeout: 2000, tries: 2 });

  /**
   * @returns all addresses of a host, each of which will be judged
   * @throws Error where there is none, or no answer
   */
  async resolve(hostname: string): Promise<readonly HostAddress[]> {
    // They never are a question for the DNS (RFC 6761 section 6.3).
    if (LOCALHOST.test(hostname)) return [of('127.0.0.1', 4), of('::1', 6)];
    const [ipv4, ipv6] = await Promise.allSettled([this.dns.resolve4(hostname), this.dns.resolve6(hostname)]);
    const found = [...addresses(ipv4, 4), ...addresses(ipv6, 6)];
    if (found.length === 0 && ipv4.status === 'rejected') throw ipv4.reason;
    return found;
  }
}

function addresses(answer: PromiseSettledResult<string[]>, family: number): HostAddress[] {
  return answer.status === 'fulfilled' ? answer.value.map((address) => of(address, family)) : [];
}

function of(address: string, family: number): HostAddress {
  return { address, family };
}
