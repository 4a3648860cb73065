import { OAuthClient } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUpdate } from '../../contract/strict-answer.js';
import { expectRefusal, invalidMetadata } from '../../errors/refusal.js';
import { clientMetadata, encryptionKey, publicKey, type Members } from '../../support/client-metadata.builder.js';
import { databases } from '../../support/databases.js';
import { ENCRYPTION_KEYS, FULL_SERVER } from '../../support/full-server.js';
import { startServer, type JsonResponse, type TestServer } from '../../support/start-server.js';
import { caseOf, fieldCases } from './field-cases.js';

// A choice is made before anything is stored.
const [database] = databases;
if (!database) throw new Error('no database');

/** What the server picks of everything it supports: no shared secret if there is another way, and a signature if there is any. */
const PREFERRED: Readonly<Record<string, string>> = {
  subject_type: 'public',
  id_token_signed_response_alg: 'RS256',
  id_token_encrypted_response_alg: 'RSA-OAEP-256',
  id_token_encrypted_response_enc: 'A128CBC-HS256',
  userinfo_signed_response_alg: 'RS256',
  userinfo_encrypted_response_alg: 'RSA-OAEP-256',
  userinfo_encrypted_response_enc: 'A128CBC-HS256',
  introspection_signed_response_alg: 'RS256',
  introspection_encrypted_response_alg: 'RSA-OAEP-256',
  introspection_encrypted_response_enc: 'A128CBC-HS256',
  authorization_signed_response_alg: 'RS256',
  authorization_encrypted_response_alg: 'RSA-OAEP-256',
  authorization_encrypted_response_enc: 'A128CBC-HS256',
  request_object_signing_alg: 'RS256',
  request_object_encryption_alg: 'RSA-OAEP-256',
  request_object_encryption_enc: 'A128CBC-HS256',
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'RS256',
  backchannel_authentication_request_signing_alg: 'RS256',
};

/** Each list with the row of the field it is about, and what that one needs. */
const lists = fieldCases.flatMap(({ field: list, choiceOf }) => {
  if (choiceOf === undefined) return [];
  const row = caseOf(choiceOf);
  const { [row.field]: _single, ...needed } = row.with ?? {};
  return [{ list, field: row.field, values: row.accepted, needed, default: row.default }];
});

/** No value of the list can be had beside the rest of the request. */
const impossible = (list: string) =>
  invalidMetadata(`${list} must contain a supported value that the other fields allow`);

const REDIRECT = 'https://tides.example/cb';
const JWKS_URI = { jwks_uri: 'https://tides.example/jwks' };

