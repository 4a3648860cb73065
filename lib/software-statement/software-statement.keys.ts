import { Injectable } from '@nestjs/common';
import { createLocalJWKSet, type CompactVerifyGetKey, type JSONWebKeySet, type JWK } from 'jose';
import { jwkSet, withoutUnknownKeys } from '../client-metadata/jwk-set.rules.js';
import type { RegistrationCircumstances } from '../client-registration/registration.policy.js';
import { RemoteKeySets } from '../key-set/remote-key-sets.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import type { SoftwareStatementIssuer } from './software-statement.options.js';
import type { StatementParts } from './software-statement.js';

/** The keys statements are verified with: those of the configuration, never those that a statement names itself (RFC 7591 section 2.3). */
@Injectable()
export class SoftwareStatementKeys {
  /** Imported once, by issuer. */
  private readonly configured: ReadonlyMap<string, CompactVerifyGetKey>;

  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly remote: RemoteKeySets,
  ) {
    this.configured = new Map(
      [...config.softwareStatements.issuers].flatMap(([issuer, { jwks }]) => (jwks ? [[issuer, local(jwks)]] : [])),
    );
  }

  /**
   * The keys of a configured issuer.
   * @throws TemporarilyUnavailableError when they cannot be had now
   */
  async ofIssuer(
    { issuer, jwksUri = '' }: SoftwareStatementIssuer,
    kid: string | undefined,
  ): Promise<CompactVerifyGetKey> {
    const configured = this.configured.get(issuer);
    if (configured) return configured;
    return local(await this.remote.fetch('software-statement', jwksUri, kid));
  }

  /**
   * The keys that the host finds for any other issuer.
   * @returns undefined where it is not accepted
   * @throws TypeError for anything but public keys: the mistake of the host, not of the caller
   */
  async resolved(
    { header, claims }: StatementParts,
    context: RegistrationCircumstances,
  ): Promise<CompactVerifyGetKey | undefined> {
    const found: unknown = await this.config.softwareStatements.resolveKey?.(header, claims, context);
    if (found === undefined || found === null) return undefined;
    const set: unknown = Array.isArray(Reflect.get(Object(found), 'keys')) ? found : { keys: [named(found, header)] };
    const [wrong] = jwkSet(set);
    if (wrong) {
      throw new TypeError(
        `softwareStatements.resolveKey must answer a public JWK or a JWK Set: it${wrong.at} ${wrong.rule}`,
      );
    }
    return local(set as JSONWebKeySet);
  }
}

/** One key without a name is the one that was asked for. */
function named(key: unknown, { kid }: StatementParts['header']): unknown {
  return typeof key !== 'object' || kid === undefined ? key : { kid, ...(key as JWK) };
}

function local(jwks: JSONWebKeySet): CompactVerifyGetKey {
  return createLocalJWKSet(withoutUnknownKeys(jwks) as JSONWebKeySet);
}
