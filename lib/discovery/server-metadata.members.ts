import type { ServerCapabilities } from '../server.capabilities.js';
import type { MessageAlgorithms } from '../server.options.js';

/** What the document is made of: the configuration. */
interface Published {
  readonly issuer: string;
  readonly access: unknown;
  readonly registrationEndpoint: string;
  readonly clientIdMetadataDocuments: unknown;
  readonly server: ServerCapabilities;
}

/** A member of the metadata document: its kind of value, and the value; undefined for a member that is left out. */
interface ServerMetadataMember {
  readonly kind: 'uri' | 'words' | 'flag';
  readonly valueOf: (config: Published) => string | readonly string[] | boolean | undefined;
}

type Of<T> = (server: ServerCapabilities) => T;

/** A list that is left out where nothing is supported. */
const words = (of: Of<readonly string[]>): ServerMetadataMember => ({
  kind: 'words',
  valueOf: ({ server }) => (of(server).length > 0 ? of(server) : undefined),
});

/** A feature that is left out where it is off. */
const flag = (of: Of<boolean>): ServerMetadataMember => ({
  kind: 'flag',
  valueOf: ({ server }) => of(server) || undefined,
});

/** The three lists of one kind of message. */
const messages = (
  prefix: string,
  of: Of<Required<MessageAlgorithms>>,
): Readonly<Record<string, ServerMetadataMember>> => ({
  [`${prefix}_signing_alg_values_supported`]: words((server) => of(server).signingAlgs),
  [`${prefix}_encryption_alg_values_supported`]: words((server) => of(server).encryptionAlgs),
  [`${prefix}_encryption_enc_values_supported`]: words((server) => of(server).encryptionEncs),
});

/**
 * The members of the metadata document that follow from the options: RFC 8414 section 2, and OpenID Connect Discovery section 3, RFC 8705
 * section 3.3, RFC 9396 section 10, RFC 9701 section 7, OAuth Client ID Metadata Document section 6, JARM section 4, CIBA section 4, OpenID Federation section 5.1.3, the logout specifications.
 */
export const COMPUTED_MEMBERS: Readonly<Record<string, ServerMetadataMember>> = {
  issuer: { kind: 'uri', valueOf: ({ issuer }) => issuer },
  registration_endpoint: {
    kind: 'uri',
    valueOf: ({ access, registrationEndpoint }) => (access === 'disabled' ? undefined : registrationEndpoint),
  },
  client_id_metadata_document_supported: {
    kind: 'flag',
    valueOf: ({ clientIdMetadataDocuments }) => clientIdMetadataDocuments !== undefined || undefined,
  },
  scopes_supported: words((server) => server.scopes),
  // Required, even when it is empty.
  response_types_supported: { kind: 'words', valueOf: ({ server }) => server.responseTypes },
  grant_types_supported: words((server) => server.grantTypes),
  token_endpoint_auth_methods_supported: words((server) => server.tokenEndpointAuthMethods),
  token_endpoint_auth_signing_alg_values_supported: words((server) => server.tokenEndpointAuthSigningAlgs),
  subject_types_supported: words((server) => server.openid.subjectTypes),
  acr_values_supported: words((server) => server.openid.acrValues),
  ...messages('id_token', (server) => server.openid.idToken),
  ...messages('userinfo', (server) => server.openid.userinfo),
  ...messages('request_object', (server) => server.requestObjects),
  request_parameter_supported: flag((server) => server.requestObjects.offered),
  // Its absence would say that it is supported (OpenID Connect Discovery section 3).
  request_uri_parameter_supported: {
    kind: 'flag',
    valueOf: ({ server: { openid, requestObjects } }) =>
      openid.offered || requestObjects.offered ? requestObjects.byReference : undefined,
  },
  ...messages('introspection', (server) => server.introspection),
  ...messages('authorization', (server) => server.authorizationResponses),
  authorization_details_types_supported: words((server) => server.authorizationDetailsTypes),
  tls_client_certificate_bound_access_tokens: flag((server) => server.mutualTls.boundAccessTokens),
  frontchannel_logout_supported: flag((server) => server.logout.frontchannel),
  frontchannel_logout_session_supported: flag((server) => server.logout.frontchannel),
  backchannel_logout_supported: flag((server) => server.logout.backchannel),
  backchannel_logout_session_supported: flag((server) => server.logout.backchannel),
  backchannel_token_delivery_modes_supported: words((server) => server.ciba.deliveryModes),
  backchannel_authentication_request_signing_alg_values_supported: words((server) => server.ciba.requestSigningAlgs),
  backchannel_user_code_parameter_supported: flag((server) => server.ciba.userCode),
  client_registration_types_supported: words((server) => server.federation.clientRegistrationTypes),
};

/** What the module can say of the authorization server. */
export interface ComputedMembers {
  readonly issuer: string;
  /** Absent while registration is disabled. */
  readonly registration_endpoint?: string;
  readonly scopes_supported?: readonly string[];
  readonly response_types_supported: readonly string[];
  readonly grant_types_supported: readonly string[];
  readonly token_endpoint_auth_methods_supported: readonly string[];
  /** Those of the features that are on. */
  readonly [member: string]: string | readonly string[] | boolean | undefined;
}
