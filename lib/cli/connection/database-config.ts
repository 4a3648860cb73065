import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { RefusedError } from '../command.error.js';
import { parseConnection, type DatabaseConnection } from './connection.js';
import { shellWord } from '../terminal/message-text.js';

const MEMBERS = ['type', 'host', 'port', 'databaseName', 'username', 'password'] as const;

type Member = (typeof MEMBERS)[number];

const EXAMPLE = MEMBERS.join(', ');

/**
 * Reads a YAML file that names a database: `type` is postgres (the default), mysql, mariadb or sqlite, where `databaseName` is the file.
 * @throws RefusedError naming the file and what is wrong with it, and none of its values
 */
export async function readDatabaseConfig(file: string): Promise<DatabaseConnection> {
  const config = membersOf(file, await parsed(file));
  const { type = 'postgres', databaseName = '' } = config;
  if (databaseName === '') throw refused(file, 'names no database: add databaseName');
  try {
    const connection = parseConnection(type === 'sqlite' ? `sqlite:${encodeURI(databaseName)}` : url(config), false);
    return { ...connection, again: ` --database-config ${shellWord(file)}` };
  } catch (error) {
    throw refused(file, error instanceof Error ? error.message : String(error));
  }
}

async function parsed(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw refused(file, `cannot be read (${code}): give a YAML file with ${EXAMPLE}`);
  }
  try {
    return parse(text);
  } catch {
    // The words of the parser quote the file, and so perhaps a password.
    throw refused(file, `is not YAML: give a file with ${EXAMPLE}, one a line`);
  }
}

function membersOf(file: string, config: unknown): Partial<Record<Member, string>> {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw refused(file, `has no members: give a file with ${EXAMPLE}, one a line`);
  }
  const given = new Map(Object.entries(config).filter(([, value]) => value !== null));
  const unknown = [...given.keys()].find((name) => !MEMBERS.some((member) => member === name));
  if (unknown !== undefined) throw refused(file, `has a member that is not known: there are ${EXAMPLE}`);
  const wrong = [...given].find(([, value]) => typeof value !== 'string' && typeof value !== 'number');
  if (wrong) throw refused(file, `${wrong[0]} must be text`);
  return Object.fromEntries([...given].map(([name, value]) => [name, String(value)]));
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
