import { ClientMetadata, OAuthClient } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { camelCase, metadataTable } from '../../../lib/client-metadata/metadata-table.js';
import { withoutSecret } from '../../contract/strict-answer.js';
import { expectRefusal, invalidMetadata } from '../../errors/refusal.js';
import { clientMetadata, type Members } from '../../support/client-metadata.builder.js';
import { databases } from '../../support/databases.js';
import { ENCRYPTION_KEYS, FULL_SERVER } from '../../support/full-server.js';
import { startServer, type JsonResponse, type TestServer } from '../../support/start-server.js';
import { caseOf, fieldCases, kindOf, wrongTypes, type FieldCase } from './field-cases.js';

const OFFERS_ALL = { server: FULL_SERVER, clientSecret: { encryptionKeys: ENCRYPTION_KEYS } } as const;
const TAG = '#ja-Jpan-JP';

/** Lists that mean something when empty. */
const MAY_BE_EMPTY = new Set(['redirect_uris', 'response_types']);

const platforms = databases
  .filter(({ kind }) => kind !== 'mysql')
  .map((database) => ({ database, adapter: database.kind === 'sqlite' ? 'fastify' : 'express' }) as const);
const [onePlatform] = platforms;
if (!onePlatform) throw new Error('no platform');

const present = (row: FieldCase, value: unknown): Members => clientMetadata({ ...row.with, [row.field]: value });
const absent = (row: FieldCase, value?: unknown): Members =>
  clientMetadata({ ...(row.without ?? row.with), [row.field]: value });
/** What is returned and stored of a value. */
const shown = (row: FieldCase, value: unknown): unknown => (row.requestOnly ? undefined : value);
const sentAndShown = (row: FieldCase): (readonly [unknown, unknown])[] => [
  ...row.accepted.map((value) => [value, shown(row, value)] as const),
  ...(row.normalized ?? []),
];
const refusalOf = ({ field, error = 'invalid_client_metadata' }: FieldCase, tag = '') => ({
  status: 400,
  error,
  description: new RegExp(`^${field}${tag}[ .[]`),
});

/** Lists of which the server says what it supports. */
const supportedLists = [
  { field: 'default_acr_values', supported: FULL_SERVER.openid.acrValues },
  { field: 'authorization_details_types', supported: FULL_SERVER.authorizationDetailsTypes },
  { field: 'client_registration_types', supported: ['automatic', 'explicit'] },
] as const;

describe('the table of these tests', () => {
  it('has a row for every field of the metadata class, and no other', () => {
    expect(fieldCases.map(({ field }) => field).toSorted()).toEqual(
      [...metadataTable(ClientMetadata).keys()].toSorted(),
    );
  });

  it('has fields of every JSON type', () => {
    expect(new Set(fieldCases.map(kindOf))).toEqual(new Set(['string', 'number', 'boolean', 'array', 'object']));
  });
});

describe.each(platforms)('client metadata, field by field ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: OFFERS_ALL });
    token = await server.token();
  });
  afterAll(() => server.close());

  const clients = () => server.dataSource.getRepository(OAuthClient);
  const stored = async (clientId: string, field: string): Promise<unknown> => {
    const row = await clients().findOneByOrFail({ clientId });
    return storedIn(row, field);
  };
  const update = async ({ body }: JsonResponse, metadata: Members) =>
    server.request('PUT', `/register/${body.client_id}`, {
      token: body.registration_access_token,
      body: { client_id: body.client_id, ...metadata },
    });
  const expectShown = async (answer: JsonResponse, status: number, field: string, value: unknown) => {
    expect({ status: answer.status, [field]: answer.body[field] }).toEqual({ status, [field]: value });
    if (value === undefined) expect(answer.body).not.toHaveProperty([field]);
    expect(await stored(answer.body.client_id, field)).toEqual(value);
  };

  it.each(fieldCases)('takes, returns and stores $field', async (row) => {
    await Promise.all(
      sentAndShown(row).map(async ([sent, returned]) => {
        const answer = await server.register(present(row, sent), token);
        await expectShown(answer, 201, row.field, returned);
        const { client_id: id, registration_access_token: bearer } = answer.body;
        const read = await server.request('GET', `/register/${id}`, { token: bearer });
        expect({ status: read.status, body: read.body }).toEqual({ status: 200, body: withoutSecret(answer.body) });
      }),
    );
  });

  it.each(fieldCases)('refuses another $field, and stores nothing', async (row) => {
    const before = await clients().count();
    const { refused = [], unsupported = [] } = row;
    await Promise.all(
      [...wrongTypes(row), ...refused, ...unsupported].map(async (value) =>
        expectRefusal(await server.register(present(row, value), token), refusalOf(row)),
      ),
    );
    expect(await clients().count()).toBe(before);
  });

  const omissions = (row: FieldCase): readonly unknown[] => {
    const isOmittedWhenEmpty = kindOf(row) === 'array' && !MAY_BE_EMPTY.has(row.field);
    return isOmittedWhenEmpty ? [undefined, null, '', []] : [undefined, null, ''];
  };

  it.each(fieldCases)('registers the default of $field where it is omitted', async (row) => {
    await Promise.all(
      omissions(row).map(async (omission) => {
        const answer = await server.register(absent(row, omission), token);
        await expectShown(answer, 201, row.field, row.default);
      }),
    );
  });

  it.each(fieldCases)('returns $field to its default where an update omits it', async (row) => {
    const [, another] = sentAndShown(row);
    const [sent, returned] = another ?? sentAndShown(row)[0] ?? [undefined, row.default];
    const registered = await server.register(clientMetadata(), token);
    for (const omission of omissions(row)) {
      await expectShown(await update(registered, present(row, sent)), 200, row.field, returned);
      await expectShown(await update(registered, absent(row, omission)), 200, row.field, row.default);
    }
  });

  it.each(fieldCases.filter(({ languageTags }) => languageTags))('takes $field in a language', async (row) => {
    const [value, other] = row.accepted;
    const name = `${row.field}${TAG}`;
    const both = await server.register(clientMetadata({ [row.field]: value, [name]: other }), token);
    await expectShown(both, 201, row.field, value);
    await expectShown(both, 201, name, other);
    await expectShown(await update(both, clientMetadata({ [name]: value, [row.field]: null })), 200, name, value);
    await expectShown(await update(both, clientMetadata({ [row.field]: value, [name]: '' })), 200, name, undefined);
    const [refused] = row.refused ?? [];
    for (const wrong of [refused, ...wrongTypes(row)])
      expectRefusal(await server.register(clientMetadata({ [name]: wrong }), token), refusalOf(row, TAG));
  });

  it.each(['anything', 1, true, [''], {}])('ignores a language tag on every other field: %j', async (value) => {
    const names = fieldCases.filter(({ languageTags }) => !languageTags).map(({ field }) => `${field}${TAG}`);
    const answer = await server.register(clientMetadata(Object.fromEntries(names.map((name) => [name, value]))), token);
    expect(answer.status).toBe(201);
    expect(Object.keys(answer.body).filter((name) => name.includes('#'))).toEqual([]);
    for (const name of names) expect(await stored(answer.body.client_id, name)).toBeUndefined();
  });

  it.each(supportedLists)('leaves out what it does not support of $field', async ({ field, supported: [one, two] }) => {
    const answer = await server.register(clientMetadata({ [field]: ['other', two, 'unknown', one] }), token);
    await expectShown(answer, 201, field, [two, one]);
    expectRefusal(
      await server.register(clientMetadata({ [field]: ['unknown', one.toUpperCase()] }), token),
      invalidMetadata(`${field} must contain a value this server supports: ${one}, ${two}`),
    );
  });

  it.each(['token_endpoint_auth_signing_alg', 'tls_client_auth_san_dns'])(
    'leaves out a %s of no use',
    async (field) => {
      const { accepted } = caseOf(field);
      await expectShown(await server.register(clientMetadata({ [field]: accepted[0] }), token), 201, field, undefined);
    },
  );

  it.each([...MAY_BE_EMPTY])('returns an empty %s', async (field) => {
    const body = { grant_types: ['client_credentials'], [field]: [] };
    await expectShown(await server.register(body, token), 201, field, []);
  });
});

