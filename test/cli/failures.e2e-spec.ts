import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { InitialAccessToken, OAuthClient } from 'nestjs-dynamic-registration';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { databases } from '../support/databases.js';
import { dcr, dcrProcess, ROOT, type Finished } from './dcr.js';

const PASSWORD = 'correct-horse-battery';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcr-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** One line on stderr, nothing else, and never the password. */
function expectRefusal({ code, stdout, stderr }: Finished, expected: number, message: RegExp): void {
  expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
  expect(stderr).toMatch(/^error: [^\n]+\n$/);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain(PASSWORD);
}

describe('dcr --help', () => {
  it.each([
    'dcr',
    'dcr migrate',
    'dcr migrate run',
    'dcr migrate show',
    'dcr migrate revert',
    'dcr tokens',
    'dcr tokens create',
    'dcr tokens list',
    'dcr tokens revoke',
    'dcr explain',
  ])('describes %s with an example', async (command) => {
    const { code, stdout, stderr } = await dcr([...command.split(' ').slice(1), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.startsWith(`Usage: ${command} `)).toBe(true);
    expect(stdout).toMatch(/Examples?:\n {2}\$ /);
  });

  it('tells the default lifetime of a token', async () => {
    const { DEFAULT_LIFETIME_SECONDS } = await import('../../lib/initial-access-token/initial-access-token.service.js');
    expect(DEFAULT_LIFETIME_SECONDS).toBe(3600);
    expect((await dcr(['tokens', 'create', '--help'])).stdout).toMatch(/\(default: 1h\)/);
  });

  it('--version is the one of the package', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await dcrProcess(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('wrong usage ends with 2', () => {
  const url = `postgres://app:${PASSWORD}@127.0.0.1:1/auth`;
  const connect = ['--connect', url];

  it.each([
    [['unknown'], /unknown command 'unknown'/],
    [['tokens', 'unknown'], /unknown command 'unknown'/],
    [['tokens', url], /unknown command 'postgres:\/\/app:\*\*\*@/],
    [['tokens', 'list', url], /too many arguments/],
    [['tokens', 'list', `--conect=${url}`], /unknown option '--conect=postgres:\/\/app:\*\*\*@/],
    [['tokens', 'list', '--connect'], /argument missing/],
    [['tokens', 'revoke', ...connect], /missing required argument 'id'/],
    [['tokens', 'create', '--max-uses', '0', ...connect], /must be an integer from 1 to 2147483647/],
    [['tokens', 'create', '--max-uses', '-1', ...connect], /must be an integer from 1 to 2147483647/],
    [['tokens', 'create', '--max-uses', '1.5', ...connect], /must be an integer from 1 to 2147483647/],
    [['tokens', 'create', '--max-uses', '2147483648', ...connect], /must be an integer from 1 to 2147483647/],
    [['tokens', 'create', '--expires-in', '1w', ...connect], /a duration is a number with s, m, h or d/],
    [['migrate', 'unknown', ...connect], /too many arguments/],
    [['explain'], /missing required argument 'file'/],
    [['explain', 'client.json', url], /too many arguments/],
    [['explain', 'client.json', ...connect], /unknown option '--connect'/],
    [['tokens', 'list', '--connect', 'oracle://h/db'], /must begin with postgres:\/\/, mysql:\/\//],
    [['tokens', 'list', '--connect', `postgres://app:1#${PASSWORD}@h/db`], /cannot be read: percent-encode/],
    [['migrate', 'run', '--connect', 'sqlite::memory:'], /a database in memory ends with the command/],
  ] as const)('%j', async (args, message) => {
    expectRefusal(await dcr(args), 2, message);
  });

  it.each([
    [['migrate']],
    [['migrate', 'show']],
    [['tokens', 'list']],
    [['tokens', 'create']],
    [['tokens', 'revoke', 'x']],
  ])('%j without a database', async (args) => {
    expectRefusal(await dcr(args), 2, /no database given: add --connect URL or set DATABASE_URL/);
  });

  it('an empty or unreadable DATABASE_URL', async () => {
    expectRefusal(await dcr(['migrate'], { env: { DATABASE_URL: '' } }), 2, /no database given/);
    expectRefusal(await dcr(['migrate'], { env: { DATABASE_URL: `x://a:${PASSWORD}@h/d` } }), 2, /must begin with/);
  });

  it.each([[[]], [['tokens']]])('%j without a command shows the help on stderr', async (args) => {
    const { code, stdout, stderr } = await dcr(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: dcr/);
  });
});

describe('a database that cannot be used ends with 1', () => {
  it.each(['postgres', 'postgresql', 'mysql', 'mariadb'])('%s: nobody listens', async (scheme) => {
    const url = `${scheme}://app:${PASSWORD}@127.0.0.1:1/auth`;
    const message = /cannot reach [a-z]+:\/\/app:\*\*\*@127\.0\.0\.1:1\/auth: check host and port/;
    expectRefusal(await dcr(['tokens', 'create', '--connect', url]), 1, message);
    expectRefusal(await dcr(['migrate', 'run'], { env: { DATABASE_URL: url } }), 1, message);
  });

  it.each(databases.filter(({ kind }) => kind !== 'sqlite'))('$name: no such database', async ({ kind }) => {
    const url = new URL(inject(kind === 'postgres' ? 'postgresUrl' : 'mysqlUrl'));
    url.pathname = '/dcr_no_such_database';
    const message = /the database of \S+\/dcr_no_such_database does not exist: create it, or check the name/;
    for (const command of [
      ['tokens', 'list'],
      ['migrate', 'run'],
    ]) {
      expectRefusal(await dcr([...command, '--connect', url.href]), 1, message);
    }
  });

  it.each(databases.filter(({ kind }) => kind !== 'sqlite'))('$name: wrong user or password', async ({ kind }) => {
    const url = new URL(inject(kind === 'postgres' ? 'postgresUrl' : 'mysqlUrl'));
    url.username = kind === 'postgres' ? 'dcr_no_such_user' : 'root';
    url.password = PASSWORD;
    for (const command of [
      ['tokens', 'list'],
      ['migrate', 'run'],
    ]) {
      expectRefusal(await dcr([...command, '--connect', url.href]), 1, /refuses user or password of \S+: check both/);
    }
  });

  it.each(databases)('$name: tables that are missing', async ({ create }) => {
    const database = await create();
    try {
      if (database.options.type === 'better-sqlite3') await writeFile(database.options.database, '');
      const message = /has no tables of this module: run dcr migrate run --connect \S+\n$/;
      for (const command of [['create'], ['list'], ['revoke', 'x']]) {
        expectRefusal(await dcr(['tokens', ...command, '--connect', database.url]), 1, message);
      }
      const { stderr } = await dcr(['tokens', 'list'], { env: { DATABASE_URL: database.url } });
      expect(stderr).toMatch(/: run dcr migrate run\n$/);
    } finally {
      await database.drop();
    }
  });

  it.each(databases)('$name: tables of another version', async ({ create }) => {
    const database = await create();
    try {
      const dataSource = await new DataSource({
        ...database.options,
        entities: [OAuthClient, InitialAccessToken],
        synchronize: true,
      }).initialize();
      const runner = dataSource.createQueryRunner();
      await runner.dropColumn('initial_access_tokens', 'revokedAt');
      await runner.release();
      await dataSource.destroy();
      const message = /the tables are of another version: run dcr migrate run --connect \S+\n$/;
      for (const command of [['create'], ['list'], ['revoke', 'x']]) {
        expectRefusal(await dcr(['tokens', ...command, '--connect', database.url]), 1, message);
      }
    } finally {
      await database.drop();
    }
  });

  it('SQLite: a file that is not there is not made', async () => {
    const empty = await mkdtemp(join(folder, 'empty-'));
    for (const command of [['create'], ['list'], ['revoke', 'x']]) {
      const refused = await dcr(['tokens', ...command, '--connect', `sqlite:${empty}/auth.sqlite`]);
      expectRefusal(refused, 1, /there is no file \S+\/auth\.sqlite: check the path, or make it with dcr migrate run/);
    }
    expect(await readdir(empty)).toEqual([]);
  });

  it('SQLite: a file of something else is left alone, a folder is none', async () => {
    const file = join(folder, 'notes.txt');
    const notes = 'These are notes and no database.\n'.repeat(100);
    await writeFile(file, notes);
    expectRefusal(await dcr(['tokens', 'list', '--connect', `sqlite:${file}`]), 1, /is not a SQLite database/);
    expectRefusal(await dcr(['migrate', '--connect', `sqlite:${file}`]), 1, /is not a SQLite database/);
    expect(await readFile(file, 'utf8')).toBe(notes);
    expectRefusal(await dcr(['migrate', '--connect', `sqlite:${folder}`]), 1, /cannot be opened/);
    expectRefusal(await dcr(['migrate', '--connect', `sqlite:${file}/auth.sqlite`]), 1, /cannot be opened/);
  });

  it('SQLite: a new file lets a server read while a command writes', async () => {
    const file = join(folder, 'deep', 'new.sqlite');
    expect((await dcr(['migrate', '--connect', `sqlite:${file}`])).code).toBe(0);
    // The two bytes that tell of the write-ahead log (SQLite file format, section 1.3).
    expect([...(await readFile(file)).subarray(18, 20)]).toEqual([2, 2]);
  });
});

describe('without the driver of a database', () => {
  let root: string;
  beforeAll(async () => {
    root = await installationWithout('pg', 'mysql2', 'libsql', 'better-sqlite3');
  }, 60_000);

  it('each names the package to install', async () => {
    const needs = {
      'postgres://127.0.0.1:1/auth': 'postgres needs a driver: npm install pg',
      'mysql://127.0.0.1:1/auth': 'mysql needs a driver: npm install mysql2',
      'mariadb://127.0.0.1:1/auth': 'mariadb needs a driver: npm install mysql2',
      [`sqlite:${join(folder, 'auth.sqlite')}`]:
        'sqlite needs a driver: npm install better-sqlite3 or npm install libsql',
    };
    // All of them in one process, since it takes a second to load.
    const script = `
      const { run } = await import(process.argv[1]);
      for (const url of process.argv.slice(2)) console.log(await run(['node', 'dcr', 'migrate', '--connect', url]));`;
    const program = pathToFileURL(join(root, 'dist', 'compiled', 'cli', 'program.js')).href;
    const args = ['--input-type=module', '-e', script, program, ...Object.keys(needs)];
    expect(await promisify(execFile)(process.execPath, args)).toEqual({
      stdout: '1\n'.repeat(4),
      stderr: Object.values(needs)
        .map((message) => `error: ${message}\n`)
        .join(''),
    });
  });

  it('better-sqlite3 without its binary gives way to libsql', async () => {
    const installation = await installationWithout('better-sqlite3');
    const broken = join(installation, 'node_modules', 'better-sqlite3');
    await mkdir(broken);
    await writeFile(
      join(broken, 'index.js'),
      "module.exports = class { constructor() { throw new Error('Could not locate the bindings file') } };",
    );
    const connect = ['--connect', `sqlite:${join(folder, 'fallback.sqlite')}`];
    expect(await dcrProcess(['migrate', ...connect], { root: installation })).toMatchObject({ code: 0, stderr: '' });

    await rm(join(installation, 'node_modules', 'libsql'));
    expect(await dcrProcess(['migrate', 'show', ...connect], { root: installation })).toMatchObject({
      code: 1,
      stderr:
        'error: sqlite needs a driver: npm install better-sqlite3 or npm install libsql; better-sqlite3 cannot be loaded, install it anew\n',
    });
  });

  /** A copy of the built package beside all its dependencies but some. */
  async function installationWithout(...missing: string[]): Promise<string> {
    const installation = await mkdtemp(join(folder, 'installation-'));
    await cp(join(ROOT, 'dist'), join(installation, 'dist'), { recursive: true });
    await cp(join(ROOT, 'package.json'), join(installation, 'package.json'));
    await mkdir(join(installation, 'node_modules'));
    for (const name of await readdir(join(ROOT, 'node_modules'))) {
      if (missing.includes(name) || name.startsWith('.')) continue;
      await symlink(join(ROOT, 'node_modules', name), join(installation, 'node_modules', name));
    }
    return installation;
  }
});

describe('output that nobody takes', () => {
  it('ends with 1 and without a word when the reader is gone', async () => {
    const command = spawn(process.execPath, [join(ROOT, 'dist/esm/cli/main.js'), '--version'], { stdio: 'pipe' });
    command.stdout.destroy();
    let stderr = '';
    command.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code] = (await once(command, 'close')) as [number];
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  });
});
