import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import Database from 'libsql';
import { dynamicRegistrationMigrations } from 'nestjs-dynamic-registration';
import { CreateOidcPayloads1764200000001 } from './storage/create-oidc-payloads.js';

/** The data source behind a URL: postgres://, mysql://, mariadb:// or sqlite: and a file. */
export function database(url: string): TypeOrmModuleOptions {
  const shared = {
    autoLoadEntities: true,
    migrations: [...dynamicRegistrationMigrations, CreateOidcPayloads1764200000001],
    migrationsRun: true,
  };
  const { protocol } = new URL(url);
  switch (protocol) {
    case 'postgres:':
    case 'postgresql:':
      return { ...shared, type: 'postgres', url };
    case 'mysql:':
    case 'mariadb:':
      return { ...shared, type: 'mariadb', url };
    case 'sqlite:':
      // libsql has the interface of better-sqlite3 and needs no compiler to install.
      // A lock of another process stops the event loop for `timeout` milliseconds; the module tries again by itself.
      return {
        ...shared,
        type: 'better-sqlite3',
        driver: Database,
        database: fileOf(url),
        enableWAL: true,
        timeout: 50,
      };
    default:
      throw new Error('DATABASE_URL must begin with postgres:, mysql:, mariadb: or sqlite:');
  }
}

function fileOf(url: string): string {
  return decodeURIComponent(url.replace(/^sqlite:(?:\/\/)?/, ''));
}
