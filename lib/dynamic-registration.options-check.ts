import { fail } from './errors/start-failure.js';
import { ClientMetadata } from './client-metadata/client-metadata.dto.js';
import { camelCase, metadataTable } from './client-metadata/metadata-table.js';
import { SERVER_COLUMNS } from './client/oauth-client.record.js';
import {
  DEFAULT_LIMITS,
  DEFAULT_SERVER,
  EXTRAS,
  type DynamicRegistrationOptions,
  type ServerOptions,
} from './dynamic-registration.options.js';

/** Members of the metadata document that follow from other options. */
const COMPUTED_METADATA = [
  'issuer',
  'registration_endpoint',
  'scopes_supported',
  'response_types_supported',
  'grant_types_supported',
  'token_endpoint_auth_methods_supported',
  'token_endpoint_auth_signing_alg_values_supported',
] as const;

const AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'none',
  'private_key_jwt',
  'self_signed_tls_client_auth',
];

/** Segments without anything a router or a URL parser could read otherwise. */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9\-._~]+)+$/;

/** What an option may be: the words for a wrong value, or undefined for a right one. */
type Check = (value: unknown) => string | undefined;

const CHECKS: Readonly<Record<keyof DynamicRegistrationOptions, Check>> = {
  issuer,
  path: (value) =>
    typeof value === 'string' && PATH.test(`/${value}`)
      ? undefined
      : 'must be path segments without a leading slash, such as register',
  mount: (value) =>
    typeof value === 'string' && PATH.test(value) ? undefined : 'must be an absolute path, such as /oauth/register',
  access: (value) =>
    typeof value === 'function' ? undefined : word('initial-access-token', 'open', 'disabled')(value),
  openGrantTypes: words,
  management: (value) =>
    typeof value === 'boolean' ? undefined : members({ read: flag, update: flag, delete: flag })(value),
  server: (value) =>
    members({
      scopes,
      defaultScopes: scopes,
      baselineScopes: scopes,
      grantTypes: someWords,
      responseTypes: words,
      tokenEndpointAuthMethods: someWords,
    })(value),
  unsupportedMetadata: word('narrow', 'reject'),
  redirectUris: (value) =>
    members({
      loopbackHttp: flag,
      privateUseSchemes: word('any', 'reverse-domain', 'none'),
      claimedHttps: flag,
      forbiddenSchemes: words,
    })(value),
  limits: (value) => members(Object.fromEntries(Object.keys(DEFAULT_LIMITS).map((name) => [name, count])))(value),
  metadata: (value) =>
    value === ClientMetadata || (typeof value === 'function' && value.prototype instanceof ClientMetadata)
      ? undefined
      : 'must be a class that extends ClientMetadata',
  clientSecret: (value) =>
    members({
      lifetimeSeconds: seconds,
      prefix: (prefix) =>
        typeof prefix === 'string' && /^[A-Za-z0-9\-._~]{0,16}$/.test(prefix)
          ? undefined
          : 'must have at most 16 characters of A-Z a-z 0-9 - . _ ~',
      hash: word('sha256', 'bcrypt'),
      bcryptCost: (cost) =>
        Number.isInteger(cost) && Number(cost) >= 10 && Number(cost) <= 15
          ? undefined
          : 'must be an integer from 10 to 15',
    })(value),
  registrationAccessToken: (value) => members({ rotation: word('never') })(value),
  cors: (value) => members({ origins: (origins) => (origins === '*' ? undefined : words(origins)) })(value),
  discovery: (value) => (typeof value === 'boolean' ? undefined : members({ metadata: discoveryMetadata })(value)),
};

/** The options that a factory may return. */
export const OPTION_NAMES: readonly string[] = Object.keys(CHECKS);

/**
 * Checks the options a factory may return, every one before anything runs.
 * @throws Error naming the option and the way out
 */
export function checkOptions(options: DynamicRegistrationOptions): void {
  if (typeof options !== 'object' || options === null)
    fail('the options are missing. Give at least forRoot({ issuer: ... })');
  for (const name of Object.keys(options)) {
    if (name in EXTRAS)
      fail(
        `"${name}" must stand beside the factory, not in what it returns: forRootAsync({ useFactory, ${name}: ... })`,
      );
    if (!(name in CHECKS)) fail(`"${name}" is no option. The options are ${OPTION_NAMES.join(', ')}`);
  }
  if (options.issuer === undefined) {
    fail(
      '"issuer" is missing. Give the absolute URL clients know you by: forRoot({ issuer: \'https://auth.example.com\' })',
    );
  }
  for (const [name, check] of Object.entries(CHECKS)) {
    const value = options[name as keyof DynamicRegistrationOptions];
    const wrong = value === undefined ? undefined : check(value);
    if (wrong !== undefined) fail(wrong.startsWith('.') ? `"${name}${wrong}` : `"${name}" ${wrong}`);
  }
  checkServer({ ...DEFAULT_SERVER, ...options.server });
  checkMetadata(options.metadata ?? ClientMetadata);
}

