import type { Provider } from '@nestjs/common';
import { ClientAdministrationService } from './client-administration/client-administration.service.js';
import { ClientAssertionVerifier } from './client-authentication/client-assertion.verifier.js';
import { ClientAuthenticationService } from './client-authentication/client-authentication.service.js';
import { ClientKeySetFetcher } from './client-authentication/client-key-set.fetcher.js';
import { UsedClientAssertionRepository } from './client-authentication/used-client-assertion.repository.js';
import { UsedClientAssertionTable } from './client-authentication/used-client-assertion.table.js';
import { UsedClientAssertions } from './client-authentication/used-client-assertions.js';
import { ClientConfigurationService } from './client-configuration/client-configuration.service.js';
import { ClientFactsService } from './client-facts/client-facts.service.js';
import { ClientActivityRepository } from './client-life-cycle/client-activity.repository.js';
import { ClientActivityService } from './client-life-cycle/client-activity.service.js';
import { ClientLifeCycleService } from './client-life-cycle/client-life-cycle.service.js';
import { ClientPurgeService } from './client-life-cycle/client-purge.service.js';
import { ClientMetadataValidator } from './client-metadata/client-metadata.validator.js';
import { ClientDocumentTrust } from './client-id-metadata-document/client-document.trust.js';
import { ClientDocuments } from './client-id-metadata-document/client-documents.js';
import { ClientResolver } from './client-resolution/client.resolver.js';
import { ClientInformationSerializer } from './client-registration/client-information.js';
import { ClientRegistrationService } from './client-registration/client-registration.service.js';
import { FoldedClients } from './client-registration/folded-clients.js';
import { UnusedClientsCap } from './client-registration/unused-clients.cap.js';
import { ClientSecretCipher } from './client-secret/client-secret.cipher.js';
import { ClientSecretHasher } from './client-secret/client-secret.hasher.js';
import { ClientSecretService } from './client-secret/client-secret.service.js';
import { ClientCredentialsRepository } from './client/client-credentials.repository.js';
import { ClientIdGenerator } from './client/client-id.generator.js';
import { ClientMetadataMapper } from './client/client-metadata.mapper.js';
import { OAuthClientFactory } from './client/oauth-client.factory.js';
import { OAuthClientRepository } from './client/oauth-client.repository.js';
import { OAuthClientService } from './client/oauth-client.service.js';
import { ServerMetadataService } from './discovery/server-metadata.service.js';
import { ErrorResponse } from './errors/error-response.js';
import { WireResponse } from './http/wire-response.js';
import { InitialAccessTokenRepository } from './initial-access-token/initial-access-token.repository.js';
import { InitialAccessTokenService } from './initial-access-token/initial-access-token.service.js';
import { RegistrationBoundsValidator } from './initial-access-token/registration-bounds.validator.js';
import { OpenApiService } from './openapi/openapi.service.js';
import { RegistrationAccessTokenService } from './registration-access-token/registration-access-token.service.js';
import { RegistrationConfiguration } from './registration-configuration.js';
import { HostResolver } from './outbound-requests/host.resolver.js';
import { OutboundRequests } from './outbound-requests/outbound-requests.js';
import { RemoteKeySets } from './key-set/remote-key-sets.js';
import { RemoteDocuments } from './remote-document/remote-documents.js';
import { SectorIdentifiers } from './sector-identifier/sector-identifiers.js';
import { SoftwareStatementKeys } from './software-statement/software-statement.keys.js';
import { SoftwareStatementService } from './software-statement/software-statement.service.js';
import { SoftwareStatementVerifier } from './software-statement/software-statement.verifier.js';
import { UsedSoftwareStatements } from './software-statement/used-software-statements.js';
import { TokenGenerator } from './token/opaque-token.js';

/** The services of the module, each of which a host replaces by a provider of its own. */
export const SERVICES: readonly Provider[] = [
  ErrorResponse,
  WireResponse,
  HostResolver,
  OutboundRequests,
  RemoteDocuments,
  TokenGenerator,
  ClientIdGenerator,
  ClientSecretHasher,
  ClientSecretCipher,
  ClientSecretService,
  ClientMetadataValidator,
  ClientMetadataMapper,
  SectorIdentifiers,
  ClientInformationSerializer,
  OAuthClientRepository,
  ClientCredentialsRepository,
  OAuthClientFactory,
  OAuthClientService,
  ClientAdministrationService,
  ClientActivityRepository,
  ClientActivityService,
  ClientLifeCycleService,
  ClientPurgeService,
  ClientDocumentTrust,
  ClientDocuments,
  ClientResolver,
  ClientKeySetFetcher,
  ClientAssertionVerifier,
  UsedClientAssertionTable,
  { provide: UsedClientAssertions, useClass: UsedClientAssertionRepository },
  ClientAuthenticationService,
  ClientFactsService,
  RemoteKeySets,
  SoftwareStatementKeys,
  SoftwareStatementVerifier,
  UsedSoftwareStatements,
  SoftwareStatementService,
  InitialAccessTokenRepository,
  RegistrationBoundsValidator,
  InitialAccessTokenService,
  RegistrationAccessTokenService,
  FoldedClients,
  UnusedClientsCap,
  ClientRegistrationService,
  ClientConfigurationService,
  ServerMetadataService,
  OpenApiService,
];

/** What the host injects. */
export const EXPORTED = [
  RegistrationConfiguration,
  InitialAccessTokenService,
  OAuthClientService,
  ClientResolver,
  ClientAdministrationService,
  ClientActivityService,
  ClientLifeCycleService,
  ClientPurgeService,
  ClientSecretService,
  ClientAuthenticationService,
  ClientFactsService,
  ClientRegistrationService,
  ClientConfigurationService,
  RegistrationAccessTokenService,
  ServerMetadataService,
  OpenApiService,
  OutboundRequests,
  ErrorResponse,
] as const;
