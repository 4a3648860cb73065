import { COMPUTED_MEMBERS } from '../discovery/server-metadata.members.js';
import { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import { camelCase, metadataTable, offeredFields } from '../client-metadata/metadata-table.js';
import { SERVER_COLUMNS } from '../client/oauth-client.record.js';
import { issuer } from './issuer.check.js';
import { DEFAULT_LIMITS, EXTRAS, type DynamicRegistrationOptions } from '../dynamic-registration.options.js';
import {
  checkClientDocuments,
  checkOutboundRequests,
  clientIdMetadataDocuments,
  outboundRequests,
} from './remote-documents.check.js';
import { checkServer, grantTypes, server } from './server.check.js';
import { checkSoftwareStatements, softwareStatements } from './software-statements.check.js';
import {
  count,
  flag,
  isObject,
  listOf,
  members,
  must,
  orBoolean,
  seconds,
  wholeNumber,
  word,
  words,
  type Check,
} from './value.checks.js';
import { didYouMean, nearestName } from './nearest-name.js';
import { fail } from '../errors/start-failure.js';
import { serverCapabilities, type ServerCapabilities } from '../server.capabilities.js';

/** Segments without anything a router or a URL parser could read otherwise. */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9\-._~]+)+$/;

const CHECKS: Readonly<Record<keyof DynamicRegistrationOptions, Check>> = {
  issuer,
  path: must(
    (value) => typeof value === 'string' && PATH.test(`/${value}`),
    'must be path segments without a leading slash, such as register',
  ),
  mount: must(
    (value) => typeof value === 'string' && PATH.test(value),
    'must be an absolute path, such as /oauth/register',
  ),
  access: (value, name) =>
    typeof value === 'function' ? undefined : word('initial-access-token', 'open', 'disabled')(value, name),
  openGrantTypes: grantTypes,
  management: orBoolean(
    members({ read: flag, update: flag, delete: flag }, 'must be true, false or { read, update, delete }'),
  ),
  server,
  unsupportedMetadata: word('narrow', 'reject'),
  inconsistentTypes: word('reject', 'repair'),
  redirectUris: members({
    loopbackHttp: flag,
    privateUseSchemes: word('any', 'reverse-domain', 'none'),
    claimedHttps: flag,
    forbiddenSchemes: words,
  }),
  limits: members(Object.fromEntries(Object.keys(DEFAULT_LIMITS).map((name) => [name, count]))),
  preparedStatements: flag,
  metadata: must(
    (value) => value === ClientMetadata || (typeof value === 'function' && value.prototype instanceof ClientMetadata),
    'must be a class that extends ClientMetadata',
  ),
  clientSecret: members({
    lifetimeSeconds: seconds,
    prefix: must(
      (value) => typeof value === 'string' && /^[A-Za-z0-9\-._~]{0,16}$/.test(value),
      'must have at most 16 characters of A-Z a-z 0-9 - . _ ~',
    ),
    hash: word('sha256', 'bcrypt'),
    bcryptCost: must(
      (value) => Number.isInteger(value) && Number(value) >= 10 && Number(value) <= 15,
      'must be an integer from 10 to 15',
    ),
    encryptionKeys,
  }),
  softwareStatements,
  registrationAccessToken: members({ rotation: word('never', 'on-update'), graceSeconds: count }),
  clientLifetime: members({ untilFirstUseSeconds: seconds, sinceLastUseSeconds: seconds }),
  openRegistration: members({ maximumUnusedClients: wholeNumber, foldIdentical: flag }),
  clientIdMetadataDocuments,
  outboundRequests,
  cors: members({ origins: (value, name) => (value === '*' ? undefined : words(value, name)) }),
  discovery: orBoolean(members({ metadata: discoveryMetadata }, 'must be true, false or { metadata }')),
};

/** The options that a factory may return. */
export const OPTION_NAMES: readonly string[] = Object.keys(CHECKS);

/**
 * Checks the options a factory may return, every one before anything runs.
 * @throws Error naming the option and the way out
 */
