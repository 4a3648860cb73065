import { TypeOrmModule } from '@nestjs/typeorm';
import {
  epochSeconds,
  InitialAccessToken,
  InitialAccessTokenService,
  OAuthClient,
  OAuthClientService,
  type ClientSource,
  type ClientStatus,
  type OAuthClientRecord,
  type RegistrationBounds,
} from 'nestjs-dynamic-registration';
import {
  Column,
  CreateDateColumn,
  DataSource,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
  VersionColumn,
} from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_TOKEN, expectRefusal } from '../errors/refusal.js';
import { BODY, manage, usesOf } from '../faults/client-requests.js';
import { captureLog } from '../support/captured-log.js';
import { completeMetadata } from '../support/client-metadata.builder.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { adapters, startServer, type ServerSetup, type TestServer } from '../support/start-server.js';

/** Somebody who has clients of the host. */
@Entity('users')
class User {
  @PrimaryColumn({ name: 'user_id', type: 'varchar', length: 255 })
  id: string;
}

/** The columns of a client as a host names them; none of them is the primary key. */
abstract class Application implements OAuthClientRecord {
  @Index({ unique: true })
  @Column({ name: 'client_id', type: 'varchar', length: 255 })
  clientId: string;

  @Column({ name: 'client_id_issued_at', type: 'bigint', transformer: epochSeconds })
  clientIdIssuedAt: number;

  @Column({ name: 'secret_hash', type: 'varchar', length: 255, nullable: true })
  clientSecretHash: string | null;

  @Column({ name: 'secret_expires_at', type: 'bigint', nullable: true, transformer: epochSeconds })
  clientSecretExpiresAt: number | null;

  @Column({ name: 'secret_encrypted', type: 'varchar', length: 512, nullable: true })
  clientSecretEncrypted: string | null;

  @Column({ name: 'management_token_hash', type: 'varchar', length: 64, nullable: true })
  registrationAccessTokenHash: string | null;

  @Column({ name: 'added_by', type: 'varchar', length: 16 })
  source: ClientSource;

  @Column({ name: 'registered_openly', type: 'boolean' })
  registeredOpenly: boolean;

  @Column({ name: 'tenant_id', type: 'varchar', length: 255, nullable: true })
  tenant: string | null;

  @Column({ name: 'state', type: 'varchar', length: 16 })
  status: ClientStatus;

  @Column({ name: 'expires_at', type: 'bigint', nullable: true, transformer: epochSeconds })
  expiresAt: number | null;

  @Column({ name: 'last_used_at', type: 'bigint', nullable: true, transformer: epochSeconds })
  lastUsedAt: number | null;

  @Column({ name: 'token_id', type: 'varchar', length: 255, nullable: true })
  initialAccessTokenId: string | null;

  @Column({ name: 'allowed', type: 'json', nullable: true })
  bounds: RegistrationBounds | null;

  @Column({ name: 'previous_secret_hash', type: 'varchar', length: 255, nullable: true })
  previousClientSecretHash: string | null;

  @Column({ name: 'previous_secret_expires_at', type: 'bigint', nullable: true, transformer: epochSeconds })
  previousClientSecretExpiresAt: number | null;

  @Column({ name: 'previous_secret_encrypted', type: 'varchar', length: 512, nullable: true })
  previousClientSecretEncrypted: string | null;

  @Column({ name: 'previous_token_hash', type: 'varchar', length: 64, nullable: true })
  previousRegistrationAccessTokenHash: string | null;

  @Column({ name: 'previous_token_expires_at', type: 'bigint', nullable: true, transformer: epochSeconds })
  previousRegistrationAccessTokenExpiresAt: number | null;

  @Index({ unique: true })
  @Column({ name: 'folding_key', type: 'varchar', length: 64, nullable: true })
  foldingKey: string | null;

  @Column({ name: 'owner_id', type: 'varchar', length: 255, nullable: true })
  owner: string | null;

