import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dynamicRegistrationMigrations, InitialAccessToken, OAuthClient } from 'nestjs-dynamic-registration';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { databases, type CreatedDatabase, type TestDatabase } from '../support/databases.js';
import { ENCRYPTION_KEYS } from '../support/full-server.js';
import { SQLITE_DRIVER_NAME } from '../support/sqlite-driver.js';
import { dcr, dcrProcess, factsOf, jsonListOf, refused, ROOT, type Finished } from './dcr.js';

const PASSWORD = 'correct-horse-battery';

let folder: string;
/** Below the package, so that modules in it find the package by its name, and the drivers. */
let modules: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcr-connection-'));
  await mkdir(join(ROOT, 'build'), { recursive: true });
  modules = await mkdtemp(join(ROOT, 'build', 'data-source-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(modules, { recursive: true, force: true });
});

const [sqlite] = databases;
if (!sqlite) throw new Error('SQLite is one of the databases of every run');

/** A database with the tables of the module, and a client by whose id it is known. */
async function withClient(database: TestDatabase, id: string): Promise<CreatedDatabase> {
  const created = await database.create();
  const dataSource = await new DataSource({
    ...created.options,
    entities: [OAuthClient, InitialAccessToken],
    migrations: dynamicRegistrationMigrations,
    migrationsRun: true,
  }).initialize();
  await dataSource.destroy();
  factsOf(await dcr(['clients', 'add', '--id', id, '--connect', created.url]));
  return created;
}