export function checkOptions(options: DynamicRegistrationOptions): void {
  requireOptions(options);
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(EXTRAS, name)) {
      fail(
        `"${name}" must stand beside the factory, not in what it returns: forRootAsync({ useFactory, ${name}: ... })`,
      );
    }
    if (!OPTION_NAMES.includes(name)) {
      fail(`"${name}" is no option${wayFrom(name) ?? `. The options are ${OPTION_NAMES.join(', ')}`}`);
    }
  }
  if (options.issuer === undefined) {
    fail(
      '"issuer" is missing. Give the absolute URL clients know you by: forRoot({ issuer: \'https://auth.example.com\' })',
    );
  }
  for (const [name, check] of Object.entries(CHECKS)) {
    const value = options[name as keyof DynamicRegistrationOptions];
    const wrong = value === undefined ? undefined : check(value, name);
    if (wrong !== undefined) fail(wrong);
  }
  const { encryptionKeys = [], hash, prefix = '' } = options.clientSecret ?? {};
  checkServer(options.server ?? {}, encryptionKeys);
  // bcrypt reads 72 bytes, and a secret that is a key has 64 beside its prefix.
  if (encryptionKeys.length > 0 && hash === 'bcrypt' && prefix.length > 8) {
    fail(
      '"clientSecret.prefix" must have at most 8 characters with "clientSecret.hash": \'bcrypt\' and "clientSecret.encryptionKeys"',
    );
  }
  if (options.openRegistration?.foldIdentical && options.access !== 'open' && typeof options.access !== 'function') {
    fail(
      '"openRegistration.foldIdentical" is for registrations without a token. Add "access": \'open\', or a function that may answer it, or take it out',
    );
  }
  const metadata = options.metadata ?? ClientMetadata;
  const capabilities = serverCapabilities(options.server);
  checkOutboundRequests(options);
  checkClientDocuments(options, capabilities);
  checkMetadata(metadata, capabilities);
  checkSoftwareStatements(options.softwareStatements ?? {}, offeredFields(metadataTable(metadata), capabilities));
}

/** @throws Error when there are no options at all */
export function requireOptions(options: unknown): void {
  if (!isObject(options)) fail('the options are missing. Give at least forRoot({ issuer: ... })');
}

/** The known name an unknown one was meant to be, members of other options included: `scopes` is one of `server`. */
export function wayFrom(name: string): string | undefined {
  const nearest = didYouMean(name, [...OPTION_NAMES, ...Object.keys(EXTRAS)]);
  if (nearest !== '') return nearest;
  for (const [option, { members: names = [] }] of Object.entries(CHECKS)) {
    const member = nearestName(name, names);
    if (member !== undefined) return `, did you mean "${option}.${member}"?`;
  }
  return undefined;
}

/** A field is a plain property, its column none of the server's, which strangers could write then, and one that must be sent is known. */
function checkMetadata(
  metadata: NonNullable<DynamicRegistrationOptions['metadata']>,
  server: ServerCapabilities,
): void {
  const table = metadataTable(metadata);
  const known = offeredFields(table, server);
  for (const { name, required } of table.values()) {
    if (required && !known.has(name)) {
      fail(`"metadata" requires ${name}, which belongs to a feature that "server" does not offer. Switch it on there`);
    }
    if ((SERVER_COLUMNS as readonly string[]).includes(camelCase(name))) {
      fail(
        `"metadata" declares ${name}, whose property ${camelCase(name)} is a column of the server. Rename the field`,
      );
    }
    // What stands on the prototype would be the value of every client that leaves the field out, or could not be set.
    if (name in metadata.prototype) {
      fail(`"metadata" declares ${name}, which is a getter or a method of the class. Make it a plain property`);
    }
  }
}

/** AES-256 takes 32 octets; each key is found again by its id. */
function encryptionKeys(value: unknown, name: string): string | undefined {
  const wrong = listOf(
    (key, keyName) =>
      isObject(key) &&
      Object.keys(key).length === 2 &&
      hasText(key['id'], /^[A-Za-z0-9_-]{1,64}$/) &&
      isKeyOf32Octets(key['key'])
        ? undefined
        : `"${keyName}" must be { id, key }: an id of 1 to 64 characters A-Z a-z 0-9 - _, and 32 random octets in base64 (openssl rand -base64 32)`,
    'must be a list of { id, key }',
  )(value, name);
  if (wrong !== undefined) return wrong;
  const ids = (value as { id: string }[]).map(({ id }) => id);
  return new Set(ids).size === ids.length ? undefined : `"${name}" must not have the same id twice`;
}

function hasText(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function isKeyOf32Octets(value: unknown): boolean {
  return hasText(value, /^[A-Za-z0-9+/_-]{43}=?$/) && Buffer.from(String(value), 'base64').length === 32;
}

function discoveryMetadata(value: unknown, name: string): string | undefined {
  if (!isObject(value)) return `"${name}" must be an object`;
  const computed = Object.keys(COMPUTED_MEMBERS).find((member) => member in value);
  return computed && `"${name}" must not contain ${computed}, which follows from the other options`;
}
