import type { DynamicRegistrationOptions, RegistrationBounds } from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import { ClientMetadataValidator } from '../../lib/client-metadata/client-metadata.validator.js';
import { metadataBounds } from '../../lib/initial-access-token/registration-bounds.rules.js';
import { RegistrationConfiguration } from '../../lib/registration-configuration.js';
import { clientMetadata, publicKey } from '../support/client-metadata.builder.js';

const SERVER = {
  scopes: ['openid', 'tides.read', 'tides.write', 'admin'],
  defaultScopes: ['tides.read', 'admin'],
  grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  tokenEndpointAuthMethods: ['client_secret_basic', 'private_key_jwt', 'none'],
  logout: true,
};
const SOFTWARE_REFUSAL = 'software_id must be the one that is allowed for this client';
const METHOD_REFUSAL = 'token_endpoint_auth_method must be one that is allowed for this client, which are none';
const hostRefusal = (entry: string) => `${entry} must use https at a host that is allowed for this client`;

/** What would become of members for a client that is bound so. */
async function explained(
  bounds: RegistrationBounds,
  members: object,
  options: Partial<DynamicRegistrationOptions> = {},
): Promise<{ readonly refusals: readonly (readonly [string, string])[]; readonly metadata: object | undefined }> {
  const config = new RegistrationConfiguration({ issuer: 'https://auth.example', server: SERVER, ...options });
  const validator = new ClientMetadataValidator(config);
  const { refusals, metadata } = await validator.explain(members, undefined, false, metadataBounds(bounds));
  return { refusals: refusals.map(({ code, message }) => [code, message]), metadata };
}

describe('scopes of a bounded token', () => {
  it.each([
    ['tides.read', 'tides.read'],
    ['tides.read admin', 'tides.read'],
    ['admin unknown openid', 'openid'],
    [undefined, 'tides.read'],
    [null, 'tides.read'],
    ['', 'tides.read'],
    [' ', 'tides.read'],
  ])('narrow %j to %j', async (scope, registered) => {
    const { metadata, refusals } = await explained(
      { scopes: ['openid', 'tides.read', 'of-another-server'] },
      clientMetadata({ scope }),
    );
    expect(refusals).toEqual([]);
    expect(metadata).toMatchObject({ scope: registered });
  });

  it('narrow default and baseline scopes to none, which is no scope and never all', async () => {
    const server = { ...SERVER, baselineScopes: ['openid'] };
    const { metadata } = await explained({ scopes: ['tides.write'] }, clientMetadata(), { server });
    expect(metadata).toMatchObject({ scope: undefined });
  });

  it.each(['admin', 'unknown', 'admin unknown'])('refuse %j, of which nothing remains', async (scope) => {
    const { refusals } = await explained({ scopes: ['tides.read'] }, clientMetadata({ scope }));
    expect(refusals).toEqual([
      ['invalid_client_metadata', 'scope must contain a value that is allowed for this client'],
    ]);
  });

  it('refuse one beyond them where unsupported values are refused', async () => {
    const bounds = { scopes: ['tides.read'] };
    const strict = { unsupportedMetadata: 'reject' } as const;
    const { refusals } = await explained(bounds, clientMetadata({ scope: 'tides.read admin' }), strict);
    expect(refusals).toEqual([
      ['invalid_client_metadata', 'scope contains a value that is not allowed for this client'],
    ]);
    const { metadata } = await explained(bounds, clientMetadata(), strict);
    expect(metadata).toMatchObject({ scope: 'tides.read' });
  });
});

