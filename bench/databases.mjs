// A database for each server: on the one PostgreSQL, or a file of SQLite in a temporary folder. All are gone in the end.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openPostgres } from './postgres.mjs';

export class Databases {
  #postgres;
  #admin;
  #folder = mkdtempSync(join(tmpdir(), 'dcr-bench-sqlite-'));
  #prefix = `dcr_bench_${randomBytes(4).toString('hex')}_`;
  #names = new Set();

  static async open() {
    const databases = new Databases();
    try {
      databases.#postgres = await openPostgres();
      databases.#admin = await connect(databases.#postgres.url);
    } catch (error) {
      await databases.close();
      throw error;
    }
    return databases;
  }

  /** @returns where a new and empty database is, as a target is told */
  async create(kind, label) {
    if (kind === 'sqlite') return { kind, file: join(this.#folder, `${label}.sqlite`) };
    const name = this.#prefix + label.replaceAll(/\W/g, '_');
    await this.#admin.query(`CREATE DATABASE ${name}`);
    this.#names.add(name);
    const url = new URL(this.#postgres.url);
    url.pathname = name;
    return { kind, name, url: url.href };
  }

  /** Ends a database before all others: a million clients take a gigabyte. */
  async drop({ name }) {
    if (!this.#names.delete(name)) return;
    await this.#admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
  }

  async postgresVersion() {
    const { rows } = await this.#admin.query('SHOW server_version');
    return rows[0].server_version;
  }

  async close() {
    rmSync(this.#folder, { recursive: true, force: true });
    for (const name of this.#names) await this.drop({ name });
    await this.#admin?.end();
    await this.#postgres?.stop();
  }
}

/** A connection of the driver's own. */
export async function connect(connectionString) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}
