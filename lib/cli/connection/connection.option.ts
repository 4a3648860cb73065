import { Option, type Command } from 'commander';
import { UsageError } from '../command.error.js';
import { CONNECTION_URLS, parseConnection, type Connection } from './connection.js';
import { isThere } from './is-there.js';
import { printable, shellWord } from '../terminal/message-text.js';

const VARIABLE = 'DATABASE_URL';
/** Read where nothing else names a database. */
const CONFIG_FILE = 'database.yaml';

/**
 * Adds the options that name a database. What stands on the command line goes before the environment, which other users of the machine do not
 * see in its list of processes.
 */
export function withConnection(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--connect <url>',
        `the database: ${CONNECTION_URLS}; other users of this machine can see a password in it meanwhile`,
      ).env(VARIABLE),
    )
    .option(
      '--database-config <file>',
      `a YAML file with type, host, port, databaseName, username and password (default: ${CONFIG_FILE}, if it is there)`,
    )
    .option(
      '--data-source <file>',
      'a built module that exports your TypeORM DataSource and, as dynamicRegistration, the options of the module: for entities of your own',
    );
}

/**
 * The connection a command was given.
 * @throws UsageError when there is none, more than one, or when it cannot be read
 */
export async function connectionOf(command: Command): Promise<Connection> {
  const { connect, databaseConfig, dataSource } = command.opts<Record<string, string | undefined>>();
  const isFromEnvironment = command.getOptionValueSource('connect') === 'env';
  const url = isFromEnvironment ? undefined : connect;
  if ([url, databaseConfig, dataSource].filter((one) => one !== undefined).length > 1) {
    throw new UsageError('give one of --connect, --database-config and --data-source');
  }
  if (url !== undefined) return parseConnection(url, true);
  if (databaseConfig !== undefined) return configured(databaseConfig);
  if (dataSource !== undefined) {
    return {
      kind: 'data-source',
      file: dataSource,
      name: `the data source ${printable(dataSource)}`,
      again: ` --data-source ${shellWord(dataSource)}`,
    };
  }
  if (connect !== undefined && connect.trim() !== '') return parseConnection(connect, false);
  if (await isThere(CONFIG_FILE)) return configured(CONFIG_FILE);
  throw new UsageError(`no database given: add --connect URL or set ${VARIABLE} (${CONNECTION_URLS})`);
}

/** What reads YAML is loaded only when a file is. */
async function configured(file: string): Promise<Connection> {
  const { readDatabaseConfig } = await import('./database-config.js');
  return readDatabaseConfig(file);
}
