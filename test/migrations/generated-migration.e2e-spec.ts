import type { Type } from '@nestjs/common';
import type { InitialAccessToken, OAuthClient } from 'nestjs-dynamic-registration';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BODY, manage } from '../faults/client-requests.js';
import { databases, type ConnectionOptions, type CreatedDatabase } from '../support/databases.js';
import { SQLITE_DRIVER_NAME } from '../support/sqlite-driver.js';
import { startServer } from '../support/start-server.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the module of the host's data source exports. */
interface HostModule {
  readonly HostClient: Type<OAuthClient & { tier: string | null }>;
  readonly HostToken: Type<InitialAccessToken>;
  readonly default: DataSource;
}

/** That module in plain JavaScript: entity classes of the host's own, and the data source that TypeORM's command line takes. */
function dataSourceModule({ driver, ...options }: ConnectionOptions & { driver?: unknown }): string {
  const ofDriver = driver === undefined ? '' : `driver: (await import('${SQLITE_DRIVER_NAME}')).default,`;
  return `import { InitialAccessToken, OAuthClient } from 'nestjs-dynamic-registration';
import { join } from 'node:path';
import { Column, DataSource, Entity } from 'typeorm';

export class HostClient extends OAuthClient {}
Entity('host_clients')(HostClient);
Column({ type: 'varchar', length: 32, nullable: true, comment: 'what the client has paid for' })(HostClient.prototype, 'tier');

export class HostToken extends InitialAccessToken {}
Entity('host_tokens')(HostToken);

export default new DataSource({
  ...${JSON.stringify(options)},
  ${ofDriver}
  entities: [HostClient, HostToken],
  migrations: [join(import.meta.dirname, 'migrations', '*.js')],
});
`;
}

/** Runs a command of TypeORM's command line as a process. */
async function typeorm(folder: string, command: string, ...args: string[]): Promise<string> {
  const cli = join(ROOT, 'node_modules', 'typeorm', 'cli.js');
  const dataSource = join(folder, 'data-source.js');
  const { stdout } = await promisify(execFile)(process.execPath, [cli, command, '-d', dataSource, ...args], {
    cwd: folder,
    env: { ...process.env, FORCE_COLOR: '0' },
  });
  return stdout;
}

const hosts = databases.filter(({ kind }) => kind !== 'mysql');

// The process loads the package by its name, as it was built: `npm test` does so beforehand.
describe.each(hosts)("a migration that TypeORM generates for entity classes of the host's own ($name)", (database) => {
  let folder: string;
  let created: CreatedDatabase;
  let host: HostModule;
  beforeAll(async () => {
    await mkdir(join(ROOT, 'build'), { recursive: true });
    folder = await mkdtemp(join(ROOT, 'build', 'host-'));
    created = await database.create();
    await writeFile(join(folder, 'data-source.js'), dataSourceModule(created.options));
    host = (await import(/* @vite-ignore */ join(folder, 'data-source.js'))) as HostModule;
  });
  afterAll(async () => {
    await created.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('makes their tables, leaves nothing to do, and is what the module runs on', async () => {
    const migrations = join(folder, 'migrations');
    await typeorm(folder, 'migration:generate', '--esm', '-o', join(migrations, 'Clients'));
    const [file = '', ...others] = await readdir(migrations);
    expect(others).toEqual([]);
    expect(file).toMatch(/^\d+-Clients\.js$/);
    const text = await readFile(join(migrations, file), 'utf8');
    for (const name of ['host_clients', 'host_tokens', 'tier', 'redirectUris']) expect(text).toContain(name);
    expect(text).not.toMatch(/\boauth_clients\b|\binitial_access_tokens\b/);

    const output = await typeorm(folder, 'migration:run');
    expect(output).toMatch(/Migration Clients\d+ has been\s+executed successfully/);

    const dataSource = await host.default.initialize();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    await dataSource.destroy();
    expect(upQueries.map(({ query }) => query)).toEqual([]);

    const server = await startServer({
      database: { ...database, create: async () => created },
      options: { entities: { client: host.HostClient, initialAccessToken: host.HostToken } },
      typeorm: { migrations: [], migrationsRun: false },
    });
    try {
      const registered = await server.register(BODY);
      expect(registered.status).toBe(201);
      expect((await manage(server, 'PUT', registered)).status).toBe(200);
      const rows: unknown = await server.dataSource.query('SELECT tier, version FROM host_clients');
      expect(rows).toEqual([{ tier: null, version: 2 }]);
      await server.dataSource.query(`UPDATE host_clients SET tier = 'gold'`);
      const stored = await server.dataSource.getRepository(host.HostClient).find();
      expect(stored).toMatchObject([{ clientId: registered.body.client_id, clientName: 'Renamed', tier: 'gold' }]);
      expect((await manage(server, 'DELETE', registered)).status).toBe(204);
    } finally {
      await server.close();
    }
  });
});
