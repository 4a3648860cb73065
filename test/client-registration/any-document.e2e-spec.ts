import fc from 'fast-check';
import { OAuthClient } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fieldCases, type FieldCase } from '../client-metadata/fields/field-cases.js';
import { asUpdate, withoutSecret } from '../contract/strict-answer.js';
import { currentHostName } from '../hosts/current-host.js';
import { clientMetadata, type Members } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { ENCRYPTION_KEYS, FULL_SERVER } from '../support/full-server.js';
import { startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

// What is acceptable depends on no database; that each of them stores every field is tested field by field.
const [database] = databases;
if (!database) throw new Error('no database');

/** Another host has a say in how a document is read, and none in what becomes of its members. */
const numRuns = currentHostName === 'plain' ? 150 : 30;

const known = fieldCases.map(({ field }) => field);
const tags = fc.constantFrom('#de', '#DE', '#ja-Jpan-JP', '#', '#-');
const memberNames = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...known) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...known), tags).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.constantFrom('client_id', 'clientId', 'owner', '__proto__', 'constructor', 'toString') },
);
const strings = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.webUrl());
const ofTable = fc.constantFrom(
  ...fieldCases.flatMap(({ accepted, refused = [], unsupported = [] }) => [...accepted, ...refused, ...unsupported]),
);
/** Members with names that mean something, and with values that seldom do. */
const anyMembers: fc.Arbitrary<Members> = fc.dictionary(
  memberNames,
  fc.oneof(fc.jsonValue(), ofTable, strings, fc.array(strings, { maxLength: 3 })),
  { maxKeys: 5 },
);

/** Members that are good one by one; together they may contradict each other. */
const goodMembers: fc.Arbitrary<Members> = fc
  .uniqueArray(fc.constantFrom(...fieldCases.filter(({ accepted }) => accepted.length > 0)), { maxLength: 16 })
  .chain((rows) => fc.tuple(...rows.map(goodField)))
  .map((fields) => clientMetadata(Object.assign({}, ...fields)));

/** A field with a value that it takes, as it is or in another form, and with what it needs. */
function goodField(row: FieldCase): fc.Arbitrary<Members> {
  const values = [...row.accepted, ...(row.normalized ?? []).map(([sent]) => sent)];
  return fc.constantFrom(...values).map((value) => ({ ...row.with, [row.field]: value }));
}

describe('any document as a request', () => {
  let server: TestServer;
  let token: string;
  let client: JsonResponse;
  beforeAll(async () => {
    server = await startServer({
      adapter: 'fastify',
      database,
      options: { server: FULL_SERVER, clientSecret: { encryptionKeys: ENCRYPTION_KEYS } },
    });
    token = await server.token();
    client = await server.register(clientMetadata(), token);
  });
  afterAll(() => server.close());

  const register = async (document: unknown) => server.register(JSON.stringify(document), token);
  const update = async ({ body }: JsonResponse, document: unknown) =>
    server.request('PUT', `/register/${body.client_id}`, {
      token: body.registration_access_token,
      body: JSON.stringify(document),
    });
  const stored = async ({ body }: JsonResponse) =>
    server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: body.client_id });
  /** An update with the answer changes nothing, and a registration with it makes such a client again. */
  const expectSettled = async (registered: JsonResponse) => {
    expectNothingEmpty(registered.body);
    const before = await stored(registered);
    const updated = await update(registered, asUpdate(registered.body));
    expect({ status: updated.status, body: updated.body }).toEqual({
      status: 200,
      body: withoutSecret(registered.body),
    });
    // It counts as one all the same.
    before.version++;
    expect(await stored(registered)).toEqual(before);
    const again = await register(registered.body);
    expect({ status: again.status, ...ofAnyClient(again.body) }).toEqual({
      status: 201,
      ...ofAnyClient(registered.body),
    });
  };
  /** @returns whether a client was registered, and all is well with it */
  const isRegistered = async (document: unknown): Promise<boolean> => {
    const answer = await register(document);
    if (answer.status === 201) await expectSettled(answer);
    else expectOAuthError(answer);
    return answer.status === 201;
  };

  it('is refused as OAuth has it, whatever JSON it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (document) => {
        expectOAuthError(await register(document));
        expectOAuthError(await update(client, document));
      }),
      { numRuns },
    );
  });

  it('is refused as OAuth has it, or registered for good, whatever its members are', async () => {
    const documents = fc.oneof(anyMembers, anyMembers.map(clientMetadata));
    await fc.assert(
      fc.asyncProperty(documents, async (document) => void (await isRegistered(document))),
      { numRuns },
    );
  });

  it('is judged in an update as in a registration', async () => {
    await fc.assert(
      fc.asyncProperty(anyMembers.map(clientMetadata), async (members) => {
        const registered = await register(members);
        const updated = await update(client, { ...members, client_id: client.body.client_id });
        if (registered.status === 201) {
          expect({ status: updated.status, ...ofAnyClient(updated.body) }).toEqual({
            status: 200,
            ...ofAnyClient(registered.body),
          });
        } else expect([updated.status, updated.body]).toEqual([registered.status, registered.body]);
      }),
      { numRuns },
    );
  });

  it('is registered for good where its members are good and do not contradict each other', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(goodMembers, async (members) => {
        if (await isRegistered(members)) count++;
      }),
      { numRuns },
    );
    expect(count).toBeGreaterThan(numRuns / 10);
  });
});

/** The refusal of a request (RFC 7591 section 3.2.2). */
function expectOAuthError({ status, headers, body }: JsonResponse): void {
  expect({ status, ...body }).toEqual({
    status: 400,
    error: expect.stringMatching(/^invalid_(?:redirect_uri|client_metadata|software_statement|request)$/),
    error_description: expect.stringMatching(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/),
  });
  expect(headers.get('content-type')).toMatch(/^application\/json/);
  expect(headers.get('cache-control')).toBe('no-store');
}

/** Lists that clients need even when they are empty. */
const SHOWN_WHEN_EMPTY = new Set(['redirect_uris', 'response_types']);

/** Strict readers of an answer fail at a member that says nothing. */
function expectNothingEmpty(answer: Members): void {
  for (const [name, value] of Object.entries(answer)) {
    expect([null, ''], name).not.toContain(value);
    if (!Array.isArray(value)) continue;
    for (const entry of value) expect([null, ''], name).not.toContain(entry);
    if (!SHOWN_WHEN_EMPTY.has(name)) expect(value, name).not.toHaveLength(0);
  }
}

/** What two clients with the same metadata have in common. */
function ofAnyClient(answer: Members): Members {
  const own = [
    'client_id',
    'client_id_issued_at',
    'client_secret',
    'registration_access_token',
    'registration_client_uri',
  ];
  return Object.fromEntries(Object.entries(answer).filter(([name]) => !own.includes(name)));
}