describe('grant types of a bounded token', () => {
  const bounds = { grantTypes: ['client_credentials'] };

  it('are what the client may have of what the server supports', async () => {
    const grant_types = ['authorization_code', 'client_credentials'];
    const { metadata } = await explained(bounds, { grant_types });
    expect(metadata).toMatchObject({ grant_types: ['client_credentials'], response_types: [] });
  });

  it.each([
    ['others', { grant_types: ['authorization_code'] }],
    ['none, which means the default', {}],
    ['null', { grant_types: null }],
    ['an empty list', { grant_types: [] }],
    ['response types that need others', { response_types: ['code'] }],
  ])('refuse %s', async (_, members) => {
    const { refusals } = await explained(bounds, clientMetadata(members));
    expect(refusals).toContainEqual([
      'invalid_client_metadata',
      'grant_types must contain a value this server supports: client_credentials',
    ]);
  });

  it('refuse others beside them where unsupported values are refused', async () => {
    const grant_types = ['client_credentials', 'refresh_token'];
    const { refusals } = await explained(bounds, { grant_types }, { unsupportedMetadata: 'reject' });
    expect(refusals).toEqual([
      ['invalid_client_metadata', 'grant_types[1] is not supported by this server, which supports client_credentials'],
    ]);
  });

  it('are not given back by the repair of inconsistent types', async () => {
    const members = clientMetadata({ grant_types: ['client_credentials'], response_types: ['code'] });
    const { metadata } = await explained(bounds, members, { inconsistentTypes: 'repair' });
    expect(metadata).toBeUndefined();
  });
});

describe('authentication methods of a bounded token', () => {
  it.each(['client_secret_basic', 'private_key_jwt', undefined, null, ''])('refuse %j', async (method) => {
    const jwks_uri = 'https://tides.example/keys';
    const members = clientMetadata({ token_endpoint_auth_method: method, jwks_uri });
    const { refusals } = await explained({ tokenEndpointAuthMethods: ['none'] }, members);
    expect(refusals).toEqual([['invalid_client_metadata', METHOD_REFUSAL]]);
  });

  it('are those the server chooses from a list', async () => {
    const members = clientMetadata({
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_basic', 'none'],
      jwks_uri: 'https://tides.example/keys',
    });
    const { metadata } = await explained({ tokenEndpointAuthMethods: ['client_secret_basic', 'none'] }, members);
    expect(metadata).toMatchObject({ token_endpoint_auth_method: 'client_secret_basic' });
    const without = { ...members, token_endpoint_auth_methods_supported: ['private_key_jwt'] };
    expect((await explained({ tokenEndpointAuthMethods: ['none'] }, without)).refusals).toEqual([
      ['invalid_client_metadata', METHOD_REFUSAL],
    ]);
  });
});

describe('redirect hosts of a bounded token', () => {
  const bounds = { redirectHosts: ['tides.example', '*.acme.example', 'port.example:8443'] };

  it.each([
    'https://tides.example/cb',
    'https://TIDES.example/cb?a=b',
    'https://app.acme.example/cb',
    'https://a.b.acme.example/cb',
    'https://port.example:8443/cb',
    'https://tides.example:443/cb',
  ])('allow %s', async (uri) => {
    const { refusals } = await explained(bounds, clientMetadata({ redirect_uris: [uri] }));
    expect(refusals).toEqual([]);
  });

  it.each([
    'https://eviltides.example/cb',
    'https://tides.example.evil.example/cb',
    'https://www.tides.example/cb',
    'https://tides.example./cb',
    'https://tides.example:8443/cb',
    'https://acme.example/cb',
    'https://evilacme.example/cb',
    'https://app.acme.example.evil.example/cb',
    'https://app.acme.example:8443/cb',
    'https://port.example/cb',
    'https://localhost/cb',
    'https://127.0.0.1/cb',
    'http://127.0.0.1/cb',
    'http://[::1]:8080/cb',
    'http://localhost/cb',
    'com.acme.example:/cb',
    'com.acme.app://tides.example/cb',
  ])('refuse %s', async (uri) => {
    const loopback = { redirectHosts: [...bounds.redirectHosts, 'localhost', '127.0.0.1', 'localhost:8080'] };
    const redirect_uris = ['https://tides.example/cb', uri];
    const { refusals } = await explained(loopback, clientMetadata({ redirect_uris }));
    expect(refusals).toContainEqual(['invalid_redirect_uri', hostRefusal('redirect_uris[1]')]);
  });

  it('hold for where a browser is sent after a logout', async () => {
    const members = clientMetadata({ post_logout_redirect_uris: ['https://evil.example/bye'] });
    const [[, message] = []] = (await explained(bounds, members)).refusals;
    expect(message).toBe(hostRefusal('post_logout_redirect_uris[0]'));
  });

  it('say nothing about a client without redirect URIs', async () => {
    const { refusals } = await explained(bounds, { grant_types: ['client_credentials'] });
    expect(refusals).toEqual([]);
  });
});

