import { RefusedError } from '../command.error.js';
import type { DatabaseConnection } from './connection.js';

/** The packages of which one must be installed, in the order they are tried. */
const PACKAGES: Readonly<Record<DatabaseConnection['kind'], readonly string[]>> = {
  postgres: ['pg'],
  mysql: ['mysql2'],
  mariadb: ['mysql2'],
  sqlite: ['better-sqlite3', 'libsql'],
};

/**
 * Loads the driver of a kind of database; users install only the one they need.
 * @throws RefusedError naming the package to install
 */
export async function loadDriver(kind: DatabaseConnection['kind']): Promise<unknown> {
  const failures: string[] = [];
  for (const name of PACKAGES[kind]) {
    try {
      const { default: driver }: { default: unknown } = await import(name);
      if (kind === 'sqlite') probe(driver);
      return driver;
    } catch (error) {
      if (!isNotInstalled(error)) failures.push(`${name} cannot be loaded, install it anew`);
    }
  }
  const install = PACKAGES[kind].map((name) => `npm install ${name}`).join(' or ');
  throw new RefusedError([`${kind} needs a driver: ${install}`, ...failures].join('; '));
}

/** A native driver loads without its binary, which is missing when install scripts did not run. */
function probe(driver: unknown): void {
  const Database = driver as new (file: string) => { close(): void };
  new Database(':memory:').close();
}

function isNotInstalled(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
