import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
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

  it('holds what a user needs and nothing else', () => {
    const modules = (folder: string, names: readonly string[]) =>
      names.flatMap((name) => [`dist/${folder}/${name}.d.ts`, `dist/${folder}/${name}.js`]);
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
      ...modules('esm', sources),
      // The command line is a program, which nobody requires.
      ...modules(
        'cjs',
        sources.filter((name) => !name.startsWith('cli/')),
      ),
    ];
    expect(files).toEqual(expected.toSorted());
  });

  it('has every file its manifest points to', async () => {
    const manifest: unknown = JSON.parse(await readFile(`${ROOT}/package.json`, 'utf8'));
    const { main, types, exports, typesVersions, bin } = manifest as Record<string, unknown>;
    const targets = leaves([main, types, exports, typesVersions, bin]).map((path) => path.replace(/^\.\//, ''));
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

function leaves(value: unknown): string[] {
  return typeof value === 'string' ? [value] : Object.values(Object(value)).flatMap(leaves);
}
