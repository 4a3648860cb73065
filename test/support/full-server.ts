import type { EncryptionKey, ServerOptions } from 'nestjs-dynamic-registration';

const SIGNED = {
  signingAlgs: ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256', 'HS384', 'HS512'],
  encryptionAlgs: ['RSA-OAEP-256', 'ECDH-ES', 'A128KW', 'dir'],
  encryptionEncs: ['A128CBC-HS256', 'A256GCM', 'A256CBC-HS512'],
};
const UNSIGNED = { ...SIGNED, signingAlgs: [...SIGNED.signingAlgs, 'none'] };

/** A server that offers everything there is client metadata for. */
export const FULL_SERVER = {
  scopes: ['openid', 'profile', 'email', 'offline_access', 'tides.read', 'tides.write'],
  grantTypes: [
    'authorization_code',
    'implicit',
    'refresh_token',
    'client_credentials',
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:uma-ticket',
    'urn:openid:params:grant-type:ciba',
  ],
  responseTypes: ['code', 'id_token', 'code id_token', 'id_token token', 'token', 'none'],
  tokenEndpointAuthMethods: [
    'client_secret_basic',
    'client_secret_post',
    'client_secret_jwt',
    'private_key_jwt',
    'tls_client_auth',
    'self_signed_tls_client_auth',
    'none',
  ],
  openid: {
    subjectTypes: ['public', 'pairwise'],
    idToken: UNSIGNED,
    userinfo: UNSIGNED,
    acrValues: ['urn:mace:incommon:iap:silver', 'phr'],
  },
  requestObjects: { ...UNSIGNED, byReference: true },
  pushedAuthorizationRequests: true,
  authorizationDetailsTypes: ['payment_initiation', 'account_information'],
  dpop: true,
  mutualTls: { endpointAliases: true },
  logout: true,
  introspection: SIGNED,
  authorizationResponses: SIGNED,
  ciba: {
    deliveryModes: ['poll', 'ping', 'push'],
    requestSigningAlgs: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    userCode: true,
  },
  federation: true,
  uma: true,
  verifiableCredentials: true,
  nfv: SIGNED,
} as const satisfies ServerOptions;

/** A key that a server needs for client secrets that are keys themselves. */
export const ENCRYPTION_KEYS: readonly EncryptionKey[] = [
  { id: '2026-11', key: 'q1Y2b0pPbG5uZ1h3c2hGQk9tV2xxUnN0dXZ3eHl6MTI' },
];
