import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

const segment = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = (header: unknown, claims: unknown) => `${segment(header)}.${segment(claims)}.c2ln`;
const statement = await new SignJWT({ client_name: 'Stated' })
  .setProtectedHeader({ alg: 'HS256' })
  .setIssuer('https://issuer.example')
  .sign(new Uint8Array(32));

describe.each(platforms.filter(({ database }) => database.kind === 'sqlite'))(
  'software statement, while statements are not read (RFC 7591 section 3.1.1, $adapter)',
  (platform) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({ ...platform, options: { access: 'open' } });
    });
    afterAll(() => server.close());

    it.each([
      ['must be a string', 7],
      ['must be a signed JWT in compact serialization', 'statement'],
      ['must be a signed JWT in compact serialization', 'a.b'],
      ['must be a signed JWT in compact serialization', 'a.b.'],
      ['must be a signed JWT in compact serialization', 'a.b.c.d.e'],
      ['must be a signed JWT in compact serialization', `${statement} `],
      ['must have JSON objects as header and claims', 'a.b.c'],
      ['must have JSON objects as header and claims', unsigned([], {})],
      ['must be signed', unsigned({ alg: 'none' }, { iss: 'a' })],
      ['must be signed', unsigned({ alg: 'NonE' }, { iss: 'a' })],
      ['must be signed', unsigned({}, { iss: 'a' })],
      ['must have an issuer in iss', unsigned({ alg: 'RS256' }, {})],
      ['must have an issuer in iss', unsigned({ alg: 'RS256' }, { iss: 7 })],
      ['must not be longer than 16384 bytes', 'a'.repeat(16_385)],
    ])('%s', async (rule, software_statement) => {
      expectRefusal(await server.register(clientMetadata({ software_statement }), null), {
        status: 400,
        error: 'invalid_software_statement',
        description: `software_statement ${rule}`,
      });
    });

    it('is ignored, and returned by nobody who has not read it', async () => {
      const { status, body } = await server.register(clientMetadata({ software_statement: statement }), null);
      expect(status).toBe(201);
      expect(body).not.toHaveProperty('software_statement');
      expect(body.client_name).toBe('Tide Tables');
    });
  },
);
