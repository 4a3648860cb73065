import type { Type } from '@nestjs/common';
import { Exclude, Expose, plainToInstance, Transform } from 'class-transformer';
import {
  Allow,
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  validate,
  ValidateIf,
} from 'class-validator';
import { ClientMetadata, IsRedirectUriList, MetadataField } from 'nestjs-dynamic-registration';
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metadataTable } from '../../lib/client-metadata/metadata-table.js';
import { caseOf, fieldCases, kindOf, wrongTypes } from '../client-metadata/fields/field-cases.js';
import { expectRefusal, invalidMetadata, invalidRedirectUri } from '../errors/refusal.js';
import {
  certifiedKey,
  clientMetadata,
  encryptionKey,
  privateKey,
  publicKey,
  type Members,
} from '../support/client-metadata.builder.js';
import { ENCRYPTION_KEYS, FULL_SERVER } from '../support/full-server.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

const REDIRECT = 'https://tides.example/cb';
const strings = [
  1,
  0,
  true,
  false,
  {},
  [],
  ['x'],
  [[]],
  { length: 1, 0: 'x' },
  'a\0b',
  'a\nb',
  'a\u0085b',
  '\ud800',
  'a\ufffdb',
  null,
  '',
  'tides',
];
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
  'https://tides.example/%2e%2E/x',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  ' https://tides.example/',
  'https://tides.example/\t',
  'https://tides.example/a b',
  'https://tides.example\\@evil.test/',
  'https://tides.example/%zz',
  'https:tides.example',
  'https:/tides.example',
  'https:///tides.example',
  '//tides.example/',
  'https://',
  'https://*.tides.example/',
  'https://0x7f.1/',
  'https://127.1/',
  'https://t\u0131des.example/',
  'https://tides\u3002example/',
  'https://xn--tdes-epa.example/',
  'https://%74ides.example/',
  'https://tides.example:99999/',
  'http://localhost.evil.test/',
  'http://127.0.0.1.evil.test/',
  'http://localhost@evil.test/',
  'http://2130706433/',
  'data:image/svg+xml,%3Csvg/%3E',
  'vbscript:x',
  'file:///etc/passwd',
  'ftp://tides.example/logo.png',
  'blob:https://tides.example/x',
  'view-source:https://tides.example/',
  '<img src=x onerror=alert(1)>',
];

const { privateKey: rsaPrivate, publicKey: rsaPublic } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsa = rsaPublic.export({ format: 'jwk' });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
const okp = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });

