import { InitialAccessTokenService, type RegistrationBounds } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';

const LISTS = { scopes: 'scope tokens (RFC 6749 section 3.3)', grantTypes: 'grant types' } as const;
const UNKNOWN_DEFAULT = 'bounds.defaultMetadata must have only client metadata that this server knows as members';
const NO_HOST =
  'bounds.redirectHosts must be a list: entries must be host names such as client.example.com or *.example.com';

/** As deep as that. */
const nested = (depth: number): object => (depth === 0 ? {} : { a: nested(depth - 1) });

const refused: readonly (readonly [unknown, string])[] = [
  ['{}', 'bounds must be a JSON object'],
  [[], 'bounds must be a JSON object'],
  [{ scope: ['tides.read'] }, 'bounds.scope is no bound, did you mean "scopes"?'],
  [
    { anything: 1 },
    'bounds.anything is no bound: they are scopes, grantTypes, tokenEndpointAuthMethods, redirectHosts, softwareId, defaultMetadata',
  ],
  ...Object.entries(LISTS).flatMap(([name, what]) =>
    [null, 'tides.read', [], [''], [7], ['a b'], ['a"b'], Array.from({ length: 1 })].map(
      (list) => [{ [name]: list }, `bounds.${name} must be a list of ${what}, with one at least`] as const,
    ),
  ),
  [{ scopes: ['tides.read', 'admin'] }, 'bounds.scopes[1] is not supported by this server'],
  [{ grantTypes: ['implicit'] }, 'bounds.grantTypes[0] is not supported by this server'],
  [
    { tokenEndpointAuthMethods: ['tls_client_auth'] },
    'bounds.tokenEndpointAuthMethods[0] is not supported by this server',
  ],
  ...['https://tides.example', 'Tides.example', '*', 'a.*.example', '*tides.example', 'tides.example/', ''].map(
    (host) => [{ redirectHosts: [host] }, NO_HOST] as const,
  ),
  [{ softwareId: '' }, 'bounds.softwareId must not be empty'],
  [{ softwareId: 7 }, 'bounds.softwareId must be a string'],
  [{ softwareId: 'a\0' }, 'bounds.softwareId must not contain control characters'],
  [{ defaultMetadata: [] }, 'bounds.defaultMetadata must be a JSON object'],
  [{ defaultMetadata: { client_name: '\ud800' } }, 'bounds.defaultMetadata must be well-formed Unicode without NUL'],
  [{ defaultMetadata: { jwks: 1n } }, 'bounds.defaultMetadata must be JSON'],
  ...[
    'client_id',
    'client_secret',
    'registration_access_token',
    'client_id_issued_at',
    'software_statement',
    'owner',
  ].map((name) => [{ defaultMetadata: { [name]: 'x' } }, UNKNOWN_DEFAULT] as const),
  [{ defaultMetadata: { 'software_id#de': 'x' } }, UNKNOWN_DEFAULT],
  [
    { defaultMetadata: { redirect_uris: ['javascript:alert(1)'] } },
    'bounds.defaultMetadata: redirect_uris[0] must not use this scheme',
  ],
  [
    { defaultMetadata: { client_name: 'x'.repeat(66_000) } },
    'bounds.defaultMetadata must not be longer than 65536 bytes',
  ],
  [{ defaultMetadata: { jwks: nested(40) } }, 'bounds.defaultMetadata must not nest deeper than 32 levels'],
  [
    { redirectHosts: Array.from({ length: 5_000 }, (_, i) => `host-${i}.example`) },
    'bounds must not be longer than 65536 bytes',
  ],
];

describe.each(databases)('bounds of an initial access token that is issued ($name)', (database) => {
  let server: TestServer;
  let tokens: InitialAccessTokenService;
  beforeAll(async () => {
    server = await startServer({ database, options: { server: { scopes: ['tides.read'] } } });
    tokens = server.app.get(InitialAccessTokenService, { strict: false });
  });
  afterAll(() => server.close());

  // Not everything among them can be written into a title.
  it.each(refused.map(([bounds, message]) => ({ bounds, message })))('$message', async ({ bounds, message }) => {
    await expect(tokens.issue({ bounds: bounds as RegistrationBounds })).rejects.toThrow(new RangeError(message));
    await expect(tokens.list()).resolves.toEqual([]);
  });

  it('keeps a copy of what it was given', async () => {
    const bounds = {
      scopes: ['tides.read'],
      grantTypes: undefined as never,
      redirectHosts: ['*.acme.example', 'tides.example:8443'],
      defaultMetadata: { contacts: ['ops@tides.example'], 'client_name#de': 'Gezeiten' },
    };
    const { token, record } = await tokens.issue({ bounds });
    const { grantTypes: _, ...kept } = structuredClone(bounds);
    bounds.scopes.push('admin');
    bounds.defaultMetadata.contacts.push('evil@tides.example');
    expect(record.bounds).toEqual(kept);
    await expect(tokens.find(token)).resolves.toMatchObject({ bounds: kept });
    await expect(tokens.authenticate(token)).resolves.toMatchObject({ bounds: kept, tenant: null });
  });
});
