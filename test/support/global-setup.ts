import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from './embedded-postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The PostgreSQL server of this run, as its superuser. */
    postgresUrl: string;
    /** The MariaDB or MySQL server of this run; empty when there is none. */
    mysqlUrl: string;
  }
}

/** Makes the database servers of a run known to its workers; a server that does not start ends the run. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  project.provide('mysqlUrl', process.env['TEST_MYSQL_URL'] ?? '');
  const given = process.env['TEST_POSTGRES_URL'];
  if (given) {
    project.provide('postgresUrl', given);
    return undefined;
  }
  const postgres = await startEmbeddedPostgres();
  project.provide('postgresUrl', postgres.url);
  return () => postgres.stop();
}
