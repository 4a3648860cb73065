import { InitialAccessToken, OAuthClient } from 'nestjs-dynamic-registration';
import { DataSource } from 'typeorm';
import { describe, it } from 'vitest';
import { startSampleProcess, type SampleProcess } from '../contract/sample-process.js';
import { databases, type CreatedDatabase } from '../support/databases.js';
import { adapters } from '../support/start-server.js';
import { tokenHash } from '../../lib/token/opaque-token.js';
import { BODY } from './client-requests.js';
import { RegisteringClient, type Registered } from './registering-clients.js';

const KILLS = 3;
const CALLERS = 6;
const FIXED_TOKEN = 'fixed-token-of-a-script-0123456789';
const LIMITED_TOKEN = 'token-of-a-limited-number-of-uses-01';
const MAX_USES = 100_000;

const cases = databases.map((database, i) => ({ database, adapter: adapters[i % 2] ?? 'express' }));

describe.concurrent.each(cases)(
  'an authorization server that is killed ($adapter, $database.name)',
  ({ database, adapter }) => {
    const start = (created: CreatedDatabase) =>
      startSampleProcess({ DATABASE_URL: created.url, HTTP_ADAPTER: adapter, INITIAL_ACCESS_TOKEN: FIXED_TOKEN });

    /** Looks at the database beside the server. */
    const inDatabase = async <T>(
      created: CreatedDatabase,
      look: (dataSource: DataSource) => Promise<T>,
    ): Promise<T> => {
      const dataSource = new DataSource({ ...created.options, entities: [OAuthClient, InitialAccessToken] });
      await dataSource.initialize();
      try {
        return await look(dataSource);
      } finally {
        await dataSource.destroy();
      }
    };

    const issueLimited = async (dataSource: DataSource): Promise<void> => {
      await dataSource.getRepository(InitialAccessToken).insert({
        id: 'limited',
        tokenHash: tokenHash(LIMITED_TOKEN),
        owner: 'limited',
        issuedAt: 0,
        expiresAt: null,
        maxUses: MAX_USES,
        uses: 0,
        revokedAt: null,
      });
    };

    const manage = async (sample: SampleProcess, method: string, client: Registered) => {
      const response = await fetch(`http://127.0.0.1:${sample.port}/register/${client.client_id}`, {
        method,
        headers: { authorization: `Bearer ${client.registration_access_token}`, 'content-type': 'application/json' },
        ...(method === 'PUT' ? { body: JSON.stringify({ ...BODY, client_id: client.client_id }) } : {}),
      });
      await response.arrayBuffer();
      return response.status;
    };

    it(
      'has every client that it answered 201 for, and counted a use for each and for no other',
      { timeout: 120_000 },
      async ({ expect }) => {
        const created = await database.create();
        let sample = await start(created);
        try {
          await inDatabase(created, issueLimited);
          const answered: Registered[] = [];
          for (let kill = 0; kill < KILLS; kill++) {
            const callers = Array.from(
              { length: CALLERS },
              (_, i) => new RegisteringClient(sample.port, i % 2 ? LIMITED_TOKEN : FIXED_TOKEN),
            );
            const ended = Promise.all(callers.map((caller) => caller.run()));
            // Amid the load: the next one is on its way to every caller.
            await expect
              .poll(() => callers.flatMap(({ registered }) => registered).length, { timeout: 10_000 })
              .toBeGreaterThan(20);
            expect(await sample.kill()).toEqual({ code: null, signal: 'SIGKILL' });
            await ended;
            for (const outcome of callers.flatMap(({ outcomes }) => outcomes)) {
              if ('status' in outcome) expect(outcome.status).toBe(201);
            }
            answered.push(...callers.flatMap(({ registered }) => registered));
            sample = await start(created);
          }

          for (const method of ['GET', 'PUT']) {
            const statuses = await Promise.all(answered.map((client) => manage(sample, method, client)));
            expect(new Set(statuses)).toEqual(new Set([200]));
          }
          const { stored, ofLimited, uses } = await inDatabase(created, async (dataSource) => ({
            stored: await dataSource.getRepository(OAuthClient).count(),
            ofLimited: await dataSource.getRepository(OAuthClient).countBy({ owner: 'limited' }),
            uses: (await dataSource.getRepository(InitialAccessToken).findOneByOrFail({ id: 'limited' })).uses,
          }));
          expect(uses).toBe(ofLimited);
          expect(stored).toBeGreaterThanOrEqual(answered.length);
          // Stored and not answered are at most those that were under way.
          expect(stored).toBeLessThanOrEqual(answered.length + KILLS * CALLERS);
          const deletions = await Promise.all(answered.map((client) => manage(sample, 'DELETE', client)));
          expect(new Set(deletions)).toEqual(new Set([204]));
          const reads = await Promise.all(answered.map((client) => manage(sample, 'GET', client)));
          expect(new Set(reads)).toEqual(new Set([401]));
        } finally {
          await sample.kill();
          await created.drop();
        }
      },
    );
  },
);
