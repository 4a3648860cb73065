import { redirectUriMatches, type OAuthClientService } from 'nestjs-dynamic-registration';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { errors } from '../provider/oidc-provider.package.js';
import { narrowedConsent } from './narrowed-consent.js';
import type { OidcPayloads } from './oidc-payloads.js';

/** Models whose identifier is the token: what is stored does not tell it. */
const TOKENS = ['AccessToken', 'AuthorizationCode', 'ClientCredentials', 'RefreshToken', 'PushedAuthorizationRequest'];

/** One model of the provider in the table of all. */
export class OidcPayloadAdapter implements Adapter {
  constructor(
    private readonly model: string,
    private readonly payloads: OidcPayloads,
    private readonly clients: OAuthClientService,
  ) {}

  /** What belongs to a client that is gone is gone with it, whatever was written while it went. */
  async find(id: string): Promise<AdapterPayload | undefined> {
    const payload = await this.payloads.find(this.model, id);
    const held = payload && (await this.heldByClient(payload));
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

  /** What a client has, as far as the client is still what it was: whoever has changed it, in whatever process. */
  private async heldByClient(payload: AdapterPayload): Promise<AdapterPayload | undefined> {
    const { clientId, redirectUri } = payload;
    if (clientId === undefined) return payload;
    const client = await this.clients.find(clientId);
    if (!client) return undefined;
    if (this.model === 'Grant') return narrowedConsent(payload, client.scope);
    return this.model === 'AuthorizationCode' && !redirectUriMatches(client, String(redirectUri)) ? undefined : payload;
  }
}
