import { OAuthClientService } from 'nestjs-dynamic-registration';
import { openFinanceBrasil } from 'nestjs-dynamic-registration/open-finance-brasil';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, invalidMetadata, invalidRedirectUri } from '../errors/refusal.js';
import { now, signer, type Signer } from '../software-statement/statements.js';
import { publicKey } from '../support/client-metadata.builder.js';
import {
  documentProviders,
  RecordingHostResolver,
  startDocumentServer,
  type DocumentServer,
} from '../support/document-server.js';
import { platforms, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

const HERE = 'https://tides.example/cb';
const THERE = 'https://tides.example/other';
const KEYS = 'https://keystore.directory.documents.test/tides/application.jwks';

describe.each(platforms)('Open Finance Brasil ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let directory: DocumentServer;
  let signs: Signer;
  beforeAll(async () => {
    directory = await startDocumentServer();
    const jwksUri = directory.url('keystore.documents.test', '/openbanking.jwks');
    const brasil = openFinanceBrasil({ environment: 'sandbox', jwksUri });
    signs = await signer('Open Banking Open Banking Brasil sandbox SSA issuer', 'PS256', 'signer');
    directory.answerJson({ keys: [signs.jwk] });
    server = await startServer({
      ...platform,
      options: {
        ...brasil,
        server: { ...brasil.server, scopes: ['openid', 'accounts'] },
        access: 'open',
        outboundRequests: { allowLoopback: true },
        providers: documentProviders(new RecordingHostResolver().answer('keystore.documents.test', ['127.0.0.1'])),
      },
    });
  });
  afterAll(async () => {
    await server.close();
    await directory.close();
  });

  const statement = (claims: Record<string, unknown> = {}) =>
    signs.sign({
      software_id: 'tides',
      software_client_name: 'Tide Tables',
      software_logo_uri: 'https://tides.example/logo.png',
      software_jwks_uri: KEYS,
      software_redirect_uris: [HERE, THERE],
      ...claims,
    });
  const register = async (members: object = {}, claims: Record<string, unknown> = {}) =>
    server.register(
      {
        software_statement: await statement(claims),
        redirect_uris: [HERE],
        response_types: ['code id_token'],
        grant_types: ['authorization_code', 'implicit', 'refresh_token', 'client_credentials'],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri: KEYS,
        ...members,
      },
      null,
    );
  const update = ({ body }: JsonResponse, members: object) => {
    const { registration_access_token: token, registration_client_uri: uri, client_id, redirect_uris } = body;
    const { grant_types, response_types, token_endpoint_auth_method } = body;
    const kept = { client_id, redirect_uris, grant_types, response_types, token_endpoint_auth_method };
    return server.request('PUT', new URL(uri).pathname, { token, body: { ...kept, ...members } });
  };
  const invalidStatement = (description: string) => ({ status: 400, error: 'invalid_software_statement', description });

  it('registers what the directory says, by the algorithms of the profile', async () => {
    const { status, body } = await register({ client_name: 'Another name' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      client_name: 'Tide Tables',
      logo_uri: 'https://tides.example/logo.png',
      jwks_uri: KEYS,
      redirect_uris: [HERE],
      token_endpoint_auth_method: 'private_key_jwt',
      id_token_signed_response_alg: 'PS256',
    });
    expect(body).not.toHaveProperty('client_secret');
  });

  it('takes software_jwks_uri where no jwks_uri is sent', async () => {
    expect((await register({ jwks_uri: undefined })).body).toMatchObject({ jwks_uri: KEYS });
  });

  it('refuses another jwks_uri, and keys by value', async () => {
    const other = invalidMetadata('jwks_uri must be software_jwks_uri of the software statement');
    expectRefusal(await register({ jwks_uri: `${KEYS}?2` }), other);
    for (const software_jwks_uri of [undefined, null, '']) {
      expectRefusal(await register({}, { software_jwks_uri }), other);
    }
    const keys = { jwks_uri: undefined, jwks: { keys: [publicKey()] } };
    expectRefusal(await register(keys), invalidMetadata('jwks must not be sent, but a jwks_uri'));
  });

  it('refuses a redirection URI that is not among software_redirect_uris', async () => {
    const rule = 'must be among software_redirect_uris of the software statement';
    const redirect_uris = [HERE, `${THERE}/`];
    expectRefusal(await register({ redirect_uris }), invalidRedirectUri(`redirect_uris[1] ${rule}`));
    expectRefusal(
      await register({}, { software_redirect_uris: undefined }),
      invalidRedirectUri(`redirect_uris[0] ${rule}`),
    );
    expect((await register({ redirect_uris: [HERE, THERE] })).status).toBe(201);
  });

  it('needs a statement, by PS256, not older than five minutes', async () => {
    expectRefusal(
      await register({ software_statement: undefined }),
      invalidStatement('software_statement is required'),
    );
    expect((await register({}, { iat: now() - 290 })).status).toBe(201);
    expect((await register({}, { iat: now() - 400 })).body.error).toBe('invalid_software_statement');
    expect((await register({}, { iat: undefined })).body.error).toBe('invalid_software_statement');
    const rs256 = await signer(signs.issuer, 'RS256', 'signer');
    const software_statement = await rs256.sign({ software_jwks_uri: KEYS, software_redirect_uris: [HERE] });
    expect((await register({ software_statement })).body.error).toBe('invalid_software_statement');
    const foreign = await signer('Open Banking Brasil prod SSA issuer', 'PS256', 'signer');
    expect((await register({ software_statement: await foreign.sign() })).body.error).toBe(
      'unapproved_software_statement',
    );
  });

  it('needs a statement on every update, and judges it as on registration', async () => {
    const client = await register();
    expectRefusal(await update(client, {}), invalidStatement('software_statement is required'));
    const software_statement = await statement();
    expect((await update(client, { software_statement, redirect_uris: [THERE] })).body).toMatchObject({
      redirect_uris: [THERE],
      registration_access_token: client.body.registration_access_token,
    });
    const other = await update(client, { software_statement, redirect_uris: ['https://evil.example/cb'] });
    expect(other.body.error).toBe('invalid_redirect_uri');
    expect((await update(client, { software_statement, jwks_uri: `${KEYS}?2` })).body.error).toBe(
      'invalid_client_metadata',
    );
    const ofOther = await statement({ software_id: 'currents' });
    expect((await update(client, { software_statement: ofOther })).body.error).toBe('unapproved_software_statement');
  });

  it('lets an administrator add a client without one', async () => {
    const clients = server.app.get(OAuthClientService, { strict: false });
    const { client, registrationAccessToken } = await clients.create({
      redirect_uris: [HERE],
      response_types: ['code'],
      jwks_uri: KEYS,
      token_endpoint_auth_method: 'private_key_jwt',
    });
    expect(client.jwksUri).toBe(KEYS);
    // What it does with itself is judged as anybody's: it could take any other redirection URI.
    const metadata = { client_id: client.clientId, redirect_uris: ['https://evil.example/cb'], jwks_uri: KEYS };
    const own = await server.request('PUT', `/register/${client.clientId}`, {
      token: registrationAccessToken ?? '',
      body: { ...metadata, response_types: ['code'], token_endpoint_auth_method: 'private_key_jwt' },
    });
    expectRefusal(own, invalidStatement('software_statement is required'));
  });
});

describe('the directories of Open Finance Brasil', () => {
  it.each([
    ['production', 'prod', 'https://keystore.directory.openbankingbrasil.org.br/openbanking.jwks'],
    ['sandbox', 'sandbox', 'https://keystore.sandbox.directory.openbankingbrasil.org.br/openbanking.jwks'],
  ] as const)('%s', (environment, name, jwksUri) => {
    expect(openFinanceBrasil({ environment }).softwareStatements?.issuers).toMatchObject([
      { issuer: `Open Banking Open Banking Brasil ${name} SSA issuer`, jwksUri, algorithms: ['PS256'] },
    ]);
  });
});