/** The members of database.yaml for a database of the tests. */
function yamlOf({ options, url }: CreatedDatabase): string {
  if (options.type === 'better-sqlite3') return `type: sqlite\ndatabaseName: ${options.database}\n`;
  const { protocol, username, password, hostname, port, pathname } = new URL(url);
  const members = {
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    host: hostname,
    port: port === '' ? undefined : Number(port),
    databaseName: pathname.slice(1),
    type: protocol === 'postgres:' || protocol === 'postgresql:' ? undefined : protocol.slice(0, -1),
  };
  const given = Object.entries(members).filter(([, value]) => value !== undefined && value !== '');
  return given.map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`).join('');
}

let files = 0;
async function moduleOf(text: string, ending = 'mjs'): Promise<string> {
  const file = join(modules, `data-source-${++files}.${ending}`);
  await writeFile(file, text);
  return file;
}

/** The options of a data source, as the text of a module. */
function optionsOf({ options }: CreatedDatabase): string {
  if (options.type !== 'better-sqlite3') {
    // As a host with TypeORM 0.3 has to say.
    const connector = options.type === 'postgres' ? '' : ", connectorPackage: 'mysql2'";
    return `type: '${options.type}', url: ${JSON.stringify(options.url)}${connector}`;
  }
  return `type: 'better-sqlite3', database: ${JSON.stringify(options.database)}, driver`;
}

const IMPORTS = `
  import driver from '${SQLITE_DRIVER_NAME}';
  import { Column, DataSource, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
  import {
    dynamicRegistrationMigrations, epochSeconds, InitialAccessToken, InvalidClientMetadataError, OAuthClient, RegistrationPolicy,
  } from 'nestjs-dynamic-registration';
`;

describe('the database of a command', () => {
  const created: CreatedDatabase[] = [];
  let workingFolder: string;
  let ofConnect: string;
  let ofEnvironment: string;
  let configFile: string;
  let dataSourceFile: string;
  beforeAll(async () => {
    const names = ['connect', 'environment', 'config', 'data-source', 'working-folder'];
    for (const name of names) created.push(await withClient(sqlite, name));
    const [connect, environment, config, dataSource, inFolder] = created;
    if (!connect || !environment || !config || !dataSource || !inFolder) throw new Error('there are five of them');
    workingFolder = await mkdtemp(join(folder, 'working-'));
    ofConnect = connect.url;
    ofEnvironment = environment.url;
    configFile = join(folder, 'other.yaml');
    await writeFile(configFile, yamlOf(config));
    await writeFile(join(workingFolder, 'database.yaml'), yamlOf(inFolder));
    dataSourceFile = await moduleOf(
      `${IMPORTS} export default new DataSource({ ${optionsOf(dataSource)}, entities: [OAuthClient, InitialAccessToken] });`,
    );
  });
  afterAll(async () => {
    for (const database of created) await database.drop();
  });

  const idsOf = (finished: Finished) => jsonListOf(finished).map((client) => client['client_id']);
  const list = async (...args: string[]) =>
    idsOf(
      await dcr(['clients', 'list', '--json', ...args], { cwd: workingFolder, env: { DATABASE_URL: ofEnvironment } }),
    );

  it('is that of --connect, whatever the environment and the working folder say', async () => {
    expect(await list('--connect', ofConnect)).toEqual(['connect']);
  });

  it('is that of --database-config, whatever the environment and the working folder say', async () => {
    expect(await list('--database-config', configFile)).toEqual(['config']);
  });

  it('is that of --data-source, whatever the environment and the working folder say', async () => {
    expect(await list('--data-source', dataSourceFile)).toEqual(['data-source']);
  });

  it('is that of DATABASE_URL, whatever the working folder says', async () => {
    expect(await list()).toEqual(['environment']);
  });

  it('is that of database.yaml in the working folder where nothing else is given', async () => {
    for (const env of [{}, { DATABASE_URL: '' }, { DATABASE_URL: '  ' }] as Record<string, string>[]) {
      expect(idsOf(await dcr(['clients', 'list', '--json'], { cwd: workingFolder, env }))).toEqual(['working-folder']);
    }
    expect((await dcr(['migrate', 'show'], { cwd: workingFolder })).stdout).toMatch(/^\[X\] /);
    expect(await dcr(['tokens', 'list', '--json'], { cwd: workingFolder })).toMatchObject({ code: 0, stdout: '[]\n' });
  });

  it('is none where nothing is given at all', async () => {
    const empty = await mkdtemp(join(folder, 'empty-'));
    expect(await dcr(['clients', 'list'], { cwd: empty })).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'error: no database given: add --connect URL or set DATABASE_URL (postgres://, mysql://, mariadb:// or sqlite:FILE)\n',
    });
  });

  it('is named once on the command line', async () => {
    const ways = [
      ['--connect', ofConnect],
      ['--database-config', configFile],
      ['--data-source', dataSourceFile],
    ];
    for (const [one, other] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      expect(await dcr(['clients', 'list', ...(ways[one] ?? []), ...(ways[other] ?? [])])).toEqual({
        code: 2,
        stdout: '',
        stderr: 'error: give one of --connect, --database-config and --data-source\n',
      });
    }
  });
});

describe.each(databases)('--database-config ($name)', (database) => {
  it('reaches the database, for every command', async () => {
    const created = await database.create();
    try {
      const file = join(folder, `${database.kind}.yaml`);
      await writeFile(file, yamlOf(created));
      const config = ['--database-config', file];
      expect(await dcr(['migrate', 'run', ...config])).toMatchObject({ code: 0, stderr: '' });
      expect(factsOf(await dcr(['clients', 'add', '--id', 'by-yaml', ...config]))).toMatchObject({
        client_id: 'by-yaml',
      });
      expect((await dcr(['clients', 'list', '--connect', created.url])).stdout).toMatch(/^by-yaml /m);
    } finally {
      await created.drop();
    }
  });

  it('is what messages tell to give again, where tables are missing', async () => {
    const created = await database.create();
    try {
      if (created.options.type === 'better-sqlite3') await writeFile(created.options.database, '');
      const file = join(folder, `${database.kind} without tables.yaml`);
      await writeFile(file, yamlOf(created));
      const { code, stdout, stderr } = await dcr(['clients', 'list', '--database-config', file]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(
        /^error: \S+ has no tables of this module: run dcr migrate run --database-config '[^\n]+'\n$/,
      );
      expect(stderr).toContain(`--database-config '${file}'`);
    } finally {
      await created.drop();
    }
  });
});

describe('--database-config that cannot be used ends with 1 and repeats no value', () => {
  it.each([
    ['username: leaked\npassword: leaked\n', /names no database: add databaseName\n$/],
    ['databaseName: auth\npasswort: leaked\n', /has a member that is not known: there are type, host, [^\n]+\n$/],
    ['databaseName: "leaked\n', /is not YAML: give a file with [^\n]+\n$/],
    [
      `host: 127.0.0.1\nport: 1\nusername: app\npassword: leaked\ndatabaseName: auth\n`,
      /^error: cannot reach postgres:\/\/app:\*\*\*@127\.0\.0\.1:1\/auth: check host and port/,
    ],
    [
      'type: sqlite\ndatabaseName: missing.sqlite\npassword: leaked\n',
      /there is no file missing\.sqlite: check the path/,
    ],
  ])('%j', async (yaml, message) => {
    const file = join(folder, 'wrong.yaml');
    await writeFile(file, yaml);
    const { code, stdout, stderr } = await dcr(['clients', 'list', '--database-config', file], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('leaked');
  });

  it('a file that is not there', async () => {
    expect(await dcr(['clients', 'list', '--database-config', 'missing.yaml'], { cwd: folder })).toEqual(
      refused(
        'missing.yaml: cannot be read (ENOENT): give a YAML file with type, host, port, databaseName, username, password',
      ),
    );
  });
});

describe.each(databases.filter(({ kind }) => kind === 'mysql'))('a user with a password ($name)', (database) => {
  it('is let in with its special characters, by URL and by YAML, and with nothing else', async () => {
    const created = await withClient(database, 'secured');
    const admin = await new DataSource(created.options).initialize();
    const user = new URL(created.url).pathname.slice(1, 32);
    const password = String.raw`p@ss:w/o#r%d?&=+ '"\ é`;
    try {
      await admin.query(`CREATE USER '${user}'@'%' IDENTIFIED BY ?`, [password]);
      await admin.query(`GRANT ALL ON ${new URL(created.url).pathname.slice(1)}.* TO '${user}'@'%'`);
      const url = new URL(created.url);
      url.username = user;
      const withPassword = (word: string) => {
        url.password = encodeURIComponent(word);
        return url.href;
      };
      const yaml = join(folder, 'secured.yaml');
      await writeFile(yaml, yamlOf({ ...created, url: withPassword(password) }));
      for (const way of [
        ['--connect', withPassword(password)],
        ['--database-config', yaml],
      ]) {
        expect((await dcr(['clients', 'show', '--id', 'secured', ...way])).code).toBe(0);
      }
      await writeFile(yaml, yamlOf({ ...created, url: withPassword(PASSWORD) }));
      for (const way of [
        ['--connect', withPassword(PASSWORD)],
        ['--database-config', yaml],
      ]) {
        const { code, stdout, stderr } = await dcr(['clients', 'show', '--id', 'secured', ...way]);
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toMatch(/^error: the database refuses user or password of \S+: check both\n$/);
        expect(stderr).not.toContain(PASSWORD);
      }
    } finally {
      await admin.query(`DROP USER IF EXISTS '${user}'@'%'`);
      await admin.destroy();
      await created.drop();
    }
  });
});

