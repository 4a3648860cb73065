import { ClientMetadata, MetadataField } from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import {
  camelCase,
  defaultInWords,
  metadataTable,
  offeredFields,
  type MetadataRow,
} from '../../lib/client-metadata/metadata-table.js';
import { serverCapabilities } from '../../lib/server.capabilities.js';
import type { ServerOptions } from '../../lib/server.options.js';
import { FULL_SERVER } from '../support/full-server.js';

class Redeclared extends ClientMetadata {
  @MetadataField({ limits: {} })
  override client_name?: string;

  @MetadataField({ limits: { bytes: 'scopeBytes' } })
  override redirect_uris?: string[];
}

describe('a known field that a subclass declares again', () => {
  const [standard, own] = [metadataTable(ClientMetadata), metadataTable(Redeclared)];

  it('keeps its bounds where none are given', () => {
    expect(own.get('client_name')?.limits).toEqual(standard.get('client_name')?.limits);
  });

  it('takes another bound and keeps the other', () => {
    expect(own.get('redirect_uris')?.limits).toEqual({ bytes: 'scopeBytes', entries: 'redirectUris' });
  });

  it('keeps section, default, rules and the code of its error', () => {
    for (const name of ['client_name', 'redirect_uris']) {
      const { limits: _limits, ...row } = { ...own.get(name) };
      const { limits: _standard, ...expected } = { ...standard.get(name) };
      expect(row).toEqual(expected);
    }
  });
});

describe('property of a record', () => {
  it.each([
    ['scope', 'scope'],
    ['redirect_uris', 'redirectUris'],
    ['tls_client_auth_san_dns', 'tlsClientAuthSanDns'],
    ['x5_t_2', 'x5T2'],
    ['a__b', 'a_B'],
  ])('for %s is %s', (name, property) => expect(camelCase(name)).toBe(property));

  it('is one of its own for each field', () => {
    const properties = [...metadataTable(ClientMetadata).values()].map(({ property }) => property);
    expect(new Set(properties).size).toBe(properties.length);
  });
});

/** What a server with these options knows, in the order of the table. */
function offered(options: ServerOptions): string[] {
  return [...offeredFields(metadataTable(ClientMetadata), serverCapabilities(options)).keys()];
}
const DEFAULT_FIELDS = offered({});
/** What the options add to it. */
const added = (options: ServerOptions) => offered(options).filter((name) => !DEFAULT_FIELDS.includes(name));

