import { taggedName } from '../../client-metadata/language-tag.js';
import { ClientMetadataValidator } from '../../client-metadata/client-metadata.validator.js';
import { UNBOUNDED } from '../../client-metadata/metadata-bounds.js';
import { secretNeedOf } from '../../client-secret/client-secret.rules.js';
import { CLIENT_ID_RULE, isClientId, isOwner, OWNER_RULE } from '../../client/client.rules.js';
import {
  ClientSecretService,
  NO_SECRET,
  OAuthClientFactory,
  RegistrationConfiguration,
  type OAuthClientRecord,
  type RegistrableMetadata,
  type RegistrationBounds,
  type SecretColumns,
} from '../../index.js';
import { metadataBounds } from '../../initial-access-token/registration-bounds.rules.js';
import { RefusedError } from '../command.error.js';
import type { Services } from '../services/services.js';
import { LIFE_CYCLE_MEMBERS, lifeCycleOf } from './import-life-cycle.js';
import {
  boundsOf,
  EPOCH_RULE,
  HASH_RULE,
  isEpoch,
  isFlag,
  isHash,
  isSealed,
  isSha256,
  isSource,
  isText,
  member,
  parsed,
  SEALED_RULE,
  SHA256_RULE,
  type Members,
} from './import-members.js';

/** Reads clients as `dcr clients export` writes them: metadata by every rule of a registration, and what a server keeps beside it. */
export class ClientImportReader {
  private readonly config: RegistrationConfiguration;
  private readonly validator: ClientMetadataValidator;
  private readonly secrets: ClientSecretService;
  private readonly factory: OAuthClientFactory;
  private readonly unknownMembers = new Set<string>();

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
    const bounds = boundsOf(members);
    const metadata = await this.metadataOf(members, bounds);
    const client = this.factory.create(metadata, {
      clientId,
      source: member(members, 'source', isSource, 'must be dynamic or manual') ?? 'manual',
      secret: await this.secretOf(clientId, members, metadata),
      registrationAccessTokenHash: member(members, 'registration_access_token_hash', isSha256, SHA256_RULE) ?? null,
      owner: member(members, 'owner', isOwner, OWNER_RULE) ?? null,
      registeredOpenly: member(members, 'registered_openly', isFlag, 'must be true or false') ?? false,
    });
    const issuedAt = member(members, 'client_id_issued_at', isEpoch, EPOCH_RULE);
    return Object.assign(client, {
      ...(issuedAt !== undefined && { clientIdIssuedAt: issuedAt }),
      ...lifeCycleOf(members),
      bounds,
    });
  }

  /** Members that are known to nobody here, of all lines read so far. */
  get unknown(): readonly string[] {
    return [...this.unknownMembers];
  }

  /** Judged as a registration is; only the scope is taken as it is: a default set would give a client what it never had. */
  private async metadataOf(members: Members, bounds: RegistrationBounds | null): Promise<RegistrableMetadata> {
    this.noteUnknown(members);
    // As it was: what it leaves out has been left out for good.
    const asStored = { ...metadataBounds(bounds), apply: UNBOUNDED.apply };
    const { refusals, metadata } = await this.validator.explain(members, this.config.server.grantTypes, true, asStored);
    if (!metadata) throw new RefusedError(refusals.map(({ message }) => message).join('; '));
    const scope = member(members, 'scope', isText, 'must be text');
    if (scope === undefined) delete metadata.scope;
    else metadata.scope = await this.validator.validateScope(scope);
    return metadata;
  }

  private noteUnknown(members: Members): void {
    for (const name of Object.keys(members)) {
      if (this.unknownMembers.size < MOST_UNKNOWN && !this.isKnown(name)) this.unknownMembers.add(name);
    }
  }

  private isKnown(name: string): boolean {
    const { metadataTable } = this.config;
    return SERVER_MEMBERS.has(name) || metadataTable.has(taggedName(name)?.base ?? name);
  }

  /** A hash as it is, whatever its scheme; a secret in clear is hashed as one that a person chose. */
  private async secretOf(clientId: string, members: Members, metadata: RegistrableMetadata): Promise<SecretColumns> {
    const secret = member(members, 'client_secret', isText, 'must be text');
    const hash = member(members, 'client_secret_hash', isHash, HASH_RULE);
    const encrypted = member(members, 'client_secret_encrypted', isSealed, SEALED_RULE);
    const expiresAt = member(members, 'client_secret_expires_at', isEpoch, EPOCH_RULE);
    if (secret !== undefined) {
      if (hash !== undefined) throw new RefusedError('client_secret and client_secret_hash exclude each other');
      const { clientSecret: _, ...columns } = await this.secrets.make(clientId, metadata, secret);
      return { ...columns, clientSecretExpiresAt: expiresAt ?? columns.clientSecretExpiresAt };
    }
    if (hash === undefined && encrypted === undefined) return NO_SECRET;
    const need = secretNeedOf(metadata, this.config.metadataTable);
    if (need === 'none') throw new RefusedError('a client secret is of no use with this token_endpoint_auth_method');
    if (hash === undefined || (need === 'as-key') !== (encrypted !== undefined)) {
      throw new RefusedError(
        'client_secret_hash must be there, and client_secret_encrypted where the secret is a key and nowhere else',
      );
    }
    const stored = { clientSecretHash: hash, clientSecretEncrypted: encrypted ?? null };
    return { ...NO_SECRET, ...stored, clientSecretExpiresAt: expiresAt ?? 0 };
  }
}

/** How many unknown members are remembered. */
const MOST_UNKNOWN = 100;

/** What a line may have beside metadata. */
const SERVER_MEMBERS: ReadonlySet<string> = new Set([
  'client_id',
  'client_id_issued_at',
  'source',
  'registered_openly',
  'owner',
  'client_secret',
  'client_secret_hash',
  'client_secret_encrypted',
  'client_secret_expires_at',
  'registration_access_token_hash',
  'bounds',
  ...LIFE_CYCLE_MEMBERS,
]);