/** Every command on clients, as far as it asks nothing of the database. */
const COMMANDS = [
  'clients add --id a --generate-secret',
  'clients set-scope --id a --clear',
  'clients list',
  'clients show --id a',
  'clients rotate-secret --id a',
  'clients remove --id a',
  'clients export',
  'clients import -',
  'auth add-client --id a',
  'auth set-scope --id a --scopes b',
].map((command) => command.split(' '));

describe.each(databases)('a database without tables ($name)', (database) => {
  it('is told to every command in one line that says what to do', async () => {
    const created = await database.create();
    try {
      if (created.options.type === 'better-sqlite3') await writeFile(created.options.database, '');
      for (const command of COMMANDS) {
        const { code, stdout, stderr } = await dcr([...command, '--connect', created.url]);
        expect({ command, code, stdout }).toEqual({ command, code: 1, stdout: '' });
        expect(stderr).toMatch(/^error: \S+ has no tables of this module: run dcr migrate run --connect \S+\n$/);
      }
    } finally {
      await created.drop();
    }
  });
});

describe('a database that cannot be reached', () => {
  it.each(['postgres', 'mysql', 'mariadb'])(
    'is told to every command in one line that says what to do: %s',
    async (scheme) => {
      const url = `${scheme}://app:${PASSWORD}@127.0.0.1:1/auth`;
      for (const command of COMMANDS) {
        expect(await dcr([...command, '--connect', url])).toEqual(
          refused(
            `cannot reach ${scheme}://app:***@127.0.0.1:1/auth: check host and port, and that the database server runs`,
          ),
        );
      }
    },
  );

  it('is told so to a process of its own, which ends', async () => {
    const url = `postgres://app:${PASSWORD}@127.0.0.1:1/auth`;
    expect(await dcrProcess(['clients', 'list'], { env: { DATABASE_URL: url } })).toEqual(
      refused(
        'cannot reach postgres://app:***@127.0.0.1:1/auth: check host and port, and that the database server runs',
      ),
    );
  });
});

