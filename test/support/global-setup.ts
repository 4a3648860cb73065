import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from './embedded-postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The PostgreSQL server of this run, as its superuser. */
    postgresUrl: string;
    /** The MariaDB or MySQL server of this run; empty when there is none. */
    mysqlUrl: string;
    /** The Redis of this run; empty when there is none. */
    redisUrl: string;
    /** What the names of the databases of this run begin with. */
    databasePrefix: string;
  }
}

/** Makes the database servers of a run known to its workers; a server that does not start ends the run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const prefix = `dcr_test_${randomBytes(4).toString('hex')}_`;
  project.provide('databasePrefix', prefix);
  project.provide('mysqlUrl', process.env['TEST_MYSQL_URL'] ?? '');
  project.provide('redisUrl', process.env['TEST_REDIS_URL'] ?? '');
  const given = process.env['TEST_POSTGRES_URL'];
  if (given) {
    project.provide('postgresUrl', given);
    return () => dropAll(given, prefix);
  }
  const postgres = await startEmbeddedPostgres();
  project.provide('postgresUrl', postgres.url);
  return () => postgres.stop();
}

/** The workers leave the databases they have emptied. */
async function dropAll(connectionString: string, prefix: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const named = 'SELECT datname FROM pg_database WHERE starts_with(datname, $1)';
  const { rows } = await client.query<{ datname: string }>(named, [prefix]);
  for (const { datname } of rows) await client.query(`DROP DATABASE ${datname} WITH (FORCE)`);
  await client.end();
}
