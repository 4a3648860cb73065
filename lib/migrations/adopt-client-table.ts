import { TableColumn, type MigrationInterface, type QueryRunner, type Table } from 'typeorm';
import { applicationTypeFor } from '../client-metadata/application-type.rules.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { ClientBackfill, type AdoptedRow, type AdoptedValues } from './client-backfill.js';
import { ADOPTED_CLIENT_COLUMNS } from './oauth-client.columns.js';
import {
  alterTable,
  columnName,
  escaped,
  isSqlite,
  tableColumn,
  type ColumnDefinition,
  type NamedColumn,
} from './table-definition.js';

/** Names of columns, by the property of a client that they hold. */
export type ClientColumnNames = { readonly [property in keyof OAuthClientRecord]?: string };

/**
 * Makes a table of clients that is there already into one that the module can use, and keeps every row: adds the columns it lacks, fills them, and
 * then requires those that a client cannot be without. Extend it with the names of the table, and list the subclass in the `migrations` of the
 * data source. A row that was there is of source `manual`, has no registration access token, and is never public unless it says so itself.
 *
 * On SQLite, which cannot require a column later, they have a default in the table.
 */
export abstract class AdoptClientTable implements MigrationInterface {
  /** Ends with the time of the migration in milliseconds, as TypeORM demands it: `AdoptProviderApps1795600000000`. */
  abstract readonly name: string;
  /** The table, with its schema where that is not the one of the data source. */
  protected abstract readonly table: string;
  /** The columns that are there and stay as they are, at least the one of the client identifier: `{ clientId: 'id', clientName: 'name' }`. */
  protected abstract readonly existing: ClientColumnNames & { readonly clientId: string };
  /** Names of columns to add. @default those that the naming strategy of the data source gives them */
  protected readonly added: ClientColumnNames = {};
  /** The column that says when a client was made, of a type for times. @default none, and they are as old as the migration */
  protected readonly createdAt: string | undefined = undefined;
  /** The column with the redirect URI of a client. @default none, and they have no redirect URI */
  protected readonly callbackUrl: string | undefined = undefined;

  async up(runner: QueryRunner): Promise<void> {
    const table = await runner.getTable(this.table);
    if (!table) throw new Error(`${this.name}: there is no table ${this.table}`);
    const columns = this.columns(runner);
    this.check(table, columns);
    // What a run that was interrupted has added is there: not every database undoes changes of a table.
    const missing = columns.added.filter(({ name }) => !table.findColumnByName(name));
    for (const column of missing) await this.add(runner, column);
    await new ClientBackfill(runner, table, {
      ...columns,
      table: this.table,
      createdAt: this.createdAt,
      callbackUrl: this.callbackUrl,
      valuesOf: (row) => this.valuesOf(row),
    }).run();
    if (!isSqlite(runner)) for (const column of columns.added) await this.require(runner, column);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { name } of this.columns(runner).added.toReversed()) {
      if (isSqlite(runner)) await alterTable(runner, this.table, `DROP COLUMN ${escaped(runner, name)}`);
      else await runner.dropColumn(this.table, name);
    }
  }

  /**
   * What a row has in the columns that are added, and in the others where they are null and must not be. Override it to say more of a row than
   * the defaults do: `{ ...super.valuesOf(row), scope: row.columns['scopes'] as string | null }`.
   */
  protected valuesOf({ createdAt, callbackUrl, hasSecret }: AdoptedRow): AdoptedValues {
    const redirectUris = callbackUrl === null ? [] : [callbackUrl];
    // Without a redirect URI there is nothing to come back to: such a client is given a grant type later.
    const [grantTypes, responseTypes] = callbackUrl === null ? [[], []] : [['authorization_code'], ['code']];
    return {
      clientIdIssuedAt: createdAt,
      clientSecretExpiresAt: hasSecret ? 0 : null,
      source: 'manual',
      registeredOpenly: false,
      status: 'active',
      version: 1,
      redirectUris,
      tokenEndpointAuthMethod: 'client_secret_basic',
      grantTypes,
      responseTypes,
      applicationType: applicationTypeFor(undefined, redirectUris, { unsupportedMetadata: 'narrow', grantTypes }),
    };
  }

  /** Before anything is changed: a name that is not right would lose what rows have, or overwrite it. */
  private check(table: Table, { existing, added }: { existing: NamedColumn[]; added: NamedColumn[] }): void {
    const named = [...existing.map(({ name }) => name), this.createdAt, this.callbackUrl];
    const unknown = named.find((name) => name !== undefined && !table.findColumnByName(name));
    if (unknown !== undefined) throw new Error(`${this.name}: ${this.table} has no column ${unknown}`);
    for (const { name, definition } of added) {
      const found = table.findColumnByName(name);
      // The comment tells a column of an interrupted run from one of the host's.
      if (found && found.comment !== definition.comment) {
        throw new Error(
          `${this.name}: ${this.table} has a column ${name} already. Name it in existing, or give ${definition.property} another name in added`,
        );
      }
    }
  }

  private columns(runner: QueryRunner): { existing: NamedColumn[]; added: NamedColumn[] } {
    const named = (names: Readonly<Record<string, string | undefined>>) => (definition: ColumnDefinition) => ({
      definition,
      name: names[definition.property] ?? columnName(runner, definition.property),
    });
    const isExisting = ({ property }: ColumnDefinition) => Object.hasOwn(this.existing, property);
    return {
      existing: ADOPTED_CLIENT_COLUMNS.filter(isExisting).map(named(this.existing)),
      added: ADOPTED_CLIENT_COLUMNS.filter((column) => !isExisting(column)).map(named(this.added)),
    };
  }

  private async add(runner: QueryRunner, { definition, name }: NamedColumn): Promise<void> {
    if (!isSqlite(runner)) {
      return runner.addColumn(
        this.table,
        new TableColumn({ ...tableColumn(runner, definition), name, isNullable: true }),
      );
    }
    const { type, length } = tableColumn(runner, definition);
    const declared = `${escaped(runner, name)} ${type}${length === undefined ? '' : `(${length})`}`;
    const required = definition.nullable ? '' : ` NOT NULL DEFAULT ${SQLITE_DEFAULTS[type] ?? "''"}`;
    return alterTable(runner, this.table, `ADD COLUMN ${declared}${required}`);
  }

  private async require(runner: QueryRunner, { definition, name }: NamedColumn): Promise<void> {
    if (definition.nullable) return;
    const column = new TableColumn({ ...tableColumn(runner, definition), name });
    const nullable = column.clone();
    nullable.isNullable = true;
    await runner.changeColumn(this.table, nullable, column);
  }
}

/** What no row keeps: each is filled after its column was added. */
const SQLITE_DEFAULTS: Readonly<Record<string, string>> = { bigint: '0', integer: '0', boolean: '0', json: "'[]'" };
