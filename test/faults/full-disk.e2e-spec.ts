import { Injectable } from '@nestjs/common';
import { OAuthClient, TransactionalRegistrationListener } from 'nestjs-dynamic-registration';
import type { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { captureLog } from '../support/captured-log.js';
import type { TestDatabase } from '../support/databases.js';
import { platforms, startServer } from '../support/start-server.js';
import { BODY, clientsOf, manage, usesOf } from './client-requests.js';
import { expectUnavailable } from './unavailable.js';

/** More than what is left of any page. */
const LARGE = {
  ...BODY,
  redirect_uris: Array.from({ length: 30 }, (_, i) => `https://tides.example/cb/${i}/${'a'.repeat(1_500)}`),
};

/** Fills the disk, as far as each database can be told so; answers how to empty it again. */
const fillDisk: Record<TestDatabase['kind'], (dataSource: DataSource) => Promise<() => Promise<unknown>>> = {
  /** The real thing: no page more than there are. */
  async sqlite(dataSource) {
    const [pages]: { page_count: number }[] = await dataSource.query('PRAGMA page_count');
    await dataSource.query(`PRAGMA max_page_count = ${pages?.page_count}`);
    return () => dataSource.query('PRAGMA max_page_count = 1000000');
  },
  /** What the server says when it cannot extend a file. */
  async postgres(dataSource) {
    const table = dataSource.getMetadata(OAuthClient).tablePath;
    await dataSource.query(`CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$`);
    await dataSource.query(
      `CREATE TRIGGER no_space BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION no_space()`,
    );
    return () => dataSource.query(`DROP TRIGGER no_space ON ${table}`);
  },
  async mysql(dataSource) {
    const table = dataSource.getMetadata(OAuthClient).tablePath;
    const full = `SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1021, MESSAGE_TEXT = 'Disk full'`;
    await dataSource.query(`CREATE TRIGGER no_space_i BEFORE INSERT ON ${table} FOR EACH ROW ${full}`);
    await dataSource.query(`CREATE TRIGGER no_space_u BEFORE UPDATE ON ${table} FOR EACH ROW ${full}`);
    return async () => {
      await dataSource.query('DROP TRIGGER no_space_i');
      await dataSource.query('DROP TRIGGER no_space_u');
    };
  },
};

@Injectable()
class Bystander extends TransactionalRegistrationListener {
  handle(): void {}
}

describe.each(platforms)('a disk that is full ($adapter, $database.name)', ({ adapter, database }) => {
  it.each([
    ['no listener', []],
    ['a listener in the unit of work', [Bystander]],
  ])(
    'is 503 with Retry-After, takes no use, changes nothing, and is over when it is over, with %s',
    async (_, listeners) => {
      const server = await startServer({ adapter, database, options: { listeners } });
      const log = captureLog();
      try {
        const token = await server.token({ owner: 'full', maxUses: 1 });
        const client = await server.register(BODY);
        const emptyDisk = await fillDisk[database.kind](server.dataSource);
        for (let i = 0; i < 3; i++) {
          expectUnavailable(await server.register(LARGE, token));
          expectUnavailable(await manage(server, 'PUT', client, LARGE));
        }
        await expect(usesOf(server, token)).resolves.toBe(0);
        await expect(clientsOf(server, 'full')).resolves.toBe(0);
        expect((await manage(server, 'GET', client)).body).toMatchObject(BODY);
        expect(log.of('error')).toEqual([]);
        expect(log.of('warn')).toHaveLength(6);
        expect(log.of('warn').join('\n')).not.toMatch(/insert|update|oauth_clients|extend|\n *at /i);

        await emptyDisk();
        expect((await manage(server, 'PUT', client, LARGE)).status).toBe(200);
        expect((await server.register(LARGE, token)).status).toBe(201);
        await expect(usesOf(server, token)).resolves.toBe(1);
      } finally {
        log.stop();
        await server.close();
      }
    },
  );
});
