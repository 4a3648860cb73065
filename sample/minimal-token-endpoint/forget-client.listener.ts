import { Injectable } from '@nestjs/common';
import { TransactionalRegistrationListener, type RegistrationEvent } from 'nestjs-dynamic-registration';
import type { EntityManager } from 'typeorm';
import { OAuthGrant } from './oauth-grant.entity.js';

/** A client takes its grants with it. */
@Injectable()
export class ForgetClient extends TransactionalRegistrationListener {
  async handle({ type, client }: RegistrationEvent, manager: EntityManager): Promise<void> {
    if (type === 'deleted') await manager.delete(OAuthGrant, { clientId: client.clientId });
  }
}
