import {
  ClientAdministrationService,
  OAuthClient,
  OAuthClientService,
  RegistrationPolicy,
} from 'nestjs-dynamic-registration';
import type { ClientMetadata, RegistrationContext, SoftwareStatementIssuer } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectRefusal } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';
import { now, signer, sharedDatabase } from './statements.js';

const directory = await signer('https://directory.example');
const demanding = await signer('https://demanding.example');
const former = await signer('https://former.example');
const naming = await signer('https://naming.example');

const issuerOf = ({ issuer, jwk }: typeof directory) => ({ issuer, jwks: { keys: [jwk] } });
const ISSUERS: readonly SoftwareStatementIssuer[] = [
  { ...issuerOf(directory), maximumAgeSeconds: 600, claims: { software_redirect_uris: 'redirect_uris' } },
  { ...issuerOf(demanding), requiredOnUpdate: true },
  { ...issuerOf(naming), claims: { app_id: 'software_id' } },
];
const optionsWith = (issuers: readonly SoftwareStatementIssuer[]) => ({
  access: 'open' as const,
  server: { scopes: ['tides.read', 'tides.write'] },
  softwareStatements: { mode: 'optional' as const, issuers },
});

const invalid = (rule: string) => ({
  status: 400,
  error: 'invalid_software_statement',
  description: `software_statement ${rule}`,
});
const invalidAs = (description: string) => ({ status: 400, error: 'invalid_software_statement', description });
const unapproved = (rule: string) => ({ ...invalid(rule), error: 'unapproved_software_statement' });
const OTHER_SOFTWARE = unapproved('must be of the same issuer and software_id as the one before');
const NO_ISSUER = unapproved('must be of an issuer that is accepted here');