/** A client entity in a table of another name, made by a migration of the host's; a server that makes its tables anew at each start. */
const renamedTable = (database: CreatedDatabase): string => `${IMPORTS}
  class Application extends OAuthClient {}
  Entity('applications')(Application);

  class RenameClients1764400000000 {
    async up(runner) { await runner.query('ALTER TABLE oauth_clients RENAME TO applications'); }
    async down(runner) { await runner.query('ALTER TABLE applications RENAME TO oauth_clients'); }
  }

  export const dataSource = new DataSource({
    ${optionsOf(database)},
    name: 'applications',
    entities: [Application, InitialAccessToken],
    migrations: [...dynamicRegistrationMigrations, RenameClients1764400000000],
    synchronize: true,
    dropSchema: true,
    migrationsRun: true,
    logging: true,
    logger: 'simple-console',
  });
`;

describe.each(databases)('--data-source with a subclass in a table of another name ($name)', (database) => {
  let created: CreatedDatabase;
  let file: string;
  beforeAll(async () => {
    created = await database.create();
    if (created.options.type === 'better-sqlite3') await writeFile(created.options.database, '');
    file = await moduleOf(renamedTable(created));
  });
  afterAll(() => created.drop());

  const names = [...dynamicRegistrationMigrations.map(({ name }) => name), 'RenameClients1764400000000'];
  const lines = (beginning: string) => names.map((name) => `${beginning} ${name}\n`).join('');
  const says = (stdout: string): Finished => ({ code: 0, stdout, stderr: '' });
  const onHost = async (...args: string[]) => dcr([...args, '--data-source', file]);
  const query = async (statement: string): Promise<unknown> => {
    const dataSource = await new DataSource(created.options).initialize();
    try {
      return await dataSource.query(statement);
    } finally {
      await dataSource.destroy();
    }
  };

  it('tells where tables are missing, and makes none on its own', async () => {
    expect(await onHost('migrate', 'show')).toEqual(says(lines('[ ]')));
    const { code, stdout, stderr } = await onHost('clients', 'list');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^error: the data source \S+ has no tables of this module: list the migrations of your entities in its migrations and run dcr migrate run --data-source [^\n]+\n$/,
    );
    await expect(query('SELECT * FROM applications')).rejects.toThrow();
    await expect(query('SELECT * FROM oauth_clients')).rejects.toThrow();
  });

  it("runs the host's migrations", async () => {
    expect(await onHost('migrate', 'run')).toEqual(says(lines('applied')));
    expect(await onHost('migrate', 'show')).toEqual(says(lines('[X]')));
    expect(await onHost('migrate', 'run')).toEqual(says('nothing to do: every migration has run\n'));
  });

  it('keeps clients and tokens there, and never drops what is stored', async () => {
    const added = factsOf(await onHost('clients', 'add', '--id', 'hosted', '--generate-secret'));
    expect(added['client_secret']).toMatch(/^cs_/);
    factsOf(await onHost('clients', 'set-scope', '--id', 'hosted', '--scopes', 'a b'));
    const token = await onHost('tokens', 'create', '--owner', 'ops');
    expect(token).toMatchObject({ code: 0, stdout: expect.stringMatching(/^iat_\S+\n$/) });
    factsOf(await onHost('clients', 'rotate-secret', '--id', 'hosted'));
    expect(jsonListOf(await onHost('clients', 'list', '--json'))).toMatchObject([
      { client_id: 'hosted', scope: 'a b' },
    ]);
    expect(await query('SELECT scope FROM applications')).toEqual([{ scope: 'a b' }]);
    expect((await onHost('tokens', 'list')).stdout).toContain(' ops ');
    expect(await onHost('migrate', 'show')).toEqual(says(lines('[X]')));
  });

  it("leaves the host's own last migration to the host", async () => {
    expect(await onHost('migrate', 'revert')).toEqual(
      refused(
        'the last migration of this database is RenameClients1764400000000, which is not of this module: revert it first, where it comes from',
      ),
    );
    expect(await query('SELECT scope FROM applications')).toEqual([{ scope: 'a b' }]);
    expect(await onHost('migrate', 'show')).toEqual(says(lines('[X]')));
  });

  it("undoes the module's last migration in a data source of the host", async () => {
    const other = await database.create();
    try {
      if (other.options.type === 'better-sqlite3') await writeFile(other.options.database, '');
      const plain = await moduleOf(
        `${IMPORTS} export default new DataSource({ ${optionsOf(other)}, migrations: dynamicRegistrationMigrations });`,
      );
      const migrate = async (command: string) => dcr(['migrate', command, '--data-source', plain]);
      const own = names.slice(0, -1);
      expect(await migrate('run')).toEqual(says(own.map((name) => `applied ${name}\n`).join('')));
      for (const name of own.toReversed()) expect(await migrate('revert')).toEqual(says(`reverted ${name}\n`));
      expect(await migrate('revert')).toEqual(says('nothing to revert: no migration has run\n'));
    } finally {
      await other.drop();
    }
  });
});

