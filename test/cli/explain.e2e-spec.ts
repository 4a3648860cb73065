import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FULL_SERVER } from '../support/full-server.js';
import { dcr, dcrProcess, type Finished } from './dcr.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcr-explain-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(text: string): Promise<string> {
  const file = join(folder, 'client.json');
  await writeFile(file, text);
  return file;
}

const explain = async (metadata: unknown): Promise<Finished> =>
  dcr(['explain', await fileOf(JSON.stringify(metadata))]);

const REDIRECT_URIS = ['https://tides.example/cb'];

/** A client with a mistake in almost everything, and what is said about it: field by field, then across fields. */
const WRONG = {
  redirect_uris: ['https://tides.example/cb#top', 'javascript:alert(1)', 'https://tides.example/ok'],
  grant_types: ['authorization_code', 'urn:openid:params:grant-type:ciba'],
  response_types: ['code', 'id_token'],
  client_name: 7,
  'client_name#de': ['Gezeiten'],
  client_uri: 'ftp://tides.example',
  contacts: 'ops@tides.example',
  scope: 'tides.read "',
  jwks_uri: 'http://tides.example/jwks',
  software_statement: 'x.y',
  application_type: 'desktop',
  id_token_encrypted_response_enc: 'A256GCM',
  request_object_signing_alg: 'ROT13',
  default_max_age: '3600',
  require_auth_time: 'yes',
  post_logout_redirect_uris: ['nowhere'],
  tls_client_auth_san_ip: '300.1.1.1',
  unheard_of: true,
};
const MISTAKES = [
  'invalid_redirect_uri: redirect_uris[0] must not contain a fragment',
  'invalid_redirect_uri: redirect_uris[1] must not use this scheme',
  'invalid_client_metadata: client_name must be a string',
  'invalid_client_metadata: client_uri must use https, or http on 127.0.0.1, [::1] or localhost',
  'invalid_client_metadata: scope must be a space-separated list of scope tokens (RFC 6749 section 3.3)',
  'invalid_client_metadata: contacts must be an array',
  'invalid_client_metadata: jwks_uri must use https',
  'invalid_software_statement: software_statement must be a signed JWT in compact serialization',
  'invalid_client_metadata: application_type must be one of web, native',
  'invalid_client_metadata: default_max_age must be a whole number, 0 or more',
  'invalid_client_metadata: require_auth_time must be true or false',
  'invalid_client_metadata: post_logout_redirect_uris[0] must be an absolute URI',
  'invalid_client_metadata: tls_client_auth_san_ip must be an IPv4 or IPv6 address',
  'invalid_client_metadata: client_name#de must be a string',
  'invalid_client_metadata: response_types[1] needs implicit in grant_types',
  'invalid_client_metadata: request_object_signing_alg is not supported by this server, which supports ' +
    'RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519, HS256, HS384, HS512, none',
  'invalid_client_metadata: id_token_encrypted_response_enc needs id_token_encrypted_response_alg',
  'invalid_client_metadata: backchannel_token_delivery_mode is required with the grant type urn:openid:params:grant-type:ciba',
];

