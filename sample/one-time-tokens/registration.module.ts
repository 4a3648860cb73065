import { Module } from '@nestjs/common';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { Login, RegistrationTokensController } from './registration-tokens.controller.js';

@Module({
  imports: [DynamicRegistrationModule.forRoot({ issuer: 'http://localhost:3000' })],
  controllers: [RegistrationTokensController],
  providers: [Login],
})
export class RegistrationModule {}
