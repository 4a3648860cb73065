// Packs the package and installs it into fresh applications by README's own lines: `node .ci/fresh-apps.mjs POSTGRES_URL`. Each application
// has a PostgreSQL database of its own, and README's AppModule. Ends with the count of the tests.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const root = fileURLToPath(new URL('..', import.meta.url));
const templates = join(root, '.ci/apps');
const server = process.argv[2] ?? '';
const folder = mkdtempSync(join(tmpdir(), 'dcr-fresh-apps-'));

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const appModule = theOne('AppModule', blocks('ts'), /class AppModule/);
const commands = blocks('sh').flatMap((block) => block.split('\n'));
const createToken = theOne('token command', commands, /^npx dcr tokens create --max-uses /);
const migrate = theOne('migration command', [.../`(npx dcr migrate[^`]*)`/.exec(readme)].slice(1), /./);
const installLines = commands.filter((line) => line.startsWith('npm i nestjs-dynamic-registration '));
const apps = {
  'nest-12-esm': theOne('install line', installLines, /@nestjs\/core /),
  'nest-11-cjs': theOne('install line for NestJS 11', installLines, /@nestjs\/core@11 /),
};

const count = { passed: 0, failed: 0 };
try {
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', folder], root);
  const tarball = join(folder, packed.stdout.trim());
  const tested = Object.entries(apps).map(([name, install]) =>
    test(name, install.replace(' nestjs-dynamic-registration ', ` ${tarball} `)),
  );
  // One that fails must not take the folder away from the other.
  for (const { reason } of await Promise.allSettled(tested)) if (reason) throw reason;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed === 0 ? 0 : 1;

/** Installs as README says, builds, and runs the tests of one application; what it prints comes in one piece. */
async function test(name, install) {
  const app = join(folder, name);
  cpSync(join(templates, name), app, { recursive: true });
  cpSync(join(templates, 'registration.e2e-spec.ts'), join(app, 'test/registration.e2e-spec.ts'));
  writeFileSync(join(app, 'src/app.module.ts'), appModule);
  const [database, empty] = [randomName(), randomName()];
  await onServer(`CREATE DATABASE ${database}`, `CREATE DATABASE ${empty}`);
  try {
    const output = [`${name}: ${install.replace(folder, '')}\n`];
    output.push((await run('sh', ['-c', install], app)).output);
    output.push((await run('npm', ['run', '--silent', 'build'], app)).output);
    const tests = await spawned('npm', ['test', '--silent'], app, {
      DATABASE_URL: urlOf(database),
      EMPTY_DATABASE_URL: urlOf(empty),
      README_TOKEN_COMMAND: createToken,
      README_MIGRATE_COMMAND: migrate,
      NO_COLOR: '1',
    });
    console.log([...output, tests.output].join(''));
    const summary = /^ *Tests:? .*$/m.exec(tests.output)?.[0] ?? '';
    const [passed, failed] = ['passed', 'failed'].map((word) =>
      Number(new RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0),
    );
    count.passed += passed;
    // An error outside of any test is in no summary.
    count.failed += tests.code === 0 && passed > 0 ? failed : Math.max(failed, 1);
  } finally {
    await onServer(...[database, empty].map((one) => `DROP DATABASE IF EXISTS ${one} WITH (FORCE)`));
  }
}

/** Runs a command; a failure is an error with all it has printed. */
async function run(command, parameters, cwd) {
  const ended = await spawned(command, parameters, cwd);
  if (ended.code !== 0) throw new Error(`${command} ${parameters.join(' ')} failed in ${cwd}:\n${ended.output}`);
  return ended;
}

async function spawned(command, parameters, cwd, env = {}) {
  const child = spawn(command, parameters, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = { code: null, stdout: '', output: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    ended.stdout += text;
    ended.output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => (ended.output += text));
  [ended.code] = await once(child, 'close');
  return ended;
}

/** The fenced blocks of README in one language. */
function blocks(language) {
  return [...readme.matchAll(new RegExp('^```' + language + '\\n(.*?)^```$', 'gms'))].map(([, text]) => text);
}

function theOne(what, candidates, pattern) {
  const [found, ...others] = candidates.filter((one) => pattern.test(one));
  if (found === undefined || others.length > 0) throw new Error(`README.md must have one ${what}`);
  return found;
}

function randomName() {
  return `dcr_app_${randomBytes(6).toString('hex')}`;
}

function urlOf(database) {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

async function onServer(...statements) {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}
