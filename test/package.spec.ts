import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './cli/dcr.js';

const run = promisify(execFile);

/** What `npm pack` would publish of what is built. */
async function packed(): Promise<string[]> {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT });
  const report: unknown = JSON.parse(stdout);
  const [entry] = Object.values(report as Record<string, { files: { path: string }[] }>);
  return (entry?.files ?? []).map(({ path }) => path).toSorted();
}

describe('the published package', () => {
  let files: string[];
  let sources: string[];
  beforeAll(async () => {
    files = await packed();
    sources = (await readdir(`${ROOT}/lib`, { recursive: true }))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.slice(0, -'.ts'.length));
  });

  it('holds what a user needs and nothing else', async () => {
    const expected = [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'docs/adapters.md',
      'docs/audit.md',
      'docs/coming-from.md',
      'docs/databases.md',
      'docs/documents.md',
      'docs/existing-server.md',
      'docs/life-cycle.md',
      'docs/mcp.md',
      'docs/metadata.md',
      'docs/oidc-provider.md',
      'docs/open-registration.md',
      'docs/policies.md',
      'docs/rotation.md',
      'docs/sizing.md',
      'docs/software-statements.md',
      'docs/threat-model.md',
      'package.json',
      'dist/cjs/package.json',
      ...sources.map((name) => `dist/esm/${name}.d.ts`),
      ...(await reachable(importedFiles(await manifest()))),
      // The command line is a program, which nobody requires.
      ...sources
        .filter((name) => !name.startsWith('cli/'))
        .flatMap((name) => [`dist/cjs/${name}.d.ts`, `dist/cjs/${name}.js`]),
    ];
    expect(files).toEqual(expected.toSorted());
  });

  it('is imported in few files, each of which takes Node.js a while', async () => {
    const [index = ''] = importedFiles(await manifest());
    expect((await reachable([index])).length).toBeLessThan(20);
  });

  it('calls its classes what they are exported as: Nest names them in what it logs', async () => {
    const names = `import * as library from 'nestjs-dynamic-registration';
        const classes = Object.entries(library).filter(([, value]) => typeof value === "function" && /^class\\b/.test(value));
        console.log(JSON.stringify(classes.map(([name, value]) => [name, value.name])));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', names], { cwd: ROOT });
    const pairs = JSON.parse(stdout) as [string, string][];
    expect(pairs.length).toBeGreaterThan(50);
    expect(pairs.filter(([exported, name]) => exported !== name)).toEqual([]);
  });

  it('has every file its manifest points to', async () => {
    const { main, types, exports, typesVersions, bin } = await manifest();
    const targets = pathsIn([main, types, exports, typesVersions, bin]);
    expect(targets.length).toBeGreaterThan(10);
    for (const target of targets) expect(files).toContain(target);
  });

  it.each(
    ['', '/testing', '/oidc-provider', '/oauth2-server', '/open-finance-brasil'].map(
      (entry) => `nestjs-dynamic-registration${entry}`,
    ),
  )('gives require and import the same %s', async (name) => {
    const compare = `import { createRequire } from 'node:module';
        const [required, imported] = [createRequire(import.meta.url)('${name}'), await import('${name}')];
        for (const key of Object.keys(imported)) if (required[key] !== imported[key]) throw new Error(key);
        console.log(Object.keys(imported).length);`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', compare], { cwd: ROOT });
    expect(Number(stdout)).toBeGreaterThan(0);
  });

  it('is loaded without the servers that the adapters are for, and without their types', async () => {
    const ofAdapters = files.filter((file) => /^dist\/(?:esm|cjs)\/adapters\//.test(file));
    expect(ofAdapters.length).toBeGreaterThan(4);
    for (const file of ofAdapters) {
      // What a function imports when it runs, with the server already there, is not needed to load it.
      const loaded = (await readFile(`${ROOT}/${file}`, 'utf8')).replaceAll(/await (?:import\(|Promise\.).*/g, '');
      const imported = [...loaded.matchAll(/(?:from |require\(|import\()['"]([^'"]+)/g)];
      const packages = imported.map(([, name = '']) => name).filter((name) => !name.startsWith('.'));
      for (const name of packages) expect(name).toMatch(/^(?:node:|@nestjs\/common$)/);
    }
  });

  it('runs as CommonJS where only that can be required', () => {
    const required: unknown = createRequire(import.meta.url)(`${ROOT}/dist/cjs/index.js`);
    expect(required).toHaveProperty('DynamicRegistrationModule');
  });
});

async function manifest(): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(`${ROOT}/package.json`, 'utf8')) as Record<string, unknown>;
}

/** What `import` and the command line begin with. */
function importedFiles({ exports, bin }: Record<string, unknown>): string[] {
  return [...new Set(pathsIn([exports, bin]).filter((path) => /^dist\/esm\/.*\.js$/.test(path)))];
}

/** The files, and those of the package that they import, at once or later. */
async function reachable(files: readonly string[]): Promise<string[]> {
  const found = new Set(files);
  for (const file of found) {
    const source = await readFile(`${ROOT}/${file}`, 'utf8');
    for (const [, path = ''] of source.matchAll(/(?:from |import |import\()["'](\.[^"']+)["']/g)) {
      found.add(posix.join(posix.dirname(file), path));
    }
  }
  return [...found];
}

function pathsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value.replace(/^\.\//, '')];
  return Object.values(Object(value)).flatMap(pathsIn);
}
