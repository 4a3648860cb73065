import { Injectable } from '@nestjs/common';
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { base64url, SignJWT } from 'jose';
import {
  ClientKeySetFetcher,
  InitialAccessToken,
  OAuthClient,
  UsedClientAssertion,
  UsedClientAssertions,
  type EncryptionKey,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientMetadata, type Members } from '../support/client-metadata.builder.js';
import { ENCRYPTION_KEYS } from '../support/full-server.js';
import { platforms, startServer, type ServerSetup, type TestServer } from '../support/start-server.js';
import { ask, expectError, expectInvalidClient, TokenEndpoint } from './token-endpoint.js';

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const TOKEN_ENDPOINT = 'https://as.tides.example/token';
const UNAVAILABLE = 'the server cannot answer now, try again later';
const OPTIONS = {
  isGlobal: true,
  server: { tokenEndpointAuthMethods: ['private_key_jwt', 'client_secret_jwt', 'client_secret_basic'] },
  clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
  discovery: { metadata: { token_endpoint: TOKEN_ENDPOINT } },
} as const;

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
  readonly registration_access_token: string;
}

type Key = KeyObject | Uint8Array;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KEYS: Readonly<Record<string, { publicKey: KeyObject; privateKey: KeyObject }>> = {
  ...Object.fromEntries(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((name) => [name, rsa])),
  ES256: ec,
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: generateKeyPairSync('ed25519'),
};
const jwkOf = (key: KeyObject, members: Members = {}): Members => ({ ...key.export({ format: 'jwk' }), ...members });
const seconds = () => Math.floor(Date.now() / 1000);
let count = 0;

/** An assertion as a client makes it, with these claims and this header in place of its own; `undefined` leaves one out. */
async function assertionOf(
  { client_id }: Pick<Client, 'client_id'>,
  key: Key,
  { header = {}, ...claims }: Members & { header?: Members } = {},
  issuer = ISSUER_OF_TEST.value,
): Promise<string> {
  const payload = {
    iss: client_id,
    sub: client_id,
    aud: issuer,
    jti: `assertion ${++count}`,
    exp: seconds() + 60,
    ...claims,
  };
  const given = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
  return new SignJWT(given).setProtectedHeader({ alg: 'ES256', ...header }).sign(key);
}

/** What the assertions are for, when the server runs. */
const ISSUER_OF_TEST = { value: '' };

async function send(server: Pick<TestServer, 'port'>, assertion: string, more: Readonly<Record<string, string>> = {}) {
  return ask(server, { client_assertion_type: JWT_BEARER, client_assertion: assertion, ...more });
}

const start = async (setup: Pick<ServerSetup, 'adapter' | 'database'> & Partial<ServerSetup>): Promise<TestServer> => {
  const server = await startServer({ options: OPTIONS, controllers: [TokenEndpoint], ...setup });
  ISSUER_OF_TEST.value = server.issuer;
  return server;
};

async function register(server: TestServer, members: Members): Promise<Client> {
  const { status, body } = await server.register(clientMetadata(members));
  expect(body, 'registered').toHaveProperty('client_id');
  expect(status).toBe(201);
  return body as Client;
}

const withKeys = (...keys: Members[]): Members => ({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } });

describe.each(platforms)('client assertions ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let client: Client;
  let ofSecret: Client;
  let secret: Uint8Array;
  beforeAll(async () => {
    server = await start(platform);
    client = await register(server, withKeys(jwkOf(ec.publicKey)));
    ofSecret = await register(server, { token_endpoint_auth_method: 'client_secret_jwt' });
    secret = new TextEncoder().encode(ofSecret.client_secret);
  });
  afterAll(() => server.close());

  const expectAccepted = async (assertion: string, by: Client = client, more = {}) => {
    const { status, body } = await send(server, assertion, more);
    expect([status, body['client_id']]).toEqual([200, by.client_id]);
  };
  const expectRefused = async (assertion: string, more = {}) =>
    expectInvalidClient(await send(server, assertion, more));

  describe('private_key_jwt (RFC 7523 section 3, OpenID Connect Core section 9)', () => {
    it.each(Object.entries(KEYS))('takes %s', async (alg, { publicKey, privateKey }) => {
      const one = await register(server, withKeys(jwkOf(publicKey)));
      await expectAccepted(await assertionOf(one, privateKey, { header: { alg } }), one);
    });

    it('takes the client_id of the same client beside it, and no other', async () => {
      await expectAccepted(await assertionOf(client, ec.privateKey), client, { client_id: client.client_id });
      await expectRefused(await assertionOf(client, ec.privateKey), { client_id: ofSecret.client_id });
    });

    it.each<[string, (issuer: string) => unknown]>([
      ['the issuer', (issuer) => issuer],
      ['the token endpoint of the metadata document', () => TOKEN_ENDPOINT],
      ['a list with the issuer', (issuer) => ['https://other.example', issuer]],
    ])('takes as audience %s', async (_what, aud) => {
      await expectAccepted(await assertionOf(client, ec.privateKey, { aud: aud(server.issuer) }));
    });

    it.each<[string, () => Members]>([
      ['another audience', () => ({ aud: 'https://other.example' })],
      ['an audience that begins like ours', () => ({ aud: `${server.issuer}.evil.example` })],
      ['an empty list of audiences', () => ({ aud: [] })],
      ['no audience', () => ({ aud: undefined })],
      ['an issuer that is not the subject', () => ({ iss: 'other' })],
      ['no issuer', () => ({ iss: undefined })],
      ['no subject', () => ({ sub: undefined })],
      ['the subject of another client', () => ({ iss: ofSecret.client_id, sub: ofSecret.client_id })],
      ['a client that is not known', () => ({ iss: 'nobody', sub: 'nobody' })],
      ['no expiry', () => ({ exp: undefined })],
      ['an expiry that is text', () => ({ exp: String(seconds() + 60) })],
      ['an expiry in the past', () => ({ exp: seconds() - 61 })],
      ['an expiry in more than an hour', () => ({ exp: seconds() + 3600 + 120 })],
      ['a beginning in the future', () => ({ nbf: seconds() + 120 })],
      ['no jti', () => ({ jti: undefined })],
      ['an empty jti', () => ({ jti: '' })],
      ['a jti that is no text', () => ({ jti: 7 })],
    ])('refuses %s', async (_what, claims) => {
      await expectRefused(await assertionOf(client, ec.privateKey, claims()));
    });

    it('takes clocks for equal that differ by less than a minute', async () => {
      await expectAccepted(await assertionOf(client, ec.privateKey, { exp: seconds() - 30, nbf: seconds() + 30 }));
    });

    it('refuses another key, and any that the assertion brings along', async () => {
      const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      await expectRefused(await assertionOf(client, other.privateKey));
      const header = { jwk: jwkOf(other.publicKey), jku: 'https://evil.example/jwks', x5u: 'https://evil.example/x' };
      await expectRefused(await assertionOf(client, other.privateKey, { header }));
    });

    it('finds the key by kid, and tries all where none is named', async () => {
      const [first, second] = [KEYS['ES256'], generateKeyPairSync('ec', { namedCurve: 'P-256' })];
      if (!first) throw new Error('there is a key');
      const keys = [jwkOf(first.publicKey, { kid: '1' }), jwkOf(second.publicKey, { kid: '2' })];
      const one = await register(server, withKeys(...keys));
      await expectAccepted(await assertionOf(one, second.privateKey, { header: { kid: '2' } }), one);
      await expectAccepted(await assertionOf(one, second.privateKey), one);
      await expectRefused(await assertionOf(one, second.privateKey, { header: { kid: '1' } }));
      await expectRefused(await assertionOf(one, second.privateKey, { header: { kid: '3' } }));
    });

    it('refuses a key from the moment it is replaced (RFC 7592 section 2.2)', async () => {
      const one = await register(server, withKeys(jwkOf(ec.publicKey)));
      await expectAccepted(await assertionOf(one, ec.privateKey), one);
      const { client_id } = one;
      const body = clientMetadata({ client_id, ...withKeys(jwkOf(rsa.publicKey)) });
      const token = one.registration_access_token;
      expect((await server.request('PUT', `/register/${client_id}`, { token, body })).status).toBe(200);
      await expectRefused(await assertionOf(one, ec.privateKey));
    });

    it('enforces the algorithm that is registered', async () => {
      const one = await register(server, {
        ...withKeys(jwkOf(rsa.publicKey)),
        token_endpoint_auth_signing_alg: 'PS256',
      });
      await expectAccepted(await assertionOf(one, rsa.privateKey, { header: { alg: 'PS256' } }), one);
      await expectRefused(await assertionOf(one, rsa.privateKey, { header: { alg: 'RS256' } }));
    });

    it('refuses none, and the public key as a secret', async () => {
      const part = (value: object) => base64url.encode(JSON.stringify(value));
      const claims = {
        iss: client.client_id,
        sub: client.client_id,
        aud: server.issuer,
        jti: 'x',
        exp: seconds() + 60,
      };
      await expectRefused(`${part({ alg: 'none' })}.${part(claims)}.`);
      const input = `${part({ alg: 'HS256' })}.${part(claims)}`;
      for (const key of [
        ec.publicKey.export({ format: 'pem', type: 'spki' }),
        JSON.stringify(jwkOf(ec.publicKey)),
        '',
      ]) {
        await expectRefused(`${input}.${createHmac('sha256', key).update(input).digest('base64url')}`);
      }
    });

    it('refuses what only looks like an assertion', async () => {
      const good = await assertionOf(client, ec.privateKey);
      const [header = '', payload = '', signature = ''] = good.split('.');
      for (const assertion of [
        `${header}.${payload}.`,
        `${header}.${payload}`,
        `${good}.${good}`,
        `${header}.${payload}.${signature.slice(1)}`,
        `${header}.${base64url.encode('[]')}.${signature}`,
        `${header}.${base64url.encode('null')}.${signature}`,
        `${base64url.encode('[]')}.${payload}.${signature}`,
        `${base64url.encode('{"alg":"ES256","crit":["exp2"],"exp2":1}')}.${payload}.${signature}`,
        `${base64url.encode('{"alg":"ES256","crit":["b64"],"b64":false}')}.${payload}.${signature}`,
        'a.b.c',
        '...',
        '\0',
      ]) {
        await expectRefused(assertion);
      }
    });
  });

  describe('client_secret_jwt (OpenID Connect Core section 9)', () => {
    it.each(['HS256', 'HS384', 'HS512'])('takes %s with the secret as the key', async (alg) => {
      await expectAccepted(await assertionOf(ofSecret, secret, { header: { alg } }), ofSecret);
    });

    it('refuses another secret, the hash that is stored, and a private key', async () => {
      const { clientSecretHash } = await server.dataSource
        .getRepository(OAuthClient)
        .findOneByOrFail({ clientId: ofSecret.client_id });
      for (const key of ['another secret that is long enough', clientSecretHash ?? '']) {
        const header = { alg: 'HS256' };
        await expectRefused(await assertionOf(ofSecret, new TextEncoder().encode(key), { header }));
      }
      await expectRefused(await assertionOf(ofSecret, ec.privateKey));
    });

    it('refuses the secret of a client that presents its own, and of one with keys', async () => {
      const presenting = await register(server, {});
      const key = new TextEncoder().encode(presenting.client_secret);
      await expectRefused(await assertionOf(presenting, key, { header: { alg: 'HS256' } }));
      await expectRefused(await assertionOf(client, key, { header: { alg: 'HS256' } }));
    });

    it('refuses a secret that has expired', async () => {
      const one = await register(server, { token_endpoint_auth_method: 'client_secret_jwt' });
      const rows = server.dataSource.getRepository(OAuthClient);
      await rows.update({ clientId: one.client_id }, { clientSecretExpiresAt: seconds() });
      const key = new TextEncoder().encode(one.client_secret);
      await expectRefused(await assertionOf(one, key, { header: { alg: 'HS256' } }));
    });
  });

  describe('an assertion is used once (RFC 7523 section 3, item 7)', () => {
    it('by whoever, and of one jti each client has its own', async () => {
      const assertion = await assertionOf(client, ec.privateKey, { jti: 'the same' });
      await expectAccepted(assertion);
      await expectRefused(assertion);
      // Signed anew it is still the same one.
      await expectRefused(await assertionOf(client, ec.privateKey, { jti: 'the same' }));
      await expectAccepted(
        await assertionOf(ofSecret, secret, { jti: 'the same', header: { alg: 'HS256' } }),
        ofSecret,
      );
    });

    it('by one of many requests at the same time', async () => {
      const assertion = await assertionOf(client, ec.privateKey);
      const answers = await Promise.all(Array.from({ length: 20 }, () => send(server, assertion)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 200)) expectInvalidClient(answer);
    });

    it('is not taken by one that is refused', async () => {
      const jti = 'of a refused one';
      await expectRefused(await assertionOf(client, ec.privateKey, { jti, aud: 'https://other.example' }));
      await expectAccepted(await assertionOf(client, ec.privateKey, { jti }));
    });

    it('is forgotten when it has expired', async () => {
      const rows = server.dataSource.getRepository(UsedClientAssertion);
      const [hash, kept] = ['00'.repeat(32), '11'.repeat(32)];
      await rows.insert([
        { hash, expiresAt: seconds() - 1 },
        { hash: kept, expiresAt: seconds() + 60 },
      ]);
      for (let i = 0; i < 100; i++) await send(server, await assertionOf(client, ec.privateKey));
      expect(await rows.existsBy({ hash })).toBe(false);
      expect(await rows.existsBy({ hash: kept })).toBe(true);
    });
  });

  it('of a client with jwks_uri cannot be verified without a fetcher: 503, never invalid_client', async () => {
    const one = await register(server, {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://tides.example/jwks',
    });
    const answer = await send(server, await assertionOf(one, ec.privateKey));
    expectError(answer, 503, 'temporarily_unavailable', UNAVAILABLE);
  });
});