describe('the software id of a bounded token', () => {
  it.each(['other', 'Tides', 'tides ', undefined, null, ''])('refuses %j', async (software_id) => {
    const { refusals } = await explained({ softwareId: 'tides' }, clientMetadata({ software_id }));
    expect(refusals).toEqual([['invalid_client_metadata', SOFTWARE_REFUSAL]]);
  });

  it.each(['tides', undefined, null, ''])('allows %j where it is a default, too', async (software_id) => {
    const bounds = { softwareId: 'tides', defaultMetadata: { software_id: 'tides' } };
    const { metadata } = await explained(bounds, clientMetadata({ software_id }));
    expect(metadata).toMatchObject({ software_id: 'tides' });
  });
});

describe('default metadata of a bounded token', () => {
  const defaultMetadata = {
    client_name: 'Tides',
    'client_name#de': 'Gezeiten',
    jwks_uri: 'https://tides.example/keys',
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    scope: 'tides.read',
  };

  it.each([[{}], [nulls(null)], [nulls('')], [{ grant_types: [], response_types: [] }]])(
    'stands for what %j leaves out',
    async (members) => {
      const { metadata, refusals } = await explained({ defaultMetadata }, members);
      expect(refusals).toEqual([]);
      expect(metadata).toMatchObject({ ...defaultMetadata, response_types: [] });
    },
  );

  it('gives way to what the request says, in any language and by any other member', async () => {
    const members = clientMetadata({
      'client_name#fr': 'Marées',
      jwks: { keys: [publicKey()] },
      client_name: 'Ebbe',
      response_types: ['code'],
      token_endpoint_auth_methods_supported: ['none'],
      scope: 'openid',
    });
    const { metadata, refusals } = await explained({ defaultMetadata }, members);
    expect(refusals).toEqual([]);
    expect(metadata).toMatchObject({
      client_name: 'Ebbe',
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'none',
      scope: 'openid',
    });
    expect(metadata).not.toHaveProperty('client_name#de');
    expect(metadata).not.toHaveProperty('jwks_uri');
  });

  it('is judged like what a client sends', async () => {
    const bounds = {
      scopes: ['openid'],
      softwareId: 'tides',
      defaultMetadata: { scope: 'admin', software_id: 'other' },
    };
    expect((await explained(bounds, clientMetadata())).refusals).toEqual([
      ['invalid_client_metadata', 'scope must contain a value that is allowed for this client'],
      ['invalid_client_metadata', SOFTWARE_REFUSAL],
    ]);
  });

  function nulls(value: unknown): object {
    return Object.fromEntries(Object.keys(defaultMetadata).map((name) => [name, value]));
  }
});

describe('all bounds at once', () => {
  it('are told together with what else is wrong', async () => {
    const bounds = { tokenEndpointAuthMethods: ['none'], redirectHosts: ['tides.example'], softwareId: 'tides' };
    const members = { redirect_uris: ['https://evil.example/cb'], client_uri: 'javascript:alert(1)' };
    const { refusals } = await explained(bounds, members);
    expect(refusals.map(([, message]) => message)).toEqual([
      expect.stringMatching(/^client_uri /),
      METHOD_REFUSAL,
      hostRefusal('redirect_uris[0]'),
      SOFTWARE_REFUSAL,
    ]);
  });
});

describe('what are no bounds', () => {
  it.each<[unknown, string]>([
    [undefined, 'bounds must be a JSON object'],
    ['{"scopes":["a"]}', 'bounds must be a JSON object'],
    [[], 'bounds must be a JSON object'],
    [{ scopes: null }, 'bounds.scopes must be a list of scope tokens (RFC 6749 section 3.3), with one at least'],
    [{ grantTypes: 'implicit' }, 'bounds.grantTypes must be a list of grant types, with one at least'],
    [{ scope: 'a' }, 'bounds.scope is no bound, did you mean "scopes"?'],
  ])('%j allows nothing', (value, message) => {
    expect(() => metadataBounds(value as RegistrationBounds)).toThrow(new RangeError(message));
  });
});
