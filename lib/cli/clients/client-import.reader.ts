import { ClientMetadataValidator } from '../../client-metadata/client-metadata.validator.js';
import { isOmitted } from '../../client-metadata/metadata-field.decorator.js';
import { isJsonObject } from '../../client-metadata/text.rules.js';
import { CLIENT_ID_RULE, isClientId, isOwner, OWNER_RULE } from '../../client/client.rules.js';
import {
  ClientSecretService,
  NO_SECRET,
  OAuthClientFactory,
  RegistrationConfiguration,
  type ClientSource,
  type OAuthClientRecord,
  type RegistrableMetadata,
  type SecretColumns,
} from '../../index.js';
import { RefusedError } from '../command.error.js';
import type { Services } from '../services/services.js';

/** Reads clients as `dcr clients export` writes them: metadata by every rule of a registration, and what a server keeps beside it. */
export class ClientImportReader {
  private readonly config: RegistrationConfiguration;
  private readonly validator: ClientMetadataValidator;
  private readonly secrets: ClientSecretService;
  private readonly factory: OAuthClientFactory;

  constructor(services: Services) {
    this.config = services(RegistrationConfiguration);
    this.validator = services(ClientMetadataValidator);
    this.secrets = services(ClientSecretService);
    this.factory = services(OAuthClientFactory);
  }

  /**
   * The client of a line, as it will be stored.
   * @throws RegistrationError, RefusedError naming the members and the rules; neither repeats a value
   */
  async read(line: string): Promise<OAuthClientRecord> {
    const members = parsed(line);
    const clientId = member(members, 'client_id', isClientId, CLIENT_ID_RULE);
    if (clientId === undefined) throw new RefusedError(`client_id ${CLIENT_ID_RULE}`);
    // The members of the server are no metadata, and ignored here like any other unknown one.
    const { refusals, metadata } = await this.validator.explain(members, this.config.server.grantTypes, true);
    if (!metadata) throw new RefusedError(refusals.map(({ message }) => message).join('; '));
    const client = this.factory.create(metadata, {
      clientId,
      source: member(members, 'source', isSource, 'must be dynamic or manual') ?? 'manual',
      secret: await this.secretOf(clientId, members, metadata),
      registrationAccessTokenHash: member(members, 'registration_access_token_hash', isSha256, SHA256_RULE) ?? null,
      owner: member(members, 'owner', isOwner, OWNER_RULE) ?? null,
      registeredOpenly: member(members, 'registered_openly', isFlag, 'must be true or false') ?? false,
    });
    const issuedAt = member(members, 'client_id_issued_at', isEpoch, EPOCH_RULE);
    return Object.assign(client, issuedAt === undefined ? {} : { clientIdIssuedAt: issuedAt });
  }

  /** A hash as it is, whatever its scheme; a secret in clear is hashed as one that a person chose. */
  private async secretOf(clientId: string, members: Members, metadata: RegistrableMetadata): Promise<SecretColumns> {
    const secret = member(members, 'client_secret', isText, 'must be text');
    const clientSecretHash = member(members, 'client_secret_hash', isText, 'must have 1 to 255 characters');
    if (secret !== undefined && clientSecretHash !== undefined) {
      throw new RefusedError('client_secret and client_secret_hash exclude each other');
    }
    const expiresAt = member(members, 'client_secret_expires_at', isEpoch, EPOCH_RULE);
    if (secret !== undefined) {
      const { clientSecret: _, ...columns } = await this.secrets.make(clientId, metadata, secret);
      return { ...columns, clientSecretExpiresAt: expiresAt ?? columns.clientSecretExpiresAt };
    }
    if (clientSecretHash === undefined) return NO_SECRET;
    if (metadata.token_endpoint_auth_method === 'none') {
      throw new RefusedError('client_secret_hash is of no use with token_endpoint_auth_method none');
    }
    const encrypted = member(members, 'client_secret_encrypted', isSealed, 'must have 1 to 512 characters');
    return { clientSecretHash, clientSecretExpiresAt: expiresAt ?? 0, clientSecretEncrypted: encrypted ?? null };
  }
}

type Members = Readonly<Record<string, unknown>>;

const SHA256_RULE = 'must be a SHA-256 in lower-case hexadecimal digits';
const EPOCH_RULE = 'must be seconds since the epoch';

function parsed(line: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new RefusedError('is not JSON');
  }
  if (!isJsonObject(value)) throw new RefusedError('is not a JSON object');
  return value;
}

/** @returns undefined for a member that is not there */
function member<T>(members: Members, name: string, is: (value: unknown) => value is T, rule: string): T | undefined {
  const value = Object.hasOwn(members, name) ? members[name] : undefined;
  if (isOmitted(value)) return undefined;
  if (!is(value)) throw new RefusedError(`${name} ${rule}`);
  return value;
}

function isSource(value: unknown): value is ClientSource {
  return value === 'dynamic' || value === 'manual';
}

function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isEpoch(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isSha256(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isText(value: unknown): value is string {
  return isTextUpTo(255, value);
}

function isSealed(value: unknown): value is string {
  return isTextUpTo(512, value);
}

function isTextUpTo(longest: number, value: unknown): value is string {
  return typeof value === 'string' && value.length <= longest && !value.includes('\0');
}
