import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { ForgetClient } from './forget-client.listener.js';
import { Grants } from './grants.js';
import { OAuthGrant } from './oauth-grant.entity.js';
import { TidesController } from './tides.controller.js';
import { TokenController } from './token.controller.js';
import { TokenService } from './token.service.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([OAuthGrant]),
    DynamicRegistrationModule.forRoot({
      issuer: 'http://localhost:3000',
      server: { scopes: ['api:read', 'api:write'] },
      listeners: [ForgetClient],
      isGlobal: true,
    }),
  ],
  controllers: [TokenController, TidesController],
  providers: [Grants, TokenService],
  exports: [Grants],
})
export class RegistrationModule {}
