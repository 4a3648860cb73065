import { IsIn } from 'class-validator';
import {
  AccessDeniedError,
  ClientMetadata,
  ClientRegistrationService,
  MetadataField,
  RegistrationPolicy,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

class NoTides extends RegistrationPolicy {
  override review(proposed: ClientMetadata): ClientMetadata {
    if (proposed.software_id === 'tides') throw new AccessDeniedError('tides are not welcome');
    return Object.assign(proposed, { scope: 'tides.read' });
  }
}

class AcmeMetadata extends ClientMetadata {
  @MetadataField()
  @IsIn(['free', 'paid'])
  acme_tier?: string;
}

describe.each(platforms.filter(({ adapter }) => adapter === 'express'))(
  'an explained registration ($database.name)',
  (platform) => {
    let server: TestServer;
    let registration: ClientRegistrationService;
    beforeAll(async () => {
      server = await startServer({
        ...platform,
        options: {
          policies: [NoTides],
          metadata: AcmeMetadata,
          server: { scopes: ['tides.read', 'tides.write'] },
          access: 'open',
        },
      });
      registration = server.app.get(ClientRegistrationService, { strict: false });
    });
    afterAll(() => server.close());

    it("lists every rule that is violated, the host's own among them", async () => {
      const { refusals } = await registration.explain(
        clientMetadata({ redirect_uris: ['/cb'], acme_tier: 'gold', software_id: 'tides' }),
        { owner: null },
      );
      expect(refusals.map(({ code, message }) => [code, message])).toEqual([
        ['invalid_redirect_uri', 'redirect_uris[0] must be an absolute URI'],
        ['invalid_client_metadata', 'acme_tier must be one of the following values: free, paid'],
      ]);
    });

    it('tells what a policy says where no rule is violated', async () => {
      const { refusals } = await registration.explain(clientMetadata({ software_id: 'tides' }), { owner: null });
      expect(refusals).toEqual([new AccessDeniedError('tides are not welcome')]);
    });

    it('shows what a policy has made of it', async () => {
      const { metadata } = await registration.explain(clientMetadata(), { owner: null });
      expect(metadata?.scope).toBe('tides.read');
    });

    it('judges a caller without a credential as one', async () => {
      const body = clientMetadata({ grant_types: ['client_credentials'], response_types: [] });
      await expect(registration.explain(body, { owner: null })).resolves.toMatchObject({ refusals: [] });
      const { refusals } = await registration.explain(body);
      expect(refusals.map(({ message }) => message)).toEqual([
        'grant_types must contain a value this server supports: authorization_code, refresh_token',
      ]);
    });

    it('agrees with the endpoint, and stores nothing', async () => {
      const body = clientMetadata({ contacts: [1, 'ops'], client_uri: 'ftp://tides.example/' });
      const { refusals } = await registration.explain(body, { owner: null });
      const answer = await server.register(body, null);
      expect(answer.body).toEqual({ error: refusals[0]?.code, error_description: refusals[0]?.message });
      expect(refusals).toHaveLength(2);
      const count = await server.dataSource.query('SELECT COUNT(*) AS number FROM oauth_clients');
      expect(Number(count[0].number)).toBe(0);
    });
  },
);
