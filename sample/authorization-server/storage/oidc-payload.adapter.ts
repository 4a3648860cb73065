import type { ClientResolver } from 'nestjs-dynamic-registration';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { errors } from '../provider/oidc-provider.package.js';
import { heldByClient } from './held-by-client.js';
import { clientIdOf } from './oidc-payload.row.js';
import type { OidcPayloads } from './oidc-payloads.js';

/** Models whose identifier is the token: what is stored does not tell it. */
const TOKENS = ['AccessToken', 'AuthorizationCode', 'ClientCredentials', 'RefreshToken', 'PushedAuthorizationRequest'];

/** One model of the provider in the table of all. */
export class OidcPayloadAdapter implements Adapter {
  constructor(
    private readonly model: string,
    private readonly payloads: OidcPayloads,
    private readonly clients: ClientResolver,
  ) {}

  async find(id: string): Promise<AdapterPayload | undefined> {
    const payload = await this.payloads.find(this.model, id);
    const held = payload && (await this.held(payload));
    return held && TOKENS.includes(this.model) ? { ...held, jti: id } : held;
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.payloads.findByUid(this.model, uid);
  }

  async findByUserCode(): Promise<undefined> {
    throw new Error('there is no device flow');
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<undefined> {
    const { jti, ...rest } = payload;
    const stored: AdapterPayload = TOKENS.includes(this.model) || jti === undefined ? rest : payload;
    if (this.model !== 'ReplayDetection') await this.payloads.upsert(this.model, id, stored, expiresIn);
    else if (!(await this.payloads.insert(this.model, id, stored, expiresIn))) {
      // Another request was faster since the provider looked.
      throw new errors.InvalidClientAuth('the jti was used before');
    }
  }

  async consume(id: string): Promise<undefined> {
    if (!(await this.payloads.consume(this.model, id))) throw new errors.InvalidGrant('it was used before');
  }

  async destroy(id: string): Promise<undefined> {
    await this.payloads.remove(this.model, id);
  }

  async revokeByGrantId(grantId: string): Promise<undefined> {
    await this.payloads.removeGrant(grantId);
  }

  private async held(payload: AdapterPayload): Promise<AdapterPayload | undefined> {
    const clientId = clientIdOf(payload);
    if (typeof clientId !== 'string') return payload;
    const found = await this.clients.resolve(clientId);
    if (found.outcome === 'unavailable') throw unavailable(found.error);
    return heldByClient(this.model, payload, found.outcome === 'found' ? found.client : undefined);
  }
}

/** A client that cannot be looked up now says nothing about what it has: the provider answers 503. */
function unavailable(cause: Error): Error {
  const error = new errors.TemporarilyUnavailable(cause.message, { cause });
  return Object.assign(error, { expose: true, status: 503, statusCode: 503, allow_redirect: false });
}
