import { OAuthClient } from 'nestjs-dynamic-registration';
import { connect } from 'node:net';
import { once } from 'node:events';
import { DataSource, In } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { startSampleProcess } from '../contract/sample-process.js';
import { platforms } from '../support/start-server.js';
import { RegisteringClient } from './registering-clients.js';

const CALLERS = 16;
const FIXED_TOKEN = 'fixed-token-of-a-script-0123456789';

describe.each(platforms)(
  'an authorization server that is asked to stop ($adapter, $database.name)',
  ({ adapter, database }) => {
    it('answers every request it has got, and ends with connections still open', { timeout: 60_000 }, async () => {
      const created = await database.create();
      const sample = await startSampleProcess({
        DATABASE_URL: created.url,
        HTTP_ADAPTER: adapter,
        INITIAL_ACCESS_TOKEN: FIXED_TOKEN,
      });
      try {
        // One that never asks for anything, and one that has been answered and stays.
        const idle = [connect(sample.port, '127.0.0.1'), connect(sample.port, '127.0.0.1')];
        for (const socket of idle) socket.on('error', () => undefined);
        idle[1]?.write('GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: localhost\r\n\r\n');
        if (idle[1]) await once(idle[1], 'data');

        const callers = Array.from({ length: CALLERS }, () => new RegisteringClient(sample.port, FIXED_TOKEN));
        const ended = Promise.all(callers.map((caller) => caller.run()));
        await expect
          .poll(() => callers.flatMap(({ registered }) => registered).length, { timeout: 10_000 })
          .toBeGreaterThan(100);
        expect(await sample.stop()).toEqual({ code: null, signal: 'SIGTERM' });
        await ended;

        const outcomes = callers.flatMap((caller) => caller.outcomes);
        expect(outcomes.filter((outcome) => 'error' in outcome)).toEqual([]);
        for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 201 });
        // Every one was told in its last answer that its connection ends.
        for (const caller of callers) expect(caller.outcomes.at(-1)).toMatchObject({ isLast: true });
        const ids = callers.flatMap(({ registered }) => registered).map(({ client_id }) => client_id);
        const dataSource = await new DataSource({ ...created.options, entities: [OAuthClient] }).initialize();
        await expect(dataSource.getRepository(OAuthClient).countBy({ clientId: In(ids) })).resolves.toBe(ids.length);
        await dataSource.destroy();
      } finally {
        await sample.kill();
        await created.drop();
      }
    });
  },
);
