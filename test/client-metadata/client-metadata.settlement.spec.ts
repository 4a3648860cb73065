import { IsInt, Max, MinLength } from 'class-validator';
import {
  ClientMetadata,
  MetadataField,
  RegistrationConfiguration,
  type DynamicRegistrationOptions,
} from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import { ClientMetadataValidator } from '../../lib/client-metadata/client-metadata.validator.js';
import { InvalidClientMetadataError } from '../../lib/errors/registration.error.js';
import { clientMetadata, publicKey, type Members } from '../support/client-metadata.builder.js';
import { ENCRYPTION_KEYS, FULL_SERVER } from '../support/full-server.js';

function validator(options: Partial<DynamicRegistrationOptions> = {}): ClientMetadataValidator {
  return new ClientMetadataValidator(
    new RegistrationConfiguration({
      issuer: 'https://auth.example.com',
      clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
      ...options,
    }),
  );
}

const PUBLIC = { token_endpoint_auth_method: 'none' };

describe('the default of an algorithm (OpenID Connect Registration section 2)', () => {
  const hmacFirst = { signingAlgs: ['HS256', 'ES256'] };

  it.each<[string, DynamicRegistrationOptions['server'], Members, string, string | undefined]>([
    [
      'is RS256 where the server offers it',
      { introspection: { signingAlgs: ['ES256', 'RS256'] } },
      {},
      'introspection_signed_response_alg',
      'RS256',
    ],
    [
      'is what the server prefers instead, without a shared secret',
      { introspection: hmacFirst },
      {},
      'introspection_signed_response_alg',
      'ES256',
    ],
    [
      'needs no secret of a public client',
      { introspection: hmacFirst },
      PUBLIC,
      'introspection_signed_response_alg',
      'ES256',
    ],
    ['needs none with ID Tokens', { openid: { idToken: hmacFirst } }, PUBLIC, 'id_token_signed_response_alg', 'ES256'],
    [
      'needs none with JARM',
      { authorizationResponses: hmacFirst },
      PUBLIC,
      'authorization_signed_response_alg',
      'ES256',
    ],
    [
      'is not none where there is another one',
      { openid: { idToken: { signingAlgs: ['none', 'ES256'] } } },
      {},
      'id_token_signed_response_alg',
      'ES256',
    ],
    [
      'is left out where none would do',
      { introspection: { signingAlgs: ['HS256'] } },
      PUBLIC,
      'introspection_signed_response_alg',
      undefined,
    ],
    [
      'of a content goes with the one for its key',
      { introspection: { signingAlgs: ['RS256'], encryptionAlgs: ['dir'], encryptionEncs: ['A256GCM'] } },
      { introspection_encrypted_response_alg: 'dir' },
      'introspection_encrypted_response_enc',
      'A256GCM',
    ],
    [
      'of a content is none without it',
      { introspection: { encryptionAlgs: ['dir'] } },
      {},
      'introspection_encrypted_response_enc',
      undefined,
    ],
  ])('%s', async (_, server = {}, members, field, value) => {
    const settled = await validator({ server }).validate(clientMetadata(members));
    expect(Reflect.get(settled, field)).toBe(value);
  });

  it('is not none where an ID Token comes from the authorization endpoint', async () => {
    const server = {
      grantTypes: ['implicit'],
      responseTypes: ['id_token'],
      openid: { idToken: { signingAlgs: ['none', 'ES256'] } },
    };
    const settled = await validator({ server }).validate(clientMetadata({ response_types: ['id_token'] }));
    expect(settled.id_token_signed_response_alg).toBe('ES256');
  });
});

