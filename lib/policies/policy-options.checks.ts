import { clientUri } from './client-uris.js';
import { hosts, listOf, must, type Check } from '../start-checks/value.checks.js';

const schemeOfAnApplication = must(
  (value) => typeof value === 'string' && /^[a-z][a-z0-9+.-]*$/.test(value) && isPrivateUse(`${value}:/`),
  'must be a private-use scheme in lower case without its colon, such as com.example.app',
);

/** Schemes that applications claim (RFC 8252 section 7.1). */
export const privateUseSchemes = listOf(schemeOfAnApplication, 'must be a list of schemes such as com.example.app');

/**
 * Hosts as a URL has them, none of which is the machine of the user.
 * @param way what to do instead
 */
export function remoteHosts(way: string): Check {
  const remote = must(
    (value) => clientUri('', `https://${String(value).replace('*.', '')}/`).kind === 'https',
    `must not be on the machine of the user. ${way}`,
  );
  return (value, name) => hosts(value, name) ?? listOf(remote, 'must be a list')(value, name);
}

function isPrivateUse(uri: string): boolean {
  return clientUri('', uri).kind === 'private-use';
}
