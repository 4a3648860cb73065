import { OAuthClient, OAuthClientService, type ClientStatus } from 'nestjs-dynamic-registration';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { In } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databasesInTurn } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';
import { dcr, factsOf, jsonListOf, refused } from './dcr.js';

const NO_SUCH_CLIENT = refused('there is no client with this id: dcr clients list shows the ids');

describe.each(databasesInTurn(0))('dcr clients approve, suspend and resume ($name)', (database) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ database });
  });
  afterAll(() => server.close());

  const rows = () => server.dataSource.getRepository(OAuthClient);
  const clients = async (...args: string[]) => dcr(['clients', ...args, '--connect', server.database.url]);
  const add = async (clientId: string, status: ClientStatus = 'active') => {
    const service = server.app.get(OAuthClientService, { strict: false });
    await service.create({ clientId, redirect_uris: ['https://tides.example/cb'] });
    await rows().update({ clientId }, { status, version: 1 });
  };
  const kept = async (clientId: string) => {
    const { status, version } = await rows().findOneByOrFail({ clientId });
    return { status, version };
  };
  const done = (line: string) => ({ code: 0, stdout: `${line}\n`, stderr: '' });

  it('approve lets a pending client be used, as it was when it was shown', async () => {
    await add('waits', 'pending');
    // Its lifetime is not known here.
    await rows().update({ clientId: 'waits' }, { expiresAt: 4_000_000_000, version: 1 });
    const { version, status } = factsOf(await clients('show', '--id', 'waits'));
    expect({ version, status }).toEqual({ version: '1', status: 'pending' });
    expect(await clients('approve', '--id', 'waits', '--version', '2')).toEqual(
      refused('the client is not at the version that was seen: look at it again, and approve that'),
    );
    expect(await kept('waits')).toEqual({ status: 'pending', version: 1 });
    expect(await clients('approve', '--id', 'waits', '--version', '1', '--note', 'called them')).toEqual(
      done('waits is active, version 2'),
    );
    expect(await kept('waits')).toEqual({ status: 'active', version: 2 });
    expect((await rows().findOneByOrFail({ clientId: 'waits' })).expiresAt).toBe(4_000_000_000);
    // What is so already.
    expect(await clients('approve', '--id', 'waits', '--version', '1')).toEqual(done('waits is active, version 2'));
  });

  it('suspend stops a client, and resume lets it go on', async () => {
    await add('stopped');
    expect(await clients('suspend', '--id', 'stopped', '--note', 'reported')).toEqual(
      done('stopped is suspended, version 2'),
    );
    expect(await kept('stopped')).toEqual({ status: 'suspended', version: 2 });
    expect(await clients('approve', '--id', 'stopped', '--version', '2')).toEqual(
      refused('the client is suspended and does not wait for an approval: resume it'),
    );
    expect(await clients('resume', '--id', 'stopped')).toEqual(done('stopped is active, version 3'));
    expect(await kept('stopped')).toEqual({ status: 'active', version: 3 });
  });

  it('resume refuses a client that waits for an approval', async () => {
    await add('unapproved', 'pending');
    expect(await clients('resume', '--id', 'unapproved')).toEqual(
      refused('the client was not suspended, it waits for an approval: approve it'),
    );
  });

  it.each([['approve', '--version', '1'], ['suspend'], ['resume']])('%s knows no other client', async (...command) => {
    expect(await clients(...command, '--id', 'nobody')).toEqual(NO_SUCH_CLIENT);
  });

  it.each(['0', '-1', '1.5', 'x', ''])('approve takes no version %j', async (version) => {
    const { code, stderr } = await clients('approve', '--id', 'waits', `--version=${version}`);
    expect(code).toBe(2);
    expect(stderr).toContain('It must be a positive integer.');
  });

  it('approve does not go without a version', async () => {
    const { code, stderr } = await clients('approve', '--id', 'waits');
    expect([code, stderr]).toEqual([2, "error: required option '--version <number>' not specified\n"]);
  });

  it('list shows those of one status, and in the table what it is', async () => {
    await add('listed', 'suspended');
    await add('over');
    await rows().update({ clientId: 'over' }, { expiresAt: 1 });
    const ids = async (status: string) =>
      jsonListOf(await clients('list', '--status', status, '--json')).map((client) => client['client_id']);
    expect(await ids('suspended')).toEqual(['listed']);
    expect(await ids('pending')).toEqual(['unapproved']);
    expect(await ids('expired')).toEqual(['over']);
    expect(await ids('active')).toEqual(['stopped', 'waits']);
    const { stdout } = await clients('list', '--status', 'expired');
    expect(stdout).toMatch(/^ID +NAME +TYPE +STATUS +OWNER +SOURCE +ISSUED\nover +- +confidential +expired +- /);
    const { code, stderr } = await clients('list', '--status', 'deleted');
    expect(code).toBe(2);
    expect(stderr).toContain('Allowed choices are pending, active, suspended, expired.');
  });

  it('purge removes those whose time is over, and where nobody can be asked only if that is meant', async () => {
    await add('gone');
    await rows().update({ clientId: 'gone' }, { expiresAt: 2 });
    expect(await clients('purge')).toEqual(
      refused(
        'clients with live grants would be removed, too: name your listeners, in the dynamicRegistration of --data-source, or add --without-asking',
      ),
    );
    expect(await clients('purge', '--dry-run')).toEqual({
      code: 0,
      stdout: 'would remove over\nwould remove gone\n',
      stderr: '2 would be removed, 0 kept\n',
    });
    expect(await clients('purge', '--without-asking', '--owner', 'nobody')).toMatchObject({ code: 0, stdout: '' });
    const { stdout } = await clients('purge', '--without-asking', '--limit', '1', '--json');
    expect(JSON.parse(stdout)).toEqual({ removed: ['over'], kept: [] });
    expect(await clients('purge', '--without-asking')).toEqual({
      code: 0,
      stdout: 'removed gone\n',
      stderr: '1 removed, 0 kept\n',
    });
    await expect(rows().countBy({ clientId: In(['over', 'gone']) })).resolves.toBe(0);
  });

  it('export and import take the status along: what was stopped here is not used there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dcr-status-'));
    const target = await startServer({ database });
    try {
      const { stdout } = await clients('export');
      const file = join(folder, 'clients.jsonl');
      await writeFile(file, stdout);
      const connect = ['--connect', target.database.url];
      expect((await dcr(['clients', 'import', file, ...connect])).code).toBe(0);
      const there = await target.dataSource.getRepository(OAuthClient).find();
      const statuses = Object.fromEntries(there.map(({ clientId, status }) => [clientId, status]));
      expect(statuses).toMatchObject({ listed: 'suspended', unapproved: 'pending', waits: 'active' });
      const stopped = {
        client_id: 'stopped-there',
        status: 'suspended',
        expires_at: 1,
        redirect_uris: ['https://a.example/'],
      };
      await writeFile(file, JSON.stringify(stopped));
      expect((await dcr(['clients', 'import', file, ...connect])).code).toBe(0);
      // It has no end: it could come back as another one.
      await expect(
        target.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: 'stopped-there' }),
      ).resolves.toMatchObject({ status: 'suspended', expiresAt: null });
      await writeFile(file, '{"client_id":"odd","status":"expired","redirect_uris":["https://tides.example/cb"]}\n');
      const { code, stderr } = await dcr(['clients', 'import', file, ...connect]);
      expect(code).toBe(1);
      expect(stderr).toContain('status must be pending, active or suspended');
    } finally {
      await target.close();
      await rm(folder, { recursive: true });
    }
  });
});
