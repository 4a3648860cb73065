import { Injectable } from '@nestjs/common';
import { compactVerify, errors, type CompactVerifyGetKey } from 'jose';
import { limitViolations } from '../client-metadata/limit.rules.js';
import type { RegistrationCircumstances } from '../client-registration/registration.policy.js';
import { InvalidSoftwareStatementError, UnapprovedSoftwareStatementError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { epochNow } from '../token/clock.js';
import { SoftwareStatementKeys } from './software-statement.keys.js';
import { DEFAULT_STATEMENT_ALGORITHMS, type SoftwareStatementIssuer } from './software-statement.options.js';
import { statementParts, type SoftwareStatement, type StatementParts } from './software-statement.js';
import { claimsViolation, type ExpectedClaims } from './statement-claims.rules.js';
import { headerViolation } from './statement-header.rules.js';
import { STATEMENT_MEMBER } from './statement-members.rules.js';

const NO_SUCH_ISSUER = `${STATEMENT_MEMBER} must be of an issuer that is accepted here`;

/** Verifies software statements (RFC 7591 sections 2.3 and 3.1.1): what costs little first, what is believed last. */
@Injectable()
export class SoftwareStatementVerifier {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly keys: SoftwareStatementKeys,
  ) {}

  /**
   * @param value the member of the request, of any type
   * @throws InvalidSoftwareStatementError for what is malformed, badly signed, or not for this server at this time
   * @throws UnapprovedSoftwareStatementError for an issuer that is not accepted
   * @throws TemporarilyUnavailableError when its keys cannot be had now
   */
  async verify(value: unknown, context: RegistrationCircumstances): Promise<SoftwareStatement> {
    const text = this.wellFormed(value);
    const parts = statementParts(text);
    refuse(headerViolation(parts.header));
    const issuer = this.issuerOf(parts);
    const [alg, kid] = [String(parts.header['alg']), parts.header['kid'] as string | undefined];
    const algorithms = issuer?.algorithms ?? DEFAULT_STATEMENT_ALGORITHMS;
    if (!algorithms.includes(alg)) refuse('must be signed with an algorithm of its issuer');
    const keys = issuer ? await this.keys.ofIssuer(issuer, kid) : await this.keys.resolved(parts, context);
    if (!keys) throw new UnapprovedSoftwareStatementError(NO_SUCH_ISSUER);
    if (!(await isSigned(text, alg, keys))) refuse('must be signed with a key of its issuer');
    refuse(claimsViolation(parts.claims, this.expected(issuer), epochNow()));
    return { issuer: String(parts.claims['iss']), claims: parts.claims, text };
  }

  /**
   * Looks whether the issuer of a statement that was verified before is still accepted.
   * @throws UnapprovedSoftwareStatementError when it is not
   */
  async requireIssuer({ text }: SoftwareStatement, context: RegistrationCircumstances): Promise<void> {
    const parts = statementParts(text);
    if (!this.issuerOf(parts) && !(await this.keys.resolved(parts, context))) {
      throw new UnapprovedSoftwareStatementError(NO_SUCH_ISSUER);
    }
  }

  /** What the claims of an issuer's statements are compared with. */
  expected(issuer: SoftwareStatementIssuer | undefined): ExpectedClaims {
    const { audience, maximumAgeSeconds, requireJti } = issuer ?? {};
    const { issuer: ownIssuer, registrationEndpoint } = this.config;
    return {
      audiences: audience === undefined ? [ownIssuer, registrationEndpoint] : [audience],
      needsAudience: audience !== undefined,
      maximumAgeSeconds,
      requireJti,
    };
  }

  /** Size and form, by the row of the metadata table. */
  private wellFormed(value: unknown): string {
    const row = this.config.metadataTable.get(STATEMENT_MEMBER);
    const tooLarge = row ? limitViolations(row, value, this.config.limits) : [];
    const [wrong] = tooLarge.length > 0 ? tooLarge : (row?.rules.flatMap((rule) => rule(value)) ?? []);
    refuse(wrong?.rule);
    return String(value);
  }

  /** @returns undefined for one whose keys the host may find */
  private issuerOf({ claims }: StatementParts): SoftwareStatementIssuer | undefined {
    const { issuers, resolveKey } = this.config.softwareStatements;
    const issuer = issuers.get(String(claims['iss']));
    if (!issuer && !resolveKey) throw new UnapprovedSoftwareStatementError(NO_SUCH_ISSUER);
    return issuer;
  }
}

function refuse(rule: string | undefined): void {
  if (rule !== undefined) throw new InvalidSoftwareStatementError(`${STATEMENT_MEMBER} ${rule}`);
}

async function isSigned(text: string, alg: string, keys: CompactVerifyGetKey): Promise<boolean> {
  const options = { algorithms: [alg] };
  try {
    await compactVerify(text, keys, options);
    return true;
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      // The statement names none of them: it is signed by any.
      for await (const key of error) if (await isSigned(text, alg, async () => key)) return true;
      return false;
    }
    // Keys that do not fit the algorithm are a TypeError or an error of Web Crypto.
    if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
}