describe('fields a server knows', () => {
  it('by default are those of RFC 7591 section 2, and what decides about authentication and redirection', () =>
    expect(DEFAULT_FIELDS.toSorted()).toEqual(
      [
        'redirect_uris',
        'token_endpoint_auth_method',
        'grant_types',
        'response_types',
        'client_name',
        'client_uri',
        'logo_uri',
        'scope',
        'contacts',
        'tos_uri',
        'policy_uri',
        'jwks_uri',
        'jwks',
        'software_id',
        'software_version',
        'software_statement',
        'application_type',
        'token_endpoint_auth_signing_alg',
        'token_endpoint_auth_methods_supported',
        'token_endpoint_auth_signing_alg_values_supported',
      ].toSorted(),
    ));

  it('are all of them where everything is offered', () =>
    expect(offered(FULL_SERVER)).toEqual([...metadataTable(ClientMetadata).keys()]));

  it('keep their rows', () => {
    const table = metadataTable(ClientMetadata);
    for (const [name, row] of offeredFields(table, serverCapabilities({ openid: true })))
      expect(row).toBe(table.get(name));
  });

  const encrypted = { encryptionAlgs: ['RSA-OAEP'] };
  it.each<[string, ServerOptions, string[]]>([
    [
      'OpenID Connect (Registration section 2)',
      { openid: true },
      [
        'sector_identifier_uri',
        'subject_type',
        'id_token_signed_response_alg',
        'default_max_age',
        'require_auth_time',
        'initiate_login_uri',
        'subject_types_supported',
        'id_token_signing_alg_values_supported',
      ],
    ],
    [
      'encrypted ID Tokens',
      { openid: { idToken: { signingAlgs: [], ...encrypted }, subjectTypes: [] } },
      [
        'sector_identifier_uri',
        'id_token_encrypted_response_alg',
        'id_token_encrypted_response_enc',
        'default_max_age',
        'require_auth_time',
        'initiate_login_uri',
        'id_token_encryption_alg_values_supported',
        'id_token_encryption_enc_values_supported',
      ],
    ],
    [
      'request objects (RFC 9101)',
      { requestObjects: true },
      ['request_object_signing_alg', 'require_signed_request_object', 'request_object_signing_alg_values_supported'],
    ],
    [
      'request objects by reference, encrypted',
      { requestObjects: { byReference: true, ...encrypted } },
      [
        'request_object_signing_alg',
        'request_object_encryption_alg',
        'request_object_encryption_enc',
        'request_uris',
        'require_signed_request_object',
        'request_object_signing_alg_values_supported',
        'request_object_encryption_alg_values_supported',
        'request_object_encryption_enc_values_supported',
      ],
    ],
    ['pushed requests (RFC 9126)', { pushedAuthorizationRequests: true }, ['require_pushed_authorization_requests']],
    ['rich requests (RFC 9396)', { authorizationDetailsTypes: ['payment'] }, ['authorization_details_types']],
    ['DPoP (RFC 9449)', { dpop: true }, ['dpop_bound_access_tokens']],
    ['mutual TLS (RFC 8705 section 3)', { mutualTls: true }, ['tls_client_certificate_bound_access_tokens']],
    [
      'mutual TLS with endpoint aliases alone',
      { mutualTls: { boundAccessTokens: false, endpointAliases: true } },
      ['use_mtls_endpoint_aliases'],
    ],
    [
      'certificates of clients (RFC 8705 section 2.1)',
      { tokenEndpointAuthMethods: ['private_key_jwt', 'tls_client_auth'] },
      [
        'tls_client_auth_subject_dn',
        'tls_client_auth_san_dns',
        'tls_client_auth_san_uri',
        'tls_client_auth_san_ip',
        'tls_client_auth_san_email',
      ],
    ],
    [
      'logout',
      { logout: true },
      [
        'frontchannel_logout_uri',
        'frontchannel_logout_session_required',
        'backchannel_logout_uri',
        'backchannel_logout_session_required',
        'post_logout_redirect_uris',
      ],
    ],
    [
      'logout by the relying party alone',
      { logout: { frontchannel: false, backchannel: false } },
      ['post_logout_redirect_uris'],
    ],
    [
      'signed introspection responses (RFC 9701)',
      { introspection: true },
      ['introspection_signed_response_alg', 'introspection_signing_alg_values_supported'],
    ],
    [
      'signed authorization responses (JARM)',
      { authorizationResponses: true },
      ['authorization_signed_response_alg', 'authorization_signing_alg_values_supported'],
    ],
    [
      'backchannel authentication (CIBA)',
      { ciba: true },
      ['backchannel_token_delivery_mode', 'backchannel_client_notification_endpoint'],
    ],
    [
      'signed backchannel requests and user codes (CIBA)',
      { ciba: { requestSigningAlgs: ['ES256'], userCode: true } },
      [
        'backchannel_token_delivery_mode',
        'backchannel_client_notification_endpoint',
        'backchannel_authentication_request_signing_alg',
        'backchannel_user_code_parameter',
        'backchannel_authentication_request_signing_alg_values_supported',
      ],
    ],
    [
      'federation',
      { federation: true },
      [
        'client_registration_types',
        'signed_jwks_uri',
        'organization_name',
        'description',
        'keywords',
        'information_uri',
        'organization_uri',
      ],
    ],
    ['User-Managed Access', { uma: true }, ['claims_redirect_uris']],
    [
      'verifiable credentials',
      { verifiableCredentials: true },
      [...metadataTable(ClientMetadata).values()]
        .filter(({ spec }) => spec?.startsWith('OpenID4V'))
        .map(({ name }) => name),
    ],
    ['network functions', { nfv: true }, ['nfv_token_signed_response_alg']],
  ])('with %s are also its own', (_what, options, fields) => expect(added(options)).toEqual(fields));

  it('have no algorithm of an assertion where no method signs one', () => {
    const fields = offered({ tokenEndpointAuthMethods: ['client_secret_basic', 'none'] });
    expect(DEFAULT_FIELDS.filter((name) => !fields.includes(name))).toEqual([
      'token_endpoint_auth_signing_alg',
      'token_endpoint_auth_signing_alg_values_supported',
    ]);
  });
});

