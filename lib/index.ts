export { DynamicRegistrationModule } from './dynamic-registration.module.js';
export type {
  ClientIdMetadataDocumentOptions,
  ClientLifetimeOptions,
  ClientSecretOptions,
  DynamicRegistrationExtras,
  DynamicRegistrationOptions,
  DynamicRegistrationOptionsFactory,
  EncryptionKey,
  LimitOptions,
  ManagementOptions,
  OpenRegistrationOptions,
  OutboundRequestOptions,
  RedirectUriOptions,
  RegistrationAccess,
  RegistrationAccessTokenOptions,
} from './dynamic-registration.options.js';
export type { ServerCapabilities } from './server.capabilities.js';
export type {
  CibaOptions,
  FederationOptions,
  LogoutOptions,
  MessageAlgorithms,
  MutualTlsOptions,
  OpenIdOptions,
  RequestObjectOptions,
  ServerOptions,
} from './server.options.js';
export { metadataReference } from './client-metadata/metadata-reference.js';
export { RegistrationConfiguration } from './registration-configuration.js';
export { ClientMetadata } from './client-metadata/client-metadata.dto.js';
export {
  IsCallbackUri,
  IsCertificateUri,
  IsDisplayText,
  IsDisplayTextList,
  IsDistinguishedName,
  IsDnsName,
  IsEmailAddress,
  IsFlag,
  IsHttpsUri,
  IsIpAddress,
  IsJwkSet,
  IsListOfOneOf,
  IsObjectOfObjects,
  IsOneOf,
  IsRedirectUriList,
  IsRequestUriList,
  IsScope,
  IsSoftwareStatement,
  IsText,
  IsTextList,
  IsWebUri,
  IsWholeNumber,
} from './client-metadata/metadata-rule.decorators.js';
export {
  MetadataField,
  type AlgorithmPurpose,
  type MetadataErrorType,
  type MetadataFieldOptions,
  type MetadataLimit,
} from './client-metadata/metadata-field.decorator.js';
export type { RegistrableMetadata } from './client-metadata/client-metadata.settlement.js';
export type { Explanation } from './client-metadata/client-metadata.validator.js';
export { ClientRegistrationController } from './client-registration/client-registration.controller.js';
export { ClientRegistrationService } from './client-registration/client-registration.service.js';
export type { ClientInformation } from './client-registration/client-information.js';
export {
  RegistrationListener,
  TransactionalRegistrationListener,
  type RegistrationEvent,
  type RegistrationReason,
} from './client-registration/registration.listener.js';
export type { TokenEvent, TokenRefusal } from './client-registration/token-event.js';
export { auditRecord, type AuditRecord } from './audit/audit-record.js';
export type { Judgement } from './client-registration/registration-policies.js';
export type {
  ResolveStatementKey,
  SoftwareStatementIssuer,
  SoftwareStatementOptions,
} from './software-statement/software-statement.options.js';
export type { SoftwareStatement } from './software-statement/software-statement.js';
export { SoftwareStatementService, type StatedRequest } from './software-statement/software-statement.service.js';
export {
  RegistrationPolicy,
  type RegistrationCircumstances,
  type RegistrationContext,
} from './client-registration/registration.policy.js';
export { AllowedScopesPolicy, type AllowedScopesOptions } from './policies/allowed-scopes.policy.js';
export { MaximumClientsPolicy, type MaximumClientsOptions } from './policies/maximum-clients.policy.js';
export { MetadataHostsPolicy, type MetadataHostsOptions } from './policies/metadata-hosts.policy.js';
export {
  PublicClientRedirectsPolicy,
  type PublicClientRedirectsOptions,
} from './policies/public-client-redirects.policy.js';
export { RedirectHostsPolicy, type RedirectHostsOptions } from './policies/redirect-hosts.policy.js';
export { ReservedNamesPolicy, type ReservedNamesOptions } from './policies/reserved-names.policy.js';
export {
  ClientAdministrationService,
  type ClientWithNewToken,
  type RotatedClient,
  type SecretRotation,
} from './client-administration/client-administration.service.js';
export { ClientActivityService } from './client-life-cycle/client-activity.service.js';
export { ClientPurgeService, type PurgedClients, type PurgeOptions } from './client-life-cycle/client-purge.service.js';
export { ClientAuthenticationGuard } from './client-authentication/client-authentication.guard.js';
export { ClientAuthenticationService } from './client-authentication/client-authentication.service.js';
export { ClientKeySetFetcher } from './client-authentication/client-key-set.fetcher.js';
export { CurrentClient } from './client-authentication/current-client.decorator.js';
export type { ClientAuthenticationRequest } from './client-authentication/presented-credentials.js';
export { UsedClientAssertion } from './client-authentication/used-client-assertion.entity.js';
export { UsedClientAssertions } from './client-authentication/used-client-assertions.js';
export { ClientDocumentTrust } from './client-id-metadata-document/client-document.trust.js';
export { ClientResolver, type ClientResolution } from './client-resolution/client.resolver.js';
export {
  ClientLifeCycleService,
  type ApprovalOptions,
  type LifeCycleOptions,
} from './client-life-cycle/client-life-cycle.service.js';
export { ClientFactsService, type ConsentFacts } from './client-facts/client-facts.service.js';
export { ClientConfigurationController } from './client-configuration/client-configuration.controller.js';
export {
  ClientConfigurationService,
  type VersionedClientInformation,
} from './client-configuration/client-configuration.service.js';
export type { Precondition } from './client-configuration/entity-tag.rules.js';
export { InitialAccessToken } from './initial-access-token/initial-access-token.entity.js';
export { InitialAccessTokenGuard } from './initial-access-token/initial-access-token.guard.js';
export type { InitialAccessTokenRecord } from './initial-access-token/initial-access-token.record.js';
export {
  InitialAccessTokenService,
  type InitialAccessTokenOptions,
  type IssuedInitialAccessToken,
} from './initial-access-token/initial-access-token.service.js';
export type { RegistrationBounds } from './initial-access-token/registration-bounds.js';
export type { RegistrationCredential } from './initial-access-token/registration-credential.js';
export type { ConfigurationCredential } from './registration-access-token/configuration-credential.js';
export { RegistrationAccessTokenGuard } from './registration-access-token/registration-access-token.guard.js';
export {
  RegistrationAccessTokenService,
  type IssuedRegistrationAccessToken,
  type RotatedRegistrationAccessToken,
} from './registration-access-token/registration-access-token.service.js';
export { ClientMetadataColumn } from './client/client-metadata-column.decorator.js';
export { ClientIdGenerator } from './client/client-id.generator.js';
export { OAuthClient } from './client/oauth-client.entity.js';
export { OAuthClientFactory, type NewClient } from './client/oauth-client.factory.js';
export type { ClientBoundary } from './client/client-boundary.js';
export type { ClientQuota } from './client/client-quota.js';
export {
  clientState,
  isExpiredClient,
  isHeld,
  isPublicClient,
  type ClientSource,
  type ClientState,
  type ClientStatus,
  type OAuthClientRecord,
} from './client/oauth-client.record.js';
export type { ClientPage } from './client/oauth-client.repository.js';
export { OAuthClientService, type CreatedClient, type ManualClient } from './client/oauth-client.service.js';
export { epochSeconds } from './storage/epoch-seconds.js';
export { HostResolver, type HostAddress } from './outbound-requests/host.resolver.js';
export { OutboundRequestError } from './outbound-requests/outbound-request.error.js';
export { OutboundRequests } from './outbound-requests/outbound-requests.js';
export { RemoteKeySets } from './key-set/remote-key-sets.js';
export { redirectUriMatches } from './client/redirect-uri.matching.js';
export {
  ClientSecretService,
  NO_SECRET,
  type IssuedSecret,
  type SecretColumns,
} from './client-secret/client-secret.service.js';
export type {
  CurrentSecretColumns,
  EncryptedSecrets,
  PreviousSecretColumns,
  StoredSecret,
} from './client-secret/stored-secret.js';
export { ClientSecretCipher } from './client-secret/client-secret.cipher.js';
export type { SecretNeed } from './client-secret/client-secret.rules.js';
export { ClientSecretHasher } from './client-secret/client-secret.hasher.js';
export { TokenGenerator } from './token/opaque-token.js';
export { ServerMetadataController } from './discovery/server-metadata.controller.js';
export { ServerMetadataService } from './discovery/server-metadata.service.js';
export type { JsonSchema } from './client-metadata/json-schema.js';
export type { HostDocument } from './openapi/merged-document.js';
export type { OpenApiDocument } from './openapi/openapi-document.js';
export { OpenApiService } from './openapi/openapi.service.js';
export { ErrorResponse, type ErrorAnswer } from './errors/error-response.js';
export {
  AccessDeniedError,
  ConflictError,
  InsufficientScopeError,
  InvalidClientError,
  InvalidClientMetadataError,
  InvalidRedirectUriError,
  InvalidRequestError,
  InvalidSoftwareStatementError,
  InvalidTokenError,
  PreconditionFailedError,
  RegistrationError,
  TemporarilyUnavailableError,
  TooManyRequestsError,
  UnapprovedSoftwareStatementError,
  UnauthorizedClientError,
  UndecryptableSecretError,
} from './errors/registration.error.js';
export { AddClientLifeCycle1764300000000 } from './migrations/add-client-life-cycle.js';
export { AdoptClientTable, type ClientColumnNames } from './migrations/adopt-client-table.js';
export type { AdoptedRow, AdoptedValues } from './migrations/client-backfill.js';
export { CreateInitialAccessTokens1764000000001 } from './migrations/create-initial-access-tokens.js';
export { CreateUsedClientAssertions1764200000000 } from './migrations/create-used-client-assertions.js';
export { dynamicRegistrationMigrations } from './migrations/migrations.js';
