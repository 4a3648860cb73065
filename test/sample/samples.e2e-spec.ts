import type { Type } from '@nestjs/common';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { platforms } from '../support/start-server.js';
import { startSample } from './start-sample.js';

const root = fileURLToPath(new URL('../../sample/', import.meta.url));
/** Servers with a command of their own, and tests of their own. */
const SERVERS = ['authorization-server', 'mcp-server'];

const samples = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !SERVERS.includes(entry.name))
  .map(({ name }) => name);
const read = (path: string) => readFileSync(root + path, 'utf8');

describe.each(samples)('sample/%s', (name) => {
  it('is found in the list of samples', () => {
    expect(read('README.md')).toContain(`[${name}](${name})`);
  });

  it('is at most a screen of code in a file', () => {
    for (const file of readdirSync(root + name)) expect(read(`${name}/${file}`).split('\n').length).toBeLessThan(50);
  });

  it('says what it is, how to run it and a request that succeeds', async () => {
    const [, what, run, ...rest] = read(`${name}/README.md`).split('\n\n');
    expect(what).toMatch(/^[A-Z][^\n]* Copy [^\n]*\.$/);
    expect(run).toContain(`npm run sample ${name}\``);
    const curl = /^```sh\n(curl [^`]*)\n```$/.exec(rest.join('\n\n').trim())?.[1] ?? 'false';

    const module = `${root}${name}/registration.module.ts`;
    const { RegistrationModule } = (await import(module)) as { RegistrationModule: Type };
    const [platform] = platforms;
    if (!platform) throw new Error('no database');
    const sample = await startSample(RegistrationModule, platform);
    try {
      const TOKEN = await sample.token({ owner: 'acme' });
      const command = `${curl.replaceAll('http://localhost:3000', sample.url)} -sS -w '\n%{http_code}'`;
      const { stdout } = await promisify(execFile)('sh', ['-c', command], { env: { ...process.env, TOKEN } });
      expect(stdout).toMatch(/\n20[01]$/);
    } finally {
      await sample.close();
    }
  });
});
