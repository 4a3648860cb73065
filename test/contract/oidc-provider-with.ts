import type { ServerOptions } from 'nestjs-dynamic-registration';
import { generateKeyPairSync } from 'node:crypto';
import type { Adapter, Provider } from 'oidc-provider';
import { serverCapabilities, type ServerCapabilities } from '../../lib/server.capabilities.js';
import type { MessageAlgorithms } from '../../lib/server.options.js';

type Members = Readonly<Record<string, unknown>>;

/** What the package has no name for: to be configured with it is refused, and so is a client that registers it. */
export const UNKNOWN_TO_OIDC_PROVIDER = {
  signingAlgs: ['none'],
  responseTypes: ['token'],
  deliveryModes: ['push'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** An authorization server of the package `oidc-provider` that takes its clients from client information responses. */
export interface OidcProvider {
  /**
   * Loads a client as the package does it on every request that names one, from this answer and nothing else.
   * @returns its metadata as the package understands it
   * @throws the error of the package about the client
   */
  load(answer: Members): Promise<Members>;
}

/**
 * Builds an `oidc-provider` with the capabilities of our server.
 * @param extraMetadata names of members that it is to keep beside those it knows
 */
export async function oidcProviderWith(
  options: ServerOptions,
  extraMetadata: readonly string[] = [],
): Promise<OidcProvider> {
  const server = serverCapabilities(options);
  const stored = new Map<string, Members>();
  const provider = new (await providerClass())('https://as.example', {
    ...configurationFor(server),
    extraClientMetadata: { properties: extraMetadata },
    // Of clients it is asked for one by its identifier alone.
    adapter: () => ({ find: async (id: string) => stored.get(id) }) as Partial<Adapter> as Adapter,
  });
  for (const grant of server.grantTypes.filter(isExtension)) {
    provider.registerGrantType(grant, async () => {});
  }
  return {
    load: async (answer) => {
      const id = String(answer['client_id']);
      stored.set(id, answer);
      const client = await provider.Client.find(id);
      if (client === undefined) throw new Error(`oidc-provider has no client ${id}`);
      return client.metadata();
    },
  };
}

/** The class, without the warning that it prints where it is loaded into Node.js 20: all it uses is there as well. */
export async function providerClass(): Promise<typeof Provider> {
  const { warn } = console;
  console.warn = (...text) => {
    if (!String(text[0]).startsWith('oidc-provider WARNING: Unsupported runtime')) warn(...text);
  };
  try {
    return (await import('oidc-provider')).Provider;
  } finally {
    console.warn = warn;
  }
}

/** The configuration of the package that offers what the capabilities name, as far as it can. */
function configurationFor(server: ServerCapabilities): Members {
  const { openid, requestObjects, introspection, authorizationResponses } = server;
  return {
    scopes: server.scopes,
    acrValues: openid.acrValues,
    subjectTypes: openid.offered ? openid.subjectTypes : ['public'],
    responseTypes: known(server.responseTypes, 'responseTypes'),
    clientAuthMethods: server.tokenEndpointAuthMethods,
    // Any function but its own says that there are refresh tokens beside those of the scope `offline_access`.
    ...(server.grantTypes.includes('refresh_token') && { issueRefreshToken: async () => true }),
    enabledJWA: {
      clientAuthSigningAlgValues: [...server.tokenEndpointAuthSigningAlgs],
      // It has no clients without ID Tokens.
      ...algorithms('idToken', openid.offered ? openid.idToken : { ...openid.idToken, signingAlgs: ['RS256'] }),
      ...algorithms('userinfo', openid.userinfo),
      ...algorithms('requestObject', requestObjects),
      ...algorithms('introspection', introspection),
      ...algorithms('authorization', authorizationResponses),
    },
    features: featuresFor(server),
    jwks: { keys: KEYS },
  };
}

function featuresFor(server: ServerCapabilities): Members {
  const { openid, requestObjects, introspection, authorizationResponses, mutualTls, ciba } = server;
  const authenticates = (method: string) => server.tokenEndpointAuthMethods.includes(method);
  const grants = (grant: string) => server.grantTypes.includes(grant);
  const messages = [openid.idToken, openid.userinfo, requestObjects, introspection, authorizationResponses];
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: grants('client_credentials') },
    deviceFlow: { enabled: grants(DEVICE_GRANT) },
    encryption: { enabled: messages.some(({ encryptionAlgs }) => encryptionAlgs.length > 0) },
    jwtUserinfo: { enabled: isUsed(openid.userinfo) },
    requestObjects: { enabled: requestObjects.offered },
    pushedAuthorizationRequests: { enabled: server.pushedAuthorizationRequests },
    richAuthorizationRequests: {
      enabled: server.authorizationDetailsTypes.length > 0,
      types: Object.fromEntries(server.authorizationDetailsTypes.map((type) => [type, { validate: () => {} }])),
    },
    dPoP: { enabled: server.dpop },
    mTLS: {
      enabled:
        mutualTls.offered || server.tokenEndpointAuthMethods.some((method) => method.includes('tls_client_auth')),
      certificateBoundAccessTokens: mutualTls.boundAccessTokens,
      tlsClientAuth: authenticates('tls_client_auth'),
      selfSignedTlsClientAuth: authenticates('self_signed_tls_client_auth'),
    },
    rpInitiatedLogout: { enabled: server.logout.rpInitiated },
    backchannelLogout: { enabled: server.logout.backchannel },
    introspection: { enabled: isUsed(introspection) },
    jwtIntrospection: { enabled: isUsed(introspection) },
    jwtResponseModes: { enabled: isUsed(authorizationResponses) },
    ciba: ciba.offered
      ? { enabled: true, deliveryModes: known(ciba.deliveryModes, 'deliveryModes') }
      : { enabled: false },
  };
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const CIBA_GRANT = 'urn:openid:params:grant-type:ciba';

/** Whether a grant type is none of those that the features of the package bring along. */
function isExtension(grant: string): boolean {
  return grant.includes(':') && grant !== DEVICE_GRANT && grant !== CIBA_GRANT;
}

/** The lists of algorithms of one kind of message, as the package names them. */
function algorithms(kind: string, { signingAlgs, encryptionAlgs, encryptionEncs }: Required<MessageAlgorithms>) {
  return {
    [`${kind}SigningAlgValues`]: known(signingAlgs, 'signingAlgs'),
    [`${kind}EncryptionAlgValues`]: [...encryptionAlgs],
    [`${kind}EncryptionEncValues`]: [...encryptionEncs],
  };
}

function isUsed({ signingAlgs, encryptionAlgs }: MessageAlgorithms): boolean {
  return [...(signingAlgs ?? []), ...(encryptionAlgs ?? [])].length > 0;
}

function known(values: readonly string[], list: keyof typeof UNKNOWN_TO_OIDC_PROVIDER): string[] {
  return values.filter((value) => !UNKNOWN_TO_OIDC_PROVIDER[list].some((unknown) => unknown === value));
}

/** Private keys for every asymmetric algorithm: a server of the package offers only what it has keys for. */
const KEYS = [
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('ed25519'),
].map(({ privateKey }) => privateKey.export({ format: 'jwk' }));
