import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClientSecretService, OAuthClientService, type EncryptionKey } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databasesInTurn } from '../support/databases.js';
import { SQLITE_DRIVER_NAME } from '../support/sqlite-driver.js';
import { startServer, type TestServer } from '../support/start-server.js';
import { dcr, refused, ROOT } from './dcr.js';

const FORMER: EncryptionKey = { id: '2026', key: Buffer.alloc(32, 1).toString('base64') };
const CURRENT: EncryptionKey = { id: '2027', key: Buffer.alloc(32, 2).toString('base64') };
const SERVER = { tokenEndpointAuthMethods: ['client_secret_jwt', 'client_secret_basic'] };

let folder: string;
beforeAll(async () => {
  // Below the package, so that modules in it find the package by its name, and the drivers.
  await mkdir(join(ROOT, 'build'), { recursive: true });
  folder = await mkdtemp(join(ROOT, 'build', 'reencrypt-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(databasesInTurn(1))('dcr clients reencrypt ($name)', (database) => {
  let server: TestServer;
  let bothKeys: string;
  let currentKey: string;
  beforeAll(async () => {
    server = await startServer({
      database,
      options: { server: SERVER, clientSecret: { encryptionKeys: [FORMER, CURRENT] } },
    });
    bothKeys = await moduleOf('both', [CURRENT, FORMER]);
    currentKey = await moduleOf('current', [CURRENT]);
  });
  afterAll(() => server.close());

  /** A data source module of the server as it is configured after the rotation. */
  async function moduleOf(name: string, encryptionKeys: readonly EncryptionKey[]): Promise<string> {
    const { options } = server.database;
    const place =
      options.type === 'better-sqlite3'
        ? `type: 'better-sqlite3', database: ${JSON.stringify(options.database)}, driver`
        : `type: '${options.type}', url: ${JSON.stringify(options.url)}`;
    const file = join(folder, `${database.kind}-${name}.mjs`);
    await writeFile(
      file,
      `import driver from '${SQLITE_DRIVER_NAME}';
       import { DataSource } from 'typeorm';
       import { InitialAccessToken, OAuthClient } from 'nestjs-dynamic-registration';
       export default new DataSource({ ${place}, entities: [OAuthClient, InitialAccessToken] });
       export const dynamicRegistration = ${JSON.stringify({
         issuer: server.issuer,
         server: SERVER,
         clientSecret: { encryptionKeys },
       })};`,
    );
    return file;
  }
  const reencrypt = async (file: string) => dcr(['clients', 'reencrypt', '--data-source', file]);
  const register = async (method: string) => {
    const { status, body } = await server.register({
      redirect_uris: ['https://tides.example/cb'],
      token_endpoint_auth_method: method,
    });
    expect(status).toBe(201);
    return body as Record<'client_id' | 'client_secret' | 'registration_access_token', string>;
  };
  const stored = async (clientId: string) => {
    const client = await server.app.get(OAuthClientService, { strict: false }).find(clientId);
    if (!client) throw new Error('the client is gone');
    return client;
  };
  const keyOf = async (clientId: string) =>
    server.app.get(ClientSecretService, { strict: false }).keyOf(await stored(clientId));

  it('encrypts anew what another key has encrypted, and nothing twice', async () => {
    const clients = [await register('client_secret_jwt'), await register('client_secret_jwt')];
    const idle = await register('client_secret_basic');

    const first = await reencrypt(bothKeys);
    expect(first).toEqual({ code: 0, stdout: 'encrypted anew 2, current already 0, failed 0\n', stderr: '' });
    for (const { client_id, client_secret } of clients) {
      const { clientSecretEncrypted, version } = await stored(client_id);
      expect(clientSecretEncrypted).toMatch(/^\$aes256gcm\$2027\$/);
      // The client can see none of it.
      expect(version).toBe(1);
      expect(await keyOf(client_id)).toBe(client_secret);
    }
    expect((await stored(idle.client_id)).clientSecretEncrypted).toBeNull();

    expect((await reencrypt(bothKeys)).stdout).toBe('encrypted anew 0, current already 2, failed 0\n');
    // The former key is of no use any more.
    expect((await reencrypt(currentKey)).stdout).toBe('encrypted anew 0, current already 2, failed 0\n');
  });

  it('names a client whose key is missing, does the others, and changes nothing of it', async () => {
    const { client_id } = await register('client_secret_jwt');
    const before = await stored(client_id);
    expect(await reencrypt(currentKey)).toEqual({
      code: 1,
      stdout: 'encrypted anew 0, current already 2, failed 1\n',
      stderr:
        `${client_id}: its key is not among clientSecret.encryptionKeys\n` +
        'error: not every secret could be decrypted: add the missing keys and run it again\n',
    });
    expect(await stored(client_id)).toEqual(before);
  });

  it('names a client whose key has its id and other octets, whichever key it is', async () => {
    const { client_id } = await register('client_secret_jwt');
    const before = (await stored(client_id)).clientSecretEncrypted;
    const replaced = await moduleOf('replaced', [{ ...FORMER, key: Buffer.alloc(32, 3).toString('base64') }]);
    const { code, stderr } = await reencrypt(replaced);
    expect(code).not.toBe(0);
    expect(stderr).toContain(client_id);
    expect((await stored(client_id)).clientSecretEncrypted).toBe(before);
  });

  it('loses no update of a server that runs meanwhile', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => register('client_secret_jwt')));
    const update = async ({ client_id, client_secret, registration_access_token: token }: (typeof clients)[number]) =>
      server.request('PUT', `/register/${client_id}`, {
        token,
        body: {
          client_id,
          client_secret,
          client_name: 'Ebb',
          redirect_uris: ['https://tides.example/cb'],
          token_endpoint_auth_method: 'client_secret_jwt',
        },
      });
    const [done, ...answers] = await Promise.all([reencrypt(bothKeys), ...clients.map(update)]);
    expect([done.code, answers.map(({ status }) => status)]).toEqual([0, clients.map(() => 200)]);
    expect((await reencrypt(bothKeys)).code).toBe(0);
    for (const { client_id, client_secret } of clients) {
      const client = await stored(client_id);
      expect(client.clientName).toBe('Ebb');
      expect(client.clientSecretEncrypted).toMatch(/^\$aes256gcm\$2027\$/);
      expect(await keyOf(client_id)).toBe(client_secret);
    }
  });

  it('is refused where the keys are not known', async () => {
    expect(await dcr(['clients', 'reencrypt', '--connect', server.database.url])).toEqual(
      refused(
        'the keys are not known: give --data-source with a module that exports dynamicRegistration, where clientSecret.encryptionKeys are',
      ),
    );
  });
});