/** The columns that hold fields of their own; the others are together in one. */
function storedIn(row: OAuthClient, field: string): unknown {
  const column = Object.entries(row).find(([property]) => property === camelCase(field));
  return (column ? column[1] : row.additionalMetadata?.[field]) ?? undefined;
}

describe('a server that offers no feature', () => {
  const others = fieldCases.filter(({ always }) => !always);
  const known = fieldCases.filter(({ always }) => always);
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer(onePlatform);
    token = await server.token();
  });
  afterAll(() => server.close());

  const expectIgnored = async (members: Members) => {
    const { status, body } = await server.register(clientMetadata(members), token);
    expect(status).toBe(201);
    const plain = await server.register(clientMetadata(), token);
    expect(Object.keys(body).toSorted()).toEqual(Object.keys(plain.body).toSorted());
    const row = await server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: body.client_id });
    expect(row.additionalMetadata).toBeNull();
  };

  it.each(['a\0b', 'tides', 1, -1.5, true, [], [''], [null], {}, { a: 1 }])(
    'ignores the fields of all of them: %j',
    (value) => expectIgnored(Object.fromEntries(others.map(({ field }) => [field, value]))),
  );

  it('ignores good values too, and language tags', async () => {
    const [good, tagged] = ['', TAG].map((tag) =>
      others.map(({ field, accepted }) => [field + tag, accepted[0]] as const),
    );
    await expectIgnored(Object.fromEntries([...(good ?? []), ...(tagged ?? [])]));
  });

  it.each(known)('knows $field', async (row) => {
    const [wrong] = wrongTypes(row);
    expectRefusal(await server.register(clientMetadata({ [row.field]: wrong }), token), refusalOf(row));
  });
});

describe('a server that refuses what it does not support', () => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer({ ...onePlatform, options: { ...OFFERS_ALL, unsupportedMetadata: 'reject' } });
    token = await server.token();
  });
  afterAll(() => server.close());

  it.each(supportedLists)('names the entry of $field', async ({ field, supported: [one = '', two = ''] }) => {
    expectRefusal(
      await server.register(clientMetadata({ [field]: [two, 'unknown', one] }), token),
      invalidMetadata(`${field}[1] is not supported by this server, which supports ${one}, ${two}`),
    );
    const { status, body } = await server.register(clientMetadata({ [field]: [two, one] }), token);
    expect({ status, [field]: body[field] }).toEqual({ status: 201, [field]: [two, one] });
  });

  it.each(fieldCases.filter(({ unsupported }) => unsupported))('refuses another $field as ever', async (row) => {
    const [value] = row.unsupported ?? [];
    expectRefusal(await server.register(present(row, value), token), refusalOf(row));
  });

  it.each(['token_endpoint_auth_signing_alg', 'tls_client_auth_san_dns'])('refuses a %s of no use', async (field) => {
    const { accepted } = caseOf(field);
    expectRefusal(
      await server.register(clientMetadata({ [field]: accepted[0] }), token),
      invalidMetadata(`${field} is of no use with this token_endpoint_auth_method`),
    );
  });
});