describe('grant and response types that disagree (RFC 7591 section 2.1)', () => {
  const server = {
    grantTypes: ['authorization_code', 'implicit', 'client_credentials', 'refresh_token'],
    responseTypes: ['code', 'token', 'code token'],
  };
  const missing = clientMetadata({ grant_types: ['authorization_code'], response_types: ['code', 'token'] });
  const orphan = clientMetadata({ grant_types: ['client_credentials', 'authorization_code'], response_types: [] });

  it.each([
    [missing, 'response_types[1] needs implicit in grant_types'],
    [orphan, 'grant_types[1] needs a response type of the authorization_code grant in response_types'],
  ])('are refused', async (body, message) => {
    await expect(validator({ server }).validate(body)).rejects.toThrow(new InvalidClientMetadataError(message));
  });

  it.each([
    [missing, ['authorization_code', 'implicit'], ['code', 'token']],
    [orphan, ['client_credentials'], []],
    [clientMetadata(), ['authorization_code'], ['code']],
  ])('are repaired where the host says so', async (body, grantTypes, responseTypes) => {
    const settled = await validator({ server, inconsistentTypes: 'repair' }).validate(body);
    expect(settled).toMatchObject({ grant_types: grantTypes, response_types: responseTypes });
  });

  it('are not repaired to a refresh token alone', async () => {
    const body = clientMetadata({ grant_types: ['authorization_code', 'refresh_token'], response_types: [] });
    await expect(validator({ server, inconsistentTypes: 'repair' }).validate(body)).rejects.toThrow(
      'grant_types[0] needs a response type of the authorization_code grant in response_types',
    );
  });

  it('are not repaired by a grant type that the caller may not have', async () => {
    await expect(
      validator({ server, inconsistentTypes: 'repair' }).validate(missing, ['authorization_code']),
    ).rejects.toThrow('grant_types must contain a value this server supports: authorization_code');
  });
});

describe('a field of a host that takes anything', () => {
  class Anything extends ClientMetadata {
    @MetadataField()
    acme?: unknown;
  }

  it.each(['1e400', '[1e400]', '{"a":{"b":-1e400}}'])('has no number that would become null: %s', async (text) => {
    const body = clientMetadata({ acme: JSON.parse(text) });
    await expect(validator({ metadata: Anything }).validate(body)).rejects.toThrow(
      new InvalidClientMetadataError('acme must have only numbers in the range of a double'),
    );
  });

  it.each(['1e308', '[-0.5]', '{"a":{"b":0}}'])('has any other number: %s', async (text) => {
    const acme: unknown = JSON.parse(text);
    await expect(validator({ metadata: Anything }).validate(clientMetadata({ acme }))).resolves.toMatchObject({ acme });
  });
});

describe('what server and client can do together', () => {
  it('is no private_key_jwt with a key that fits none of the algorithms of the server', async () => {
    const server = { tokenEndpointAuthSigningAlgs: ['RS256'] };
    const body = clientMetadata({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicKey()] } });
    await expect(validator({ server }).validate(body)).rejects.toThrow(
      'token_endpoint_auth_method private_key_jwt needs jwks_uri, or jwks with a signature key',
    );
    await expect(validator().validate(body)).resolves.toMatchObject({ token_endpoint_auth_method: 'private_key_jwt' });
  });

  it('has a word for response types that belong to no grant', async () => {
    const server = { responseTypes: ['code', 'none'] };
    await expect(validator({ server }).validate(clientMetadata({ response_types: ['none'] }))).rejects.toThrow(
      'grant_types must be sent beside response types that belong to no grant',
    );
  });

  it('is not limited by an absent field of a class that defines its fields', async () => {
    class Defined extends ClientMetadata {
      constructor() {
        super();
        Object.defineProperty(this, 'token_endpoint_auth_signing_alg', {
          value: undefined,
          writable: true,
          enumerable: true,
        });
      }
    }
    const strict = validator({ metadata: Defined, unsupportedMetadata: 'reject' });
    await expect(strict.validate(clientMetadata())).resolves.toMatchObject({ client_name: 'Tide Tables' });
  });
});

