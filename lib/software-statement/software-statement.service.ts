import { Injectable } from '@nestjs/common';
import { requireJsonObject } from '../client-metadata/json-object.js';
import { isOmitted } from '../client-metadata/metadata-field.decorator.js';
import type { RegistrationCircumstances } from '../client-registration/registration.policy.js';
import { ClientMetadataMapper } from '../client/client-metadata.mapper.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { InvalidSoftwareStatementError, UnapprovedSoftwareStatementError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import type { Write } from '../storage/unit-of-work.js';
import { storedStatement, type SoftwareStatement } from './software-statement.js';
import { SoftwareStatementVerifier } from './software-statement.verifier.js';
import { overriddenMembers, STATEMENT_MEMBER, statedMembers, withStatement } from './statement-members.rules.js';
import { UsedSoftwareStatements } from './used-software-statements.js';

/** A request as it is judged. */
export interface StatedRequest {
  readonly body: unknown;
  readonly context: RegistrationCircumstances;
}

const IS_REQUIRED = `${STATEMENT_MEMBER} is required`;

/** Weighs a request together with its software statement (RFC 7591 section 3.1.1), on update with the one that is stored. */
@Injectable()
export class SoftwareStatementService {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly verifier: SoftwareStatementVerifier,
    private readonly used: UsedSoftwareStatements,
    private readonly mapper: ClientMetadataMapper,
  ) {}

  /**
   * The request with what its statement says in place of what it says itself.
   * @param body the parsed JSON of the request, of any type
   * @throws InvalidSoftwareStatementError, UnapprovedSoftwareStatementError; TemporarilyUnavailableError when that cannot be told now
   */
  async apply(body: unknown, context: RegistrationCircumstances): Promise<StatedRequest> {
    if (this.config.softwareStatements.mode === 'ignored') return { body, context };
    const request = requireJsonObject(body, this.config.limits.metadataBytes);
    const statement = await this.statementOf(request, context);
    if (!statement) return { body, context };
    const stated = this.statedBy(statement);
    const overridden = overriddenMembers(request, stated, this.config.metadataTable);
    return {
      body: withStatement(request, stated, statement.text, this.config.metadataTable),
      context: { ...context, softwareStatement: statement, overridden },
    };
  }

  /** The circumstances of a change that is no request of the client: with the statement as it is, which nobody verifies again. */
  withStored(context: RegistrationCircumstances): RegistrationCircumstances {
    const softwareStatement = this.storedOf(context.client);
    return softwareStatement ? { ...context, softwareStatement } : context;
  }

  /**
   * Stores a client together with the use of its statement, where that may be used once and is not the one the client had before.
   * @throws InvalidSoftwareStatementError when it was used before; nothing is stored then
   */
  take<T>(
    client: OAuthClientRecord,
    previous: OAuthClientRecord | undefined,
    store: (uses: readonly Write[]) => Promise<T>,
  ): Promise<T> {
    const statement = this.storedOf(client);
    const isNew = statement && statement.text !== this.storedOf(previous)?.text;
    return this.used.take(isNew ? statement : undefined, store);
  }

  private async statementOf(
    request: Readonly<Record<string, unknown>>,
    context: RegistrationCircumstances,
  ): Promise<SoftwareStatement | undefined> {
    const given = Object.hasOwn(request, STATEMENT_MEMBER) ? request[STATEMENT_MEMBER] : undefined;
    // A document says all there is to say of its client, each time it is read.
    const stored = context.operation === 'document' ? undefined : this.storedOf(context.client);
    if (isOmitted(given)) return stored ? this.kept(stored, context) : this.none(context);
    if (stored?.text === given) {
      // Its age and its jti were judged when it came: one that ends must not end what a client can do with itself.
      await this.verifier.requireIssuer(stored, context);
      return stored;
    }
    const statement = await this.verifier.verify(given, context);
    if (context.operation === 'document' && this.config.softwareStatements.issuers.get(statement.issuer)?.requireJti) {
      throw new InvalidSoftwareStatementError(`${STATEMENT_MEMBER} registers one client, and a document none`);
    }
    if (stored && !this.isOfSameSoftware(statement, stored)) {
      const rule = 'must be of the same issuer and software_id as the one before';
      throw new UnapprovedSoftwareStatementError(`${STATEMENT_MEMBER} ${rule}`);
    }
    return statement;
  }

  /** Omitted means deleted (RFC 7592 section 2.2), but a deletion may be ignored: what was stated for a client stays so. */
  private async kept(stored: SoftwareStatement, context: RegistrationCircumstances): Promise<SoftwareStatement> {
    if (this.config.softwareStatements.issuers.get(stored.issuer)?.requiredOnUpdate) {
      throw new InvalidSoftwareStatementError(IS_REQUIRED);
    }
    // Without its issuer nobody could tell any more which members it binds.
    await this.verifier.requireIssuer(stored, context);
    return stored;
  }

  /** Whoever adds a client by hand answers for it, and for what it does with itself. */
  private none({ operation, credential, client }: RegistrationCircumstances): undefined {
    const isByHand =
      operation === 'create' || (operation === 'update' && (credential === undefined || client?.source === 'manual'));
    if (!isByHand && this.config.softwareStatements.mode === 'required') {
      throw new InvalidSoftwareStatementError(IS_REQUIRED);
    }
  }

  private statedBy({ issuer, claims }: SoftwareStatement): ReadonlyMap<string, unknown> {
    const names = this.config.softwareStatements.issuers.get(issuer)?.claims;
    return statedMembers(claims, this.config.metadataTable, names);
  }

  /** Without a software_id nobody can tell. */
  private isOfSameSoftware(one: SoftwareStatement, other: SoftwareStatement): boolean {
    const softwareId = this.statedBy(one).get('software_id');
    return (
      one.issuer === other.issuer && softwareId !== undefined && softwareId === this.statedBy(other).get('software_id')
    );
  }

  private storedOf(client: OAuthClientRecord | undefined): SoftwareStatement | undefined {
    if (!client || this.config.softwareStatements.mode === 'ignored') return undefined;
    const text = this.mapper.toMetadata(client)[STATEMENT_MEMBER];
    return typeof text === 'string' ? storedStatement(text) : undefined;
  }
}