/** Every column of a client by its type; the options say how the server is. */
const ownClass = (database: CreatedDatabase): string => `${IMPORTS}
  class Application {}
  const text = { type: 'varchar', length: 255 };
  const maybeText = { type: 'text', nullable: true };
  const json = { type: 'json' };
  const columns = {
    clientIdIssuedAt: { type: 'bigint', transformer: epochSeconds },
    clientSecretHash: { ...text, name: 'secret_hash', nullable: true },
    clientSecretExpiresAt: { type: 'bigint', nullable: true, transformer: epochSeconds },
    clientSecretEncrypted: { type: 'varchar', length: 512, name: 'secret_encrypted', nullable: true },
    registrationAccessTokenHash: { type: 'varchar', length: 64, nullable: true },
    source: { type: 'varchar', length: 16 },
    registeredOpenly: { type: 'boolean' },
    owner: { ...text, nullable: true },
    tenant: { ...text, nullable: true },
    status: { type: 'varchar', length: 16 },
    expiresAt: { type: 'bigint', nullable: true, transformer: epochSeconds },
    lastUsedAt: { type: 'bigint', nullable: true, transformer: epochSeconds },
    initialAccessTokenId: { ...text, nullable: true },
    bounds: { ...json, nullable: true },
    previousClientSecretHash: { ...text, nullable: true },
    previousClientSecretExpiresAt: { type: 'bigint', nullable: true, transformer: epochSeconds },
    previousClientSecretEncrypted: { type: 'varchar', length: 512, nullable: true },
    previousRegistrationAccessTokenHash: { type: 'varchar', length: 64, nullable: true },
    previousRegistrationAccessTokenExpiresAt: { type: 'bigint', nullable: true, transformer: epochSeconds },
    foldingKey: { type: 'varchar', length: 64, nullable: true },
    redirectUris: { ...json, nullable: true },
    tokenEndpointAuthMethod: text,
    grantTypes: json,
    responseTypes: json,
    clientName: maybeText, clientUri: maybeText, logoUri: maybeText, scope: { ...maybeText, name: 'scopes' },
    contacts: { ...json, nullable: true },
    tosUri: maybeText, policyUri: maybeText, jwksUri: maybeText,
    jwks: { ...json, nullable: true },
    softwareId: maybeText, softwareVersion: maybeText,
    applicationType: { type: 'varchar', length: 16 },
    additionalMetadata: { ...json, nullable: true },
  };
  PrimaryColumn({ ...text, name: 'client_id' })(Application.prototype, 'clientId');
  for (const [name, options] of Object.entries(columns)) Column(options)(Application.prototype, name);
  VersionColumn({ type: 'int' })(Application.prototype, 'version');
  Entity('own_applications')(Application);

  class ReadOnlyPolicy extends RegistrationPolicy {
    review(proposed, { owner }) {
      if (owner === 'suspended') throw new InvalidClientMetadataError('owner is suspended');
      if (owner !== 'trusted') return Object.assign(proposed, { scope: proposed.scope?.replace('tides.write', '').trim() });
      return proposed;
    }
  }

  export default new DataSource({ ${optionsOf(database)}, entities: [Application, InitialAccessToken] });
  export const dynamicRegistration = {
    issuer: 'https://auth.example.com',
    dataSource: 'applications',
    entities: { client: Application },
    policies: [ReadOnlyPolicy],
    unsupportedMetadata: 'reject',
    server: {
      scopes: ['tides.read', 'tides.write'],
      grantTypes: ['authorization_code'],
      tokenEndpointAuthMethods: ['client_secret_post', 'client_secret_jwt', 'none'],
    },
    clientSecret: { prefix: 'host_', encryptionKeys: ${JSON.stringify(ENCRYPTION_KEYS)} },
  };
  export { Application };
`;

