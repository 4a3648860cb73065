import {
  ClientRegistrationService,
  InvalidRedirectUriError,
  OAuthClientService,
  RegistrationPolicy,
  type ClientMetadata,
  type RegistrationContext,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, NO_OBJECT } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';
import { signer } from './statements.js';

const directory = await signer('https://directory.example');
const REQUIRED = {
  status: 400,
  error: 'invalid_software_statement',
  description: 'software_statement is required',
};

/** Narrows what is stated, and meddles with the statement. */
class Meddling extends RegistrationPolicy {
  override review(proposed: ClientMetadata, { softwareStatement }: RegistrationContext): ClientMetadata {
    if (softwareStatement?.claims['category'] === 'gambling') {
      throw new InvalidRedirectUriError('redirect_uris must not be those of a gambler');
    }
    const { software_statement: _, ...others } = proposed;
    const { client_name } = proposed;
    return {
      ...others,
      ...(client_name === undefined ? {} : { client_name: client_name.toUpperCase() }),
      ...(softwareStatement ? {} : { software_statement: 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJhIn0.c2ln' }),
    };
  }
}

describe.each(platforms)(
  'where a software statement is required (RFC 7591 section 3.1.1, $adapter, $database.name)',
  (platform) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({
        ...platform,
        options: {
          access: 'open',
          softwareStatements: {
            mode: 'required',
            issuers: [{ issuer: directory.issuer, jwks: { keys: [directory.jwk] } }],
          },
          policies: [Meddling],
        },
      });
    });
    afterAll(() => server.close());

    it.each([{}, { software_statement: null }, { software_statement: '' }])(
      'a registration without one is refused: %j',
      async (members) => {
        expectRefusal(await server.register(clientMetadata(members), null), REQUIRED);
      },
    );

    it('after the body as a whole', async () => {
      expectRefusal(await server.register('[]', null), NO_OBJECT);
      expectRefusal(await server.register('7', null), NO_OBJECT);
    });

    it('before any rule of a field', async () => {
      expectRefusal(await server.register({ redirect_uris: 7 }, null), REQUIRED);
    });

    it('a registration with one may say nothing else', async () => {
      const { redirect_uris } = clientMetadata();
      const software_statement = await directory.sign({ redirect_uris });
      const { status, body } = await server.register({ software_statement }, null);
      expect([status, body.redirect_uris]).toEqual([201, redirect_uris]);
    });

    it('a client added by hand needs none', async () => {
      const clients = server.app.get(OAuthClientService, { strict: false });
      const { client, registrationAccessToken = '' } = await clients.create(clientMetadata());
      expect(clients.metadataOf(client)).not.toHaveProperty('software_statement');
      const { status, body } = await server.request('PUT', `/register/${client.clientId}`, {
        token: registrationAccessToken,
        body: { ...clientMetadata(), client_id: client.clientId },
      });
      expect(status).toBe(200);
      expect(body).not.toHaveProperty('software_statement');
    });

    it('policies narrow what is stated, and the statement stays what was signed', async () => {
      const software_statement = await directory.sign({ client_name: 'Stated' });
      const { body } = await server.register(clientMetadata({ software_statement }), null);
      expect(body).toMatchObject({ client_name: 'STATED', software_statement });
    });

    it('policies refuse by what is stated', async () => {
      const software_statement = await directory.sign({ category: 'gambling' });
      expectRefusal(await server.register(clientMetadata({ software_statement }), null), {
        status: 400,
        error: 'invalid_redirect_uri',
        description: 'redirect_uris must not be those of a gambler',
      });
    });

    it('explain tells what is wrong with the statement, and every mistake of what it says', async () => {
      const registration = server.app.get(ClientRegistrationService, { strict: false });
      const refusals = async (body: unknown) =>
        (await registration.explain(body)).refusals.map(({ code, message }) => [code, message]);
      expect(await refusals(clientMetadata())).toEqual([
        ['invalid_software_statement', 'software_statement is required'],
      ]);
      const software_statement = await directory.sign({ client_uri: 'no', logo_uri: 'none' });
      expect((await refusals(clientMetadata({ software_statement }))).map(([code]) => code)).toEqual([
        'invalid_client_metadata',
        'invalid_client_metadata',
      ]);
      expect(
        (await registration.explain(clientMetadata({ software_statement: await directory.sign() }))).metadata,
      ).toMatchObject({ software_id: 'tides' });
    });
  },
);
