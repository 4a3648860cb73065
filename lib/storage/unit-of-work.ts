import type {
  DeleteQueryBuilder,
  EntityManager,
  InsertQueryBuilder,
  ObjectLiteral,
  SelectQueryBuilder,
  UpdateQueryBuilder,
} from 'typeorm';

/** One statement of a unit of work, built on the manager it will run on; a select is a condition and writes nothing. */
export type Write = (
  manager: EntityManager,
) =>
  | SelectQueryBuilder<ObjectLiteral>
  | InsertQueryBuilder<ObjectLiteral>
  | UpdateQueryBuilder<ObjectLiteral>
  | DeleteQueryBuilder<ObjectLiteral>;

/** What a host's listener does inside the unit of work. */
export type Participant = (manager: EntityManager) => Promise<void>;

/** Writes that happen together or not at all. */
export interface UnitOfWork {
  /**
   * Runs the writes in their order. A select, update or delete that matches no row undoes all of them.
   * @param participant takes part where the database has asynchronous transactions; a failure of it undoes everything
   * @param locks names of which no two units of work hold the same at a time, on whatever instance: what is counted stays true until it is written
   * @returns the index of the write that matched no row; undefined when everything is written
   * @throws DuplicateKeyError, TemporarilyUnavailableError, StorageError, or what the participant threw
   */
  run(writes: readonly Write[], participant?: Participant, locks?: readonly string[]): Promise<number | undefined>;
}

/** Ends a transaction because a write matched no row. */
export class NothingMatched extends Error {
  constructor(readonly index: number) {
    super('a conditional write matched no row');
  }
}
