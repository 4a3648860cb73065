import type { Type } from '@nestjs/common';
import { ClientMetadata } from './client-metadata/client-metadata.dto.js';
import { responseTypeInOrder } from './client-metadata/response-type.js';
import {
  metadataTable,
  offeredFields,
  type MetadataRow,
  type MetadataTable,
} from './client-metadata/metadata-table.js';
import { checkOptions } from './start-checks/options.check.js';
import {
  DEFAULT_CLIENT_LIFETIME,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_LIMITS,
  DEFAULT_OPEN_REGISTRATION,
  DEFAULT_OPTIONS,
  DEFAULT_OUTBOUND_REQUESTS,
  DEFAULT_REDIRECT_URIS,
  DEFAULT_REGISTRATION_ACCESS_TOKEN,
  type ClientIdMetadataDocumentOptions,
  type ClientLifetimeOptions,
  type ClientSecretOptions,
  type DynamicRegistrationOptions,
  type LimitOptions,
  type ManagementOptions,
  type OpenRegistrationOptions,
  type OutboundRequestOptions,
  type RedirectUriOptions,
  type RegistrationAccessTokenOptions,
} from './dynamic-registration.options.js';
import {
  softwareStatementSettings,
  type SoftwareStatementSettings,
} from './software-statement/software-statement.options.js';
import { STATEMENT_MEMBER } from './software-statement/statement-members.rules.js';
import { serverCapabilities, type ServerCapabilities } from './server.capabilities.js';
import { defined } from './server.options.js';

/** The options with every default applied: what the module runs on. Made once at start and never changed. */
export class RegistrationConfiguration {
  readonly issuer: string;
  /** Absolute URL of the client registration endpoint (RFC 7591 section 3). */
  readonly registrationEndpoint: string;
  /** Route of the client registration endpoint inside the application. */
  readonly mount: string;
  readonly access: NonNullable<DynamicRegistrationOptions['access']>;
  readonly openGrantTypes: readonly string[];
  readonly management: Required<ManagementOptions>;
  readonly server: ServerCapabilities;
  readonly unsupportedMetadata: 'narrow' | 'reject';
  readonly inconsistentTypes: 'reject' | 'repair';
  readonly redirectUris: Required<RedirectUriOptions>;
  readonly limits: Required<LimitOptions>;
  readonly preparedStatements: boolean;
  readonly metadata: Type<ClientMetadata>;
  /** The fields this server knows: those of the features it offers. */
  readonly metadataTable: MetadataTable;
  readonly clientSecret: Required<ClientSecretOptions>;
  readonly softwareStatements: SoftwareStatementSettings;
  readonly registrationAccessToken: Required<RegistrationAccessTokenOptions>;
  readonly clientLifetime: Required<ClientLifetimeOptions>;
  readonly openRegistration: Required<OpenRegistrationOptions>;
  /** undefined where clients are not known by URLs. */
  readonly clientIdMetadataDocuments: ClientIdMetadataDocumentOptions | undefined;
  readonly outboundRequests: Required<OutboundRequestOptions>;
  readonly cors: DynamicRegistrationOptions['cors'];
  readonly discovery: { readonly metadata: Readonly<Record<string, unknown>> } | undefined;

  /** @throws Error naming the option and the way out */
  constructor(options: DynamicRegistrationOptions) {
    checkOptions(options);
    this.issuer = options.issuer;
    this.registrationEndpoint = `${options.issuer.replace(/\/$/, '')}/${options.path ?? DEFAULT_OPTIONS.path}`;
    this.mount = options.mount ?? new URL(this.registrationEndpoint).pathname;
    this.access = options.access ?? DEFAULT_OPTIONS.access;
    this.openGrantTypes = options.openGrantTypes ?? DEFAULT_OPTIONS.openGrantTypes;
    this.management = management(options.management ?? DEFAULT_OPTIONS.management);
    const server = serverCapabilities(options.server);
    this.server = { ...server, responseTypes: server.responseTypes.map(responseTypeInOrder) };
    this.unsupportedMetadata = options.unsupportedMetadata ?? DEFAULT_OPTIONS.unsupportedMetadata;
    this.inconsistentTypes = options.inconsistentTypes ?? DEFAULT_OPTIONS.inconsistentTypes;
    this.redirectUris = defined(DEFAULT_REDIRECT_URIS, options.redirectUris);
    this.limits = defined(DEFAULT_LIMITS, options.limits);
    this.preparedStatements = options.preparedStatements ?? true;
    this.metadata = options.metadata ?? ClientMetadata;
    this.softwareStatements = softwareStatementSettings(options.softwareStatements);
    const fields = offeredFields(metadataTable(this.metadata), this.server);
    this.metadataTable = this.softwareStatements.mode === 'ignored' ? fields : withStoredStatement(fields);
    this.clientSecret = defined(DEFAULT_CLIENT_SECRET, options.clientSecret);
    this.registrationAccessToken = defined(DEFAULT_REGISTRATION_ACCESS_TOKEN, options.registrationAccessToken);
    this.clientLifetime = defined(DEFAULT_CLIENT_LIFETIME, options.clientLifetime);
    this.openRegistration = defined(DEFAULT_OPEN_REGISTRATION, options.openRegistration);
    const documents = options.clientIdMetadataDocuments ?? DEFAULT_OPTIONS.clientIdMetadataDocuments;
    this.clientIdMetadataDocuments = documents === true ? {} : documents === false ? undefined : documents;
    this.outboundRequests = defined(DEFAULT_OUTBOUND_REQUESTS, options.outboundRequests);
    this.cors = options.cors;
    const discovery = options.discovery ?? DEFAULT_OPTIONS.discovery;
    this.discovery =
      discovery === false ? undefined : { metadata: discovery === true ? {} : (discovery.metadata ?? {}) };
    Object.freeze(this);
  }

  /** Whether a client can manage itself at all, and so is given a registration access token (RFC 7592 section 3). */
  get isManageable(): boolean {
    return this.management.read || this.management.update || this.management.delete;
  }

  /** The client configuration endpoint of a client (RFC 7592 section 3), the one place where this URL is built. */
  registrationClientUri(clientId: string): string {
    return `${this.registrationEndpoint}/${encodeURIComponent(clientId)}`;
  }
}

/** A statement that is read is stored and returned (RFC 7591 section 3.2.1). */
function withStoredStatement(table: MetadataTable): MetadataTable {
  const stored = (row: MetadataRow) => (row.name === STATEMENT_MEMBER ? { ...row, requestOnly: false } : row);
  return new Map([...table].map(([name, row]) => [name, stored(row)]));
}

function management(option: boolean | ManagementOptions): Required<ManagementOptions> {
  if (typeof option === 'boolean') return { read: option, update: option, delete: option };
  return defined({ read: true, update: true, delete: true }, option);
}