  @ManyToOne(() => User, { nullable: true, onDelete: 'CASCADE' })
  @JoinColumn({ name: 'owner_id' })
  user: User | null;

  @VersionColumn({ name: 'revision', type: 'int' })
  version: number;

  @Column({ name: 'redirect_uris', type: 'json', nullable: true })
  redirectUris: string[] | null;

  @Column({ name: 'auth_method', type: 'varchar', length: 255 })
  tokenEndpointAuthMethod: string;

  @Column({ name: 'grant_types', type: 'json' })
  grantTypes: string[];

  @Column({ name: 'response_types', type: 'json' })
  responseTypes: string[];

  @Column({ name: 'display_name', type: 'text', nullable: true })
  clientName: string | null;

  @Column({ name: 'home_page', type: 'text', nullable: true })
  clientUri: string | null;

  @Column({ name: 'logo', type: 'text', nullable: true })
  logoUri: string | null;

  @Column({ name: 'scopes', type: 'text', nullable: true })
  scope: string | null;

  @Column({ name: 'contacts', type: 'json', nullable: true })
  contacts: string[] | null;

  @Column({ name: 'tos', type: 'text', nullable: true })
  tosUri: string | null;

  @Column({ name: 'privacy', type: 'text', nullable: true })
  policyUri: string | null;

  @Column({ name: 'keys_at', type: 'text', nullable: true })
  jwksUri: string | null;

  @Column({ name: 'keys', type: 'json', nullable: true })
  jwks: object | null;

  @Column({ name: 'software_id', type: 'text', nullable: true })
  softwareId: string | null;

  @Column({ name: 'software_version', type: 'text', nullable: true })
  softwareVersion: string | null;

  @Column({ name: 'kind', type: 'varchar', length: 16 })
  applicationType: string;

  @Column({ name: 'other', type: 'json', nullable: true })
  additionalMetadata: Record<string, unknown> | null;
}

const SCHEMA = 'auth';

@Entity('numbered_applications')
class NumberedApplication extends Application {
  @PrimaryGeneratedColumn({ name: 'pk' })
  id: number;
}

@Entity('identified_applications')
class IdentifiedApplication extends Application {
  @PrimaryGeneratedColumn('uuid', { name: 'pk' })
  id: string;
}

@Entity('registration_tokens')
class RegistrationToken extends InitialAccessToken {}

// A schema has a meaning on PostgreSQL alone; on SQLite, TypeORM leaves out the foreign keys of a table that has one.
@Entity({ name: 'numbered', schema: SCHEMA })
class NumberedInSchema extends Application {
  @PrimaryGeneratedColumn({ name: 'pk' })
  id: number;
}

@Entity({ name: 'identified', schema: SCHEMA })
class IdentifiedInSchema extends Application {
  @PrimaryGeneratedColumn('uuid', { name: 'pk' })
  id: string;
}

@Entity({ name: 'tokens', schema: SCHEMA })
class TokenInSchema extends InitialAccessToken {}

/** Databases in which the schema of the entities is there before the tables are made. */
const withSchema = databases.map((database): TestDatabase => {
  if (database.kind !== 'postgres') return database;
  return {
    ...database,
    create: async () => {
      const created = await database.create();
      const admin = await new DataSource(created.options).initialize();
      await admin.query(`CREATE SCHEMA ${SCHEMA}`);
      await admin.destroy();
      return created;
    },
  };
});

const synchronized: NonNullable<ServerSetup['typeorm']> = { synchronize: true, migrationsRun: false };
const clientsOf = ({ app }: TestServer) => app.get(OAuthClientService, { strict: false });
const tokensOf = ({ app }: TestServer) => app.get(InitialAccessTokenService, { strict: false });

