import type { OAuthClientRepository } from '../../client/oauth-client.repository.js';
import { StorageError } from '../../errors/storage.error.js';
import type { OAuthClientRecord } from '../../index.js';
import { DuplicateKeyError } from '../../storage/storage-failure.js';
import type { Connection } from '../connection/connection.js';
import { databaseFailure } from '../connection/database-failure.js';

/** What is stored at once, by clients and by the characters of their lines. */
const BATCH = 200;
const BATCH_LENGTH = 1_000_000;

/** What became of lines of an import. */
export interface ImportCounts {
  imported: number;
  /** Clients whose id is taken already: by an earlier line, by an import before, or by anybody. */
  existing: number;
  refused: number;
}

/** How an import is done. */
export interface ImportOptions {
  /** Judges every line and stores nothing. */
  readonly isDryRun: boolean;
  /** Told of each line that is refused. */
  onRefusal(line: number, reason: string): void;
}

/** A client that was read, and the number of its line. */
interface ReadClient {
  readonly line: number;
  readonly client: OAuthClientRecord;
}

/** Gathers clients and stores them together: a statement for each would take ten times as long. */
export class ClientBatches {
  private readonly counts: ImportCounts = { imported: 0, existing: 0, refused: 0 };
  private readonly batch = new Map<string, ReadClient>();
  private length = 0;

  constructor(
    private readonly clients: OAuthClientRepository,
    private readonly connection: Connection,
    private readonly options: ImportOptions,
  ) {}

  get result(): Readonly<ImportCounts> {
    return this.counts;
  }

  async add(read: ReadClient, length: number): Promise<void> {
    const { clientId } = read.client;
    if (this.batch.has(clientId)) this.counts.existing++;
    else this.batch.set(clientId, read);
    this.length += length;
    if (this.batch.size >= BATCH || this.length >= BATCH_LENGTH) await this.flush();
  }

  async flush(): Promise<void> {
    const gathered = [...this.batch.values()];
    this.batch.clear();
    this.length = 0;
    if (gathered.length === 0) return;
    try {
      await this.store(gathered);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      // One of them stands in the way of all.
      const stored: OAuthClientRecord[] = [];
      for (const read of gathered) stored.push(...(await this.storeOne(read, stored)));
    }
  }

  refuse(line: number, reason: string): void {
    this.counts.refused++;
    this.options.onRefusal(line, reason);
  }

  /**
   * Stores those that are not there yet, all of them or none.
   * @param before what would be there already if this were no dry run
   * @returns those that were not there
   */
  private async store(
    gathered: readonly ReadClient[],
    before: readonly OAuthClientRecord[] = [],
  ): Promise<OAuthClientRecord[]> {
    const taken = new Set(await this.clients.taken(gathered.map(({ client }) => client.clientId)));
    const fresh = gathered.map(({ client }) => client).filter(({ clientId }) => !taken.has(clientId));
    if (this.options.isDryRun) await this.clients.rehearseInsert([...before, ...fresh]);
    else await this.clients.insertAll(fresh);
    this.counts.imported += fresh.length;
    this.counts.existing += gathered.length - fresh.length;
    return fresh;
  }

  private async storeOne(read: ReadClient, before: readonly OAuthClientRecord[]): Promise<OAuthClientRecord[]> {
    try {
      return await this.store([read], before);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      await this.refuseOne(read, error);
      return [];
    }
  }

  /** Somebody was faster, or the database takes two ids for one (MariaDB ignores case and trailing spaces), or does not take a value. */
  private async refuseOne({ line, client }: ReadClient, error: StorageError): Promise<void> {
    if (!(error instanceof DuplicateKeyError)) this.refuse(line, databaseFailure(error, this.connection).message);
    else if (await this.clients.findByClientId(client.clientId)) this.counts.existing++;
    else this.refuse(line, 'this database takes client_id, or another unique value, for one that is there');
  }
}