describe.each(platforms.filter(({ adapter }) => adapter === 'express'))(
  'client assertions in other hosts ($database.name)',
  (platform) => {
    it('are used once on all instances', async () => {
      const first = await start(platform);
      const { options, url } = first.database;
      const shared = {
        ...platform.database,
        create: async () => ({ options, url, drop: async () => {}, destroy: async () => {} }),
      };
      const second = await start({ ...platform, database: shared });
      try {
        const client = await register(first, withKeys(jwkOf(ec.publicKey)));
        const assertion = await assertionOf(client, ec.privateKey);
        const answers = await Promise.all([first, second, first, second].map((server) => send(server, assertion)));
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
        expect(answers.filter(({ status }) => status === 401)).toHaveLength(3);
      } finally {
        await second.close();
        await first.close();
      }
    });

    it('are verified with the keys of a fetcher of the host', async () => {
      @Injectable()
      class Fetcher extends ClientKeySetFetcher {
        override async fetch(jwksUri: string) {
          return { keys: jwksUri === 'https://tides.example/jwks' ? [jwkOf(ec.publicKey) as { kty: string }] : [] };
        }
      }
      const providers = [{ provide: ClientKeySetFetcher, useClass: Fetcher }];
      const server = await start({ ...platform, options: { ...OPTIONS, providers } });
      try {
        const of = async (jwks_uri: string) =>
          register(server, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri });
        const client = await of('https://tides.example/jwks');
        expect((await send(server, await assertionOf(client, ec.privateKey))).status).toBe(200);
        const other = await of('https://other.example/jwks');
        expectInvalidClient(await send(server, await assertionOf(other, ec.privateKey)));
      } finally {
        await server.close();
      }
    });

    it('of a secret whose encryption key is missing: 503, never invalid_client', async () => {
      const first = await start(platform);
      const { options, url } = first.database;
      const shared = {
        ...platform.database,
        create: async () => ({ options, url, drop: async () => {}, destroy: async () => {} }),
      };
      const other: EncryptionKey = { id: 'other', key: Buffer.alloc(32, 7).toString('base64') };
      const second = await start({
        ...platform,
        database: shared,
        options: { ...OPTIONS, clientSecret: { encryptionKeys: [other] } },
      });
      try {
        const client = await register(first, { token_endpoint_auth_method: 'client_secret_jwt' });
        const key = new TextEncoder().encode(client.client_secret);
        const answer = await send(second, await assertionOf(client, key, { header: { alg: 'HS256' } }));
        expectError(answer, 503, 'temporarily_unavailable', UNAVAILABLE);
      } finally {
        await second.close();
        await first.close();
      }
    });

    describe('need a memory', () => {
      const entities = [OAuthClient, InitialAccessToken];

      it('which the data source has to know, or the start with the guard ends', async () => {
        const typeorm = { autoLoadEntities: false, entities };
        await expect(start({ ...platform, typeorm })).rejects.toThrow(
          'UsedClientAssertion is not known to the data source. Add it to its entities, set autoLoadEntities: true, or take private_key_jwt',
        );
        await (await start({ ...platform, typeorm, controllers: [] })).close();
        const server = { tokenEndpointAuthMethods: ['client_secret_basic'] };
        await (await start({ ...platform, typeorm, options: { ...OPTIONS, server } })).close();
      });

      it('whose table has to be there, or the start with the guard ends', async () => {
        const migrations = { migrations: [], synchronize: false, entities, autoLoadEntities: true };
        const created = await platform.database.create();
        const database = { ...platform.database, create: async () => created };
        const tables = await start({ ...platform, database, controllers: [] });
        await tables.dataSource.query('DROP TABLE used_client_assertions');
        await tables.app.close();
        await expect(start({ ...platform, database, typeorm: migrations })).rejects.toThrow(
          'the table used_client_assertions is missing',
        );
      });

      it('which may be of the host', async () => {
        @Injectable()
        class Memory extends UsedClientAssertions {
          private readonly used = new Set<string>();

          override async remember(clientId: string, jti: string): Promise<boolean> {
            const isFirst = !this.used.has(clientId + jti);
            this.used.add(clientId + jti);
            return isFirst;
          }
        }
        const providers = [{ provide: UsedClientAssertions, useClass: Memory }];
        const typeorm = { autoLoadEntities: false, entities };
        const server = await start({ ...platform, typeorm, options: { ...OPTIONS, providers } });
        try {
          const client = await register(server, withKeys(jwkOf(ec.publicKey)));
          const assertion = await assertionOf(client, ec.privateKey);
          expect((await send(server, assertion)).status).toBe(200);
          expectInvalidClient(await send(server, assertion));
        } finally {
          await server.close();
        }
      });
    });
  },
);