describe.each(platforms)(
  'client update with a software statement (RFC 7592 section 2.2, $adapter, $database.name)',
  (platform) => {
    let server: TestServer;
    const seen: (RegistrationContext['softwareStatement'] | undefined)[] = [];
    class Watching extends RegistrationPolicy {
      override review(proposed: ClientMetadata, { softwareStatement }: RegistrationContext) {
        seen.push(softwareStatement);
        return proposed;
      }
    }
    /** The same database with one issuer more: where clients came from that is not accepted any more. */
    let before: TestServer;
    beforeAll(async () => {
      const database = await sharedDatabase(platform.database);
      before = await startServer({
        ...platform,
        database,
        options: optionsWith([...ISSUERS, issuerOf(former)]),
      });
      server = await startServer({ ...platform, database, options: { ...optionsWith(ISSUERS), policies: [Watching] } });
    });
    afterAll(async () => {
      await server.close();
      await before.close();
    });
    beforeEach(() => {
      seen.length = 0;
    });

    const register = async (software_statement: unknown, at = server) => {
      const response = await at.register(clientMetadata({ software_statement }), null);
      expect(response.status).toBe(201);
      return response;
    };
    const update = ({ body }: JsonResponse, members: object) =>
      server.request('PUT', `/register/${body.client_id}`, {
        token: body.registration_access_token,
        body: { ...clientMetadata(), client_id: body.client_id, ...members },
      });
    const read = async ({ body }: JsonResponse) =>
      (await server.request('GET', `/register/${body.client_id}`, { token: body.registration_access_token })).body;

    it('without a statement keeps the stored one and what it says', async () => {
      const statement = await directory.sign({ client_name: 'Stated', scope: 'tides.read' });
      const client = await register(statement);
      const { status, body } = await update(client, { client_name: 'Changed', scope: 'tides.write' });
      expect(status).toBe(200);
      expect(body).toMatchObject({ client_name: 'Stated', scope: 'tides.read', software_statement: statement });
      expect(await read(client)).toMatchObject({ client_name: 'Stated', software_statement: statement });
      expect(seen.at(-1)).toMatchObject({
        issuer: directory.issuer,
        text: statement,
        claims: { client_name: 'Stated' },
      });
    });

    it.each([null, ''])('takes %j for none', async (none) => {
      const statement = await directory.sign({ software_redirect_uris: ['https://stated.example/cb'] });
      const { body } = await update(await register(statement), { software_statement: none });
      expect(body).toMatchObject({ redirect_uris: ['https://stated.example/cb'], software_statement: statement });
    });

    it('changes what the statement does not say', async () => {
      const { body } = await update(await register(await directory.sign()), { client_name: 'Changed' });
      expect(body.client_name).toBe('Changed');
    });

    it('without a statement is refused where its issuer wants one', async () => {
      const statement = await demanding.sign({ client_name: 'Stated' });
      const client = await register(statement);
      expectRefusal(await update(client, {}), invalid('is required'));
      expect((await update(client, { software_statement: statement })).status).toBe(200);
    });

    it('with the stored statement does not ask for its age again', async () => {
      const statement = await directory.sign({ iat: now() - 599, exp: now() - 57, client_name: 'Stated' });
      const client = await register(statement);
      await new Promise((resolve) => setTimeout(resolve, 4000));
      expectRefusal(await server.register(clientMetadata({ software_statement: statement }), null), {
        ...invalid(''),
        description: /^software_statement must not (?:have expired|be older)/,
      });
      const { status, body } = await update(client, { software_statement: statement });
      expect([status, body.client_name, body.software_statement]).toEqual([200, 'Stated', statement]);
    });

    it('with a new one of the same software takes its claims', async () => {
      const client = await register(await directory.sign({ client_name: 'Stated', scope: 'tides.read' }));
      const statement = await directory.sign({ client_name: 'Stated anew' });
      const { status, body } = await update(client, { software_statement: statement, scope: 'tides.write' });
      expect(status).toBe(200);
      expect(body).toMatchObject({ client_name: 'Stated anew', scope: 'tides.write', software_statement: statement });
      expect(await read(client)).toMatchObject({ software_statement: statement });
    });

    it('with a new one verifies it in full', async () => {
      const client = await register(await directory.sign({ client_name: 'Stated' }));
      const statement = await directory.sign({ iat: now() - 700 });
      expectRefusal(
        await update(client, { software_statement: statement }),
        invalid('must not be older than 600 seconds'),
      );
      const impostor = await signer(directory.issuer);
      expectRefusal(
        await update(client, { software_statement: await impostor.sign() }),
        invalid('must be signed with a key of its issuer'),
      );
      expectRefusal(await update(client, { software_statement: 7 }), invalid('must be a string'));
      expect(await read(client)).toMatchObject({ client_name: 'Stated' });
    });

    it('with one about another software, or of another issuer, is refused', async () => {
      const client = await register(await directory.sign());
      const other = await directory.sign({ software_id: 'gauges' });
      expectRefusal(await update(client, { software_statement: other }), OTHER_SOFTWARE);
      const unnamed = await directory.sign({ software_id: undefined });
      expectRefusal(await update(client, { software_statement: unnamed }), OTHER_SOFTWARE);
      expectRefusal(await update(client, { software_statement: await demanding.sign() }), OTHER_SOFTWARE);
      expectRefusal(await update(client, { software_statement: await former.sign() }), NO_ISSUER);
    });

    it('with another one is refused where neither says of which software it is', async () => {
      const client = await register(await directory.sign({ software_id: undefined }));
      const other = await directory.sign({ software_id: undefined, client_name: 'Your Bank' });
      expectRefusal(await update(client, { software_statement: other }), OTHER_SOFTWARE);
    });

    it('with one whose software_id has a name of its own is refused for another software', async () => {
      const client = await register(await naming.sign({ software_id: undefined, app_id: 'tides' }));
      const same = await naming.sign({ software_id: undefined, app_id: 'tides', client_name: 'Stated' });
      expect((await update(client, { software_statement: same })).body).toMatchObject({ software_id: 'tides' });
      const other = await naming.sign({ software_id: undefined, app_id: 'bank' });
      expectRefusal(await update(client, { software_statement: other }), OTHER_SOFTWARE);
    });

    it('is needed where registration needs one, but for a client added by hand', async () => {
      const strict = { ...optionsWith(ISSUERS), softwareStatements: { mode: 'required' as const, issuers: ISSUERS } };
      const requiring = await startServer({
        ...platform,
        options: { ...strict, openGrantTypes: ['authorization_code'] },
      });
      try {
        const clients = requiring.app.get(OAuthClientService, { strict: false });
        const put = (clientId: string, token: string | undefined) =>
          requiring.request('PUT', `/register/${clientId}`, {
            token: token ?? '',
            body: { ...clientMetadata(), client_id: clientId },
          });
        const added = await clients.create({ redirect_uris: ['https://tides.example/cb'] });
        expect((await put(added.client.clientId, added.registrationAccessToken)).status).toBe(200);
        await requiring.dataSource
          .getRepository(OAuthClient)
          .update({ clientId: added.client.clientId }, { source: 'dynamic' });
        expectRefusal(
          await put(added.client.clientId, added.registrationAccessToken),
          invalidAs('software_statement is required'),
        );
      } finally {
        await requiring.close();
      }
    });

    it('brings the first statement of a client', async () => {
      const client = await register(undefined);
      const statement = await directory.sign({ client_name: 'Stated' });
      const { body } = await update(client, { software_statement: statement });
      expect(body).toMatchObject({ client_name: 'Stated', software_statement: statement });
    });

    it('leaves a client without a statement without one', async () => {
      const { status, body } = await update(await register(undefined), {});
      expect(status).toBe(200);
      expect(body).not.toHaveProperty('software_statement');
    });

    it('is refused once the issuer is not accepted any more; the client stays as it is', async () => {
      const statement = await former.sign({ client_name: 'Stated' });
      const client = await register(statement, before);
      expectRefusal(await update(client, { software_statement: statement }), NO_ISSUER);
      expectRefusal(await update(client, { client_name: 'Changed' }), NO_ISSUER);
      expect(await read(client)).toMatchObject({ client_name: 'Stated', software_statement: statement });
    });

    it('is not what an administrator does, who verifies nothing anew', async () => {
      const statement = await former.sign({ scope: 'tides.read' });
      const { body } = await register(statement, before);
      const administration = server.app.get(ClientAdministrationService, { strict: false });
      const changed = await administration.setScope(body.client_id, 'tides.write');
      expect(changed?.scope).toBe('tides.write');
      expect(seen.at(-1)).toMatchObject({ issuer: former.issuer, text: statement });
    });

    it('of a client added by hand stays bound, too', async () => {
      const clients = server.app.get(OAuthClientService, { strict: false });
      const software_statement = await directory.sign({ client_name: 'Stated' });
      const { client, registrationAccessToken } = await clients.create({ ...clientMetadata(), software_statement });
      const ofHand = { body: { client_id: client.clientId, registration_access_token: registrationAccessToken } };
      const { body } = await update(ofHand as JsonResponse, { client_name: 'Changed' });
      expect(body).toMatchObject({ client_name: 'Stated', software_statement });
    });
  },
);
