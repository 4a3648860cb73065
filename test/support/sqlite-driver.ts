/** The package with which the tests open SQLite files: `TEST_SQLITE_DRIVER`, by default libsql. */
export const SQLITE_DRIVER_NAME = process.env['TEST_SQLITE_DRIVER'] ?? 'libsql';

/** That package as TypeORM takes it; libsql has the interface of better-sqlite3. */
export const SQLITE_DRIVER: unknown = await load(SQLITE_DRIVER_NAME);

async function load(name: string): Promise<unknown> {
  try {
    const { default: driver }: { default: new (file: string) => { close(): void } } = await import(name);
    // A native driver loads without its binary and fails when it is used.
    new driver(':memory:').close();
    return driver;
  } catch (error) {
    throw new Error(`TEST_SQLITE_DRIVER: ${name} cannot be loaded; npm i --no-save ${name}`, { cause: error });
  }
}