describe.each(databases)(
  "--data-source with a class of the host's own and the options of its server ($name)",
  (database) => {
    let created: CreatedDatabase;
    let file: string;
    beforeAll(async () => {
      created = await database.create();
      if (created.options.type === 'better-sqlite3') await writeFile(created.options.database, '');
      file = await moduleOf(ownClass(created));
      // The host makes its tables in its own way.
      const { default: dataSource } = (await import(file)) as { default: DataSource };
      await dataSource.initialize();
      await dataSource.synchronize();
      await dataSource.destroy();
    });
    afterAll(() => created.drop());

    const clients = async (...args: string[]) => dcr(['clients', ...args, '--data-source', file]);
    const rows = async (): Promise<Record<string, unknown>[]> => {
      const dataSource = await new DataSource(created.options).initialize();
      try {
        return await dataSource.query(
          'SELECT client_id, scopes, owner, secret_hash, secret_encrypted FROM own_applications',
        );
      } finally {
        await dataSource.destroy();
      }
    };
    const row = async (id: string) => (await rows()).find((one) => one['client_id'] === id);

    it('adds clients in the way of the server', async () => {
      const uri = ['--redirect-uri', 'https://tides.example/cb'];
      const facts = factsOf(
        await clients('add', '--id', 'own', ...uri, '--allowed-scopes', 'tides.read', '--generate-secret'),
      );
      expect(facts).toMatchObject({
        client_secret: expect.stringMatching(/^host_/),
        token_endpoint_auth_method: 'client_secret_post',
        scope: 'tides.read',
      });
      expect(await row('own')).toMatchObject({ scopes: 'tides.read', secret_encrypted: null });
    });

    it('refuses what the server does not support, and stores nothing', async () => {
      const before = await rows();
      const uri = ['--redirect-uri', 'https://tides.example/cb'];
      for (const [args, message] of [
        [['--allowed-scopes', 'tides.read other'], /^error: scope [^\n]*not supported by this server[^\n]*\n$/],
        [
          ['--secret', 'open', '--grant-types', 'client_credentials'],
          /^error: grant_types\[0\] is not supported [^\n]*\n$/,
        ],
      ] as const) {
        const { code, stdout, stderr } = await clients('add', '--id', 'refused', ...uri, ...args);
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toMatch(message);
      }
      const scope = await clients('set-scope', '--id', 'own', '--scopes', 'tides.read other');
      expect(scope).toMatchObject({ code: 1, stdout: '' });
      expect(scope.stderr).toMatch(/^error: scope [^\n]*not supported by this server[^\n]*\n$/);
      expect(await rows()).toEqual(before);
    });

    it('asks its policies, which refuse or narrow', async () => {
      expect(await clients('add', '--id', 'refused', '--owner', 'suspended')).toEqual(refused('owner is suspended'));
      expect(await row('refused')).toBeUndefined();
      for (const owner of ['trusted', 'other']) factsOf(await clients('add', '--id', owner, '--owner', owner));
      for (const [owner, scope] of Object.entries({ trusted: 'tides.read tides.write', other: 'tides.read' })) {
        const facts = factsOf(await clients('set-scope', '--id', owner, '--scopes', 'tides.read tides.write'));
        expect(facts['scope']).toBe(scope);
        expect(await row(owner)).toMatchObject({ scopes: scope });
      }
    });

    it('keeps a secret that is a key with the encryption keys of the server', async () => {
      const keyed = { client_id: 'keyed', redirect_uris: ['https://tides.example/cb'] };
      const method = { token_endpoint_auth_method: 'client_secret_jwt', client_secret: 'x'.repeat(64) };
      const lines = join(folder, 'keyed.jsonl');
      await writeFile(lines, `${JSON.stringify({ ...keyed, ...method })}\n`);
      expect(await clients('import', lines)).toEqual({
        code: 0,
        stdout: 'imported 1, there already 0, refused 0\n',
        stderr: '',
      });
      const before = await row('keyed');
      expect(before?.['secret_encrypted']).toMatch(/^\$aes256gcm\$2026-11\$/);
      expect(factsOf(await clients('rotate-secret', '--id', 'keyed'))['client_secret']).toMatch(/^host_\S{64}$/);
      const after = await row('keyed');
      expect(after?.['secret_encrypted']).toMatch(/^\$aes256gcm\$2026-11\$/);
      expect(after?.['secret_encrypted']).not.toBe(before?.['secret_encrypted']);
    });

    it('needs to be told of a class that extends nothing of the module', async () => {
      const text = ownClass(created).replace('export const dynamicRegistration', 'export const otherName');
      const silent = await moduleOf(text);
      expect(await dcr(['clients', 'list', '--data-source', silent])).toEqual(
        refused(
          `the data source ${silent} has no entity that is OAuthClient: export dynamicRegistration, the options of ` +
            'DynamicRegistrationModule.forRoot with its entities',
        ),
      );
    });
  },
);