describe('dcr explain', () => {
  it('lists every mistake, in the order in which a client would learn of them, and ends with 1', async () => {
    expect(await explain(WRONG)).toEqual({
      code: 1,
      stdout: MISTAKES.map((line) => `${line}\n`).join(''),
      stderr: 'error: 18 rules are violated\n',
    });
  });

  it('says of a single mistake that it is one', async () => {
    expect(await explain({ redirect_uris: REDIRECT_URIS, token_endpoint_auth_method: 'client_secret' })).toEqual({
      code: 1,
      stdout:
        'invalid_client_metadata: token_endpoint_auth_method is not supported by this server, which supports client_secret_basic, ' +
        'client_secret_post, client_secret_jwt, none, private_key_jwt, tls_client_auth, self_signed_tls_client_auth\n',
      stderr: 'error: a rule is violated\n',
    });
  });

  it('lists what contradicts each other, where every field is right on its own', async () => {
    const { code, stdout, stderr } = await explain({
      redirect_uris: REDIRECT_URIS,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'client_credentials'],
      jwks_uri: 'https://tides.example/jwks',
      signed_jwks_uri: 'https://tides.example/jwks.jwt',
      id_token_signed_response_alg: 'HS256',
      introspection_encrypted_response_alg: 'A128KW',
    });
    expect(stdout.trimEnd().split('\n')).toEqual([
      'invalid_client_metadata: signed_jwks_uri must not be present together with jwks_uri',
      'invalid_client_metadata: grant_types must not contain client_credentials with token_endpoint_auth_method none',
    ]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'error: 2 rules are violated\n' });
  });

  it('shows what would be registered with every default, and ends with 0', async () => {
    const metadata = {
      redirect_uris: REDIRECT_URIS,
      client_name: 'Tide Tables',
      'client_name#pt-BR': 'T\u00e1bua de Mar\u00e9s',
      token_endpoint_auth_method: 'client_secret_jwt',
      id_token_signed_response_alg: 'HS256',
    };
    const { code, stdout, stderr } = await explain({ ...metadata, unheard_of: true, client_id: 'mine' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`${JSON.stringify(JSON.parse(stdout), null, 2)}\n`);
    expect(JSON.parse(stdout)).toEqual({
      ...metadata,
      grant_types: ['authorization_code'],
      response_types: ['code'],
      application_type: 'web',
      subject_type: 'public',
      require_auth_time: false,
      frontchannel_logout_session_required: false,
      backchannel_logout_session_required: false,
      tls_client_certificate_bound_access_tokens: false,
      use_mtls_endpoint_aliases: false,
      require_signed_request_object: false,
      require_pushed_authorization_requests: false,
      dpop_bound_access_tokens: false,
      introspection_signed_response_alg: 'RS256',
      authorization_signed_response_alg: 'RS256',
      backchannel_user_code_parameter: false,
    });
  });

  it('takes whatever scopes, grant types, classes and types a server may have names of its own for', async () => {
    const own = {
      redirect_uris: REDIRECT_URIS,
      scope: 'acme:read acme:write',
      grant_types: ['authorization_code', 'https://acme.example/grants/badge'],
      default_acr_values: ['urn:acme:gold'],
      authorization_details_types: ['acme_payment'],
      client_registration_types: ['acme'],
    };
    const { code, stdout } = await explain(own);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject(own);
  });

  it('takes each registered grant type and authentication method', async () => {
    const needs = { jwks_uri: 'https://tides.example/jwks', tls_client_auth_san_dns: 'tides.example' };
    for (const token_endpoint_auth_method of FULL_SERVER.tokenEndpointAuthMethods) {
      const { code, stdout } = await explain({ redirect_uris: REDIRECT_URIS, ...needs, token_endpoint_auth_method });
      expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, token_endpoint_auth_method });
    }
    const everything = {
      redirect_uris: REDIRECT_URIS,
      grant_types: FULL_SERVER.grantTypes,
      response_types: ['code', 'id_token'],
      backchannel_token_delivery_mode: 'poll',
    };
    expect(JSON.parse((await explain(everything)).stdout)).toMatchObject(everything);
  });

  it.each(['default_acr_values', 'authorization_details_types', 'client_registration_types'])(
    'judges names in %s that no server can have',
    async (field) => {
      const { code, stdout, stderr } = await explain({ redirect_uris: REDIRECT_URIS, [field]: ['a b', 'é', '"'] });
      expect(code).toBe(1);
      expect(stdout).toMatch(
        new RegExp(`^invalid_client_metadata: ${field} must contain a value this server supports: `),
      );
      expect(stderr).toBe('error: a rule is violated\n');
    },
  );

  it.each([['[]'], ['[{}]'], ['null'], ['7'], ['"text"']])(
    'says of %s in one line that it is no object',
    async (text) => {
      expect(await dcr(['explain', await fileOf(text)])).toEqual({
        code: 1,
        stdout: 'invalid_client_metadata: the request body must be a JSON object\n',
        stderr: 'error: a rule is violated\n',
      });
    },
  );

  it.each([[''], ['{'], ['redirect_uris=https://tides.example/cb'], ['{"client_name":"a"} {}']])(
    'says of %j in one line that it is not JSON, and repeats none of it',
    async (text) => {
      expect(await dcr(['explain', await fileOf(text)])).toEqual({
        code: 1,
        stdout: '',
        stderr:
          'error: the file is not JSON: give a document such as {"redirect_uris":["https://client.example/cb"]}\n',
      });
    },
  );

  it('says of a file that is missing, or none, in one line that it cannot be read', async () => {
    const refusal = (code: string) => ({
      code: 1,
      stdout: '',
      stderr: `error: the file cannot be read (${code}): give the path of a JSON document\n`,
    });
    expect(await dcr(['explain', join(folder, 'missing.json')])).toEqual(refusal('ENOENT'));
    expect(await dcr(['explain', folder])).toEqual(refusal('EISDIR'));
  });

  it('needs no database, whatever DATABASE_URL says', async () => {
    const file = await fileOf(JSON.stringify({ redirect_uris: REDIRECT_URIS }));
    const { code, stderr } = await dcr(['explain', file], { env: { DATABASE_URL: 'nonsense' } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('dcr explain as a process of its own', () => {
  it('reads the standard input in place of -', async () => {
    const input = JSON.stringify({ redirect_uris: REDIRECT_URIS, 'client_name#ja': '\u6f6e' });
    const { code, stdout, stderr } = await dcrProcess(['explain', '-'], { input });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ redirect_uris: REDIRECT_URIS, 'client_name#ja': '\u6f6e' });
    expect(await dcrProcess(['explain', '-'], { input: '' })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: the file is not JSON: [^\n]+\n$/),
    });
  });
});
