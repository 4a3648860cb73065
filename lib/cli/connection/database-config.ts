import { readFile } from 'node:fs/promises';
import { isAlias, isMap, isScalar, parseDocument } from 'yaml';
import { RefusedError } from '../command.error.js';
import { parseConnection, type DatabaseConnection } from './connection.js';
import { shellWord } from '../terminal/message-text.js';

const MEMBERS = ['type', 'host', 'port', 'databaseName', 'username', 'password'] as const;

type Member = (typeof MEMBERS)[number];

const TYPES: readonly string[] = ['postgres', 'postgresql', 'mysql', 'mariadb', 'sqlite'];

const EXAMPLE = MEMBERS.join(', ');

/**
 * Reads a YAML file that names a database: `type` is postgres (the default), mysql, mariadb or sqlite, where `databaseName` is the file.
 * @throws RefusedError naming the file and what is wrong with it, and none of its values
 */
export async function readDatabaseConfig(file: string): Promise<DatabaseConnection> {
  const config = membersOf(file, await contentsOf(file));
  const { type = 'postgres', databaseName = '' } = config;
  if (databaseName === '') throw refused(file, 'names no database: add databaseName');
  try {
    const connection = parseConnection(type === 'sqlite' ? `sqlite:${encodeURI(databaseName)}` : url(config), false);
    return { ...connection, again: ` --database-config ${shellWord(file)}` };
  } catch (error) {
    throw refused(file, error instanceof Error ? error.message : String(error));
  }
}

async function contentsOf(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw refused(file, `cannot be read (${code}): give a YAML file with ${EXAMPLE}`);
  }
  const { contents, errors, warnings } = parseDocument(text);
  // The words of the parser quote the file, and so perhaps a password.
  if (errors.length > 0 || warnings.length > 0) throw notYaml(file);
  return contents;
}

function membersOf(file: string, contents: unknown): Partial<Record<Member, string>> {
  if (!isMap(contents)) throw refused(file, `has no members: give a file with ${EXAMPLE}, one a line`);
  const members = contents.items.map(({ key, value }) => [textOf(file, 'a name', key), value] as const);
  if (members.some(([name]) => !MEMBERS.some((member) => member === name))) {
    throw refused(file, `has a member that is not known: there are ${EXAMPLE}`);
  }
  const given = members.map(([name, value]) => [name, textOf(file, String(name), value)] as const);
  const config: Partial<Record<Member, string>> = Object.fromEntries(given.filter(([, text]) => text !== undefined));
  if (config.type !== undefined && !TYPES.includes(config.type)) {
    throw refused(file, `type must be one of ${TYPES.join(', ')}`);
  }
  if (config.host?.startsWith('/')) {
    throw refused(file, 'host must be a name or an address: for a socket give --connect postgres:///NAME?host=/FOLDER');
  }
  return config;
}

/** What stands in the file: a password may look like a number. Nothing, `~` and `null` are no text. */
function textOf(file: string, name: string, node: unknown): string | undefined {
  if (isAlias(node)) throw notYaml(file);
  if (!isScalar(node)) throw refused(file, `${name} must be text`);
  const { value, source } = node;
  if (value === null) return undefined;
  return typeof value === 'string' ? value : (source ?? '');
}

function url({ type = 'postgres', host = '127.0.0.1', port = '', ...names }: Partial<Record<Member, string>>): string {
  const { databaseName = '', username = '', password = '' } = names;
  const user = encodeURIComponent(username) + (password === '' ? '' : `:${encodeURIComponent(password)}`);
  const address = host.includes(':') ? `[${host}]` : host;
  return `${type}://${user}${user === '' ? '' : '@'}${address}${port === '' ? '' : `:${port}`}/${encodeURIComponent(databaseName)}`;
}

function refused(file: string, what: string): RefusedError {
  return new RefusedError(`${file}: ${what}`);
}

function notYaml(file: string): RefusedError {
  return refused(file, `is not YAML: give a file with ${EXAMPLE}, one a line`);
}
