import type { ServerCapabilities } from 'nestjs-dynamic-registration';
import type { Configuration } from 'oidc-provider';
import { DISCOVERY_METADATA } from '../discovery/discovery.metadata.js';

interface Messages {
  readonly signingAlgs: readonly string[];
  readonly encryptionAlgs: readonly string[];
  readonly encryptionEncs: readonly string[];
}

/** The algorithms that clients may register, as the provider names the lists of each kind of message; it has no unsigned ones. */
export function enabledAlgorithms(server: ServerCapabilities): NonNullable<Configuration['enabledJWA']> {
  const lists = {
    clientAuthSigningAlgValues: server.tokenEndpointAuthSigningAlgs,
    dPoPSigningAlgValues: DISCOVERY_METADATA.dpop_signing_alg_values_supported,
    ...of('idToken', server.openid.idToken),
    ...of('userinfo', server.openid.userinfo),
    ...of('requestObject', server.requestObjects),
    ...of('introspection', server.introspection),
    ...of('authorization', server.authorizationResponses),
  };
  return lists as unknown as NonNullable<Configuration['enabledJWA']>;
}

function of(kind: string, { signingAlgs, encryptionAlgs, encryptionEncs }: Messages) {
  return {
    [`${kind}SigningAlgValues`]: signingAlgs.filter((algorithm) => algorithm !== 'none'),
    [`${kind}EncryptionAlgValues`]: [...encryptionAlgs],
    [`${kind}EncryptionEncValues`]: [...encryptionEncs],
  };
}
