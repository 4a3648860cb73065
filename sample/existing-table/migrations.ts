import { AdoptClientTable, CreateInitialAccessTokens1764000000001, type AdoptedRow } from 'nestjs-dynamic-registration';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Stands for the migrations your application has: the table of clients as it always was, with a client that somebody added once. */
class CreateProviderApps1600000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE users (id varchar(255) PRIMARY KEY)`);
    await runner.query(`INSERT INTO users VALUES ('acme')`);
    await runner.query(`CREATE TABLE oauth2_provider_apps (id varchar(36) PRIMARY KEY, name text, callback_url text,
      hashed_secret text, scopes text, created_at timestamptz NOT NULL DEFAULT now(),
      owner_id varchar(255) REFERENCES users ON DELETE CASCADE)`);
    // The secret is "correct horse".
    await runner.query(`INSERT INTO oauth2_provider_apps VALUES ('tide-tables', 'Tide Tables', 'https://tides.example/cb',
      'pbkdf2:100000:salt:58fc8a16c3cfd768605c16b6bfb8dd88794423bfbf9e3eb2a8e3d4c91d2db05f', 'api:read', '2021-06-01T12:00:00Z', 'acme')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE oauth2_provider_apps');
    await runner.query('DROP TABLE users');
  }
}

/** Gives it the columns it lacks. */
class AdoptProviderApps1795600000000 extends AdoptClientTable {
  readonly name = 'AdoptProviderApps1795600000000';
  protected readonly table = 'oauth2_provider_apps';
  protected readonly existing = {
    clientId: 'id',
    clientName: 'name',
    clientSecretHash: 'hashed_secret',
    owner: 'owner_id',
  };
  protected override readonly createdAt = 'created_at';
  protected override readonly callbackUrl = 'callback_url';

  protected override valuesOf(row: AdoptedRow) {
    return { ...super.valuesOf(row), scope: row.columns['scopes'] as string | null };
  }
}

export const migrations = [
  CreateProviderApps1600000000000,
  CreateInitialAccessTokens1764000000001,
  AdoptProviderApps1795600000000,
];
