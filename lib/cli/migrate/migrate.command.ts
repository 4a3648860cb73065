import type { Command } from 'commander';
import { connectionOf, withConnection } from '../connection/connection.option.js';

/** `dcr migrate`: the tables of the module on a database. What needs a database is loaded only when a command runs. */
export function addMigrateCommand(program: Command): void {
  const migrate = program
    .command('migrate')
    .description('make, list or undo the tables of the module')
    .addHelpText('after', '\nExample:\n  $ dcr migrate --connect sqlite:auth.sqlite');

  withConnection(
    migrate
      .command('run', { isDefault: true })
      .description(
        'run the migrations that have not run yet, with --data-source all of that data source; makes a SQLite file that is not there',
      ),
  )
    .addHelpText('after', '\nExample:\n  $ dcr migrate run --connect postgres://app@localhost/auth')
    .action(async (_options: unknown, command: Command) => {
      const connection = await connectionOf(command);
      const { runMigrations } = await import('./migrations.js');
      const names = await runMigrations(connection);
      write(names.length === 0 ? ['nothing to do: every migration has run'] : names.map((name) => `applied ${name}`));
    });

  withConnection(migrate.command('show').description('list the migrations: [X] has run, [ ] has not'))
    .addHelpText('after', '\nExample:\n  $ dcr migrate show --connect postgres://app@localhost/auth')
    .action(async (_options: unknown, command: Command) => {
      const connection = await connectionOf(command);
      const { listMigrations } = await import('./migrations.js');
      const migrations = await listMigrations(connection);
      write(migrations.map(({ name, applied }) => `[${applied ? 'X' : ' '}] ${name}`));
    });

  withConnection(
    migrate
      .command('revert')
      .description('undo the migration that ran last; undoing the first one drops the tables and every client in them'),
  )
    .addHelpText('after', '\nExample:\n  $ dcr migrate revert --connect sqlite:auth.sqlite')
    .action(async (_options: unknown, command: Command) => {
      const connection = await connectionOf(command);
      const { revertMigration } = await import('./migrations.js');
      const name = await revertMigration(connection);
      write([name === undefined ? 'nothing to revert: no migration has run' : `reverted ${name}`]);
    });
}

function write(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