describe('fields of a host', () => {
  class Hosted extends ClientMetadata {
    @MetadataField()
    tides_region?: string;

    @MetadataField({ supported: ({ scopes }) => scopes })
    tides_scope?: string;

    @MetadataField({ offered: ({ dpop }) => dpop, supported: () => [] })
    tides_proof?: string;

    @MetadataField({ choiceOf: 'tides_scope' })
    tides_scopes_supported?: string[];

    @MetadataField({ choiceOf: 'not_a_field', offered: ({ dpop }) => dpop })
    tides_others_supported?: string[];
  }
  const own = (options: ServerOptions) =>
    [...offeredFields(metadataTable(Hosted), serverCapabilities(options)).keys()].filter((name) =>
      name.startsWith('tides_'),
    );

  it('are known unless they say otherwise', () => expect(own({})).toEqual(['tides_region']));
  it('are known where the server supports a value, with the list to choose it from', () =>
    expect(own({ scopes: ['a'] })).toEqual(['tides_region', 'tides_scope', 'tides_scopes_supported']));
  it('are known where they say so themselves, whatever is supported', () =>
    expect(own({ dpop: true })).toEqual(['tides_region', 'tides_proof', 'tides_others_supported']));
});

describe('default in words', () => {
  const table = metadataTable(ClientMetadata);
  const words = (name: string) => {
    const row = table.get(name);
    return row && defaultInWords(row);
  };

  it.each([
    ['redirect_uris', '`[]`'],
    ['token_endpoint_auth_method', '`client_secret_basic`, else what the server prefers'],
    ['grant_types', '`["authorization_code"]`, or what `response_types` needs'],
    ['response_types', '`["code"]` with `authorization_code`, else `[]`'],
    ['scope', '`server.defaultScopes`'],
    ['client_name', 'omitted'],
    [
      'application_type',
      '`native` with a private-use redirection URI, or http on a loopback host without https there; else `web`',
    ],
    ['subject_type', '`public`, else what the server prefers'],
    ['id_token_signed_response_alg', '`RS256`, else what the server prefers'],
    ['userinfo_signed_response_alg', 'omitted'],
    ['id_token_encrypted_response_alg', 'omitted'],
    [
      'id_token_encrypted_response_enc',
      'with `id_token_encrypted_response_alg`: `A128CBC-HS256`, else what the server prefers',
    ],
    // ETSI GS NFV-SEC 022 has no default.
    ['nfv_token_encrypted_response_enc', 'omitted'],
    ['require_auth_time', '`false`'],
    ['default_max_age', 'omitted'],
  ])('of %s is %s', (name, expected) => expect(words(name)).toBe(expected));

  it('is JSON of the value', () => {
    const [row] = table.values();
    const of = (options: Partial<MetadataRow>) => {
      const { default: _words, prefers: _prefers, defaultValue: _value, ...rest } = { ...row };
      return defaultInWords({ ...rest, ...options } as MetadataRow);
    };
    expect(of({ defaultValue: ['a'] })).toBe('`["a"]`');
    expect(of({ defaultValue: 0 })).toBe('`0`');
    expect(of({ defaultValue: 'a' })).toBe('`"a"`');
    expect(of({ defaultValue: 'a', default: 'as it was' })).toBe('as it was');
    expect(of({ defaultValue: 'a', prefers: 'b' })).toBe('`b`, else what the server prefers');
    expect(of({})).toBe('omitted');
  });
});
