import { TypeOrmModule } from '@nestjs/typeorm';
import { ClientLifeCycleService } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientChanges } from '../../../sample/authorization-server/storage/client-changes.listener.js';
import { OidcPayload } from '../../../sample/authorization-server/storage/oidc-payload.entity.js';
import { rowOf } from '../../../sample/authorization-server/storage/oidc-payload.row.js';
import { clientMetadata } from '../../support/client-metadata.builder.js';
import { databases } from '../../support/databases.js';
import { startServer, type TestServer } from '../../support/start-server.js';

describe.each(databases)('the listener of the sample ($name)', (database) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      database,
      imports: [TypeOrmModule.forFeature([OidcPayload])],
      options: { listeners: [ClientChanges] },
      typeorm: { synchronize: true, migrationsRun: false },
    });
  });
  afterAll(() => server.close());

  it('ends tokens and consents of a client that is suspended, and of no other', async () => {
    const rows = server.dataSource.getRepository(OidcPayload);
    const register = async () => String((await server.register(clientMetadata())).body.client_id);
    const [stopped, other] = [await register(), await register()];
    for (const clientId of [stopped, other]) {
      for (const model of ['AccessToken', 'RefreshToken', 'Grant', 'AuthorizationCode']) {
        await rows.insert(rowOf(model, `${model} of ${clientId}`, { clientId }, 60));
      }
    }
    const lifeCycle = server.app.get(ClientLifeCycleService, { strict: false });
    await lifeCycle.suspend(stopped);
    expect(await rows.countBy({ clientId: stopped })).toBe(0);
    expect(await rows.countBy({ clientId: other })).toBe(4);
    await lifeCycle.resume(stopped);
    expect(await rows.countBy({ clientId: stopped })).toBe(0);
  });
});
