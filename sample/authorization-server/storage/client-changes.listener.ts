import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import {
  isHeld,
  TransactionalRegistrationListener,
  type OAuthClientRecord,
  type RegistrationEvent,
} from 'nestjs-dynamic-registration';
import { isDeepStrictEqual } from 'node:util';
import { DataSource, In, MoreThan, type EntityManager } from 'typeorm';
import { narrowedConsent } from './narrowed-consent.js';
import { OidcPayload } from './oidc-payload.entity.js';

/** What people trusted when they consented: where the answer goes, and how the client proves who it is. */
const IDENTITY = ['redirectUris', 'tokenEndpointAuthMethod', 'jwks', 'jwksUri'] as const;
/** What a client may ask for: what runs by the former is ended, and consents are narrowed. */
const PERMISSIONS = ['scope', 'grantTypes', 'responseTypes'] as const;

/** Keeps consents and tokens true to what their client is now. */
@Injectable()
export class ClientChanges extends TransactionalRegistrationListener {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {
    super();
  }

  async handle({ type, client, previous }: RegistrationEvent, manager: EntityManager): Promise<void> {
    const { clientId } = client;
    if (type === 'deleted' || isHeld(client) || (previous && differ(client, previous, IDENTITY))) {
      await manager.delete(OidcPayload, { clientId });
    } else if (previous && differ(client, previous, PERMISSIONS)) {
      const model = In(['Interaction', 'AuthorizationCode', 'AccessToken', 'ClientCredentials']);
      await manager.delete(OidcPayload, { clientId, model });
      await narrowConsents(client, manager);
    }
  }

  /** A client that somebody still has a token of stays, though its time is over. */
  override async mayPurge({ clientId }: OAuthClientRecord): Promise<boolean> {
    const model = In(['AccessToken', 'ClientCredentials', 'RefreshToken']);
    const expiresAt = MoreThan(Math.floor(Date.now() / 1000));
    return !(await this.dataSource.manager.existsBy(OidcPayload, { clientId, model, expiresAt }));
  }
}

/** For good: what the client may have later is asked for anew. */
async function narrowConsents({ clientId, scope }: OAuthClientRecord, manager: EntityManager): Promise<void> {
  for (const { hash, payload } of await manager.findBy(OidcPayload, { clientId, model: 'Grant' })) {
    await manager.save(OidcPayload, { hash, payload: narrowedConsent(payload, scope) });
  }
}

function differ(a: OAuthClientRecord, b: OAuthClientRecord, names: readonly (keyof OAuthClientRecord)[]): boolean {
  return names.some((name) => !isDeepStrictEqual(a[name], b[name]));
}
