import { UsageError } from '../command.error.js';
import { shellWord } from '../terminal/message-text.js';

interface NamedConnection {
  /** What messages call it: the URL without password and parameters. */
  readonly name: string;
  /** What a further command of the user needs to reach the same database; empty when it comes from the environment. */
  readonly again: string;
}

/** A database file. */
export interface SqliteConnection extends NamedConnection {
  readonly kind: 'sqlite';
  readonly file: string;
}

/** A database server. */
export interface ServerConnection extends NamedConnection {
  readonly kind: 'postgres' | 'mysql' | 'mariadb';
  readonly url: URL;
}

/** A module of the host's that exports its TypeORM data source. */
export interface HostConnection extends NamedConnection {
  readonly kind: 'data-source';
  readonly file: string;
}

/** A database that a URL names. */
export type DatabaseConnection = SqliteConnection | ServerConnection;

/** The database a command works on. */
export type Connection = DatabaseConnection | HostConnection;

/** The URLs a connection can be given as. */
export const CONNECTION_URLS = 'postgres://, mysql://, mariadb:// or sqlite:FILE';

/**
 * Reads the URL of a database.
 * @param repeatable whether it stood on the command line, and a further command has to repeat it
 * @throws UsageError that does not repeat the URL, which may hold a password
 */
export function parseConnection(text: string, repeatable: boolean): DatabaseConnection {
  const given = text.trim();
  const scheme = /^[a-z]+(?=:)/i.exec(given)?.[0].toLowerCase() ?? '';
  switch (scheme) {
    case 'sqlite':
      return sqlite(given, repeatable);
    case 'postgres':
    case 'postgresql':
      return server('postgres', given, repeatable);
    case 'mysql':
    case 'mariadb':
      return server(scheme, given, repeatable);
    default:
      throw new UsageError(`the URL of the database must begin with ${CONNECTION_URLS}`);
  }
}

function sqlite(text: string, repeatable: boolean): SqliteConnection {
  const file = decoded(text.replace(/^sqlite:(?:\/\/)?/i, ''));
  if (file === '') throw new UsageError('the URL of the database names no file: sqlite:FILE');
  if (file === ':memory:') throw new UsageError('a database in memory ends with the command: give sqlite:FILE');
  const name = `sqlite:${file}`;
  return { kind: 'sqlite', file, name, again: again(`sqlite:${encodeURI(file)}`, repeatable) };
}

function server(kind: ServerConnection['kind'], text: string, repeatable: boolean): ServerConnection {
  if (!URL.canParse(text)) throw unreadable();
  const url = new URL(text);
  // A raw #, ? or / in a password cuts the URL there, and the rest of the password would be read as something to show.
  const cut = (url.pathname + url.search + url.hash).includes('@') || url.hash !== '';
  if (cut || !/^[a-z]+:\/\//i.test(text)) throw unreadable();
  for (const part of [url.username, url.password, url.pathname]) decoded(part);
  const credentials = url.password === '' ? url.username : `${url.username}:***`;
  const name = `${url.protocol}//${credentials}${credentials === '' ? '' : '@'}${url.host}${url.pathname}`;
  return { kind, url, name, again: again(name, repeatable) };
}

function again(url: string, repeatable: boolean): string {
  return repeatable ? ` --connect ${shellWord(url)}` : '';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable();
  }
}

function unreadable(): UsageError {
  return new UsageError(
    'the URL of the database cannot be read: percent-encode the special characters of user and password',
  );
}
