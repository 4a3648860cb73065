import { readFileSync } from 'node:fs';
import * as library from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../lib/cli/program.js';
import { DEFAULT_CLIENT_SECRET, DEFAULT_LIMITS, EXTRAS } from '../../lib/dynamic-registration.options.js';
import { OPTION_NAMES } from '../../lib/start-checks/options.check.js';
import { server } from '../../lib/start-checks/server.check.js';

const page = readFileSync(new URL('../../docs/coming-from.md', import.meta.url), 'utf8');

/** What stands in code font in the second column of the tables, which is ours. */
const ours = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.includes('---'))
  .flatMap((line) => [...(line.split(' | ')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code));

const OPTIONS: ReadonlySet<string> = new Set([...OPTION_NAMES, ...Object.keys(EXTRAS)]);
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  server: server.members ?? [],
  clientSecret: Object.keys(DEFAULT_CLIENT_SECRET),
  limits: Object.keys(DEFAULT_LIMITS),
  guards: ['registration', 'configuration'],
};
const PROTECTED = ['authenticate', 'authorize'];

/** Whether a name is one of ours: an option, an export and its method, a command, a table, a field, a package or a sample. */
function isKnown(code: string): boolean {
  if (code.startsWith('dcr ')) return isCommand(code);
  if (code.startsWith('--')) return options.includes(code.split(' ')[0] ?? '');
  if (code.startsWith('sample/')) return isFile(code);
  const [name = '', member = ''] = code.replace(/[:({ ].*$/, '').split('.');
  if (MEMBERS[name]?.includes(member)) return true;
  if (OPTIONS.has(name)) return member === '';
  if (name in library) return member === '' || hasMethod(name, member);
  return PROTECTED.includes(name) || KNOWN.has(code);
}

/** Columns, tables, codes and fields that are named beside. */
const KNOWN: ReadonlySet<string> = new Set([
  '@MetadataField({ required: true })',
  'owner',
  'oauth_clients',
  'registrationAccessTokenHash',
  'invalid_token',
  'invalid_client_metadata',
  'POST',
  'PUT',
  'GET',
  'client_id',
  'client_secret_basic',
  'token_endpoint_auth_method',
  'contacts',
  'native',
  'maxUses: 1',
  'ScopesGuard',
  'DATABASE_URL',
  'a.b',
  'features.registration',
]);

function hasMethod(name: string, method: string): boolean {
  const type: unknown = Reflect.get(library, name);
  return typeof type === 'function' && method in (type.prototype as object);
}

interface CommandLike {
  name(): string;
  readonly commands: readonly CommandLike[];
  readonly options: readonly { readonly long?: string | null | undefined }[];
}

const options = (function all(command: CommandLike): string[] {
  return [...command.options.map(({ long }) => long ?? ''), ...command.commands.flatMap(all)];
})(createProgram());

function isCommand(code: string): boolean {
  let command: CommandLike | undefined = createProgram();
  for (const word of code.split(' ').slice(1)) {
    if (word.startsWith('-')) break;
    command = command?.commands.find((one) => one.name() === word);
  }
  return command !== undefined;
}

function isFile(path: string): boolean {
  return readFileSync(new URL(`../../${path}/README.md`, import.meta.url), 'utf8') !== '';
}

describe('docs/coming-from.md', () => {
  it('names nothing of ours that does not exist', () => {
    expect(ours.length).toBeGreaterThan(80);
    expect(ours.filter((code) => !isKnown(code))).toEqual([]);
  });

  it('has a table for each of the servers', () => {
    const titles = [...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(titles).toEqual([
      'rodauth-oauth',
      'Authlib',
      'Aqueduct',
      'Coder',
      'MCP-Nest',
      'features.registration of oidc-provider',
    ]);
  });
});
