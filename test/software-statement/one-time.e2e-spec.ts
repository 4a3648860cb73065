import { InitialAccessToken, OAuthClient, UsedClientAssertion } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';
import { jti, now, sharedDatabase, signer } from './statements.js';

const directory = await signer('https://directory.example');
const scheme = await signer('https://scheme.example');

const OPTIONS = {
  access: 'open' as const,
  softwareStatements: {
    mode: 'optional' as const,
    issuers: [
      { issuer: directory.issuer, jwks: { keys: [directory.jwk] }, requireJti: true, maximumAgeSeconds: 600 },
      { issuer: scheme.issuer, jwks: { keys: [scheme.jwk] }, requireJti: true },
    ],
  },
};

const invalid = (rule: string) => ({
  status: 400,
  error: 'invalid_software_statement',
  description: `software_statement ${rule}`,
});
const USED = invalid('was used before');

describe.each(platforms)(
  'a software statement for one client (RFC 7591 section 2.3, $adapter, $database.name)',
  (platform) => {
    let servers: readonly [TestServer, TestServer];
    let server: TestServer;
    beforeAll(async () => {
      const database = await sharedDatabase(platform.database);
      server = await startServer({ ...platform, database, options: OPTIONS });
      servers = [server, await startServer({ ...platform, database, options: OPTIONS })];
    });
    afterAll(async () => {
      for (const one of servers) await one.close();
    });

    const register = (software_statement: string, at = server, members: object = {}) =>
      at.register(clientMetadata({ software_statement, ...members }), null);
    const update = ({ body }: JsonResponse, members: object, at = server) =>
      at.request('PUT', `/register/${body.client_id}`, {
        token: body.registration_access_token,
        body: { ...clientMetadata(), client_id: body.client_id, ...members },
      });
    const clients = () => server.dataSource.getRepository(OAuthClient).count();
    const uses = () => server.dataSource.getRepository(UsedClientAssertion).count();

    it('registers one of 20 at the same moment', async () => {
      const statement = await directory.sign({ jti: jti() });
      const [clientsBefore, usesBefore] = [await clients(), await uses()];
      const answers = await Promise.all(Array.from({ length: 20 }, () => register(statement)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      for (const answer of answers) if (answer.status !== 201) expectRefusal(answer, USED);
      expect([(await clients()) - clientsBefore, (await uses()) - usesBefore]).toEqual([1, 1]);
    });

    it('registers one of 20 at two instances', async () => {
      const statement = await directory.sign({ jti: jti() });
      const before = await clients();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => register(statement, i % 2 === 0 ? servers[0] : servers[1])),
      );
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, ...Array(19).fill(400)]);
      expect((await clients()) - before).toBe(1);
    });

    it('is refused when another instance has seen it, also with other claims', async () => {
      const id = jti();
      expect((await register(await directory.sign({ jti: id }), servers[1])).status).toBe(201);
      expectRefusal(await register(await directory.sign({ jti: id, client_name: 'Other' })), USED);
    });

    it('has an identifier of its issuer', async () => {
      const id = jti();
      expect((await register(await directory.sign({ jti: id }))).status).toBe(201);
      expect((await register(await scheme.sign({ jti: id, exp: now() + 60 }))).status).toBe(201);
    });

    it('takes no jti with a registration that is refused', async () => {
      const statement = await directory.sign({ jti: jti() });
      const before = await uses();
      expect((await register(statement, server, { redirect_uris: ['https://a.example/#b'] })).status).toBe(400);
      const token = await server.token({ maxUses: 1 });
      expect((await server.register(clientMetadata(), token)).status).toBe(201);
      expect((await server.register(clientMetadata({ software_statement: statement }), token)).status).toBe(401);
      expect(await uses()).toBe(before);
      expect((await register(statement)).status).toBe(201);
    });

    it('takes no use of a token with a statement that was used before', async () => {
      const statement = await directory.sign({ jti: jti() });
      expect((await register(statement)).status).toBe(201);
      const token = await server.token({ maxUses: 1 });
      expectRefusal(await server.register(clientMetadata({ software_statement: statement }), token), USED);
      expect((await server.register(clientMetadata(), token)).status).toBe(201);
    });

    it('needs a jti, and an end', async () => {
      expectRefusal(await register(await directory.sign()), invalid('must have an identifier in jti'));
      expectRefusal(await register(await directory.sign({ jti: 7 })), invalid('must have an identifier in jti'));
      expectRefusal(await register(await scheme.sign({ jti: jti() })), invalid('must say when it expires in exp'));
    });

    it('is remembered until it ends', async () => {
      const exp = now() + 200;
      expect((await register(await scheme.sign({ jti: jti(), exp }))).status).toBe(201);
      const rows = await server.dataSource.getRepository(UsedClientAssertion).find();
      expect(rows.map(({ expiresAt }) => expiresAt)).toContain(exp + 60);
    });

    it('is kept by an update, and cannot be brought by that of another client', async () => {
      const statement = await directory.sign({ jti: jti() });
      const client = await register(statement);
      expect((await update(client, { software_statement: statement })).status).toBe(200);
      expect((await update(client, {})).status).toBe(200);
      const other = await server.register(clientMetadata(), null);
      expectRefusal(await update(other, { software_statement: statement }), USED);
    });

    it('is taken by one of 20 updates at the same moment', async () => {
      const statement = await directory.sign({ jti: jti(), client_name: 'Stated' });
      const others = await Promise.all(Array.from({ length: 20 }, () => server.register(clientMetadata(), null)));
      const answers = await Promise.all(others.map((client) => update(client, { software_statement: statement })));
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, ...Array(19).fill(400)]);
    });

    it('needs a memory, which the data source has to know, or the start ends', async () => {
      const typeorm = { autoLoadEntities: false, entities: [OAuthClient, InitialAccessToken] };
      await expect(startServer({ ...platform, typeorm, options: OPTIONS })).rejects.toThrow(
        'UsedClientAssertion is not known to the data source. Add it to its entities, set autoLoadEntities: true, or take requireJti out',
      );
      const ignored = { ...OPTIONS.softwareStatements, mode: 'ignored' as const };
      await (await startServer({ ...platform, typeorm, options: { softwareStatements: ignored } })).close();
    });

    it('may be sent twice by the client that brings it', async () => {
      const client = await server.register(clientMetadata(), null);
      const statement = await directory.sign({ jti: jti() });
      const answers = await Promise.all([1, 2, 3].map(() => update(client, { software_statement: statement })));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    });
  },
);