describe('every mistake at once', () => {
  it('is told in the order in which a client would learn of them', async () => {
    const { refusals, metadata } = await validator({ server: FULL_SERVER }).explain({
      redirect_uris: ['https://tides.example/cb#top', 'http://tides.example/'],
      client_name: '\u202eTides',
      'client_name#de': 7,
      subject_type: 'private',
      id_token_encrypted_response_enc: 'A256GCM',
      token_endpoint_auth_method: 'tls_client_auth',
      grant_types: ['authorization_code', 'client_credentials'],
      response_types: ['token'],
      backchannel_token_delivery_mode: 'push',
      contacts: 'ops',
    });
    expect(refusals.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'invalid_redirect_uri: redirect_uris[0] must not contain a fragment',
      'invalid_redirect_uri: redirect_uris[1] must use https, or http on 127.0.0.1, [::1] or localhost',
      'invalid_client_metadata: client_name must not contain bidirectional formatting characters',
      'invalid_client_metadata: contacts must be an array',
      'invalid_client_metadata: client_name#de must be a string',
      'invalid_client_metadata: response_types[0] needs implicit in grant_types',
      'invalid_client_metadata: grant_types[0] needs a response type of the authorization_code grant in response_types',
      'invalid_client_metadata: subject_type is not supported by this server, which supports public, pairwise',
      'invalid_client_metadata: token_endpoint_auth_method tls_client_auth needs one of tls_client_auth_subject_dn, ' +
        'tls_client_auth_san_dns, tls_client_auth_san_uri, tls_client_auth_san_ip, tls_client_auth_san_email',
      'invalid_client_metadata: id_token_encrypted_response_enc needs id_token_encrypted_response_alg',
      'invalid_client_metadata: backchannel_client_notification_endpoint is required with backchannel_token_delivery_mode push',
    ]);
    expect(metadata).toBeUndefined();
  });

  it('says of a required field that is wrong what is wrong, and not that it is missing', async () => {
    class Named extends ClientMetadata {
      @MetadataField({ required: true })
      override client_name?: string;

      @MetadataField()
      @IsInt()
      @Max(3)
      my_level?: number;

      @MetadataField({ languageTags: true })
      @MinLength(4)
      my_title?: string;
    }
    const { refusals } = await validator({ metadata: Named }).explain(
      clientMetadata({ client_name: '\u0001', my_level: 9.5, my_title: 'Sir', 'my_title#de': 'Dr.' }),
    );
    expect(refusals.map(({ message }) => message)).toEqual([
      'client_name must not contain control characters',
      'my_level must not be greater than 3',
      'my_level must be an integer number',
      'my_title must be longer than or equal to 4 characters',
      'my_title#de: my_title must be longer than or equal to 4 characters',
    ]);
  });

  it('says nothing of what depends on a field that is wrong', async () => {
    const { refusals } = await validator({ unsupportedMetadata: 'reject' }).explain(
      clientMetadata({ token_endpoint_auth_method: 7, token_endpoint_auth_signing_alg: 'RS256' }),
    );
    expect(refusals.map(({ message }) => message)).toEqual(['token_endpoint_auth_method must be a string']);
  });

  it('says nothing of rules that read a field which is wrong already', async () => {
    const { refusals } = await validator().explain(
      clientMetadata({ jwks: { keys: 'none' }, token_endpoint_auth_method: 'private_key_jwt' }),
    );
    expect(refusals.map(({ message }) => message)).toEqual(['jwks.keys must be a non-empty array']);
  });

  it.each([
    [[], 'the request body must be a JSON object'],
    [undefined, 'the request body must be a JSON object'],
    [clientMetadata({ client_name: 'a'.repeat(70_000) }), 'the request body must not be longer than 65536 bytes'],
  ])('is one for a body as a whole', async (body, message) => {
    const { refusals, metadata } = await validator().explain(body);
    expect(refusals.map((refusal) => refusal.message)).toEqual([message]);
    expect(metadata).toBeUndefined();
  });

  it('is what would be registered where there is none', async () => {
    const { refusals, metadata } = await validator().explain(clientMetadata());
    expect(refusals).toEqual([]);
    expect(metadata).toEqual(await validator().validate(clientMetadata()));
  });
});
