import { Command, CommanderError } from 'commander';
import { createRequire } from 'node:module';
import { UsageError } from './command.error.js';
import { addAuthCommand, addClientsCommand } from './clients/clients.command.js';
import { addExplainCommand } from './explain.command.js';
import { addMigrateCommand } from './migrate/migrate.command.js';
import { maskPasswords, oneLine, printable } from './terminal/message-text.js';
import { addTokensCommand } from './tokens/tokens.command.js';

/** The exit codes of `dcr`: done, refused, and a command line that makes no sense. */
export const EXIT = { done: 0, refused: 1, usage: 2 } as const;

/**
 * Runs one command line; whatever fails is one line on the standard error output.
 * @param argv as in `process.argv`, the program's name included
 * @returns the exit code
 */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(argv);
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const message = oneLine(error instanceof Error ? error.message : String(error));
    process.stderr.write(`error: ${printable(maskPasswords(message))}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.refused;
  }
}

/** The commands and what they take. */
export function createProgram(): Command {
  const program = new Command('dcr')
    .description(
      'OAuth 2.0 Dynamic Client Registration: the tables, the initial access tokens and the clients of an authorization server',
    )
    .version(version())
    // Behind a command, --version is an option of that command.
    .enablePositionalOptions()
    // Commands made by command() inherit both.
    .exitOverride()
    .configureOutput({
      // Commander repeats what it does not understand, which may be the URL of a database.
      outputError: (text, write) => write(`${maskPasswords(oneLine(text))}\n`),
    })
    .addHelpText('after', EXAMPLE);
  addMigrateCommand(program);
  addTokensCommand(program);
  addClientsCommand(program);
  addExplainCommand(program);
  addAuthCommand(program);
  return program;
}

const EXAMPLE = `
Exit codes: 0 done, 1 refused, 2 wrong usage.

Example:
  $ export DATABASE_URL=postgres://app@localhost/auth
  $ dcr migrate run
  $ dcr tokens create --max-uses 1 --expires-in 1h
  $ dcr clients list`;

function version(): string {
  // By the name of the package, wherever in it this file is built to.
  const manifest: unknown = createRequire(import.meta.url)('nestjs-dynamic-registration/package.json');
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}
