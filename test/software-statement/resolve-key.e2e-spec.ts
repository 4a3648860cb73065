import { exportJWK, generateKeyPair } from 'jose';
import { InvalidClientMetadataError, type ResolveStatementKey } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectRefusal } from '../errors/refusal.js';
import { captureLog } from '../support/captured-log.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';
import { signer } from './statements.js';

const directory = await signer('https://directory.example');
const acme = await signer('https://acme.example');
const impostor = await signer(acme.issuer);
const other = await signer('https://other.example', 'ES256', 'other');
const privateKey = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);

const NO_ISSUER = {
  status: 400,
  error: 'unapproved_software_statement',
  description: 'software_statement must be of an issuer that is accepted here',
};

describe.each(platforms)('keys that the host resolves (RFC 7591 section 2.3, $adapter, $database.name)', (platform) => {
  let server: TestServer;
  let answer: () => unknown;
  let asked: Parameters<ResolveStatementKey>[] = [];
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: {
        softwareStatements: {
          mode: 'required',
          issuers: [{ issuer: directory.issuer, jwks: { keys: [directory.jwk] } }],
          resolveKey: async (...parameters) => {
            asked.push(parameters);
            return answer() as ReturnType<ResolveStatementKey>;
          },
        },
      },
    });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    asked = [];
    answer = () => acme.jwk;
  });

  const register = async (software_statement: unknown) =>
    server.register(clientMetadata({ software_statement }), await server.token({ owner: 'acme' }));

  it('are asked for by header, claims and the caller', async () => {
    const statement = await acme.sign({ client_name: 'Stated' });
    const { status, body } = await register(statement);
    expect([status, body.client_name, body.software_statement]).toEqual([201, 'Stated', statement]);
    const [[header, claims, context] = []] = asked;
    expect(header).toMatchObject({ alg: 'ES256', kid: 'of-2026' });
    expect(claims).toMatchObject({ iss: acme.issuer, client_name: 'Stated' });
    expect(context).toMatchObject({ operation: 'register', owner: 'acme', client: undefined });
    expect(context).not.toHaveProperty('softwareStatement');
  });

  it('are not asked for where the issuer is configured, or the form is wrong', async () => {
    expect((await register(await directory.sign())).status).toBe(201);
    expect((await register(await acme.sign({}, { typ: 'JWT', cty: 'JWT' }))).status).toBe(400);
    expect((await register('a.b.c')).status).toBe(400);
    expect(asked).toEqual([]);
  });

  it.each([
    ['one key', () => acme.jwk],
    ['one key without a name', () => ({ ...acme.jwk, kid: undefined })],
    ['a set', () => ({ keys: [other.jwk, acme.jwk] })],
  ])('are %s', async (_, jwk) => {
    answer = () => JSON.parse(JSON.stringify(jwk())) as unknown;
    expect((await register(await acme.sign())).status).toBe(201);
  });

  it('must have signed', async () => {
    const refusal = {
      status: 400,
      error: 'invalid_software_statement',
      description: 'software_statement must be signed with a key of its issuer',
    };
    expectRefusal(await register(await impostor.sign()), refusal);
    expectRefusal(await register(await acme.sign({}, { kid: 'another' })), refusal);
  });

  it.each([undefined, null])('%s is an issuer that is not accepted', async (nothing) => {
    answer = () => nothing;
    expectRefusal(await register(await acme.sign()), NO_ISSUER);
  });

  it.each([
    ['a private key', () => privateKey],
    ['a private key in a set', () => ({ keys: [acme.jwk, privateKey] })],
    ['a symmetric key', () => ({ kty: 'oct', k: 'c2VjcmV0' })],
    ['no key', () => 'https://acme.example/keys'],
    ['an empty set', () => ({ keys: [] })],
  ])('%s is the mistake of the host', async (_, key) => {
    answer = key;
    const log = captureLog();
    try {
      const { status, body } = await register(await acme.sign());
      expect([status, body.error]).toEqual([500, 'server_error']);
      expect(log.of('error').join()).toContain('softwareStatements.resolveKey must answer a public JWK');
      for (const secret of [privateKey.d, 'c2VjcmV0']) expect(log.of('error').join()).not.toContain(secret);
    } finally {
      log.stop();
    }
  });

  it('a refusal of the host is one', async () => {
    answer = () => {
      throw new InvalidClientMetadataError('the account is closed');
    };
    expectRefusal(await register(await acme.sign()), {
      status: 400,
      error: 'invalid_client_metadata',
      description: 'the account is closed',
    });
  });

  it('are asked for on update: the issuer may not be accepted any more', async () => {
    const statement = await acme.sign({ client_name: 'Stated' });
    const { body } = await register(statement);
    const update = (members: object) =>
      server.request('PUT', `/register/${body.client_id}`, {
        token: body.registration_access_token,
        body: { ...clientMetadata(), client_id: body.client_id, ...members },
      });
    const updated = await update({ software_statement: statement });
    expect([updated.status, updated.body.client_name]).toEqual([200, 'Stated']);
    expect(asked.at(-1)?.[2]).toMatchObject({ operation: 'update', owner: 'acme' });
    answer = () => undefined;
    expectRefusal(await update({ software_statement: statement }), NO_ISSUER);
    expectRefusal(await update({}), NO_ISSUER);
  });
});