/** Good and bad values of the fields of RFC 7591, none of which depends on another field or on an option. */
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
    ...[
      'JaVaScRiPt:alert(1)',
      'java\nscript:alert(1)',
      '\tjavascript:alert(1)',
      ' javascript:alert(1)',
      'javascript%3Aalert(1)',
      'data:text/html,x',
      'vbscript:x',
      'blob:https://tides.example/x',
      'filesystem:https://tides.example/x',
      'file:///etc/passwd',
      'about:blank',
      'view-source:https://tides.example/',
      'intent://x#Intent;end',
      'chrome-extension://abc/x',
      'ms-settings:x',
      'ftp://tides.example/cb',
      'wss://tides.example/cb',
      'mailto:ops@tides.example',
      'urn:ietf:wg:oauth:2.0:oob',
      'http://localhost.evil.test/cb',
      'http://127.0.0.1.evil.test/cb',
      'http://localhost@evil.test/cb',
      'http://2130706433/cb',
      'http://0x7f000001/cb',
      'http://127.1/cb',
      'https://tides.example/../cb',
      'https://tides.example/%2e%2e/cb',
      'https://tides.example/%zz',
      'https://tides.example/a b',
      'https://tides.example\\cb',
      'https://*.tides.example/cb',
      'https://tides.example/cb?x=*',
      'https://t\u0131des.example/cb',
      'https://tides\u3002example/cb',
      'https://%74ides.example/cb',
      'https:tides.example/cb',
      'https:///cb',
      '//tides.example/cb',
      'cb',
      '',
      'https://tides.example/cb;a=b',
      'https://tides.example/cb?a=b',
      'HTTPS://tides.example/cb',
      'https://TIDES.example/cb',
      'http://localhost/cb',
      'http://[::1]:3000/cb',
      'http://[::2]/cb',
      'cursor://anysphere/cb',
    ].map((uri) => [uri]),
    [REDIRECT, { toString: REDIRECT }],
    { 0: REDIRECT, length: 1 },
  ],
  client_name: [
    ...strings,
    'Tábua \u{1F30A}',
    'a\u202eb',
    'a\u2066b',
    'a\u200fb',
    '\u200b',
    '\u3164',
    '\u2800 \u00a0',
    'a\u2028b',
    'a\u{E0041}b',
    '<b>Claude</b>',
    'Cl\u0430ude',
  ],
  client_uri: pages,
  logo_uri: pages,
  tos_uri: pages,
  policy_uri: pages,
  jwks_uri: [...pages, 'https://tides.example/jwks'],
  scope: [
    '',
    null,
    'a b',
    ' a  b ',
    '   ',
    1,
    true,
    [],
    ['a'],
    {},
    'a\tb',
    'a\0b',
    'a\nb',
    'a"b',
    'a\\b',
    'é',
    'a\u00a0b',
  ],
  contacts: [
    null,
    '',
    [],
    ['a', 'b'],
    ['a\u202eb'],
    ['a', '\u200b'],
    [''],
    [null],
    [1],
    [['a']],
    [{}],
    'a',
    {},
    1,
    true,
    { length: 0 },
  ],
  grant_types: [
    null,
    '',
    [],
    ['authorization_code'],
    ['authorization_code', null],
    [['authorization_code']],
    [''],
    [null],
    [1],
    [{}],
    ['a\0b'],
    ['\ud800'],
    'authorization_code',
    true,
    0,
    { 0: 'authorization_code', length: 1 },
  ],
  response_types: [null, '', ['code'], ['code', ''], [''], [null], [1], [['code']], ['a\0b'], 'code', {}, false, 7],
  token_endpoint_auth_method: [
    null,
    '',
    'none',
    'client_secret_post',
    1,
    true,
    [],
    ['none'],
    {},
    { none: true },
    'a\0b',
    'none\n',
  ],
  software_id: [...strings, 'a\u202eb'],
  software_version: [...strings, '1.2.3'],
  application_type: [null, '', 'web', 'native', 'Web', 'web ', 'native\0', 'service', 1, true, {}, [], ['web']],
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
    { keys: [{ kty: 'AKP' }, rsa] },
    { keys: 'x' },
    { keys: {} },
    { keys: [[]] },
    { keys: [1] },
    { keys: [{}] },
    { keys: [rsa] },
    { keys: [{ ...rsa, alg: 'none' }] },
    { keys: [{ ...rsa, e: 'AQ' }] },
    { keys: [{ ...rsa, e: 'Ag' }] },
    { keys: [{ ...rsa, n: 1 }] },
    { keys: [weak] },
    { keys: [rsaPrivate.export({ format: 'jwk' })] },
    ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].map((member) => ({
      keys: [{ ...rsa, [member]: 'AQAB' }],
    })),
    { keys: [{ ...rsa, D: 'AQAB' }] },
    { keys: [okp] },
    { keys: [{ kty: okp.kty, crv: okp.crv, x: okp.x }] },
    { keys: [{ ...publicKey(), crv: 'P-384' }] },
    { keys: [{ ...publicKey(), y: publicKey()['x'] }] },
    { keys: [{ ...publicKey(), use: 'enc', key_ops: ['verify'] }] },
    { keys: [{ ...publicKey(), use: 1 }] },
    { keys: [publicKey({ kid: 'a' }), publicKey({ kid: 'a' })] },
    { keys: [publicKey({ kid: 'a' }), publicKey({ kid: 'b' })] },
    { keys: [publicKey(), encryptionKey()] },
    { keys: [certifiedKey()] },
    { keys: [{ ...publicKey(), x5c: certifiedKey()['x5c'] }] },
    { keys: [{ ...publicKey(), x5c: 'x' }] },
    { keys: [publicKey({ kid: 'a\0b' })] },
  ],
};

