import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ClientResolver, OutboundRequests, RegistrationConfiguration } from 'nestjs-dynamic-registration';
import { OidcProviderClients } from 'nestjs-dynamic-registration/oidc-provider';
import { OpenIdConfigurationController } from '../discovery/openid-configuration.controller.js';
import { ConsentService } from '../interaction/consent.service.js';
import { InteractionController } from '../interaction/interaction.controller.js';
import { PageResponse } from '../interaction/page-response.js';
import { OidcPayload } from '../storage/oidc-payload.entity.js';
import { OidcPayloads } from '../storage/oidc-payloads.js';
import { OidcProvider } from './oidc-provider.js';

/** The authorization server around the registration of its clients. */
@Module({
  imports: [TypeOrmModule.forFeature([OidcPayload])],
  controllers: [InteractionController, OpenIdConfigurationController],
  providers: [
    OidcPayloads,
    OidcProviderClients,
    {
      provide: OidcProvider,
      useFactory: OidcProvider.create,
      inject: [RegistrationConfiguration, ClientResolver, OutboundRequests, OidcProviderClients, OidcPayloads],
    },
    ConsentService,
    PageResponse,
  ],
})
export class ProviderModule {}
