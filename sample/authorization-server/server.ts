import type { ServerOptions } from 'nestjs-dynamic-registration';

const PUBLIC_KEYS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const SIGNED = {
  signingAlgs: [...PUBLIC_KEYS, 'HS256'],
  encryptionAlgs: ['RSA-OAEP-256', 'ECDH-ES', 'A128KW'],
  encryptionEncs: ['A128CBC-HS256', 'A256GCM'],
};
const SIGNED_OR_NOT = { ...SIGNED, signingAlgs: [...SIGNED.signingAlgs, 'none'] };

/** Everything there is client metadata for. A server of yours lists what it does, and nothing else. */
export const SERVER: ServerOptions = {
  scopes: ['openid', 'profile', 'email', 'offline_access', 'api:read', 'api:write'],
  grantTypes: [
    'authorization_code',
    'refresh_token',
    'client_credentials',
    'urn:ietf:params:oauth:grant-type:uma-ticket',
    'urn:openid:params:grant-type:ciba',
  ],
  responseTypes: ['code'],
  tokenEndpointAuthMethods: [
    'client_secret_basic',
    'client_secret_post',
    'none',
    'private_key_jwt',
    'client_secret_jwt',
    'tls_client_auth',
    'self_signed_tls_client_auth',
  ],
  openid: {
    subjectTypes: ['public', 'pairwise'],
    idToken: SIGNED_OR_NOT,
    userinfo: SIGNED_OR_NOT,
    acrValues: ['phr', 'phrh'],
  },
  requestObjects: { ...SIGNED_OR_NOT, byReference: true },
  pushedAuthorizationRequests: true,
  authorizationDetailsTypes: ['account_information', 'payment_initiation'],
  dpop: true,
  mutualTls: { endpointAliases: true },
  logout: true,
  introspection: SIGNED,
  authorizationResponses: SIGNED,
  ciba: { deliveryModes: ['poll', 'ping', 'push'], requestSigningAlgs: PUBLIC_KEYS, userCode: true },
  federation: true,
  uma: true,
  verifiableCredentials: true,
  nfv: SIGNED,
};
