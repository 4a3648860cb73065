import type { Command } from 'commander';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dynamicRegistrationMigrations, OAuthClientService } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../lib/cli/program.js';
import { databases } from '../support/databases.js';
import { ENCRYPTION_KEYS } from '../support/full-server.js';
import { startServer, type TestServer } from '../support/start-server.js';
import { dcrProcess, factsOf, jsonListOf, jsonOf, refused, ROOT, type Finished } from './dcr.js';

const CALLBACK = 'https://tides.example/cb';

// One that leaves connections open, which must not keep a command alive.
const database = databases.find(({ kind }) => kind === 'postgres');
if (!database) throw new Error('PostgreSQL is one of the databases of every run');

// On a machine that does other things, too, a command takes seconds to load.
describe('every command as a process of its own', { timeout: 120_000 }, () => {
  let server: TestServer;
  let folder: string;
  beforeAll(async () => {
    server = await startServer({ database });
    // Below the package, so that modules in it find the package by its name.
    await mkdir(join(ROOT, 'build'), { recursive: true });
    folder = await mkdtemp(join(ROOT, 'build', 'processes-'));
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const commands = new Set<string>();
  /** Runs a command, of one or of two words, on the database of the server. */
  const run = async (command: string, args: readonly string[] = [], input?: string): Promise<Finished> => {
    commands.add(command);
    const env = { DATABASE_URL: server.database.url };
    return dcrProcess([...command.split(' '), ...args], { env, ...(input !== undefined && { input }) });
  };
  const done = (stdout: string): Finished => ({ code: 0, stdout, stderr: '' });
  const verifies = async (id: string, secret: string): Promise<boolean> => {
    const service = server.app.get(OAuthClientService, { strict: false });
    const client = await service.find(id);
    return client !== undefined && (await service.verifySecret(client, secret));
  };

  it('makes, lists and revokes initial access tokens', async () => {
    const { code, stdout, stderr } = await run('tokens create', ['--owner', 'ops']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^iat_[A-Za-z0-9_-]{43}\n$/) });
    const id = /^id: +(\S+)$/m.exec(stderr)?.[1] ?? '';
    expect((await run('tokens list')).stdout).toMatch(new RegExp(`^${id} +ops .* active +-$`, 'm'));
    expect(await run('tokens revoke', [id])).toEqual(done(`revoked ${id}\n`));
    expect((await server.register({ redirect_uris: [CALLBACK] }, stdout.trim())).status).toBe(401);
  });

  it('adds a client with a secret from the standard input, shows it and replaces its secret from there', async () => {
    const fromInput = ['--id', 'stdin', '--secret-stdin'];
    const added = await run('clients add', [...fromInput, '--redirect-uri', CALLBACK], 'a b \n');
    expect(factsOf(added)).not.toHaveProperty('client_secret');
    expect(added.stdout).not.toContain('a b');
    expect(await verifies('stdin', 'a b ')).toBe(true);

    expect(factsOf(await run('clients show', ['--id', 'stdin']))).toMatchObject({ client_id: 'stdin' });

    expect(await run('clients rotate-secret', fromInput, '')).toEqual(
      refused('client_secret must have 1 to 72 printable ASCII characters'),
    );
    expect(await verifies('stdin', 'a b ')).toBe(true);
    factsOf(await run('clients rotate-secret', fromInput, 'c d\r\n'));
    expect(await verifies('stdin', 'c d')).toBe(true);
    expect(await verifies('stdin', 'a b ')).toBe(false);
  });

  it('adds a client, replaces its scopes, lists and removes it', async () => {
    const uris = ['--redirect-uri', CALLBACK, '--redirect-uri', 'com.acme.app:/cb'];
    const args = ['--allowed-scopes', 'a b', '--owner', 'acme', '--generate-secret', '--json'];
    const added = jsonOf(await run('auth add-client', ['--id', 'real', ...uris, ...args]));
    const read = await server.request('GET', '/register/real', { token: String(added['registration_access_token']) });
    expect(read.body).toMatchObject({
      client_id: 'real',
      scope: 'a b',
      redirect_uris: [CALLBACK, 'com.acme.app:/cb'],
    });
    expect(factsOf(await run('auth set-scope', ['--id', 'real', '--clear']))).not.toHaveProperty('scope');
    expect(factsOf(await run('clients set-scope', ['--id', 'real', '--scopes', 'a c']))['scope']).toBe('a c');
    expect(jsonListOf(await run('clients list', ['--owner', 'acme', '--json']))).toMatchObject([
      { client_id: 'real', scope: 'a c' },
    ]);
    expect(await run('clients remove', ['--id', 'real'])).toEqual(done('removed real\n'));
    expect(await server.app.get(OAuthClientService, { strict: false }).find('real')).toBeUndefined();
  });

  it('suspends, resumes and approves a client, gives it another token, and removes what has expired', async () => {
    await run('clients add', ['--id', 'life', '--redirect-uri', CALLBACK]);
    expect(await run('clients suspend', ['--id', 'life', '--note', 'a lie'])).toEqual(
      done('life is suspended, version 2\n'),
    );
    expect(await run('clients resume', ['--id', 'life'])).toEqual(done('life is active, version 3\n'));
    expect(await run('clients approve', ['--id', 'life', '--version', '3'])).toEqual(
      done('life is active, version 3\n'),
    );
    expect(factsOf(await run('clients reset-token', ['--id', 'life']))['registration_access_token']).toMatch(/^rat_/);
    const purged = await run('clients purge', ['--without-asking']);
    expect(purged).toEqual({ code: 0, stdout: '', stderr: '0 removed, 0 kept\n' });
  });

  it('exports clients, imports them, and encrypts their secrets anew', async () => {
    const line = JSON.stringify({
      client_id: 'moved',
      redirect_uris: [CALLBACK],
      token_endpoint_auth_method: 'client_secret_basic',
      client_secret: 'open sesame',
    });
    expect(await run('clients import', ['-'], `${line}\n`)).toEqual(done('imported 1, there already 0, refused 0\n'));
    expect(await verifies('moved', 'open sesame')).toBe(true);
    const exported = await run('clients export');
    expect({ ...exported, stdout: '' }).toEqual(done(''));
    expect(exported.stdout).toContain('"client_id":"moved"');
    expect(await run('clients reencrypt', ['--data-source', await dataSourceModule()])).toEqual(
      done('encrypted anew 0, current already 0, failed 0\n'),
    );
  });

  it('explains metadata', async () => {
    const { code, stdout, stderr } = await run('explain', ['-'], JSON.stringify({ redirect_uris: [CALLBACK] }));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ redirect_uris: [CALLBACK], grant_types: ['authorization_code'] });
  });

  it('undoes, shows and runs migrations', async () => {
    const names = dynamicRegistrationMigrations.map(({ name }) => name);
    const last = names.at(-1) ?? '';
    expect(await run('migrate revert')).toEqual(done(`reverted ${last}\n`));
    const shown = names.map((name) => `[${name === last ? ' ' : 'X'}] ${name}\n`).join('');
    expect(await run('migrate show')).toEqual(done(shown));
    expect(await run('migrate run')).toEqual(done(`applied ${last}\n`));
  });

  it('is each one that there is', () => {
    expect([...commands].toSorted()).toEqual(namesOf(createProgram()).toSorted());
  });

  async function dataSourceModule(): Promise<string> {
    const file = join(folder, 'data-source.mjs');
    const registration = { issuer: server.issuer, clientSecret: { encryptionKeys: ENCRYPTION_KEYS } };
    await writeFile(
      file,
      `import { DataSource } from 'typeorm';
       import { InitialAccessToken, OAuthClient } from 'nestjs-dynamic-registration';
       const entities = [OAuthClient, InitialAccessToken];
       export default new DataSource({ type: 'postgres', url: process.env.DATABASE_URL, entities });
       export const dynamicRegistration = ${JSON.stringify(registration)};`,
    );
    return file;
  }
});

/** The commands that do something, in their words. */
function namesOf({ commands }: Command, words: readonly string[] = []): string[] {
  return commands.flatMap((command) => {
    const name = [...words, command.name()];
    return command.commands.length > 0 ? namesOf(command, name) : [name.join(' ')];
  });
}