/** Those of the specifications beside RFC 7591: a good value, another type and another value, with what a good one needs. */
const others = fieldCases
  .filter(({ field, requestOnly }) => !requestOnly && !(field in values))
  .flatMap((row) => {
    const { field, accepted, refused = [], with: needed } = row;
    const some = [accepted, wrongTypes(row), refused].flatMap(([value]) => (value === undefined ? [] : [value]));
    return some.map((value) => ({ field, value, needed }));
  });

const table: readonly { field: string; value: unknown; needed?: Members | undefined }[] = [
  ...Object.entries(values).flatMap(([field, list]) => list.map((value) => ({ field, value }))),
  ...others,
];
const fields: readonly string[] = [...new Set(table.map(({ field }) => field))];

const bodyOf = ({ field, value, needed }: (typeof table)[number]) => clientMetadata({ ...needed, [field]: value });
const options = { server: FULL_SERVER, clientSecret: { encryptionKeys: ENCRYPTION_KEYS } };

// What is valid depends on no database; test/client-metadata/fields stores a value of each field on several.
const onOneDatabase = platforms.filter(({ database }) => database.kind === 'sqlite');

describe.each(onOneDatabase)(
  'class-validator and the wire, on single fields ($adapter, $database.name)',
  (platform) => {
    let server: TestServer;
    let token: string;
    beforeAll(async () => {
      server = await startServer({ ...platform, options });
      token = await server.token();
    });
    afterAll(() => server.close());

    it('judge every field that can be registered', () => {
      const rows = [...metadataTable(ClientMetadata).values()].filter(({ requestOnly }) => !requestOnly);
      expect(fields.toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
    });

    it.each(table)('agree on $field: $value', async ({ field, value, needed }) => {
      const body = bodyOf({ field, value, needed });
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
  },
);

/** Constraints of class-validator on the JSON type of a field. */
const TYPED = {
  string: [IsString()],
  array: [IsArray(), IsString({ each: true })],
  boolean: [IsBoolean()],
  number: [IsNumber()],
  object: [IsObject()],
} as const;
const typed = (field: string): readonly PropertyDecorator[] => TYPED[kindOf(caseOf(field))];

/** A subclass that declares every field again. */
function redeclared(
  decoratorsOf: (field: string) => readonly PropertyDecorator[],
  parent: Type<ClientMetadata> = ClientMetadata,
): Type<ClientMetadata> {
  class Redeclared extends parent {}
  for (const field of fields) {
    for (const decorate of decoratorsOf(field)) decorate(Redeclared.prototype, field);
  }
  return Redeclared;
}

/** What a compiler makes of fields without `useDefineForClassFields: false`: members that are there and undefined. */
class OwnMembers extends ClientMetadata {
  constructor() {
    super();
    for (const field of fields) {
      Object.defineProperty(this, field, { value: undefined, writable: true, enumerable: true, configurable: true });
    }
  }
}

const mixin = (parent: Type<ClientMetadata>): Type<ClientMetadata> => {
  class WithGetter extends parent {
    @MetadataField()
    @IsOptional()
    @IsIn(['gold'])
    tier?: string;

    get isNamed(): boolean {
      return this.client_name !== undefined;
    }
  }
  return redeclared(() => [IsOptional()], WithGetter);
};

/** Subclasses in which class-validator still knows our rules: `validate()` says what the wire says. */
const KNOWN: readonly [string, Type<ClientMetadata>][] = [
  ['a subclass that adds nothing', class extends ClientMetadata {}],
  ['@IsOptional()', redeclared(() => [IsOptional()])],
  ['@Allow()', redeclared(() => [Allow()])],
  ['@MetadataField() alone', redeclared(() => [MetadataField()])],
  ['@Expose()', redeclared(() => [Expose()])],
  [
    'a subclass of a subclass',
    redeclared(
      () => [Allow()],
      redeclared(() => [IsOptional()]),
    ),
  ],
  ['a mixin with a getter', mixin(redeclared(() => [MetadataField()]))],
  ['members of its own', OwnMembers],
];

/** Subclasses in which it does not: a constraint displaces those of the parent, a condition and an exclusion hold for all of them. */
const FORGOTTEN: readonly [string, Type<ClientMetadata>][] = [
  ['constraints on the type', redeclared(typed)],
  ['@IsOptional() and constraints', redeclared((field) => [IsOptional(), ...typed(field)])],
  ['@ValidateIf(() => false)', redeclared(() => [ValidateIf(() => false)])],
  ['@Exclude()', redeclared(() => [Exclude()])],
  ['@Transform() to a good value', redeclared(() => [Transform(() => undefined)])],
];

/** Subclasses in which it knows them again, beside the constraints that displaced them one class up. */
const DISTANT: readonly [string, Type<ClientMetadata>][] = [
  ['constraints in a parent', redeclared(() => [], redeclared(typed))],
  ['constraints in a mixin', mixin(redeclared(typed))],
];

/** Something good in every field, for constraints that take an absent one amiss. */
const complete = () =>
  Object.fromEntries(
    fieldCases.map(({ field, accepted, unsupported }) => [field, [...accepted, ...(unsupported ?? [])][0]]),
  );

const AT_ONCE = 20;

const [onePlatform] = platforms;
if (!onePlatform) throw new Error('no platform');

describe('every field declared again, on the wire', () => {
  type Row = (typeof table)[number];
  interface Outcome {
    readonly row: Row;
    readonly status: number;
    readonly error: unknown;
    readonly description: unknown;
  }
  const outcomes = async (rows: readonly Row[], server: TestServer, token: string) => {
    const outcome = async (row: Row): Promise<Outcome> => {
      const { status, body } = await server.register(bodyOf(row), token);
      return { row, status, error: body.error, description: body.error_description };
    };
    const found: Outcome[] = [];
    for (let i = 0; i < rows.length; i += AT_ONCE) {
      found.push(...(await Promise.all(rows.slice(i, i + AT_ONCE).map(outcome))));
    }
    return found;
  };
  // One value for each verdict there is on a field: a subclass changes none of a rule's verdicts, or all.
  const distinct = (found: readonly Outcome[]) => [
    ...new Map(found.map((one) => [JSON.stringify([one.row.field, one.status, one.description]), one])).values(),
  ];
  let expected: readonly Outcome[];
  beforeAll(async () => {
    const server = await startServer({ ...onePlatform, options });
    try {
      expected = distinct(await outcomes(table, server, await server.token()));
    } finally {
      await server.close();
    }
  });

  it('is compared with values of both kinds', () => {
    expect(new Set(expected.map(({ status }) => status))).toEqual(new Set([201, 400]));
    expect(new Set(expected.map(({ row }) => row.field))).toEqual(new Set(fields));
  });

  it.each([...KNOWN, ...FORGOTTEN, ...DISTANT])('is judged as before by %s', async (_, metadata) => {
    const server = await startServer({ ...onePlatform, options: { ...options, metadata } });
    try {
      const rows = expected.map(({ row }) => row);
      expect(await outcomes(rows, server, await server.token())).toEqual(expected);
    } finally {
      await server.close();
    }
  });
});

describe('every field declared again, outside of the module', () => {
  const messages = async (type: Type<ClientMetadata>, body: object) =>
    (await validate(plainToInstance(type, body))).flatMap(({ constraints }) => Object.values(constraints ?? {}));

  it.each(KNOWN)('is judged by validate() as ever with %s', async (_, type) => {
    for (const { field, value, needed } of table) {
      const body = bodyOf({ field, value, needed });
      expect({ field, value, messages: await messages(type, body) }).toEqual({
        field,
        value,
        messages: await messages(ClientMetadata, body),
      });
    }
  });

  // What class-validator cannot say; the wire does, as above.
  it.each(FORGOTTEN)('is no longer judged by validate() with %s', async (_, type) => {
    const found = await messages(type, { ...complete(), redirect_uris: ['javascript:alert(1)'] });
    expect(found).toEqual([]);
  });

  it('is judged by validate() where our rule stands beside those of the host', async () => {
    const type = redeclared((field) => (field === 'redirect_uris' ? [...typed(field), IsRedirectUriList()] : []));
    expect(await messages(type, { redirect_uris: ['javascript:alert(1)'] })).toEqual([
      'redirect_uris[0] must not use this scheme',
    ]);
    expect(await messages(type, { redirect_uris: [REDIRECT] })).toEqual([]);
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