describe('a list to choose from (OpenID Connect Relying Party Metadata Choices section 2)', () => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer({
      adapter: 'fastify',
      database,
      options: { server: FULL_SERVER, clientSecret: { encryptionKeys: ENCRYPTION_KEYS } },
    });
    token = await server.token();
  });
  afterAll(() => server.close());

  const register = async (members: Members) => server.register(clientMetadata(members), token);
  const update = async ({ body }: JsonResponse, members: Members) =>
    server.request('PUT', `/register/${body.client_id}`, {
      token: body.registration_access_token,
      body: { ...members, client_id: body.client_id },
    });
  const chosen = async (field: string, members: Members) => {
    const { status, body } = await register(members);
    return { status, error: body.error_description, value: body[field] };
  };
  const choice = (value: unknown) => ({ status: 201, error: undefined, value });

  it('is one of nineteen', () => {
    expect(lists.map(({ field }) => field).toSorted()).toEqual(Object.keys(PREFERRED).toSorted());
    expect(lists).toHaveLength(19);
  });

  it.each(lists)('$list is never returned nor stored, its value is', async ({ list, field, values, needed }) => {
    const value = values.at(-1);
    const { status, body } = await register({ ...needed, [list]: ['unknown', value] });
    expect({ status, [field]: body[field] }).toEqual({ status: 201, [field]: value });
    const { client_id: clientId, registration_access_token: bearer } = body;
    const read = await server.request('GET', `/register/${clientId}`, { token: bearer });
    expect(read.body[field]).toBe(value);
    const row = await server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId });
    expect(row.additionalMetadata?.[field] ?? row.tokenEndpointAuthMethod).toBe(value);
    for (const holder of [body, read.body, row]) expect(JSON.stringify(holder)).not.toContain(`"${list}"`);
  });

  it.each(lists)('$list is chosen from by what the server prefers', async ({ list, field, values, needed }) => {
    expect(await chosen(field, { ...needed, [list]: values.toReversed() })).toEqual(choice(PREFERRED[field]));
    expect(await chosen(field, { ...needed, [list]: values })).toEqual(choice(PREFERRED[field]));
  });

  it.each(lists)('$list leaves the client the value it asks for beside it', async ({ list, field, values, needed }) => {
    for (const value of values.slice(0, 3)) {
      expect(await chosen(field, { ...needed, [field]: value, [list]: values })).toEqual(choice(value));
    }
  });

  it.each(lists)('$list must have the value that is asked for beside it', async ({ list, field, values, needed }) => {
    const [first, ...others] = values;
    expectRefusal(
      await register({ ...needed, [field]: first, [list]: others }),
      invalidMetadata(`${field} must be one of ${list}`),
    );
  });

  it.each(lists)(
    '$list makes up for a value beside it that the server does not support',
    async ({ list, field, values: [value], needed }) => {
      expect(await chosen(field, { ...needed, [field]: 'unknown', [list]: ['unknown', value] })).toEqual(choice(value));
    },
  );

  it.each(lists)('$list without a supported value is refused', async ({ list, needed, values }) => {
    expectRefusal(
      await register({ ...needed, [list]: ['unknown', `${String(values[0])}x`] }),
      invalidMetadata(new RegExp(`^${list} must contain a value this server supports: `)),
    );
  });

  it.each(lists)('$list gives way to the default of its field where it is empty', async (row) => {
    for (const empty of [[], null, '']) {
      expect(await chosen(row.field, { ...row.needed, [row.list]: empty })).toEqual(choice(row.default));
    }
  });

  it.each(lists)('$list is chosen from anew in an update', async ({ list, field, values, needed }) => {
    const [first, last] = [values[0], values.at(-1)];
    const registered = await register({ ...needed, [list]: [first] });
    const again = await update(registered, asUpdate(registered.body));
    expect({ status: again.status, [field]: again.body[field] }).toEqual({ status: 200, [field]: first });
    const updated = await update(registered, clientMetadata({ ...needed, [list]: [last] }));
    expect({ status: updated.status, [field]: updated.body[field] }).toEqual({ status: 200, [field]: last });
  });

  describe('without public keys', () => {
    it.each([
      ['id_token_encrypted_response_alg', 'id_token_encryption_alg_values_supported', 'A128KW'],
      ['userinfo_encrypted_response_alg', 'userinfo_encryption_alg_values_supported', 'dir'],
      ['introspection_encrypted_response_alg', 'introspection_encryption_alg_values_supported', 'A128KW'],
      ['authorization_encrypted_response_alg', 'authorization_encryption_alg_values_supported', 'dir'],
    ])('has a key encrypted with the secret: %s', async (field, list, value) => {
      expect(await chosen(field, { [list]: ['RSA-OAEP-256', 'ECDH-ES', value] })).toEqual(choice(value));
      expectRefusal(await register({ [list]: ['RSA-OAEP-256', 'ECDH-ES'] }), impossible(list));
    });

    it('has requests signed with the secret, or not at all', async () => {
      const [field, list] = ['request_object_signing_alg', 'request_object_signing_alg_values_supported'];
      expect(await chosen(field, { [list]: ['RS256', 'HS384', 'none'] })).toEqual(choice('HS384'));
      expect(await chosen(field, { [list]: ['RS256', 'none'] })).toEqual(choice('none'));
    });

    it('has nothing to sign backchannel authentication requests with', async () => {
      const list = 'backchannel_authentication_request_signing_alg_values_supported';
      expectRefusal(await register({ [list]: ['RS256', 'ES256'] }), impossible(list));
    });

    it.each([
      [
        ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth', 'client_secret_post', 'none'],
        'client_secret_post',
      ],
      [['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth', 'none'], 'none'],
      [['none', 'client_secret_jwt', 'client_secret_basic'], 'client_secret_basic'],
    ])('is authenticated without them: %j', async (methods, value) => {
      const members = { token_endpoint_auth_methods_supported: methods };
      expect(await chosen('token_endpoint_auth_method', members)).toEqual(choice(value));
    });
  });

  describe('with public keys by value', () => {
    const [signing, encrypting] = [
      { jwks: { keys: [publicKey({ use: 'sig' })] } },
      { jwks: { keys: [encryptionKey()] } },
    ];

    it('takes an algorithm that one of them serves', async () => {
      const [field, list] = ['request_object_signing_alg', 'request_object_signing_alg_values_supported'];
      expect(await chosen(field, { ...signing, [list]: ['RS256', 'EdDSA', 'ES256', 'none'] })).toEqual(choice('ES256'));
      const [other, alternatives] = ['id_token_encrypted_response_alg', 'id_token_encryption_alg_values_supported'];
      const algs = ['RSA-OAEP-256', 'ECDH-ES', 'dir'];
      expect(await chosen(other, { ...encrypting, [alternatives]: algs })).toEqual(choice('ECDH-ES'));
      expect(await chosen(other, { ...signing, [alternatives]: algs })).toEqual(choice('dir'));
    });

    it('authenticates with a signature key, and not with another one', async () => {
      const members = { token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_basic'] };
      const field = 'token_endpoint_auth_method';
      expect(await chosen(field, { ...members, ...signing })).toEqual(choice('private_key_jwt'));
      expect(await chosen(field, { ...members, ...encrypting })).toEqual(choice('client_secret_basic'));
    });
  });

  describe('in a public client', () => {
    const PUBLIC = { token_endpoint_auth_method: 'none' };

    it.each([
      ['id_token_signed_response_alg', 'id_token_signing_alg_values_supported', ['HS256', 'none'], 'none'],
      ['userinfo_signed_response_alg', 'userinfo_signing_alg_values_supported', ['HS512', 'HS256', 'none'], 'none'],
      ['introspection_signed_response_alg', 'introspection_signing_alg_values_supported', ['HS256', 'ES256'], 'ES256'],
      ['request_object_signing_alg', 'request_object_signing_alg_values_supported', ['HS256', 'none'], 'none'],
      [
        'request_object_encryption_alg',
        'request_object_encryption_alg_values_supported',
        ['dir', 'ECDH-ES'],
        'ECDH-ES',
      ],
    ])('needs no secret: %s', async (field, list, values, value) => {
      expect(await chosen(field, { ...PUBLIC, [list]: values })).toEqual(choice(value));
    });

    it('refuses a list of algorithms that all need one', async () => {
      expectRefusal(
        await register({ ...PUBLIC, authorization_signing_alg_values_supported: ['HS256', 'HS512'] }),
        impossible('authorization_signing_alg_values_supported'),
      );
    });

    it('has a secret where another field needs one', async () => {
      const members = {
        token_endpoint_auth_methods_supported: ['none', 'client_secret_post'],
        id_token_signed_response_alg: 'HS256',
      };
      expect(await chosen('token_endpoint_auth_method', members)).toEqual(choice('client_secret_post'));
    });
  });

  it('of a method with signed assertions is made together with that of their algorithm', async () => {
    const signedBy = (algs: string[], ...others: string[]) =>
      register({
        jwks: { keys: [publicKey()] },
        token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_jwt', ...others],
        token_endpoint_auth_signing_alg_values_supported: algs,
      });
    const pair = ({ body }: JsonResponse) => [body.token_endpoint_auth_method, body.token_endpoint_auth_signing_alg];
    expect(pair(await signedBy(['ES256', 'HS256']))).toEqual(['private_key_jwt', 'ES256']);
    expect(pair(await signedBy(['HS256', 'RS256']))).toEqual(['client_secret_jwt', 'HS256']);
    expect(pair(await signedBy(['RS256'], 'client_secret_basic'))).toEqual(['client_secret_basic', undefined]);
  });

  it('of certificates needs the subject of one', async () => {
    const members = { token_endpoint_auth_methods_supported: ['tls_client_auth', 'client_secret_basic'] };
    const field = 'token_endpoint_auth_method';
    expect(await chosen(field, { ...members, tls_client_auth_san_dns: 'tides.example' })).toEqual(
      choice('tls_client_auth'),
    );
    expect(await chosen(field, members)).toEqual(choice('client_secret_basic'));
  });

  it('of signatures has one where an ID Token comes from the authorization endpoint', async () => {
    const field = 'id_token_signed_response_alg';
    const members = { id_token_signing_alg_values_supported: ['none', 'HS256'] };
    expect(await chosen(field, { ...members, token_endpoint_auth_method: 'none' })).toEqual(choice('none'));
    expect(await chosen(field, { ...members, response_types: ['id_token'] })).toEqual(choice('HS256'));
    expectRefusal(
      await register({ ...members, token_endpoint_auth_method: 'none', response_types: ['id_token'] }),
      impossible('id_token_signing_alg_values_supported'),
    );
  });

  it('of signed requests has a signature where one is required', async () => {
    const list = 'request_object_signing_alg_values_supported';
    expectRefusal(await register({ [list]: ['none'], require_signed_request_object: true }), impossible(list));
  });

  it('of subjects has public ones where pairwise ones cannot be made', async () => {
    const redirect_uris = [REDIRECT, 'https://ebb.example/cb'];
    expect(await chosen('subject_type', { redirect_uris, subject_types_supported: ['pairwise', 'public'] })).toEqual(
      choice('public'),
    );
    expectRefusal(
      await register({ redirect_uris, subject_types_supported: ['pairwise'] }),
      impossible('subject_types_supported'),
    );
  });

  it.each(fieldCases.filter(({ field }) => field.endsWith('_encryption_enc_values_supported')))(
    '$field is ignored without an algorithm for the key',
    async ({ field: list, choiceOf = '' }) => {
      for (const values of [['A256GCM'], ['unknown']]) {
        expect(await chosen(choiceOf, { ...JWKS_URI, [list]: values })).toEqual(choice(undefined));
      }
    },
  );

  it.each(['client_secret_basic', 'client_secret_post', 'none', 'self_signed_tls_client_auth'])(
    'of algorithms for the authentication is ignored with %s',
    async (token_endpoint_auth_method) => {
      for (const values of [['RS256'], ['unknown']]) {
        const members = { ...JWKS_URI, token_endpoint_auth_method };
        expect(
          await chosen('token_endpoint_auth_signing_alg', {
            ...members,
            token_endpoint_auth_signing_alg_values_supported: values,
          }),
        ).toEqual(choice(undefined));
      }
    },
  );

  it.each([
    ['private_key_jwt', ['HS256', 'ES256'], 'ES256'],
    ['client_secret_jwt', ['ES256', 'HS384'], 'HS384'],
  ])('of algorithms for the authentication fits %s', async (token_endpoint_auth_method, values, value) => {
    const members = { ...JWKS_URI, token_endpoint_auth_method };
    const list = 'token_endpoint_auth_signing_alg_values_supported';
    expect(await chosen('token_endpoint_auth_signing_alg', { ...members, [list]: values })).toEqual(choice(value));
    const [wrong] = values.filter((one) => one !== value);
    expectRefusal(await register({ ...members, [list]: [wrong] }), impossible(list));
  });

  it('of methods and one of algorithms are chosen from together', async () => {
    const { status, body } = await register({
      ...JWKS_URI,
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['HS256', 'PS256'],
      id_token_encryption_alg_values_supported: ['dir', 'ECDH-ES'],
      id_token_encryption_enc_values_supported: ['A256CBC-HS512', 'A256GCM'],
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'PS256',
      id_token_encrypted_response_alg: 'ECDH-ES',
      id_token_encrypted_response_enc: 'A256GCM',
    });
    expect(body).not.toHaveProperty('client_secret');
  });
});
