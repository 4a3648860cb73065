import { Option, type Command } from 'commander';
import { UsageError } from './command.error.js';
import { CONNECTION_URLS, parseConnection, type Connection } from './connection.js';

const VARIABLE = 'DATABASE_URL';

/** `--connect URL`, or the environment, which other users of the machine do not see in its list of processes. */
export function connectionOption(): Option {
  return new Option('--connect <url>', `the database: ${CONNECTION_URLS}`).env(VARIABLE);
}

/**
 * The connection a command was given.
 * @throws UsageError when there is none, or when it cannot be read
 */
export function connectionOf(command: Command): Connection {
  const url: unknown = command.getOptionValue('connect');
  if (typeof url !== 'string' || url.trim() === '') {
    throw new UsageError(`no database given: add --connect URL or set ${VARIABLE} (${CONNECTION_URLS})`);
  }
  return parseConnection(url, command.getOptionValueSource('connect') === 'cli');
}
