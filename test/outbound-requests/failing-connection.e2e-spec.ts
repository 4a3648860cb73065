import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const MODULE = fileURLToPath(new URL('../../dist/compiled/outbound-requests/outbound-requests.js', import.meta.url));

/** Without a network every connection fails at once, inside the call that makes it. */
const WITHOUT_NETWORK = ['-rn', process.execPath, '--input-type=module', '-e'];

function canLeaveNetwork(): boolean {
  try {
    execFileSync('unshare', ['-rn', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!canLeaveNetwork())('a connection that fails at once', () => {
  it.each([
    ['an IPv4 address', [{ address: '8.8.8.8', family: 4 }]],
    ['an IPv6 address', [{ address: '2606:4700:4700::1111', family: 6 }]],
    [
      'both',
      [
        { address: '8.8.8.8', family: 4 },
        { address: '2606:4700:4700::1111', family: 6 },
      ],
    ],
  ])('to %s refuses the request, and does not end the process', async (_what, addresses) => {
    const outboundRequests = { timeoutSeconds: 5, concurrent: 4, concurrentPerOrigin: 4, allowLoopback: false };
    const script = `
      import { OutboundRequests } from ${JSON.stringify(MODULE)};
      const config = { outboundRequests: ${JSON.stringify(outboundRequests)} };
      const requests = new OutboundRequests(config, { resolve: async () => ${JSON.stringify(addresses)} });
      await requests.fetch('https://client.example/client.json').catch((error) => console.log(error.name));
      await new Promise((resolve) => setTimeout(resolve, 100));
      console.log('alive');`;
    const { stdout } = await promisify(execFile)('unshare', [...WITHOUT_NETWORK, script]);
    expect(stdout).toBe('OutboundRequestError\nalive\n');
  });
});
