import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, invalidMetadata, NO_REDIRECT_URI } from '../errors/refusal.js';
import { clientMetadata, machineMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

type List = string[] | undefined;

const CODE = 'authorization_code';
const REFRESH = 'refresh_token';
const MACHINE = 'client_credentials';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const types = (grant_types: List, response_types: List) => clientMetadata({ grant_types, response_types });

describe.each(platforms)('grant and response types, RFC 7591 section 2.1 ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer(platform);
    token = await server.token();
  });
  afterAll(() => server.close());

  it.each<[asked: [List, List], registered: [List, List]]>([
    [
      [undefined, undefined],
      [[CODE], ['code']],
    ],
    [
      [[], undefined],
      [[CODE], ['code']],
    ],
    [
      [undefined, ['code']],
      [[CODE], ['code']],
    ],
    [
      [[CODE], undefined],
      [[CODE], ['code']],
    ],
    [
      [[CODE, REFRESH], ['code']],
      [[CODE, REFRESH], ['code']],
    ],
    [
      [[REFRESH, CODE], undefined],
      [[REFRESH, CODE], ['code']],
    ],
    [
      [[CODE, MACHINE], undefined],
      [[CODE, MACHINE], ['code']],
    ],
    [
      [[MACHINE], undefined],
      [[MACHINE], []],
    ],
    [
      [[MACHINE], []],
      [[MACHINE], []],
    ],
    [
      [[REFRESH], undefined],
      [[REFRESH], []],
    ],
    [
      [undefined, ['code', 'code']],
      [[CODE], ['code']],
    ],
    [
      [undefined, [' code ']],
      [[CODE], ['code']],
    ],
    [
      [undefined, ['code code']],
      [[CODE], ['code']],
    ],
  ])('registers %j as %j', async ([grants, responses], [grant_types, response_types]) => {
    const { status, body } = await server.register(types(grants, responses), token);
    expect(status).toBe(201);
    expect(body).toMatchObject({ grant_types, response_types });
  });

  it.each<[asked: [List, List], registered: [List, List]]>([
    [
      [[CODE, 'implicit'], undefined],
      [[CODE], ['code']],
    ],
    [
      [
        ['implicit', CODE, REFRESH],
        ['code', 'token'],
      ],
      [[CODE, REFRESH], ['code']],
    ],
    [
      [[CODE, REFRESH, JWT_BEARER], ['code']],
      [[CODE, REFRESH], ['code']],
    ],
    [
      [[CODE, REFRESH, DEVICE], ['code']],
      [[CODE, REFRESH], ['code']],
    ],
    [
      [[CODE, 'password'], undefined],
      [[CODE], ['code']],
    ],
    [
      [[CODE], ['code', 'code id_token', 'none']],
      [[CODE], ['code']],
    ],
    [
      [undefined, ['token', 'code']],
      [[CODE], ['code']],
    ],
    [
      [['AUTHORIZATION_CODE', CODE], undefined],
      [[CODE], ['code']],
    ],
  ])('narrows %j to %j (RFC 7591 section 3.2.1)', async ([grants, responses], [grant_types, response_types]) => {
    const { status, body } = await server.register(types(grants, responses), token);
    expect(status).toBe(201);
    expect(body).toMatchObject({ grant_types, response_types });
  });

  const NO_GRANT =
    'grant_types must contain a value this server supports: authorization_code, refresh_token, client_credentials';
  const NO_RESPONSE = 'response_types must contain a value this server supports: code';
  it.each<[asked: [List, List], description: string]>([
    [[['implicit'], undefined], NO_GRANT],
    [[['password'], undefined], NO_GRANT],
    [[['password', REFRESH], undefined], NO_GRANT],
    [[['Authorization_Code'], undefined], NO_GRANT],
    [[undefined, ['token']], NO_RESPONSE],
    [[[CODE], ['token']], NO_RESPONSE],
    [[undefined, ['none']], NO_RESPONSE],
    [[undefined, [' ']], NO_RESPONSE],
    [[undefined, []], NO_GRANT],
    [[[CODE], []], 'grant_types[0] needs a response type of the authorization_code grant in response_types'],
    [[[MACHINE, CODE], []], 'grant_types[1] needs a response type of the authorization_code grant in response_types'],
    [[[MACHINE], ['code']], 'response_types[0] needs authorization_code in grant_types'],
    [[[REFRESH], ['code']], 'response_types[0] needs authorization_code in grant_types'],
  ])('refuses %j: %s', async ([grants, responses], description) =>
    expectRefusal(await server.register(types(grants, responses), token), invalidMetadata(description)),
  );

  it('requires a redirection URI where a response type is registered (RFC 7591 section 2)', async () => {
    for (const redirect_uris of [undefined, null, '', []])
      expectRefusal(await server.register(clientMetadata({ redirect_uris }), token), NO_REDIRECT_URI);
    expectRefusal(await server.register({}, token), NO_REDIRECT_URI);
  });

  it('requires none where no response type is registered', async () => {
    const { status, body } = await server.register(machineMetadata(), token);
    expect(status).toBe(201);
    expect(body).toMatchObject({ redirect_uris: [], response_types: [] });
  });
});

