import type { Type } from '@nestjs/common';
import {
  QueryFailedError,
  type DataSource,
  type EntityManager,
  type EntityMetadata,
  type ObjectLiteral,
} from 'typeorm';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import type { InitialAccessTokenRecord } from '../initial-access-token/initial-access-token.record.js';
import { FixedLookup, type LookupKey } from './fixed-lookup.js';
import { PreparedStatements, type Answer } from './prepared-statements.js';
import { onPrimary } from './primary-connection.js';
import { storageFailure } from './storage-failure.js';
import { SynchronousUnitOfWork } from './synchronous.unit-of-work.js';
import { TransactionalUnitOfWork } from './transactional.unit-of-work.js';
import type { UnitOfWork } from './unit-of-work.js';

/** The entity classes the module stores in. */
export interface RegistrationEntities {
  readonly client: Type<OAuthClientRecord>;
  readonly initialAccessToken: Type<InitialAccessTokenRecord>;
}

/** Finds the row with these values, of the properties it was made for. */
export type Lookup<Entity> = (...values: string[]) => Promise<Entity | undefined>;

type EntityOf<E extends keyof RegistrationEntities> = InstanceType<RegistrationEntities[E]>;

/** The host's data source as the module uses it: its entities, reads that decide about a credential, and atomic writes. */
export class RegistrationDataSource {
  readonly unitOfWork: UnitOfWork;

  private readonly preparedStatements: PreparedStatements | undefined;

  /** The identity of each table, as soon as the database was asked for it: where other imports may share them. */
  readonly tables = new Map<keyof RegistrationEntities, string>();

  constructor(
    readonly dataSource: DataSource,
    readonly entities: RegistrationEntities,
    preparedStatements: boolean,
  ) {
    this.preparedStatements = preparedStatements ? PreparedStatements.for(dataSource) : undefined;
    this.unitOfWork =
      dataSource.options.type === 'better-sqlite3'
        ? new SynchronousUnitOfWork(dataSource)
        : new TransactionalUnitOfWork(dataSource);
  }

  /** Whether listeners can take part in a write, and so undo it. */
  get hasTransactions(): boolean {
    return this.unitOfWork instanceof TransactionalUnitOfWork;
  }

  /** What TypeORM knows of an entity of ours. */
  metadataOf(entity: keyof RegistrationEntities): EntityMetadata {
    return this.dataSource.getMetadata(this.entities[entity]);
  }

  /**
   * The version of a client as it is, for a write of what a client cannot see: TypeORM counts every other update. Such a write is not noticed by an
   * update at the same time, which therefore must not write the same columns with what it has read.
   */
  sameVersion(): { version: () => string } {
    const column = this.metadataOf('client').versionColumn?.databaseName ?? 'version';
    return { version: () => this.dataSource.driver.escape(column) };
  }

  /**
   * Makes a look-up by these properties, on the primary; of several in a list one has to have the value.
   * @throws TemporarilyUnavailableError when the database does not answer
   */
  lookup<E extends keyof RegistrationEntities>(entity: E, ...keys: LookupKey[]): Lookup<EntityOf<E>> {
    const fixed = FixedLookup.for(this.dataSource, this.metadataOf(entity), keys);
    const find = async (values: readonly string[]) =>
      onPrimary(this.dataSource, ({ manager }) =>
        manager.findOneBy<ObjectLiteral>(this.entities[entity], alternatives(keys, values)),
      );
    return async (...values) => {
      try {
        const found: unknown = fixed?.isAlone
          ? fixed.entityOf((await this.query(fixed.text, fixed.parametersOf(values))).rows[0])
          : await find(values);
        return (found ?? undefined) as EntityOf<E> | undefined;
      } catch (error) {
        if (isNoValueOfTheColumn(error)) return undefined;
        throw storageFailure(error);
      }
    };
  }

  /**
   * Does a statement on the primary, whose text never changes.
   * @throws what the database says, as TypeORM has it
   */
  query(text: string, parameters: unknown[]): Promise<Answer> {
    if (this.preparedStatements?.arePossible) return this.preparedStatements.run(text, parameters);
    return onPrimary(this.dataSource, async (runner) => {
      const { records, affected = null } = await runner.query(text, parameters, true);
      return { rows: records, rowCount: affected };
    });
  }

  /**
   * Reads from the primary: a replica may lag behind a revocation.
   * @throws TemporarilyUnavailableError when the database does not answer
   */
  async read<T>(query: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await onPrimary(this.dataSource, ({ manager }) => query(manager));
    } catch (error) {
      throw storageFailure(error);
    }
  }
}

/** What TypeORM finds a row by: it joins the conditions of a list with `or`. */
function alternatives(keys: readonly LookupKey[], values: readonly string[]): ObjectLiteral[] {
  return keys.reduce<ObjectLiteral[]>(
    (conditions, key, i) =>
      [key].flat().flatMap((property) => conditions.map((condition) => ({ ...condition, [property]: values[i] }))),
    [{}],
  );
}

/** PostgreSQL's refusal of text for a column of another type, such as `uuid` in a host's entity: no row has it. */
function isNoValueOfTheColumn(error: unknown): boolean {
  return error instanceof QueryFailedError && Reflect.get(Object(error.driverError), 'code') === '22P02';
}

/**
 * A look-up or conditional write by anything but a non-empty string would match no row, or with TypeORM 0.3 the first one. PostgreSQL has no
 * NUL in text and fails on it.
 */
export function isKey(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}