describe('a module of the host', () => {
  let created: CreatedDatabase;
  beforeAll(async () => {
    created = await withClient(sqlite, 'exported');
  });
  afterAll(() => created.drop());

  const list = async (file: string, options: { cwd?: string } = {}, run = dcr) =>
    run(['clients', 'list', '--json', '--data-source', file], options);
  const OPTIONS = () => `${optionsOf(created)}, entities: [OAuthClient, InitialAccessToken]`;
  const REQUIRES = `
    const { DataSource } = require('typeorm');
    const driver = require('${SQLITE_DRIVER_NAME}');
    const { OAuthClient, InitialAccessToken } = require('nestjs-dynamic-registration');
  `;

  it.each<readonly [string, string, () => string]>([
    ['the default export of an ES module', 'mjs', () => `${IMPORTS} export default new DataSource({ ${OPTIONS()} });`],
    ['a named export of an ES module', 'mjs', () => `${IMPORTS} export const any = new DataSource({ ${OPTIONS()} });`],
    [
      'the promise of one, as of a factory',
      'mjs',
      () => `${IMPORTS} export default Promise.resolve(new DataSource({ ${OPTIONS()} }));`,
    ],
    ['module.exports', 'cjs', () => `${REQUIRES} module.exports = new DataSource({ ${OPTIONS()} });`],
    [
      'a member of module.exports',
      'cjs',
      () => `${REQUIRES} module.exports = { any: new DataSource({ ${OPTIONS()} }) };`,
    ],
    [
      'what TypeScript makes of a default export',
      'cjs',
      () =>
        `${REQUIRES} Object.defineProperty(exports, '__esModule', { value: true }); exports.default = new DataSource({ ${OPTIONS()} });`,
    ],
  ])('has its data source as %s', async (_what, ending, text) => {
    // Only Node.js itself gives a CommonJS module the same classes as an ES module.
    const run = ending === 'cjs' ? dcrProcess : dcr;
    expect(jsonListOf(await list(await moduleOf(text(), ending), {}, run))).toMatchObject([{ client_id: 'exported' }]);
  });

  it("has the host's migrations run by a process of its own", async () => {
    const hosted = await sqlite.create();
    try {
      const file = await moduleOf(renamedTable(hosted));
      if (hosted.options.type === 'better-sqlite3') await writeFile(hosted.options.database, '');
      expect(await dcrProcess(['migrate', 'run', '--data-source', file])).toEqual({
        code: 0,
        stdout: expect.stringMatching(/^(?:applied \S+\n)+applied RenameClients1764400000000\n$/),
        stderr: '',
      });
      expect(await list(file)).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
    } finally {
      await hosted.drop();
    }
  });

  it('is found from the working folder', async () => {
    const file = await moduleOf(`${IMPORTS} export default new DataSource({ ${OPTIONS()} });`);
    const relative = file.slice(modules.length + 1);
    expect(jsonListOf(await list(relative, { cwd: modules }))).toMatchObject([{ client_id: 'exported' }]);
    expect(jsonListOf(await list(`./${relative}`, { cwd: modules }))).toMatchObject([{ client_id: 'exported' }]);
  });

  it('may leave open what it likes: the command ends when its work is done', async () => {
    const file = await moduleOf(
      `${IMPORTS} setInterval(() => undefined, 1_000); export default new DataSource({ ${OPTIONS()} });`,
    );
    const command = ['clients', 'list', '--json', '--data-source', file];
    expect(jsonListOf(await dcrProcess(command, { timeout: 15_000 }))).toMatchObject([{ client_id: 'exported' }]);
  });

  it('is told in one line that it has no data source', async () => {
    const file = await moduleOf('export const options = { type: "postgres" };');
    expect(await list(file)).toEqual(
      refused(
        `the data source ${file} exports no DataSource of TypeORM: export one, as for TypeORM's own command line`,
      ),
    );
  });

  it('is told in one line that it has several', async () => {
    const file = await moduleOf(
      `${IMPORTS} export const one = new DataSource({ ${OPTIONS()} }); export const two = new DataSource({ ${OPTIONS()} });`,
    );
    expect(await list(file)).toEqual(
      refused(`the data source ${file} exports several DataSources of TypeORM: export one`),
    );
    // The same one under two names is one.
    const twice = await moduleOf(`${IMPORTS} export const one = new DataSource({ ${OPTIONS()} }); export default one;`);
    expect(jsonListOf(await list(twice))).toMatchObject([{ client_id: 'exported' }]);
  });

  it('is told in one line which entity is not clear', async () => {
    const several = await moduleOf(`${IMPORTS}
      class One extends OAuthClient {}
      Entity('one')(One);
      class Two extends OAuthClient {}
      Entity('two')(Two);
      export default new DataSource({ ${optionsOf(created)}, entities: [One, Two, InitialAccessToken] });`);
    const out = 'export dynamicRegistration, the options of DynamicRegistrationModule.forRoot with its entities';
    expect(await list(several)).toEqual(
      refused(`the data source ${several} has several entities that are OAuthClient: ${out}`),
    );
    const none = await moduleOf(
      `${IMPORTS} export default new DataSource({ ${optionsOf(created)}, entities: [OAuthClient] });`,
    );
    expect(await list(none)).toEqual(
      refused(`the data source ${none} has no entity that is InitialAccessToken: ${out}`),
    );
  });

  it('is told in one line that its options are none', async () => {
    for (const options of ['true', '"x"', 'null', '7']) {
      const file = await moduleOf(
        `${IMPORTS} export default new DataSource({ ${OPTIONS()} }); export const dynamicRegistration = ${options};`,
      );
      expect(await dcr(['clients', 'list', '--data-source', file])).toEqual(
        refused(
          `dynamicRegistration of the data source ${file} must be the options of DynamicRegistrationModule.forRoot`,
        ),
      );
    }
  });

  it('is told in one line what its options lack', async () => {
    const file = await moduleOf(
      `${IMPORTS} export default new DataSource({ ${OPTIONS()} }); export const dynamicRegistration = { isuer: 'https://auth.example.com' };`,
    );
    const { code, stdout, stderr } = await list(file);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]*issuer[^\n]*\n$/);
  });

  it('is told in one line that it is not there, or cannot be loaded, without its passwords', async () => {
    const missing = join(modules, 'missing.mjs');
    const throwing = await moduleOf(
      `throw new Error('cannot use postgres://app:${PASSWORD}@db.example/auth\\n at once');`,
    );
    const broken = await moduleOf(`const password = '${PASSWORD}' nonsense;`);
    for (const [file, run] of [
      [missing, dcr],
      [throwing, dcr],
      // The words of Node.js itself.
      [broken, dcrProcess],
    ] as const) {
      const { code, stdout, stderr } = await list(file, {}, run);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(
        /^error: the data source \S+ cannot be loaded \([^\n]+\): give the path of the built JavaScript module\n$/,
      );
      expect(stderr).toContain(file);
      expect(stderr).not.toContain(PASSWORD);
    }
  });

  it('whose database cannot be reached is told so, without its password', async () => {
    const url = `postgres://app:${PASSWORD}@127.0.0.1:1/auth`;
    const entities = 'entities: [OAuthClient, InitialAccessToken]';
    for (const options of [
      `type: 'postgres', url: '${url}', ${entities}`,
      `type: 'postgres', host: '127.0.0.1', port: 1, username: 'app', password: '${PASSWORD}', database: 'auth', ${entities}`,
    ]) {
      const file = await moduleOf(`${IMPORTS} export default new DataSource({ ${options} });`);
      for (const command of [
        ['clients', 'list'],
        ['migrate', 'run'],
      ]) {
        expect(await dcr([...command, '--data-source', file])).toEqual(
          refused(`cannot reach the data source ${file}: check host and port, and that the database server runs`),
        );
      }
    }
  });

  it.each(databases.filter(({ kind }) => kind !== 'sqlite'))(
    'whose password is wrong, or database missing, is told so without the password ($name)',
    async ({ kind }) => {
      const url = new URL(inject(kind === 'postgres' ? 'postgresUrl' : 'mysqlUrl'));
      const type = kind === 'postgres' ? 'postgres' : 'mysql';
      const dataSource = (href: string) =>
        moduleOf(
          `${IMPORTS} export default new DataSource({ type: '${type}', url: '${href}', entities: [OAuthClient, InitialAccessToken] });`,
        );
      url.pathname = '/dcr_no_such_database';
      const missing = await dataSource(url.href);
      expect(await dcr(['clients', 'list', '--data-source', missing])).toEqual(
        refused(`the database of the data source ${missing} does not exist: create it, or check the name`),
      );
      url.username = kind === 'postgres' ? 'dcr_no_such_user' : 'root';
      url.password = PASSWORD;
      const wrong = await dataSource(url.href);
      expect(await dcr(['clients', 'list', '--data-source', wrong])).toEqual(
        refused(`the database refuses user or password of the data source ${wrong}: check both`),
      );
    },
  );
});
