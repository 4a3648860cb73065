import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RefusedError } from '../../lib/cli/command.error.js';
import type { DatabaseConnection } from '../../lib/cli/connection/connection.js';
import { readDatabaseConfig } from '../../lib/cli/connection/database-config.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcr-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(yaml: string): Promise<DatabaseConnection> {
  const file = join(folder, 'database.yaml');
  await writeFile(file, yaml);
  return readDatabaseConfig(file);
}

/** What the driver will be given. */
async function server(yaml: string): Promise<Record<string, string>> {
  const connection = await read(yaml);
  if (connection.kind === 'sqlite') throw new Error('a file is no server');
  const { hostname, port, username, password, pathname } = connection.url;
  return {
    kind: connection.kind,
    host: hostname,
    port,
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    databaseName: decodeURIComponent(pathname.slice(1)),
  };
}

async function refusal(yaml: string): Promise<string> {
  const error: unknown = await read(yaml).catch((refused: unknown) => refused);
  expect(error).toBeInstanceOf(RefusedError);
  const { message } = error as RefusedError;
  expect(message).toMatch(/^\S+database\.yaml:? [^\n]+$/);
  return message;
}

describe('database.yaml', () => {
  it('names a server by username, password, host, port and databaseName', async () => {
    const yaml = 'username: app\npassword: s3cret\nhost: db.example\nport: 5433\ndatabaseName: auth\n';
    const expected = {
      kind: 'postgres',
      host: 'db.example',
      port: '5433',
      username: 'app',
      password: 's3cret',
      databaseName: 'auth',
    };
    expect(await server(yaml)).toEqual(expected);
    expect(await server(`# where clients are\n---\ntype: postgres\n${yaml}`)).toEqual(expected);
    expect(
      await server('{username: app, password: s3cret, host: db.example, port: "5433", databaseName: auth}'),
    ).toEqual(expected);
  });

  it('needs no more than databaseName', async () => {
    const nobody = { kind: 'postgres', host: '127.0.0.1', port: '', username: '', password: '', databaseName: 'auth' };
    expect(await server('databaseName: auth')).toEqual(nobody);
    expect(await server('databaseName: auth\npassword:\nusername: ~\nport: ""\nhost:\n')).toEqual(nobody);
  });

  it.each([
    ['postgres', 'postgres'],
    ['postgresql', 'postgres'],
    ['mysql', 'mysql'],
    ['mariadb', 'mariadb'],
  ])('type %s is one of the databases', async (type, kind) => {
    expect(await server(`type: ${type}\ndatabaseName: auth\nhost: "::1"`)).toMatchObject({ kind, host: '[::1]' });
  });

  it.each(['auth.sqlite', './data/my clients.sqlite', '/var/lib/100%.sqlite', 'a#b?c&d.sqlite', 'Zoë.sqlite'])(
    'type sqlite has the file %s as databaseName',
    async (databaseName) => {
      expect(await read(`type: sqlite\ndatabaseName: ${JSON.stringify(databaseName)}`)).toMatchObject({
        kind: 'sqlite',
        file: databaseName,
        name: `sqlite:${databaseName}`,
      });
    },
  );

  it.each([String.raw`p@ss:w/o#r%d?&=+ '"\ `, '%41', '://@', 'päß 日本', '#', '- x', '{a: b}'])(
    'has the password %j as it is, in quotes of YAML',
    async (password) => {
      const yaml = `username: ${JSON.stringify(password)}\npassword: ${JSON.stringify(password)}\ndatabaseName: ${JSON.stringify(password)}\n`;
      expect(await server(yaml)).toMatchObject({ username: password, password, databaseName: password });
    },
  );

  it.each(['007', '1e5', '0x1F', '1.50', '12345678901234567890', 'true', 'yes', '0o17', '+1'])(
    'has the password %s as it is, without quotes, too',
    async (password) => {
      expect(await server(`password: ${password}\nusername: app\ndatabaseName: auth`)).toMatchObject({ password });
    },
  );

  it('is what a further command needs to be told, and not its values', async () => {
    const { again, name } = await read('username: app\npassword: s3cret\nhost: db.example\ndatabaseName: auth\n');
    expect(again).toBe(` --database-config ${join(folder, 'database.yaml')}`);
    expect(name).toBe('postgres://app:***@db.example/auth');
  });
});

describe('a database.yaml that is refused repeats none of its values', () => {
  it.each([
    ['username: leaked\npassword: leaked\n', /names no database: add databaseName$/],
    ['databaseName:\npassword: leaked\n', /names no database: add databaseName$/],
    ['databaseName: ""\npassword: leaked\n', /names no database: add databaseName$/],
    ['databaseName: leaked\nleaked: x\n', /has a member that is not known: there are type, host, port, databaseName/],
    ['databaseName: leaked\nPassword: leaked\n', /has a member that is not known/],
    ['databaseName: leaked\npassword: [leaked]\n', /password must be text$/],
    ['databaseName: leaked\npassword: {leaked: x}\n', /password must be text$/],
    ['password: "leaked\ndatabaseName: leaked', /is not YAML: give a file with type, host, port, databaseName/],
    ['password: le: aked: leaked\n', /is not YAML/],
    ['databaseName: leaked\n---\ndatabaseName: leaked\n', /is not YAML/],
    ['databaseName: leaked\ndatabaseName: leaked\n', /is not YAML/],
    ['databaseName: *leaked\n', /is not YAML/],
    ['', /has no members: give a file with type, host, port, databaseName/],
    ['leaked', /has no members/],
    ['- databaseName: leaked\n', /has no members/],
    ['type: leaked\ndatabaseName: leaked\n', /postgres/],
    ['host: db.example\nport: leaked\ndatabaseName: leaked\n', /port|cannot be read/],
    ['host: /run/leaked\ndatabaseName: auth\n', /host must be a name or an address: for a socket give --connect/],
    ['type: sqlite\ndatabaseName: ":memory:"\npassword: leaked\n', /a database in memory ends with the command/],
  ])('%j', async (yaml, message) => {
    const refused = await refusal(yaml);
    expect(refused).toMatch(message);
    expect(refused).not.toContain('leaked');
  });

  it('says of a type that there is not which there are', async () => {
    expect(await refusal('type: oracle\ndatabaseName: auth\n')).toMatch(/type.*postgres.*mysql.*mariadb.*sqlite/);
  });

  it.each(['missing.yaml', '.'])('%s cannot be read', async (name) => {
    await expect(readDatabaseConfig(join(folder, name))).rejects.toThrow(
      /^\S+: cannot be read \((?:ENOENT|EISDIR)\): give a YAML file with type, host, port, databaseName, username, password$/,
    );
  });
});
