import { Injectable } from '@nestjs/common';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyOptions,
} from 'jose';
import { isSymmetric } from '../client-metadata/jose-algorithms.js';
import { ClientSecretService } from '../client-secret/client-secret.service.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { OAuthClientService } from '../client/oauth-client.service.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { epochNow } from '../token/clock.js';
import { ClientKeySetFetcher } from './client-key-set.fetcher.js';
import { UsedClientAssertions } from './used-client-assertions.js';

/** How far the clocks of client and server may differ. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** How far in the future an assertion may expire (RFC 7523 section 3, item 4): as long it is remembered. */
const LONGEST_LIFETIME_SECONDS = 3600;

/** Verifies the assertions of `private_key_jwt` and `client_secret_jwt` (RFC 7523 section 3, OpenID Connect Core section 9). */
@Injectable()
export class ClientAssertionVerifier {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly clients: OAuthClientService,
    private readonly secrets: ClientSecretService,
    private readonly keySets: ClientKeySetFetcher,
    private readonly used: UsedClientAssertions,
  ) {}

  /** The client that an assertion claims to be from, before anything of it is verified; undefined for what is no such assertion. */
  claimedClientId(assertion: string): string | undefined {
    try {
      const { iss, sub } = decodeJwt(assertion);
      return typeof sub === 'string' && iss === sub ? sub : undefined;
    } catch (error) {
      if (error instanceof errors.JWTInvalid) return undefined;
      throw error;
    }
  }

  /**
   * Whether this client has made the assertion, for this server, and nobody has used it before.
   * @throws TemporarilyUnavailableError when that cannot be told now: a key cannot be had, or the database does not answer
   */
  async verify(client: OAuthClientRecord, assertion: string): Promise<boolean> {
    const algorithm = algorithmOf(assertion);
    if (algorithm === undefined || !this.allowedAlgorithms(client).includes(algorithm)) return false;
    const payload =
      client.tokenEndpointAuthMethod === 'client_secret_jwt'
        ? await this.signedBySecret(client, assertion, algorithm)
        : await this.signedByKey(client, assertion, algorithm);
    if (payload === undefined) return false;
    const { exp = 0, jti } = payload;
    if (typeof jti !== 'string' || jti === '') return false;
    if (exp > epochNow() + LONGEST_LIFETIME_SECONDS + CLOCK_TOLERANCE_SECONDS) return false;
    return this.used.remember(client.clientId, jti, Math.ceil(exp) + CLOCK_TOLERANCE_SECONDS);
  }

  /** The registered algorithm, or those the server supports, of the kind that the registered method is about. */
  private allowedAlgorithms(client: OAuthClientRecord): readonly string[] {
    const { tokenEndpointAuthSigningAlgs: supported } = this.config.server;
    const method = client.tokenEndpointAuthMethod;
    const registered = this.clients.metadataOf(client)['token_endpoint_auth_signing_alg'];
    return supported.filter(
      (name) =>
        isSymmetric(name) === (method === 'client_secret_jwt') && (registered === undefined || registered === name),
    );
  }

  private async signedBySecret(
    client: OAuthClientRecord,
    assertion: string,
    algorithm: string,
  ): Promise<JWTPayload | undefined> {
    const options = this.expected(client, algorithm);
    for (const secret of this.secrets.liveKeysOf(client)) {
      const key = new TextEncoder().encode(secret);
      const payload = await verified(() => jwtVerify(assertion, key, options));
      if (payload) return payload;
    }
    return undefined;
  }

  private async signedByKey(
    client: OAuthClientRecord,
    assertion: string,
    algorithm: string,
  ): Promise<JWTPayload | undefined> {
    const { kid } = decodeProtectedHeader(assertion);
    const keySet = client.jwksUri === null ? client.jwks : await this.keySets.fetch(client.jwksUri, kid);
    if (keySet === null) return undefined;
    const options = this.expected(client, algorithm);
    return verified(async () => {
      const keys = createLocalJWKSet(keySet as JSONWebKeySet);
      try {
        return await jwtVerify(assertion, keys, options);
      } catch (error) {
        if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
        // The assertion names none of them: it is signed by any.
        for await (const key of error) {
          const result = await verified(() => jwtVerify(assertion, key, options));
          if (result) return { payload: result };
        }
        throw error;
      }
    });
  }

  private expected({ clientId }: OAuthClientRecord, algorithm: string): JWTVerifyOptions {
    return {
      algorithms: [algorithm],
      issuer: clientId,
      subject: clientId,
      audience: [...this.audiences],
      requiredClaims: ['exp', 'jti'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    };
  }

  /** The names of this server: its issuer, and its token endpoint where the metadata document tells it (RFC 7523 section 3, item 3). */
  private get audiences(): readonly string[] {
    const tokenEndpoint = this.config.discovery?.metadata['token_endpoint'];
    return [this.config.issuer, ...(typeof tokenEndpoint === 'string' ? [tokenEndpoint] : [])];
  }
}

function algorithmOf(assertion: string): string | undefined {
  try {
    return decodeProtectedHeader(assertion).alg;
  } catch (error) {
    // Its one error for text that is no JWS.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** @returns undefined for whatever is wrong with an assertion, or with the keys that the client has registered */
async function verified(verify: () => Promise<{ payload: JWTPayload }>): Promise<JWTPayload | undefined> {
  try {
    return (await verify()).payload;
  } catch (error) {
    // Keys that cannot be imported are a TypeError or an error of Web Crypto.
    if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException) {
      return undefined;
    }
    throw error;
  }
}
