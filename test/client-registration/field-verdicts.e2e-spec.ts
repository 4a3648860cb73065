import { plainToInstance } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString, validate } from 'class-validator';
import { ClientMetadata, MetadataField } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metadataTable } from '../../lib/client-metadata/metadata-table.js';
import { expectRefusal, invalidMetadata, invalidRedirectUri } from '../errors/refusal.js';
import { clientMetadata, privateKey, publicKey } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

const REDIRECT = 'https://tides.example/cb';
const strings = [1, 0, true, false, {}, [], ['x'], 'a\0b', 'a\nb', '\ud800', null, '', 'tides'];
const pages = [
  ...strings,
  'https://tides.example/',
  'http://localhost:3000/',
  'http://tides.example/',
  'javascript:alert(1)',
  'https://tides.example/#top',
  'https://user@tides.example/',
  'https://2130706433/',
  'https://tides.example/..',
];

/** Good and bad values of every field, none of which depends on another field or on an option. */
const values: Record<string, unknown[]> = {
  redirect_uris: [
    [REDIRECT],
    ['com.example.tides:/cb', 'http://127.0.0.1/'],
    'https://tides.example/cb',
    1,
    {},
    [null],
    [''],
    [1],
    [[]],
    [REDIRECT, 'javascript:alert(1)'],
    ['https://tides.example/cb#top'],
    ['https://tides.example/*'],
    ['http://tides.example/'],
    ['/cb'],
    ['https://tides.example@evil.test/'],
  ],
  client_name: [...strings, 'Tábua \u{1F30A}', 'a\u202eb', 'a\u200fb'],
  client_uri: pages,
  logo_uri: pages,
  tos_uri: pages,
  policy_uri: pages,
  jwks_uri: [...pages, 'https://tides.example/jwks'],
  scope: ['', null, 'a b', ' a  b ', 1, [], {}, 'a\tb', 'a"b', 'é'],
  contacts: [null, '', [], ['a', 'b'], ['a\u202eb'], [''], [null], [1], 'a', {}, 1],
  grant_types: [null, '', [], ['authorization_code'], [''], [null], [1], ['a\0b'], 'authorization_code', {}],
  response_types: [null, '', ['code'], [''], [null], [1], ['a\0b'], 'code', {}],
  token_endpoint_auth_method: [null, '', 'none', 'client_secret_post', 1, [], {}, 'a\0b'],
  software_id: [...strings, 'a\u202eb'],
  software_version: [...strings, '1.2.3'],
  application_type: [null, '', 'web', 'native', 'Web', 1, {}, []],
  jwks: [
    null,
    '',
    'x',
    1,
    [],
    {},
    { keys: [] },
    { keys: [publicKey()] },
    { keys: [privateKey()] },
    { keys: [{ kty: 'oct', k: 'AAAA' }] },
    { keys: [null] },
    { keys: [{ kty: 'AKP' }] },
  ],
};

const table = Object.entries(values).flatMap(([field, list]) => list.map((value) => ({ field, value })));

describe.each(platforms)('class-validator and the wire, on single fields ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer(platform);
    token = await server.token();
  });
  afterAll(() => server.close());

  it('judge every field', () => {
    expect(Object.keys(values).toSorted()).toEqual([...metadataTable(ClientMetadata).keys()].toSorted());
  });

  it.each(table)('agree on $field: $value', async ({ field, value }) => {
    const body = clientMetadata({ [field]: value });
    const errors = await validate(plainToInstance(ClientMetadata, body));
    const { status, body: answer } = await server.register(body, token);
    const messages = errors.flatMap(({ constraints }) => Object.values(constraints ?? {}));
    if (errors.length === 0) expect(status).toBe(201);
    else {
      expect(errors.map(({ property }) => property)).toEqual([field]);
      expect(status).toBe(400);
      expect(messages).toEqual([answer.error_description]);
    }
  });
});

class StrictClientMetadata extends ClientMetadata {
  @IsArray()
  @ArrayMaxSize(2, { message: 'redirect_uris must not have more than 2 "entries"' })
  @IsString({ each: true })
  override redirect_uris?: string[];

  @MetadataField()
  @IsOptional()
  @IsIn(['gold', 'silver'])
  tier?: string;
}

describe.each(platforms)('a field that a host declares again ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { metadata: StrictClientMetadata } });
    token = await server.token();
  });
  afterAll(() => server.close());

  it.each([
    ['javascript:alert(1)', 'must not use this scheme'],
    ['JaVaScRiPt:alert(1)', 'must not use this scheme'],
    ['data:text/html,x', 'must not use this scheme'],
    ['http://tides.example/', 'must use https, or http on 127.0.0.1, [::1] or localhost'],
    ['https://tides.example/#a', 'must not contain a fragment'],
  ])('still refuses %s, though class-validator has forgotten the rule of the parent', async (uri, rule) => {
    expectRefusal(
      await server.register({ redirect_uris: [REDIRECT, uri] }, token),
      invalidRedirectUri(`redirect_uris[1] ${rule}`),
    );
  });

  it('keeps the code of its error, its limits and its default', async () => {
    expectRefusal(
      await server.register({ redirect_uris: [`${REDIRECT}${'a'.repeat(2048)}`] }, token),
      invalidRedirectUri('redirect_uris[0] must not be longer than 2048 bytes'),
    );
    expect((await server.register({ grant_types: ['client_credentials'] }, token)).body.redirect_uris).toEqual([]);
  });

  it('adds the rule of the host, in its words as far as a description can have them', async () => {
    const uris = [1, 2, 3].map((i) => `${REDIRECT}/${i}`);
    expectRefusal(
      await server.register({ redirect_uris: uris }, token),
      invalidRedirectUri("redirect_uris must not have more than 2 'entries'"),
    );
    expect((await server.register({ redirect_uris: uris.slice(1) }, token)).status).toBe(201);
  });

  it('judges and stores a field of the host', async () => {
    const { status, body } = await server.register(clientMetadata({ tier: 'gold' }), token);
    expect(status).toBe(201);
    expect(body.tier).toBe('gold');
    expectRefusal(
      await server.register(clientMetadata({ tier: 'lead' }), token),
      invalidMetadata('tier must be one of the following values: gold, silver'),
    );
  });

  it('gives the same verdict outside of the module for what the host declared alone', async () => {
    const [error] = await validate(plainToInstance(StrictClientMetadata, clientMetadata({ tier: 'lead' })));
    expect(error?.property).toBe('tier');
  });
});
