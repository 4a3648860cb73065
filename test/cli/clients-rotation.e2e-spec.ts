import { OAuthClient, OAuthClientService, type OAuthClientRecord } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databasesInTurn } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';
import { dcr, factsOf, jsonListOf, jsonOf, refused } from './dcr.js';

const SECRET = /^cs_[A-Za-z0-9_-]{43}$/;
const TOKEN = /^rat_[A-Za-z0-9_-]{43}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const WEEK_SECONDS = 7 * 86_400;
const NO_SUCH_CLIENT = refused('there is no client with this id: dcr clients list shows the ids');
const seconds = () => Math.floor(Date.now() / 1000);

describe.each(databasesInTurn(2))('dcr clients, credentials that are replaced ($name)', (database) => {
  let server: TestServer;
  let service: OAuthClientService;
  beforeAll(async () => {
    server = await startServer({ database });
    service = server.app.get(OAuthClientService, { strict: false });
  });
  afterAll(() => server.close());

  const rows = () => server.dataSource.getRepository(OAuthClient);
  const clients = async (...args: string[]) => dcr(['clients', ...args, '--connect', server.database.url]);
  const kept = async (clientId: string): Promise<OAuthClientRecord> => rows().findOneByOrFail({ clientId });
  const verified = async (clientId: string, ...secrets: (string | undefined)[]) => {
    const client = await kept(clientId);
    return Promise.all(secrets.map((secret) => service.verifySecret(client, secret)));
  };
  const add = async (clientId: string) => {
    const members = { clientId, redirect_uris: ['https://tides.example/cb'] };
    const { clientSecret = '', registrationAccessToken = '' } = await service.create(members);
    return { clientSecret, registrationAccessToken };
  };

  describe('rotate-secret --grace', () => {
    it('keeps the secret before for a while, and tells until when', async () => {
      const { clientSecret } = await add('graced');
      const now = seconds();
      const rotated = jsonOf(await clients('rotate-secret', '--id', 'graced', '--grace', '7d', '--json'));
      const { client_secret: fresh, previous_client_secret_expires_at: end } = rotated;
      expect(fresh).toMatch(SECRET);
      expect(Number(end)).toBeGreaterThanOrEqual(now + WEEK_SECONDS);
      expect(Number(end)).toBeLessThanOrEqual(seconds() + WEEK_SECONDS);
      expect(await verified('graced', clientSecret, String(fresh))).toEqual([true, true]);
      expect(factsOf(await clients('show', '--id', 'graced'))).toMatchObject({
        previous_client_secret_expires_at: expect.stringMatching(TIME),
      });
      expect(jsonOf(await clients('show', '--id', 'graced', '--json'))).toMatchObject({
        previous_client_secret_expires_at: end,
      });
    });

    it('tells no end that is over', async () => {
      await add('over');
      factsOf(await clients('rotate-secret', '--id', 'over', '--grace', '1h'));
      await rows().update({ clientId: 'over' }, { previousClientSecretExpiresAt: seconds() });
      expect(factsOf(await clients('show', '--id', 'over'))).not.toHaveProperty('previous_client_secret_expires_at');
    });

    it('is none with 0, as by default', async () => {
      for (const [i, grace] of [['--grace', '0'], []].entries()) {
        const id = `ended${i}`;
        const { clientSecret } = await add(id);
        const facts = factsOf(await clients('rotate-secret', '--id', id, ...grace));
        expect(facts).not.toHaveProperty('previous_client_secret_expires_at');
        expect(await verified(id, clientSecret, facts['client_secret'])).toEqual([false, true]);
      }
    });

    it('takes a secret of the operator beside it', async () => {
      const { clientSecret } = await add('beside');
      const args = ['--id', 'beside', '--secret', 'open sesame', '--grace', '12h'];
      expect(factsOf(await clients('rotate-secret', ...args))).not.toHaveProperty('client_secret');
      expect(await verified('beside', clientSecret, 'open sesame')).toEqual([true, true]);
    });

    it.each(['', '7', '1w', '-1d', '1.5h', '36526d', 'soon'])('refuses %j', async (grace) => {
      const { clientSecret } = await add(`refused${grace}`);
      const { code, stdout, stderr } = await clients('rotate-secret', '--id', `refused${grace}`, `--grace=${grace}`);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('It must be a number with s, m, h or d, such as 7d, and at most 36525d; 0 means none.');
      expect(await verified(`refused${grace}`, clientSecret)).toEqual([true]);
    });

    it('keeps the secret before in an export, as its hash', async () => {
      await add('moved');
      factsOf(await clients('rotate-secret', '--id', 'moved', '--grace', '7d'));
      const moved = jsonListOf(await clients('list', '--json')).find(({ client_id: id }) => id === 'moved');
      expect(moved).toHaveProperty('previous_client_secret_expires_at');
      const { code, stdout } = await clients('export');
      expect(code).toBe(0);
      const line = stdout.split('\n').find((one) => one.includes('"client_id":"moved"')) ?? '{}';
      expect(JSON.parse(line)).toMatchObject({ previous_client_secret_hash: expect.stringMatching(/^\$/) });
    });
  });

  describe('reset-token', () => {
    const read = (token: string, id: string) => server.request('GET', `/register/${id}`, { token });

    it('ends every token of a client, and shows the new one this once', async () => {
      const { registrationAccessToken: old } = await add('reset');
      await rows().update(
        { clientId: 'reset' },
        {
          previousRegistrationAccessTokenHash: '0'.repeat(64),
          previousRegistrationAccessTokenExpiresAt: seconds() + 60,
        },
      );
      const facts = factsOf(await clients('reset-token', '--id', 'reset'));
      const { registration_access_token: fresh = '' } = facts;
      expect(fresh).toMatch(TOKEN);
      expect(facts).not.toHaveProperty('client_secret');
      expect((await read(old, 'reset')).status).toBe(401);
      expect((await read(fresh, 'reset')).status).toBe(200);
      expect(await kept('reset')).toMatchObject({
        previousRegistrationAccessTokenHash: null,
        previousRegistrationAccessTokenExpiresAt: null,
      });
      const { stdout } = await clients('show', '--id', 'reset');
      expect(stdout).not.toContain('rat_');
      const again = jsonOf(await clients('reset-token', '--id', 'reset', '--json'));
      expect(again).toMatchObject({ client_id: 'reset', registration_access_token: expect.stringMatching(TOKEN) });
      expect((await read(fresh, 'reset')).status).toBe(401);
    });

    it('knows no client under another spelling of its id', async () => {
      const { registrationAccessToken } = await add('spelled');
      for (const id of ['nobody', 'SPELLED', 'spelled ', '']) {
        expect(await clients('reset-token', '--id', id)).toEqual(NO_SUCH_CLIENT);
      }
      expect((await read(registrationAccessToken, 'spelled')).status).toBe(200);
    });

    it('needs an id', async () => {
      const { code, stderr } = await clients('reset-token');
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: "error: required option '--id <client_id>' not specified\n",
      });
    });
  });
});
