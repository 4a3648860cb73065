import { InitialAccessTokenService, OAuthClient, OAuthClientService } from 'nestjs-dynamic-registration';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../lib/cli/program.js';
import { databasesInTurn } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';
import { dcr } from './dcr.js';

/** What a command needs beside `--id`. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  'clients set-scope': ['--clear'],
  'auth set-scope': ['--clear'],
  'clients rotate-secret': ['--generate-secret'],
  'clients approve': ['--version', '1'],
  'clients purge': ['--without-asking'],
};
const ID = 'of-acme';
/** They say whose the new one is. */
const MAKING = / (?:add|add-client|create)$/;

const bounded = commandsOf(createProgram())
  .filter(({ path, command }) => isBoundary(command) && !MAKING.test(path))
  .map(({ path, command }) => ({ path, needsId: command.options.some(({ long }) => long === '--id') }));

describe.each(databasesInTurn(1))('commands that are bounded to an owner or a tenant ($name)', (database) => {
  let server: TestServer;
  let tokenId: string;
  beforeAll(async () => {
    server = await startServer({ database });
    const { record } = await server.app
      .get(InitialAccessTokenService, { strict: false })
      .issue({ owner: 'acme', tenant: 'north' });
    tokenId = record.id;
    await server.app.get(OAuthClientService, { strict: false }).create({
      clientId: ID,
      owner: 'acme',
      tenant: 'north',
      redirect_uris: ['https://tides.example/cb'],
    });
    await server.dataSource.getRepository(OAuthClient).update({ clientId: ID }, { status: 'pending', version: 1 });
  });
  afterAll(() => server.close());

  const stored = async () => [
    await server.dataSource.query('SELECT * FROM oauth_clients'),
    await server.dataSource.query('SELECT * FROM initial_access_tokens'),
  ];

  it('are all that show or change clients and tokens that are there', () => {
    expect(bounded.map(({ path }) => path).toSorted()).toEqual([
      'auth set-scope',
      'clients approve',
      'clients export',
      'clients list',
      'clients purge',
      'clients reencrypt',
      'clients remove',
      'clients reset-token',
      'clients resume',
      'clients rotate-secret',
      'clients set-scope',
      'clients show',
      'clients suspend',
      'tokens list',
      'tokens revoke',
    ]);
  });

  it.each(bounded)('$path neither shows nor changes what is of another one', async ({ path, needsId }) => {
    const isOver = path === 'clients purge';
    if (isOver)
      await server.dataSource.getRepository(OAuthClient).update({ clientId: ID }, { expiresAt: 1, version: 1 });
    const before = await stored();
    const id = path === 'tokens revoke' ? [tokenId] : needsId ? ['--id', ID] : [];
    for (const foreign of [
      ['--owner', 'other'],
      ['--tenant', 'south'],
      ['--owner', 'acme', '--tenant', 'south'],
    ]) {
      const command = [...path.split(' '), ...id, ...(ARGUMENTS[path] ?? []), ...foreign];
      const { code, stdout, stderr } = await dcr([...command, '--connect', server.database.url]);
      expect(stderr).not.toMatch(/option|usage/i);
      expect(code).not.toBe(2);
      expect(`${stdout}${stderr}`).not.toMatch(new RegExp(`${isOver ? 'removed ' : ''}${ID}`));
      if (id.length > 0) expect([code, stdout]).toEqual([1, '']);
    }
    expect(await stored()).toEqual(before);
  });
});

function commandsOf(command: Command, path = ''): { path: string; command: Command }[] {
  return command.commands.flatMap((child) => {
    const name = `${path}${child.name()}`;
    return child.commands.length > 0 ? commandsOf(child, `${name} `) : [{ path: name, command: child }];
  });
}

function isBoundary(command: Command): boolean {
  return ['--owner', '--tenant'].every((flag) => command.options.some(({ long }) => long === flag));
}
