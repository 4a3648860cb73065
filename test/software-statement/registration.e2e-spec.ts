import { CompactEncrypt, importJWK, SignJWT } from 'jose';
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../errors/refusal.js';
import { clientMetadata, publicKey } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';
import { AUDIENCE, now, signer, withPart } from './statements.js';

const directory = await signer('https://directory.example');
const rsa = await signer('Directory of Tides', 'RS256');
const strict = await signer('https://strict.example');
const stranger = await signer('https://stranger.example');
const impostor = await signer(directory.issuer);
const otherKey = await signer(directory.issuer, 'ES256', 'of-2025');

const OPTIONS = {
  access: 'open' as const,
  server: { scopes: ['tides.read', 'tides.write'] },
  softwareStatements: {
    mode: 'optional' as const,
    issuers: [
      {
        issuer: directory.issuer,
        jwks: { keys: [directory.jwk] },
        claims: { software_redirect_uris: 'redirect_uris', software_client_name: 'client_name' },
      },
      { issuer: rsa.issuer, jwks: { keys: [rsa.jwk] }, algorithms: ['RS256'] },
      {
        issuer: strict.issuer,
        jwks: { keys: [strict.jwk] },
        audience: 'https://scheme.example',
        maximumAgeSeconds: 300,
      },
      { issuer: 'https://remote.example', jwksUri: 'https://remote.example/keys' },
    ],
  },
};

const invalid = (rule: string) => ({
  status: 400,
  error: 'invalid_software_statement',
  description: `software_statement ${rule}`,
});
const UNAPPROVED = {
  status: 400,
  error: 'unapproved_software_statement',
  description: 'software_statement must be of an issuer that is accepted here',
};

