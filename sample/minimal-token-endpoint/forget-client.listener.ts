import { Injectable } from '@nestjs/common';
import { isHeld, TransactionalRegistrationListener, type RegistrationEvent } from 'nestjs-dynamic-registration';
import type { EntityManager } from 'typeorm';
import { OAuthGrant } from './oauth-grant.entity.js';

/** A client takes its grants with it, and has none while it is held. */
@Injectable()
export class ForgetClient extends TransactionalRegistrationListener {
  async handle({ type, client }: RegistrationEvent, manager: EntityManager): Promise<void> {
    if (type === 'deleted' || isHeld(client)) await manager.delete(OAuthGrant, { clientId: client.clientId });
  }
}