const NUMBER = expect.any(Number) as number;
const UUID = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
const applications = [
  {
    key: 'a number',
    Client: NumberedApplication,
    Token: RegistrationToken,
    table: 'numbered_applications',
    id: NUMBER,
  },
  {
    key: 'a UUID',
    Client: IdentifiedApplication,
    Token: RegistrationToken,
    table: 'identified_applications',
    id: UUID,
  },
];
const inSchema = [
  { key: 'a number', Client: NumberedInSchema, Token: TokenInSchema, table: `${SCHEMA}.numbered`, id: NUMBER },
  { key: 'a UUID', Client: IdentifiedInSchema, Token: TokenInSchema, table: `${SCHEMA}.identified`, id: UUID },
];
const own = withSchema.flatMap((database, i) =>
  (database.kind === 'postgres' ? inSchema : applications).map((one, j) => ({
    ...one,
    database,
    adapter: adapters[(i + j) % 2] ?? 'express',
  })),
);

describe.each(own)(
  "a client class of the host's own, with $key for primary key and users ($adapter, $database.name)",
  ({ database, adapter, Client, Token, table, id }) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({
        adapter,
        database,
        options: {
          entities: { client: Client, initialAccessToken: Token },
          server: { scopes: ['tides.read', 'tides.write'] },
        },
        imports: [TypeOrmModule.forFeature([User])],
        typeorm: synchronized,
      });
      await users().insert([{ id: 'ada' }, { id: 'grace' }, { id: 'leaving' }]);
    });
    afterAll(() => server.close());

    const users = () => server.dataSource.getRepository(User);
    const rows = () => server.dataSource.getRepository(Client);
    const tokenOf = (owner: string, maxUses = 1) => server.token({ owner, maxUses });

    it('is stored under the names and in the schema of the host', async () => {
      const client = await server.register(BODY, await tokenOf('ada'));
      expect(client.status).toBe(201);
      const stored: unknown = await server.dataSource.query(
        `SELECT display_name, owner_id, revision FROM ${table} WHERE client_id = '${client.body.client_id}'`,
      );
      expect(stored).toEqual([{ display_name: 'Tide Tables', owner_id: 'ada', revision: 1 }]);
    });

    it('lives from the registration by a user to the deletion', async () => {
      const metadata = completeMetadata();
      const token = await tokenOf('ada');
      const client = await server.register(metadata, token);
      expect(client.status).toBe(201);
      expect(client.body).toMatchObject(metadata);
      await expect(usesOf(server, token)).resolves.toBe(1);
      const clientId: string = client.body.client_id;
      const first = await rows().findOneOrFail({ where: { clientId }, relations: { user: true } });
      expect(first).toMatchObject({ id, owner: 'ada', user: { id: 'ada' }, version: 1, source: 'dynamic' });

      const { client_secret, ...shown } = client.body;
      const read = await manage(server, 'GET', client);
      expect(read.status).toBe(200);
      expect(read.body).toEqual(shown);

      const updated = await manage(server, 'PUT', client);
      expect(updated.status).toBe(200);
      const second = await rows().findOneByOrFail({ clientId });
      expect(second).toMatchObject({ id: first.id, owner: 'ada', version: 2, clientName: 'Renamed', contacts: null });
      expect(second).toMatchObject({ additionalMetadata: null, jwks: null, redirectUris: BODY.redirect_uris });

      const found = await clientsOf(server).find(clientId);
      expect(found).toBeInstanceOf(Client);
      expect(found).toEqual(second);
      await expect(clientsOf(server).verifySecret(second, client_secret)).resolves.toBe(true);
      await expect(clientsOf(server).verifySecret(second, `${client_secret}x`)).resolves.toBe(false);

      expect((await manage(server, 'DELETE', client)).status).toBe(204);
      await expect(rows().countBy({ clientId })).resolves.toBe(0);
      await expect(users().countBy({ id: 'ada' })).resolves.toBe(1);
      expectRefusal(await manage(server, 'GET', client), BAD_TOKEN);
    });

    it('is managed with its own token alone', async () => {
      const client = await server.register(BODY, await tokenOf('ada'));
      const other = await server.register(BODY, await tokenOf('grace'));
      const before = await rows().find({ order: { clientId: 'ASC' } });
      for (const token of [other.body.registration_access_token, 'x'.repeat(43), await server.token()]) {
        const foreign = { ...client, body: { ...client.body, registration_access_token: token } };
        for (const method of ['GET', 'PUT', 'DELETE'] as const) {
          expectRefusal(await manage(server, method, foreign), BAD_TOKEN);
        }
      }
      // The primary key is no client_id.
      const { id: key } = await rows().findOneByOrFail({ clientId: client.body.client_id });
      const byKey = { ...client, body: { ...client.body, client_id: String(key) } };
      expectRefusal(await manage(server, 'GET', byKey), BAD_TOKEN);
      await expect(clientsOf(server).find(String(key))).resolves.toBeUndefined();
      await expect(rows().find({ order: { clientId: 'ASC' } })).resolves.toEqual(before);
    });

    it('is registered as often as the token has uses', async () => {
      const token = await tokenOf('grace', 4);
      const before = await rows().countBy({ owner: 'grace' });
      const answers = await Promise.all(Array.from({ length: 16 }, () => server.register(BODY, token)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(4);
      for (const answer of answers.filter(({ status }) => status !== 201)) expectRefusal(answer, BAD_TOKEN);
      await expect(usesOf(server, token)).resolves.toBe(4);
      await expect(rows().countBy({ owner: 'grace' })).resolves.toBe(before + 4);
    });

    it('counts every update at the same time that succeeds', async () => {
      const client = await server.register(BODY, await tokenOf('grace'));
      const answers = await Promise.all(Array.from({ length: 6 }, () => manage(server, 'PUT', client)));
      const statuses = answers.map(({ status }) => status);
      expect(new Set([200, 409, ...statuses])).toEqual(new Set([200, 409]));
      const updated = statuses.filter((status) => status === 200).length;
      expect(updated).toBeGreaterThan(0);
      await expect(rows().findOneByOrFail({ clientId: client.body.client_id })).resolves.toMatchObject({
        version: 1 + updated,
      });
    });

    it('needs no owner', async () => {
      const client = await server.register(BODY);
      expect(client.status).toBe(201);
      expect((await manage(server, 'PUT', client)).status).toBe(200);
      await expect(rows().findOneByOrFail({ clientId: client.body.client_id })).resolves.toMatchObject({ owner: null });
    });

    it('is gone with its owner, and no other one is', async () => {
      const leaving = await server.register(BODY, await tokenOf('leaving'));
      const staying = await server.register(BODY, await tokenOf('ada'));
      expect((await manage(server, 'GET', leaving)).status).toBe(200);
      await users().delete({ id: 'leaving' });
      for (const method of ['GET', 'PUT', 'DELETE'] as const) {
        expectRefusal(await manage(server, method, leaving), BAD_TOKEN);
      }
      await expect(clientsOf(server).find(leaving.body.client_id)).resolves.toBeUndefined();
      expect((await manage(server, 'GET', staying)).status).toBe(200);
    });

    it('is added by hand for a user, under no id twice', async () => {
      const { client, clientSecret } = await clientsOf(server).create({ ...BODY, clientId: 'by-hand', owner: 'ada' });
      const found = await clientsOf(server).find('by-hand');
      expect(found).toMatchObject({ id, clientId: 'by-hand', owner: 'ada', source: 'manual', version: 1 });
      await expect(clientsOf(server).verifySecret(client, clientSecret)).resolves.toBe(true);
      await expect(clientsOf(server).create({ ...BODY, clientId: 'by-hand', owner: 'grace' })).rejects.toThrow(
        'client_id is taken already',
      );
      await expect(clientsOf(server).find('by-hand')).resolves.toEqual(found);
    });

    it('is not stored for an owner who does not exist, takes no use, and tells nobody why', async () => {
      const token = await tokenOf('nobody');
      const before = await rows().count();
      const log = captureLog();
      const answer = await server.register(BODY, token);
      log.stop();
      expect({ status: answer.status, body: answer.body }).toEqual({
        status: 500,
        body: {
          error: 'server_error',
          error_description: expect.stringMatching(/^unexpected error, correlation id [0-9a-f-]{36}$/),
        },
      });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(log.of('error').join('\n')).toContain(String(answer.body.error_description).slice(-36));
      await expect(rows().count()).resolves.toBe(before);
      await expect(usesOf(server, token)).resolves.toBe(0);

      await expect(clientsOf(server).create({ ...BODY, clientId: 'of-nobody', owner: 'nobody' })).rejects.toThrow();
      await expect(clientsOf(server).find('of-nobody')).resolves.toBeUndefined();
      await expect(rows().count()).resolves.toBe(before);

      await users().insert({ id: 'nobody' });
      expect((await server.register(BODY, token)).status).toBe(201);
      await expect(tokensOf(server).find(token)).resolves.toMatchObject({ uses: 1 });
    });
  },
);

