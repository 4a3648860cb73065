import { OidcProviderClients } from 'nestjs-dynamic-registration/oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic } from '../client-authentication/token-endpoint.js';
import { fieldCases } from '../client-metadata/fields/field-cases.js';
import { captureLog, type CapturedLog } from '../support/captured-log.js';
import { clientMetadata, type Members } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { ENCRYPTION_KEYS, FULL_SERVER } from '../support/full-server.js';
import { recordedClients } from '../support/recorded-clients.js';
import { startServer, type TestServer } from '../support/start-server.js';
import { startProvider, type RunningProvider } from './running-provider.js';

const sqlite = databases.filter(({ kind }) => kind === 'sqlite');

/** Methods of authentication that an oidc-provider does not have unless it is told to. */
const UNKNOWN_METHODS = ['tls_client_auth', 'self_signed_tls_client_auth'];

/** Every value there is, in a client that has it. */
const values = fieldCases.flatMap(({ field, accepted, with: others }) =>
  accepted.map((value) => [field, JSON.stringify(value), clientMetadata({ ...others, [field]: value })] as const),
);

/** The one the client asks for, or the first of its choices. */
function methodOf({
  token_endpoint_auth_method: method,
  token_endpoint_auth_methods_supported: choices,
}: Members): string {
  return String(Array.isArray(choices) ? choices[0] : method);
}

/** Whether a client is registered with protection that an oidc-provider does not have unless it is told to. */
function isUnprotected(registered: Members): boolean {
  const has = (name: string, ...harmless: readonly unknown[]) =>
    registered[name] !== undefined && !harmless.includes(registered[name]);
  return (
    Object.keys(registered).some((name) =>
      /^(?!nfv_).*_encrypted_response_(alg|enc)$|^request_object_encryption_(alg|enc)$/.test(name),
    ) ||
    has('id_token_signed_response_alg', 'none', 'RS256', 'PS256') ||
    has('userinfo_signed_response_alg', 'none') ||
    has('request_object_signing_alg', 'none') ||
    has('token_endpoint_auth_signing_alg', 'RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519', 'HS256') ||
    has('require_signed_request_object', false) ||
    has('tls_client_certificate_bound_access_tokens', false) ||
    has('subject_type', 'public')
  );
}

describe.each(sqlite)('an oidc-provider with less than the clients may register', (database) => {
  let server: TestServer;
  let provider: RunningProvider;
  let token: string;
  let log: CapturedLog;
  beforeAll(async () => {
    const options = { server: FULL_SERVER, clientSecret: { encryptionKeys: ENCRYPTION_KEYS } };
    server = await startServer({ database, options, providers: [OidcProviderClients] });
    provider = await startProvider(server.app.get(OidcProviderClients));
    token = await server.token();
    log = captureLog();
  });
  afterAll(async () => {
    log.stop();
    await provider.close();
    await server.close();
  });

  const register = async (members: Members) => {
    const { status, body } = await server.register(members, token);
    expect({ status, error: body.error_description }).toEqual({ status: 201, error: undefined });
    return body as Members & { client_id: string; client_secret: string };
  };
  const loaded = async (members: Members) =>
    (await provider.provider.Client.find((await register(members)).client_id))?.metadata();

  it.each(values)(
    'has a client with %s %s, unless it would be less safe than it asked for',
    async (_field, _value, members) => {
      const registered = await register(members);
      const metadata = (await provider.provider.Client.find(registered.client_id))?.metadata();
      const isUnknown = UNKNOWN_METHODS.includes(methodOf(members)) || isUnprotected(registered);
      if (isUnknown) expect(metadata).toBeUndefined();
      else expect(metadata).toMatchObject({ client_name: expect.any(String), client_id: expect.any(String) });
    },
  );

  it.each(recordedClients)('has $name', async ({ body }) => {
    const metadata = await loaded({ ...body });
    expect(metadata?.redirect_uris).toEqual(body['redirect_uris']);
  });

  it('leaves out what it does not have, entry by entry, and keeps the rest', async () => {
    const client = await register(
      clientMetadata({
        grant_types: ['authorization_code', 'implicit', 'urn:openid:params:grant-type:ciba', 'client_credentials'],
        backchannel_token_delivery_mode: 'poll',
        response_types: ['code', 'token'],
        scope: 'openid tides.read offline_access tides.write',
        contacts: ['ops@tides.example', '+49 40 1234'],
        default_acr_values: ['phr'],
        default_max_age: 60,
        post_logout_redirect_uris: ['https://tides.example/bye'],
        redirect_uris: ['https://tides.example/cb', 'http://localhost/cb', 'cursor://host/cb'],
      }),
    );
    const found = await provider.provider.Client.find(client.client_id);
    expect(found?.metadata()).toMatchObject({
      client_name: 'Tide Tables',
      grant_types: ['authorization_code', 'client_credentials'],
      response_types: ['code'],
      scope: 'openid offline_access',
      contacts: ['ops@tides.example'],
      default_max_age: 60,
      post_logout_redirect_uris: ['https://tides.example/bye'],
      redirect_uris: ['https://tides.example/cb', 'http://localhost/cb', 'cursor://host/cb'],
      application_type: 'native',
    });
    expect(found?.metadata()).not.toHaveProperty('default_acr_values');
    const form = { grant_type: 'client_credentials', scope: 'openid' };
    expect((await provider.token(form, basic(client.client_id, client.client_secret))).status).toBe(200);
    expect(await provider.provider.Client.find(client.client_id)).toBe(found);
  });

  it('does not know a client by a method of authentication it does not have', async () => {
    const members = { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'tides.example' };
    const { client_id } = await register(clientMetadata(members));
    const { status, body } = await provider.token({ grant_type: 'authorization_code', code: 'x', client_id });
    expect([status, body['error']]).toEqual([401, 'invalid_client']);
  });

  it.each([
    ['id_token_signed_response_alg', 'HS512'],
    ['userinfo_signed_response_alg', 'RS256'],
    ['request_object_signing_alg', 'HS256'],
    ['require_signed_request_object', true],
    ['tls_client_certificate_bound_access_tokens', true],
    ['subject_type', 'pairwise'],
  ])('does not know a client that would lose %s %s, and so be less safe than it asked for', async (name, value) => {
    expect(await loaded(clientMetadata({ [name]: value }))).toBeUndefined();
    expect(log.of('warn').filter((line) => line.includes(`${name}, so that the client is unknown there`))).toHaveLength(
      1,
    );
  });

  it.each([
    ['require_pushed_authorization_requests', true],
    ['dpop_bound_access_tokens', true],
    ['require_auth_time', true],
  ])('keeps %s, which it has', async (name, value) => {
    expect(await loaded(clientMetadata({ [name]: value, default_acr_values: ['phr'] }))).toMatchObject({
      [name]: value,
    });
  });

  it('is told of once in the log, whatever number of clients are concerned', () => {
    const lines = log.of('warn').filter((line) => line.includes('oidc-provider does not accept'));
    expect(new Set(lines).size).toBe(lines.length);
    for (const name of ['scope', 'contacts', 'grant_types', 'token_endpoint_auth_method, so that']) {
      expect(lines.filter((line) => line.includes(`has registered as ${name}`))).toHaveLength(1);
    }
    expect(lines.join()).not.toMatch(/tides|cs_/);
  });
});
