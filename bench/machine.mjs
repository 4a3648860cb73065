// The machine and what runs on it: the server under test has the first core for itself, everything else the other ones.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';

const SERVER_CORE = '0';
const require = createRequire(import.meta.url);

/** Read before this process leaves one of them. */
const cores = availableParallelism();

/** Whether processes can be held on cores here: on Linux with `taskset` and at least two of them. */
const canPin = cores > 1 && spawnSync('taskset', ['-c', SERVER_CORE, 'true']).status === 0;

/** How a Node.js process is started on the core of the server: as the `execPath` and `execArgv` of `fork`. */
export function onServerCore() {
  return canPin
    ? { execPath: 'taskset', execArgv: ['-c', SERVER_CORE, process.execPath] }
    : { execPath: process.execPath, execArgv: [] };
}

/** Keeps this process, and what it starts from now on, off the core of the server. */
export function leaveServerCore() {
  if (!canPin) return;
  const others = `1-${cores - 1}`;
  spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', others, String(process.pid)]);
}

/** What a reader has to know to compare numbers, and nothing that names the machine. */
export function machineClass() {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const pinning = canPin ? 'server on a core of its own' : 'nothing pinned';
  return `${cores} cores of ${cpus()[0]?.model.trim()}, ${gigabytes} GiB, ${process.platform} ${process.arch}, ${pinning}`;
}

/** The versions of what is measured; PostgreSQL tells its own. */
export function versions() {
  const names = ['@nestjs/core', 'express', 'fastify', 'typeorm', 'pg', 'libsql', 'oidc-provider', 'autocannon'];
  const own = { 'Node.js': process.versions.node };
  return { ...own, ...Object.fromEntries(names.map((name) => [name, versionOf(name)])) };
}

/** Most packages do not export their package.json. */
function versionOf(name) {
  const folders = require.resolve.paths(name).map((folder) => join(folder, name, 'package.json'));
  return JSON.parse(readFileSync(folders.find(existsSync), 'utf8')).version;
}