/** One client for each owner, with columns that the database and TypeORM fill. */
@Entity('single_clients')
@Index('one_client_for_each_owner', ['owner'], { unique: true })
class SingleClient extends OAuthClient {
  @Column({ type: 'varchar', length: 16, default: 'free' })
  plan: string;

  @CreateDateColumn()
  createdAt: Date;

  @UpdateDateColumn()
  updatedAt: Date;
}

const extended = withSchema.map((database, i) => ({ database, adapter: adapters[i % 2] ?? 'express' }));

describe.each(extended)("a subclass with columns of the host's ($adapter, $database.name)", (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { entities: { client: SingleClient } }, typeorm: synchronized });
  });
  afterAll(() => server.close());

  const rows = () => server.dataSource.getRepository(SingleClient);

  it('leaves to the database and to TypeORM what they fill', async () => {
    const client = await server.register({ ...BODY, plan: 'paid', createdAt: 0 }, await server.token({ owner: 'ada' }));
    expect(client.status).toBe(201);
    const clientId: string = client.body.client_id;
    const row = await rows().findOneByOrFail({ clientId });
    expect(row).toMatchObject({ plan: 'free', owner: 'ada', createdAt: expect.any(Date), updatedAt: expect.any(Date) });
    await rows().update({ clientId }, { plan: 'paid' });
    expect((await manage(server, 'PUT', client)).status).toBe(200);
    const after = await rows().findOneByOrFail({ clientId });
    expect(after).toMatchObject({ plan: 'paid', createdAt: row.createdAt, clientName: 'Renamed' });
    const found = await clientsOf(server).find(clientId);
    expect(found).toBeInstanceOf(SingleClient);
    expect(found).toEqual(after);
    expect((await manage(server, 'DELETE', client)).status).toBe(204);
    await expect(rows().countBy({ clientId })).resolves.toBe(0);
  });

  it('has values that are taken and are no client_id: none is stored, no use is taken, nothing is tried again', async () => {
    const token = await server.token({ owner: 'grace', maxUses: 2 });
    expect((await server.register(BODY, token)).status).toBe(201);
    const log = captureLog();
    const { status, body } = await server.register(BODY, token);
    log.stop();
    expect(status).toBe(500);
    expect(body).toEqual({ error: 'server_error', error_description: expect.stringContaining('correlation id') });
    expect(log.of('warn').join('\n')).not.toContain('client_id');
    await expect(usesOf(server, token)).resolves.toBe(1);
    await expect(rows().countBy({ owner: 'grace' })).resolves.toBe(1);
  });

  it('does not call an id taken that is free, where another value of a client added by hand is taken', async () => {
    await clientsOf(server).create({ ...BODY, clientId: 'first', owner: 'mary' });
    const failure = await clientsOf(server)
      .create({ ...BODY, clientId: 'second', owner: 'mary' })
      .then(
        () => 'stored',
        (error: unknown) => String(error),
      );
    expect(failure).not.toBe('stored');
    expect(failure).not.toContain('client_id is taken');
    await expect(clientsOf(server).find('second')).resolves.toBeUndefined();
  });
});