/** What the defaults promise must be offered too. */
function checkServer(server: ServerOptions): void {
  for (const name of ['defaultScopes', 'baselineScopes'] as const) {
    const unknown = server[name]?.find((scope) => !server.scopes?.includes(scope));
    if (unknown !== undefined)
      fail(`"server.${name}" contains ${unknown}, which "server.scopes" does not. Add it there`);
  }
  const method = server.tokenEndpointAuthMethods?.find((one) => !AUTH_METHODS.includes(one));
  if (method !== undefined) {
    fail(
      `"server.tokenEndpointAuthMethods" contains ${method}, which is not available. Available are ${AUTH_METHODS.join(', ')}`,
    );
  }
}

/** A field whose column would be one of the server's could be written by strangers. */
function checkMetadata(metadata: NonNullable<DynamicRegistrationOptions['metadata']>): void {
  for (const { name } of metadataTable(metadata).values()) {
    if ((SERVER_COLUMNS as readonly string[]).includes(camelCase(name))) {
      fail(
        `"metadata" declares ${name}, whose property ${camelCase(name)} is a column of the server. Rename the field`,
      );
    }
  }
}

function issuer(value: unknown): string | undefined {
  const example = "forRoot({ issuer: 'https://auth.example.com' })";
  // The parser would put up with spaces around it and with other slashes, or fewer; clients compare it as it stands.
  if (typeof value !== 'string' || !/^[a-z][a-z0-9+.-]*:\/\/[^\s/\\][^\s\\]*$/i.test(value) || !URL.canParse(value))
    return `must be an absolute URL: ${example}`;
  const { protocol, hostname, pathname, href, search, hash, username, password } = new URL(value);
  if (search || hash || value.endsWith('?') || value.endsWith('#'))
    return `must not have a query or a fragment (RFC 8414 section 2): ${example}`;
  if (username || password) return `must not have a user: ${example}`;
  if (href.replace(/\/$/, '') !== value.replace(/\/$/, '') || !/^(?:\/[A-Za-z0-9\-._~]+)*\/?$/.test(pathname)) {
    return `must be spelled as clients compare it, with a path of A-Z a-z 0-9 - . _ ~ alone: ${example}`;
  }
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && loopback))
    return `must use https, or http on a loopback host: ${example}`;
  return undefined;
}

function members(checks: Readonly<Record<string, Check>>): Check {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object';
    for (const [name, member] of Object.entries(value)) {
      const check = checks[name];
      if (!check) return `.${name}" is no option. The options are ${Object.keys(checks).join(', ')}`;
      const wrong = member === undefined ? undefined : check(member);
      if (wrong !== undefined) return wrong.startsWith('.') ? `.${name}${wrong}` : `.${name}" ${wrong}`;
    }
    return undefined;
  };
}

function word(...allowed: string[]): Check {
  return (value) => (allowed.includes(value as string) ? undefined : `must be ${allowed.join(' or ')}`);
}

function words(value: unknown): string | undefined {
  const valid = Array.isArray(value) && value.every((entry) => typeof entry === 'string' && entry !== '');
  return valid ? undefined : 'must be a list of strings';
}

function someWords(value: unknown): string | undefined {
  return words(value) ?? ((value as unknown[]).length > 0 ? undefined : 'must not be empty');
}

function scopes(value: unknown): string | undefined {
  const valid =
    Array.isArray(value) &&
    value.every((scope) => typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope));
  return valid ? undefined : 'must be a list of scope tokens (RFC 6749 section 3.3), each without spaces';
}

function flag(value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : 'must be true or false';
}

function count(value: unknown): string | undefined {
  return Number.isSafeInteger(value) && Number(value) > 0 ? undefined : 'must be a positive integer';
}

function seconds(value: unknown): string | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0
    ? undefined
    : 'must be a whole number of seconds, 0 for never';
}

function discoveryMetadata(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object';
  const computed = COMPUTED_METADATA.find((name) => name in value);
  return computed && `must not contain ${computed}, which follows from the other options`;
}
