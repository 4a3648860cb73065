import { Controller, type Type } from '@nestjs/common';
import {
  ClientMetadata,
  ClientMetadataColumn,
  InitialAccessToken,
  IsText,
  MetadataField,
  OAuthClient,
  type DynamicRegistrationExtras,
  type DynamicRegistrationOptions,
  type InitialAccessTokenRecord,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import {
  Column,
  DataSource,
  Entity,
  Index,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  VersionColumn,
  type ColumnOptions,
} from 'typeorm';
import { describe, expect, it } from 'vitest';
import { metadataTable } from '../../lib/client-metadata/metadata-table.js';
import { DEFAULT_LIMITS } from '../../lib/dynamic-registration.options.js';
import { checkEntities } from '../../lib/storage/entity.check.js';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
const epoch = {
  from: (value: string | number | null) => (value === null ? null : Number(value)),
  to: (v: unknown) => v,
};

const CLIENT: Readonly<Record<Exclude<keyof OAuthClientRecord, 'version'>, ColumnOptions>> = {
  clientId: { type: 'varchar', length: 255 },
  clientIdIssuedAt: { type: 'bigint', transformer: epoch },
  clientSecretHash: { type: 'varchar', length: 255, nullable: true },
  clientSecretExpiresAt: { type: 'bigint', nullable: true, transformer: epoch },
  clientSecretEncrypted: { type: 'varchar', length: 512, nullable: true },
  registrationAccessTokenHash: { type: 'varchar', length: 64, nullable: true },
  source: { type: 'varchar', length: 16 },
  registeredOpenly: { type: 'boolean' },
  owner: { type: 'varchar', length: 255, nullable: true },
  tenant: { type: 'varchar', length: 255, nullable: true },
  status: { type: 'varchar', length: 16 },
  expiresAt: { type: 'bigint', nullable: true, transformer: epoch },
  lastUsedAt: { type: 'bigint', nullable: true, transformer: epoch },
  initialAccessTokenId: { type: 'varchar', length: 255, nullable: true },
  bounds: { type: 'json', nullable: true },
  previousClientSecretHash: { type: 'varchar', length: 255, nullable: true },
  previousClientSecretExpiresAt: { type: 'bigint', nullable: true, transformer: epoch },
  previousClientSecretEncrypted: { type: 'varchar', length: 512, nullable: true },
  previousRegistrationAccessTokenHash: { type: 'varchar', length: 64, nullable: true },
  previousRegistrationAccessTokenExpiresAt: { type: 'bigint', nullable: true, transformer: epoch },
  foldingKey: { type: 'varchar', length: 64, nullable: true },
  redirectUris: { type: 'json', nullable: true },
  tokenEndpointAuthMethod: { type: 'varchar', length: 255 },
  grantTypes: { type: 'json' },
  responseTypes: { type: 'json' },
  clientName: { type: 'text', nullable: true },
  clientUri: { type: 'text', nullable: true },
  logoUri: { type: 'text', nullable: true },
  scope: { type: 'text', nullable: true },
  contacts: { type: 'json', nullable: true },
  tosUri: { type: 'text', nullable: true },
  policyUri: { type: 'text', nullable: true },
  jwksUri: { type: 'text', nullable: true },
  jwks: { type: 'json', nullable: true },
  softwareId: { type: 'text', nullable: true },
  softwareVersion: { type: 'text', nullable: true },
  applicationType: { type: 'varchar', length: 16 },
  additionalMetadata: { type: 'json', nullable: true },
};

const TOKEN: Readonly<Record<keyof InitialAccessTokenRecord, ColumnOptions>> = {
  id: { type: 'varchar', length: 36 },
  tokenHash: { type: 'varchar', length: 64 },
  owner: { type: 'varchar', length: 255, nullable: true },
  tenant: { type: 'varchar', length: 255, nullable: true },
  bounds: { type: 'json', nullable: true },
  issuedAt: { type: 'bigint', transformer: epoch },
  expiresAt: { type: 'bigint', nullable: true, transformer: epoch },
  maxUses: { type: 'int', nullable: true },
  uses: { type: 'int' },
  revokedAt: { type: 'bigint', nullable: true, transformer: epoch },
};

/** An entity class of a host: a generated primary key and columns by other names. */
function ownEntity(
  name: string,
  columns: Readonly<Record<string, ColumnOptions>>,
  { unique, without = [], version = true }: { unique?: string; without?: string[]; version?: boolean } = {},
): Type {
  const type = { [name]: class {} }[name] as Type;
  Entity(name.toLowerCase())(type);
  PrimaryGeneratedColumn({ name: 'pk' })(type.prototype, 'key');
  for (const [i, [property, options]] of Object.entries(columns).entries()) {
    if (without.includes(property)) continue;
    Column({ ...options, name: `c${i}_of_host` })(type.prototype, property);
    if (property === unique) Index({ unique: true })(type.prototype, property);
  }
  if (version) VersionColumn({ name: 'revision', type: 'int' })(type.prototype, 'version');
  return type;
}

type Setup = Partial<DynamicRegistrationOptions> & DynamicRegistrationExtras;
const start = (database: (typeof databases)[number], options: Setup): Promise<TestServer> =>
  startServer({ database, options, typeorm: { synchronize: true, migrationsRun: false } });

const OwnClient = ownEntity('OwnClient', CLIENT, { unique: 'clientId' }) as Type<OAuthClientRecord>;
const OwnToken = ownEntity('OwnToken', TOKEN, {
  unique: 'tokenHash',
  version: false,
}) as Type<InitialAccessTokenRecord>;

describe.each(databases)('entity classes of the host ($name)', (database) => {
  it('may have columns by other names and another primary key', async () => {
    const server = await start(database, { entities: { client: OwnClient, initialAccessToken: OwnToken } });
    try {
      const token = await server.token({ maxUses: 2, owner: 'acme' });
      const body = { ...BODY, 'client_name#de': 'Gezeiten', contacts: ['a@tides.example'], software_id: 'tides' };
      const answers = await Promise.all(Array.from({ length: 5 }, () => server.register(body, token)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(3);
      const client = answers.find(({ status }) => status === 201);
      const path = `/register/${client?.body.client_id}`;
      const own: string = client?.body.registration_access_token;
      const read = await server.request('GET', path, { token: own });
      expect(read.status).toBe(200);
      expect(read.body).toMatchObject(body);
      const row = await server.dataSource
        .getRepository(OwnClient)
        .findOneByOrFail({ clientId: client?.body.client_id });
      expect(row).toMatchObject({ key: expect.any(Number), owner: 'acme', version: 1, clientName: 'Tide Tables' });
      const changed = { ...BODY, client_id: client?.body.client_id, client_name: 'Renamed' };
      expect((await server.request('PUT', path, { token: own, body: changed })).status).toBe(200);
      const after = await server.dataSource
        .getRepository(OwnClient)
        .findOneByOrFail({ clientId: client?.body.client_id });
      expect(after).toMatchObject({ clientName: 'Renamed', version: 2, contacts: null, additionalMetadata: null });
      expect((await server.request('DELETE', path, { token: own })).status).toBe(204);
      await expect(server.dataSource.getRepository(OwnClient).count()).resolves.toBe(1);
    } finally {
      await server.close();
    }
  });
});

class AcmeMetadata extends ClientMetadata {
  @MetadataField({ spec: 'Acme' })
  @IsText()
  acme_tier?: string;
}

@Entity('unmarked_clients')
class UnmarkedClient extends OAuthClient {
  @Column({ type: 'varchar', length: 32, nullable: true })
  acmeTier: string | null;
}

@Entity('columnless_clients')
class ColumnlessClient extends OAuthClient {
  @ClientMetadataColumn()
  acmeTier: string | null;
}

@Entity('two_keyed_clients')
class TwoKeyedClient extends OAuthClient {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  realm: string;
}

class OwnerMetadata extends ClientMetadata {
  @MetadataField({ spec: 'Acme' })
  @IsText()
  owner?: string;
}

class HashMetadata extends ClientMetadata {
  @MetadataField({ spec: 'Acme' })
  @IsText()
  client_secret_hash?: string;
}

class EncryptedSecretMetadata extends ClientMetadata {
  @MetadataField({ spec: 'Acme' })
  @IsText()
  client_secret_encrypted?: string;
}

const sqlite = databases.filter(({ kind }) => kind === 'sqlite');

describe.each(sqlite)('a start with entities that cannot hold what is needed', (database) => {
  const client = (type: Type) => ({ entities: { client: type as Type<OAuthClientRecord> } });
  const columns = (...names: string[]) => ownEntity('Incomplete', CLIENT, { unique: 'clientId', without: names });

  it.each<[string, Setup, string]>([
    [
      'columns are missing',
      client(columns('owner', 'softwareId')),
      'Incomplete has no column owner, softwareId. Every property of its record interface needs one',
    ],
    [
      'clientId is not unique',
      client(ownEntity('Ambiguous', CLIENT)),
      'Ambiguous.clientId must be unique on its own. Make it the primary column, or add @Index({ unique: true })',
    ],
    [
      'clientId is unique together with another column only',
      client(TwoKeyedClient),
      'TwoKeyedClient.clientId must be unique on its own. Make it the primary column, or add @Index({ unique: true })',
    ],
    [
      'the version is no version column',
      client(ownEntity('Unversioned', { ...CLIENT, version: { type: 'int' } }, { unique: 'clientId', version: false })),
      'Unversioned.version must be the @VersionColumn()',
    ],
    [
      'a column of an initial access token is missing',
      {
        entities: {
          initialAccessToken: ownEntity('Uncounted', TOKEN, {
            without: ['uses', 'maxUses'],
            version: false,
          }) as Type<InitialAccessTokenRecord>,
        },
      },
      'Uncounted has no column maxUses, uses. Every property of its record interface needs one',
    ],
    [
      'a column is called like a metadata field and not marked',
      { ...client(UnmarkedClient), metadata: AcmeMetadata },
      'UnmarkedClient.acmeTier has the name of the metadata field acme_tier. Add @ClientMetadataColumn() if clients may write it, else rename it',
    ],
    [
      'a property is marked and no column',
      { ...client(ColumnlessClient), metadata: AcmeMetadata },
      'ColumnlessClient.acmeTier is marked with @ClientMetadataColumn() and is no column. Add @Column()',
    ],
    [
      'a metadata field is called like a column of the server',
      { metadata: OwnerMetadata },
      '"metadata" declares owner, whose property owner is a column of the server. Rename the field',
    ],
    [
      'a metadata field would be the hash of the secret',
      { metadata: HashMetadata },
      '"metadata" declares client_secret_hash, whose property clientSecretHash is a column of the server. Rename the field',
    ],
    [
      'a metadata field would be the encrypted secret',
      { metadata: EncryptedSecretMetadata },
      '"metadata" declares client_secret_encrypted, whose property clientSecretEncrypted is a column of the server. Rename the field',
    ],
    [
      'a class of the host is from before the encrypted secrets',
      client(columns('clientSecretEncrypted')),
      'Incomplete has no column clientSecretEncrypted. Every property of its record interface needs one',
    ],
  ])('ends because %s', async (_, options, message) => {
    await expect(start(database, options)).rejects.toThrow(new Error(`DynamicRegistrationModule: ${message}`));
  });

  it('ends where identical registrations at the same time could be two rows', async () => {
    const options = { access: 'open', openRegistration: { foldIdentical: true } } as const;
    await expect(start(database, { ...client(OwnClient), ...options })).rejects.toThrow(
      'DynamicRegistrationModule: OwnClient.foldingKey must be unique with "openRegistration.foldIdentical". Add @Index({ unique: true }) to it',
    );
    const server = await start(database, client(OwnClient));
    await server.close();
  });

  it('ends with the line to add when the data source does not know them', async () => {
    await expect(
      startServer({
        database,
        typeorm: { autoLoadEntities: false, entities: [InitialAccessToken], migrationsRun: false },
      }),
    ).rejects.toThrow(/add OAuthClient and InitialAccessToken to (?:its )?entities, or set autoLoadEntities: true/i);
  });

  it('ends with the decorator to add when a class of the host is no entity', async () => {
    class Undecorated extends OAuthClient {}
    await expect(start(database, client(Undecorated))).rejects.toThrow(
      new Error(
        'DynamicRegistrationModule: Undecorated is no entity. Put @Entity() on the class, where it extends another entity, too',
      ),
    );
  });

  it('ends with a data source that is not initialized yet', async () => {
    const typeorm = { manualInitialization: true, migrationsRun: false };
    await expect(startServer({ database, typeorm })).rejects.toThrow(
      'DynamicRegistrationModule: the data source is not initialized yet. Leave manualInitialization out, or initialize it before this module starts',
    );
  });

  it('does not end with an unmarked column of the name of no field', async () => {
    @Controller()
    class Nothing {}
    const server = await startServer({
      database,
      options: client(UnmarkedClient),
      typeorm: { synchronize: true, migrationsRun: false },
      controllers: [Nothing],
    });
    try {
      const { status, body } = await server.register({ ...BODY, acme_tier: 'gold', acmeTier: 'gold' });
      expect(status).toBe(201);
      const row = await server.dataSource.getRepository(UnmarkedClient).findOneByOrFail({ clientId: body.client_id });
      expect(row.acmeTier).toBeNull();
    } finally {
      await server.close();
    }
  });
});

describe('a data source of a kind nobody has tried', () => {
  it('is named, with those that were', () => {
    const dataSource = new DataSource({
      type: 'cockroachdb',
      timeTravelQueries: false,
      url: 'postgres://nowhere.invalid/none',
      entities: [OAuthClient, InitialAccessToken],
    });
    const entities = { client: OAuthClient, initialAccessToken: InitialAccessToken };
    expect(() => checkEntities(dataSource, entities, metadataTable(ClientMetadata), DEFAULT_LIMITS)).toThrow(
      new Error(
        'DynamicRegistrationModule: the data source is of type cockroachdb. Supported are postgres, mysql, mariadb, better-sqlite3',
      ),
    );
  });
});