describe.each(platforms)(
  'registration with a software statement (RFC 7591 section 3.1.1, $adapter, $database.name)',
  (platform) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({ ...platform, options: OPTIONS });
    });
    afterAll(() => server.close());

    const register = (software_statement: unknown, members: Record<string, unknown> = {}) =>
      server.register(clientMetadata({ software_statement, ...members }), null);

    it('returns the statement unmodified, and its claims as metadata', async () => {
      const statement = await directory.sign({ client_name: 'Stated', 'client_name#de': 'Gesagt', logo_uri: '' });
      const { status, body } = await register(statement);
      expect(status).toBe(201);
      expect(body).toMatchObject({
        client_name: 'Stated',
        'client_name#de': 'Gesagt',
        software_id: 'tides',
        software_statement: statement,
        redirect_uris: ['https://tides.example/cb'],
      });
      const { registration_access_token: token, client_id } = body;
      const read = await server.request('GET', `/register/${client_id}`, { token });
      expect(read.body.software_statement).toBe(statement);
      expect(read.body).not.toHaveProperty('iss');
      expect(read.body).not.toHaveProperty('iat');
      expect(read.body).not.toHaveProperty('logo_uri');
    });

    it.each(['RS256', 'ES256'])('accepts %s', async (alg) => {
      const { status } = await register(await (alg === 'RS256' ? rsa : directory).sign({ client_name: alg }));
      expect(status).toBe(201);
    });

    it('registers a client without one', async () => {
      const { status, body } = await register(undefined);
      expect(status).toBe(201);
      expect(body).not.toHaveProperty('software_statement');
    });

    it.each([null, ''])('takes %j for none', async (none) => {
      expect((await register(none)).status).toBe(201);
    });

    describe('claims take precedence (RFC 7591 section 2.3)', () => {
      it.each([
        [
          'a member of the request',
          { scope: 'tides.read' },
          { scope: 'tides.read tides.write' },
          { scope: 'tides.read' },
        ],
        [
          'the language variants of the field',
          { client_name: 'Stated' },
          { 'client_name#fr': 'Your Bank', 'CLIENT_NAME#fr': 'x' },
          { client_name: 'Stated', 'client_name#fr': undefined },
        ],
        [
          'a variant, whatever the case of its tag',
          { 'client_name#DE': 'Gesagt' },
          { 'client_name#de': 'Deine Bank' },
          { 'client_name#DE': 'Gesagt', 'client_name#de': undefined },
        ],
        [
          'a field by a claim with a name of its own',
          { software_redirect_uris: ['https://stated.example/cb'], redirect_uris: ['https://other.example/cb'] },
          {},
          { redirect_uris: ['https://stated.example/cb'] },
        ],
        [
          'a language variant by such a claim',
          { 'software_client_name#de': 'Gesagt' },
          { client_name: 'Tides' },
          { 'client_name#de': 'Gesagt', client_name: undefined },
        ],
        [
          'the other source of keys',
          { jwks_uri: 'https://stated.example/keys' },
          { jwks: { keys: [publicKey()] } },
          { jwks_uri: 'https://stated.example/keys', jwks: undefined },
        ],
        ['nothing by a claim that is null', { client_name: null }, { client_name: 'Tides' }, { client_name: 'Tides' }],
        ['nothing by an empty claim', { client_name: '' }, { client_name: 'Tides' }, { client_name: 'Tides' }],
      ])('over %s', async (_, claims, members, expected) => {
        const { status, body } = await register(await directory.sign(claims), members);
        expect(status).toBe(201);
        for (const [name, value] of Object.entries(expected)) expect([name, body[name]]).toEqual([name, value]);
      });

      it('and no list of the request chooses another value (RP Metadata Choices section 2)', async () => {
        const lists = { token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'] };
        const claims = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicKey()] } };
        const { status, body } = await register(await directory.sign(claims), lists);
        expect([status, body.token_endpoint_auth_method]).toEqual([201, 'private_key_jwt']);
        const keyless = await directory.sign({ token_endpoint_auth_method: 'private_key_jwt' });
        expect((await register(keyless, lists)).body.error).toBe('invalid_client_metadata');
        const other = { ...lists, token_endpoint_auth_signing_alg: 'HS256' };
        expect((await register(await directory.sign(claims), other)).body.error).toBe('invalid_client_metadata');
      });

      it('also jwks over jwks_uri', async () => {
        const jwks = { keys: [{ ...directory.jwk }] };
        const { body } = await register(await directory.sign({ jwks }), { jwks_uri: 'https://tides.example/keys' });
        expect(body.jwks).toEqual(jwks);
        expect(body).not.toHaveProperty('jwks_uri');
      });

      it('and are judged by the rules of their fields', async () => {
        expectRefusal(await register(await directory.sign({ redirect_uris: ['https://a.example/#b'] })), {
          status: 400,
          error: 'invalid_redirect_uri',
          description: 'redirect_uris[0] must not contain a fragment',
        });
      });

      it('but a statement in a statement, the claims of the JWT and unknown ones are no metadata', async () => {
        const statement = await directory.sign({
          software_statement: 'a.b.c',
          client_id: 'mine',
          sub: 'me',
          owner: 'me',
        });
        const { status, body } = await register(statement);
        expect(status).toBe(201);
        expect(body.software_statement).toBe(statement);
        expect(body.client_id).not.toBe('mine');
        expect(body).not.toHaveProperty('sub');
        expect(body).not.toHaveProperty('owner');
      });
    });

    describe('refuses by its form', () => {
      it.each([
        ['must be a string', 7],
        ['must be a string', { iss: directory.issuer }],
        ['must be a signed JWT in compact serialization', 'a.b'],
        ['must not be longer than 16384 bytes', `${'a'.repeat(16_400)}.b.c`],
      ])('%s', async (rule, statement) => {
        expectRefusal(await register(statement), invalid(rule));
      });

      it('an encrypted statement', async () => {
        const key = await importJWK({ ...directory.jwk, use: 'enc' }, 'ECDH-ES');
        const encrypted = await new CompactEncrypt(new TextEncoder().encode(await directory.sign()))
          .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT' })
          .encrypt(key);
        expectRefusal(await register(encrypted), invalid('must be a signed JWT in compact serialization'));
      });

      it('one that is not signed', async () => {
        const statement = withPart(await directory.sign(), 0, { alg: 'none' });
        expectRefusal(await register(statement), invalid('must be signed'));
        const [header, claims] = statement.split('.');
        const unsigned = `${header}.${claims}.`;
        expectRefusal(await register(unsigned), invalid('must be a signed JWT in compact serialization'));
      });
    });

    describe('refuses by its header', () => {
      it.each(['crit', 'jku', 'jwk', 'x5u', 'x5c'])('%s', async (member) => {
        const values: Record<string, unknown> = {
          crit: ['exp'],
          jku: 'https://stranger.example/keys',
          jwk: stranger.jwk,
          x5u: 'https://stranger.example/x5u',
          x5c: ['AAAA'],
        };
        const header = { alg: 'ES256', kid: 'of-2026', [member]: values[member] };
        const statement = withPart(await directory.sign(), 0, header);
        expectRefusal(await register(statement), invalid(`must not have ${member} in its header`));
      });

      it('a MAC with the public key as its secret', async () => {
        for (const secret of [JSON.stringify(directory.jwk), String(directory.jwk.x)]) {
          const statement = await new SignJWT({ iss: directory.issuer })
            .setProtectedHeader({ alg: 'HS256', kid: 'of-2026' })
            .sign(new TextEncoder().encode(secret.padEnd(32, '=')));
          expectRefusal(await register(statement), invalid('must be signed with an algorithm of public keys'));
        }
      });

      it('an algorithm in other letters', async () => {
        const text = withPart(await directory.sign(), 0, { alg: 'hs256', kid: 'of-2026' });
        const [header, claims] = text.split('.');
        const mac = createHmac('sha256', 'secret').update(`${header}.${claims}`).digest('base64url');
        expectRefusal(
          await register(`${header}.${claims}.${mac}`),
          invalid('must be signed with an algorithm of public keys'),
        );
      });

      it('an algorithm that is not one of its issuer', async () => {
        const statement = withPart(await rsa.sign(), 0, { alg: 'PS256', kid: 'of-2026' });
        expectRefusal(await register(statement), invalid('must be signed with an algorithm of its issuer'));
      });

      it('a kid that is no string', async () => {
        const statement = withPart(await directory.sign(), 0, { alg: 'ES256', kid: 7 });
        expectRefusal(await register(statement), invalid('must have a string as kid'));
      });
    });

    describe('refuses by its signature', () => {
      const OTHER_KEY = invalid('must be signed with a key of its issuer');
      it('one of another key', async () => {
        expectRefusal(await register(await impostor.sign()), OTHER_KEY);
      });

      it('one whose key has another name', async () => {
        expectRefusal(await register(await otherKey.sign()), OTHER_KEY);
        expectRefusal(await register(await directory.sign({}, { kid: 'of-2025' })), OTHER_KEY);
      });

      it('one whose claims were changed', async () => {
        const statement = withPart(await directory.sign(), 1, { iss: directory.issuer, client_name: 'Your Bank' });
        expectRefusal(await register(statement), OTHER_KEY);
      });

      it('one for the key of another issuer', async () => {
        expectRefusal(await register(await directory.sign({ iss: strict.issuer })), OTHER_KEY);
      });

      it('one with the algorithm of another kind of key', async () => {
        const statement = withPart(await directory.sign(), 0, { alg: 'RS256', kid: 'of-2026' });
        expectRefusal(await register(statement), OTHER_KEY);
      });

      it('an issuer that nobody knows', async () => {
        expectRefusal(await register(await stranger.sign()), UNAPPROVED);
        expectRefusal(await register(await stranger.sign({ iss: '__proto__' })), UNAPPROVED);
        expectRefusal(await register(await stranger.sign({ iss: `${directory.issuer}/` })), UNAPPROVED);
      });
    });

    describe('refuses by its claims', () => {
      it.each([
        ['must not have expired', { exp: now() - 120 }],
        ['must be valid already', { nbf: now() + 300 }],
        ['must not be issued in the future', { iat: now() + 300 }],
        ['must have seconds since the epoch in exp', { exp: '2030-01-01' }],
        ['must have seconds since the epoch in iat', { iat: null }],
        ['must be for this server by its aud', { aud: 'https://other.example' }],
        ['must be for this server by its aud', { aud: [] }],
        ['must be for this server by its aud', { aud: null }],
        ['must be for this server by its aud', { aud: [AUDIENCE, 7] }],
      ])('%s: %j', async (rule, claims) => {
        expectRefusal(await register(await directory.sign(claims)), invalid(rule));
      });

      it.each([
        ['must be for this server by its aud', {}],
        ['must be for this server by its aud', { aud: AUDIENCE }],
        ['must not be older than 300 seconds', { aud: 'https://scheme.example', iat: now() - 400 }],
        ['must say when it was issued in iat', { aud: 'https://scheme.example', iat: undefined }],
      ])('of an issuer that has bounds %s: %j', async (rule, claims) => {
        expectRefusal(await register(await strict.sign(claims)), invalid(rule));
      });

      it.each([
        [directory, { aud: AUDIENCE }],
        [directory, { aud: ['https://other.example', `${AUDIENCE.replace(/\/$/, '')}/register`] }],
        [directory, { exp: now() + 60, nbf: now() - 60, iat: now() + 30 }],
        [directory, { iat: now() - 999_999 }],
        [strict, { aud: ['https://scheme.example'], iat: now() - 100 }],
      ])('and not where they are right', async ({ sign }, claims) => {
        expect((await register(await sign(claims))).status).toBe(201);
      });
    });

    it('is unavailable while the keys of the issuer cannot be had', async () => {
      const response = await register(await stranger.sign({ iss: 'https://remote.example' }));
      expect([response.status, response.body.error]).toEqual([503, 'temporarily_unavailable']);
    });

    it('answers a body that is no object as ever', async () => {
      expectRefusal(await server.register([], null), {
        status: 400,
        error: 'invalid_client_metadata',
        description: 'the request body must be a JSON object',
      });
    });
  },
);