describe.each(platforms)('unsupported values where they are refused ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { unsupportedMetadata: 'reject' } });
    token = await server.token();
  });
  afterAll(() => server.close());

  it('registers supported ones', async () => {
    const { status, body } = await server.register(types([CODE, REFRESH], ['code']), token);
    expect(status).toBe(201);
    expect(body).toMatchObject({ grant_types: [CODE, REFRESH], response_types: ['code'] });
  });

  const GRANTS =
    'is not supported by this server, which supports authorization_code, refresh_token, client_credentials';
  const RESPONSES = 'is not supported by this server, which supports code';
  it.each<[asked: [List, List], description: string]>([
    [[[CODE, 'implicit'], undefined], `grant_types[1] ${GRANTS}`],
    [[['implicit'], undefined], `grant_types[0] ${GRANTS}`],
    [[[CODE], ['code', 'token']], `response_types[1] ${RESPONSES}`],
    [[undefined, ['code id_token']], `response_types[0] ${RESPONSES}`],
  ])('refuses %j: %s', async ([grants, responses], description) =>
    expectRefusal(await server.register(types(grants, responses), token), invalidMetadata(description)),
  );
});

describe.each(platforms)('a server with the implicit grant ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: {
        server: {
          grantTypes: [CODE, 'implicit', REFRESH, MACHINE],
          responseTypes: ['code', 'id_token', 'id_token token', 'code id_token', 'code id_token token', 'none'],
        },
      },
    });
    token = await server.token();
  });
  afterAll(() => server.close());

  it.each<[asked: [List, List], registered: [List, List]]>([
    [
      [undefined, undefined],
      [[CODE], ['code']],
    ],
    [
      [['implicit'], undefined],
      [['implicit'], ['id_token']],
    ],
    [
      [[CODE, 'implicit'], undefined],
      [
        [CODE, 'implicit'],
        ['code', 'id_token'],
      ],
    ],
    [
      [undefined, ['id_token']],
      [['implicit'], ['id_token']],
    ],
    [
      [undefined, ['id_token token']],
      [['implicit'], ['id_token token']],
    ],
    [
      [undefined, ['code id_token']],
      [[CODE, 'implicit'], ['code id_token']],
    ],
    [
      [undefined, ['code', 'id_token']],
      [
        [CODE, 'implicit'],
        ['code', 'id_token'],
      ],
    ],
    [
      [[CODE, 'implicit', REFRESH], ['code id_token']],
      [[CODE, 'implicit', REFRESH], ['code id_token']],
    ],
    [
      [[MACHINE], ['none']],
      [[MACHINE], ['none']],
    ],
  ])('registers %j as %j', async ([grants, responses], [grant_types, response_types]) => {
    const { status, body } = await server.register(types(grants, responses), token);
    expect(status).toBe(201);
    expect(body).toMatchObject({ grant_types, response_types });
  });

  it.each([
    ['token id_token', 'id_token token'],
    ['id_token code', 'code id_token'],
    ['token code id_token', 'code id_token token'],
    ['id_token  token', 'id_token token'],
    ['id_token token id_token', 'id_token token'],
  ])('reads %j as the set %j (OAuth 2.0 Multiple Response Types section 3)', async (sent, registered) => {
    const { status, body } = await server.register(types(undefined, [sent, registered]), token);
    expect(status).toBe(201);
    expect(body.response_types).toEqual([registered]);
  });

  it.each<[asked: [List, List], description: string]>([
    [[[CODE], ['code id_token']], 'response_types[0] needs implicit in grant_types'],
    [[[CODE], ['code', 'id_token']], 'response_types[1] needs implicit in grant_types'],
    [[['implicit'], ['code']], 'response_types[0] needs authorization_code in grant_types'],
    [[['implicit'], ['code id_token']], 'response_types[0] needs authorization_code in grant_types'],
    [[[CODE, 'implicit'], ['code']], 'grant_types[1] needs a response type of the implicit grant in response_types'],
    [[['implicit'], []], 'grant_types[0] needs a response type of the implicit grant in response_types'],
    [[['implicit'], ['none']], 'grant_types[0] needs a response type of the implicit grant in response_types'],
  ])('refuses %j: %s', async ([grants, responses], description) =>
    expectRefusal(await server.register(types(grants, responses), token), invalidMetadata(description)),
  );
});

describe.each(platforms)('defaults of a server without the code flow ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { server: { grantTypes: [MACHINE], responseTypes: [] } } });
  });
  afterAll(() => server.close());

  it('registers what the server has', async () =>
    expect((await server.register(machineMetadata())).body).toMatchObject({
      grant_types: [MACHINE],
      response_types: [],
    }));

  it('refuses a derived default that the server does not support', async () =>
    expectRefusal(
      await server.register(clientMetadata()),
      invalidMetadata('grant_types must contain a value this server supports: client_credentials'),
    ));
});

describe.each(platforms)('response types as the host writes them ($adapter, $database.name)', (platform) => {
  it.each(['token id_token', 'id_token token'])('are sets, too: %s', async (responseType) => {
    const server = await startServer({
      ...platform,
      options: { server: { grantTypes: ['implicit'], responseTypes: [responseType] } },
    });
    try {
      const token = await server.token();
      for (const asked of [['id_token token'], ['token id_token'], undefined]) {
        const { status, body } = await server.register(types(['implicit'], asked), token);
        expect(status).toBe(201);
        expect(body.response_types).toEqual(['id_token token']);
      }
    } finally {
      await server.close();
    }
  });
});
