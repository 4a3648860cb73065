import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { server } from '../lib/start-checks/server.check.js';
import { OPTION_NAMES } from '../lib/start-checks/options.check.js';
import {
  DEFAULT_CLIENT_LIFETIME,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_OPEN_REGISTRATION,
  DEFAULT_REGISTRATION_ACCESS_TOKEN,
  DEFAULT_LIMITS,
  DEFAULT_OPTIONS,
  DEFAULT_REDIRECT_URIS,
  EXTRAS,
} from '../lib/dynamic-registration.options.js';
import { DEFAULT_SERVER } from '../lib/server.options.js';
import { DEFAULT_STATEMENT_ALGORITHMS } from '../lib/software-statement/software-statement.options.js';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

describe('README', () => {
  it('lists every option and no other', () => {
    const names = rows('options').map(([name]) => name?.replaceAll('`', ''));
    expect(names).toEqual([...OPTION_NAMES, ...Object.keys(EXTRAS)]);
  });

  it('lists every member of the option server and no other', () => {
    const names = rows('server').flatMap(([name = '']) => [name.replaceAll('`', '')]);
    expect(names.toSorted()).toEqual([...(server.members ?? [])].toSorted());
  });

  it('tells the defaults of the options', () => {
    const defaults = new Map(rows('options').map(([name, , value]) => [name?.replaceAll('`', ''), value]));
    expect(defaults.get('path')).toBe(`\`'${DEFAULT_OPTIONS.path}'\``);
    expect(defaults.get('access')).toBe(`\`'${DEFAULT_OPTIONS.access}'\``);
    expect(defaults.get('openGrantTypes')).toBe(code(DEFAULT_OPTIONS.openGrantTypes));
    expect(defaults.get('management')).toBe(`\`${DEFAULT_OPTIONS.management}\``);
    expect(defaults.get('unsupportedMetadata')).toBe(`\`'${DEFAULT_OPTIONS.unsupportedMetadata}'\``);
    expect(defaults.get('limits')).toBe(Object.values(DEFAULT_LIMITS).join(', '));
    expect(defaults.get('server')).toBe(
      [
        'no scopes',
        code(DEFAULT_SERVER.grantTypes),
        code(DEFAULT_SERVER.responseTypes),
        code(DEFAULT_SERVER.tokenEndpointAuthMethods),
      ].join('; '),
    );
    const { loopbackHttp, privateUseSchemes, claimedHttps, forbiddenSchemes } = DEFAULT_REDIRECT_URIS;
    expect(forbiddenSchemes).toEqual([]);
    expect(defaults.get('redirectUris')).toBe(
      `\`${loopbackHttp}\`, \`'${privateUseSchemes}'\`, \`${claimedHttps}\`, none more`,
    );
    const { lifetimeSeconds, prefix, hash, bcryptCost } = DEFAULT_CLIENT_SECRET;
    expect(defaults.get('clientSecret')).toBe(
      `${lifetimeSeconds} (never expires), \`${prefix}\`, \`${hash}\`, ${bcryptCost}, none`,
    );
    expect(defaults.get('softwareStatements')).toBe(`\`'${DEFAULT_OPTIONS.softwareStatements.mode}'\``);
    const { rotation, graceSeconds } = DEFAULT_REGISTRATION_ACCESS_TOKEN;
    expect(defaults.get('registrationAccessToken')).toBe(`\`'${rotation}'\`, ${graceSeconds}`);
    const { untilFirstUseSeconds, sinceLastUseSeconds } = DEFAULT_CLIENT_LIFETIME;
    expect([untilFirstUseSeconds, sinceLastUseSeconds]).toEqual([0, 0]);
    expect(defaults.get('clientLifetime')).toBe('for ever');
    const { maximumUnusedClients, foldIdentical } = DEFAULT_OPEN_REGISTRATION;
    expect(defaults.get('openRegistration')).toBe(`${maximumUnusedClients}, \`${foldIdentical}\``);
    expect(defaults.get('discovery')).toBe(`\`${DEFAULT_OPTIONS.discovery}\``);
  });
});

describe('docstrings of the options', () => {
  it('quote the default that the constant holds', async () => {
    const files = [
      'dynamic-registration.options.ts',
      'server.options.ts',
      'software-statement/software-statement.options.ts',
    ];
    const sources = await Promise.all(
      files.map((file) => readFile(new URL(`../lib/${file}`, import.meta.url), 'utf8')),
    );
    const source = sources.join('\n');
    const quoted = [...source.matchAll(/@default (.+?) ?\*\/\s+readonly (\w+)\?/g)].map(([, value, name]) => [
      name,
      value,
    ]);
    const constants: Readonly<Record<string, unknown>> = {
      ...DEFAULT_SERVER,
      ...DEFAULT_REDIRECT_URIS,
      ...DEFAULT_CLIENT_SECRET,
      ...DEFAULT_OPTIONS,
      ...DEFAULT_OPTIONS.softwareStatements,
      algorithms: DEFAULT_STATEMENT_ALGORITHMS,
      ...DEFAULT_REGISTRATION_ACCESS_TOKEN,
      ...DEFAULT_CLIENT_LIFETIME,
      ...DEFAULT_OPEN_REGISTRATION,
    };
    const checked = quoted.filter(([name]) => name !== undefined && name in constants);
    expect(checked.length).toBeGreaterThan(15);
    for (const [name = '', value] of checked) expect([name, value]).toEqual([name, literal(constants[name])]);
  });
});

function rows(table: string): string[][] {
  const section = readme.split(`<!-- ${table} -->`)[1]?.split(`<!-- /${table} -->`)[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) =>
    line
      .replaceAll('\\|', '¦')
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('¦', '|').trim()),
  );
}

function code(values: readonly string[]): string {
  return values.map((value) => `\`${value}\``).join(', ');
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((entry) => literal(entry)).join(', ')}]`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}
