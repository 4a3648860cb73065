import { existsSync } from 'node:fs';
import { InitialAccessToken, OAuthClient, dynamicRegistrationMigrations } from 'nestjs-dynamic-registration';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases, type CreatedDatabase } from '../support/databases.js';
import { dcr, dcrProcess } from './dcr.js';

const TABLES = 'CreateDynamicRegistrationTables1764000000000';
const ENCRYPTED_SECRETS = 'AddEncryptedClientSecret1764100000000';
const USED_ASSERTIONS = 'CreateUsedClientAssertions1764200000000';
/** Every migration, in the order in which they run. */
const LIFE_CYCLE = 'AddClientLifeCycle1764300000000';
const MIGRATIONS = [TABLES, ENCRYPTED_SECRETS, USED_ASSERTIONS, LIFE_CYCLE];
const lines = (beginning: string) => MIGRATIONS.map((name) => `${beginning} ${name}\n`).join('');

describe.each(databases)('dcr migrate ($name)', ({ create }) => {
  let database: CreatedDatabase;
  beforeEach(async () => {
    database = await create();
  });
  afterEach(() => database.drop());

  const migrate = async (...args: string[]) => dcr(['migrate', ...args, '--connect', database.url]);
  const onDatabase = async <T>(
    work: (dataSource: DataSource) => Promise<T>,
    options: Partial<DataSourceOptions> = {},
  ): Promise<T> => {
    const dataSource = await new DataSource({ ...database.options, ...options } as DataSourceOptions).initialize();
    try {
      return await work(dataSource);
    } finally {
      await dataSource.destroy();
    }
  };

  it('runs what has not run, shows [X] and [ ], and undoes the last one', async () => {
    const says = (stdout: string) => ({ code: 0, stdout, stderr: '' });
    expect(await migrate('run')).toEqual(says(lines('applied')));
    expect(await migrate('show')).toEqual(says(lines('[X]')));
    expect(await migrate('run')).toEqual(says('nothing to do: every migration has run\n'));
    expect(await migrate('revert')).toEqual(says(`reverted ${LIFE_CYCLE}\n`));
    const shown = `[X] ${TABLES}\n[X] ${ENCRYPTED_SECRETS}\n[X] ${USED_ASSERTIONS}\n[ ] ${LIFE_CYCLE}\n`;
    expect(await migrate('show')).toEqual(says(shown));
    expect(await migrate('run')).toEqual(says(`applied ${LIFE_CYCLE}\n`));
    expect(await migrate('revert')).toEqual(says(`reverted ${LIFE_CYCLE}\n`));
    expect(await migrate('revert')).toEqual(says(`reverted ${USED_ASSERTIONS}\n`));
    expect(await migrate('revert')).toEqual(says(`reverted ${ENCRYPTED_SECRETS}\n`));
    expect(await migrate('revert')).toEqual(says(`reverted ${TABLES}\n`));
    expect(await migrate('show')).toEqual(says(lines('[ ]')));
    expect(await migrate('revert')).toEqual(says('nothing to revert: no migration has run\n'));
  });

  it('runs without a further word, and takes the database from DATABASE_URL', async () => {
    expect(await dcrProcess(['migrate'], { env: { DATABASE_URL: database.url } })).toEqual({
      code: 0,
      stdout: lines('applied'),
      stderr: '',
    });
    const tokens = await dcr(['tokens', 'list', '--json'], { env: { DATABASE_URL: database.url } });
    expect(tokens).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
  });

  it('is what a server with the migrations in its own data source has run', async () => {
    await migrate('run');
    const pending = await onDatabase((dataSource) => dataSource.showMigrations(), {
      migrations: dynamicRegistrationMigrations,
    });
    expect(pending).toBe(false);
  });

  it('refuses tables that no migration made, and changes nothing', async () => {
    const synchronized = { synchronize: true, entities: [OAuthClient, InitialAccessToken] };
    await onDatabase(async () => undefined, synchronized);
    const { code, stdout, stderr } = await migrate('run');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: .* has a table of the same name that no migration made: [^\n]*--fake\n$/);
    expect((await migrate('show')).stdout).toBe(lines('[ ]'));
  });

  it("refuses to undo below the host's own last migration", async () => {
    await migrate('run');
    await onDatabase((dataSource) =>
      dataSource
        .createQueryBuilder()
        .insert()
        .into('migrations')
        .values({ timestamp: 1_764_000_000_001, name: 'HostTables1764000000001' })
        .execute(),
    );
    const { code, stderr } = await migrate('revert');
    expect(code).toBe(1);
    expect(stderr).toBe(
      'error: the last migration of this database is HostTables1764000000001, which is not of this module: revert it first, where it comes from\n',
    );
    expect((await migrate('show')).stdout).toBe(lines('[X]'));
  });

  it('writes nothing to a database it only shows', async () => {
    await migrate('show');
    await onDatabase(async (dataSource) => {
      const runner = dataSource.createQueryRunner();
      expect(await runner.hasTable('migrations')).toBe(false);
      await runner.release();
    });
  });

  it.each(['show', 'revert'])('%s makes no SQLite file', async (command) => {
    if (database.options.type !== 'better-sqlite3') return;
    const { code, stderr } = await migrate(command);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `error: there is no file ${database.options.database}: check the path, or make it with dcr migrate run --connect ${database.url}\n`,
    });
    expect(existsSync(database.options.database)).toBe(false);
  });
});
