import type { Command } from 'commander';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { OAuthClientRepository } from '../../client/oauth-client.repository.js';
import { RegistrationError, TemporarilyUnavailableError } from '../../errors/registration.error.js';
import type { OAuthClientRecord } from '../../index.js';
import { StorageError } from '../../errors/storage.error.js';
import { DuplicateKeyError } from '../../storage/storage-failure.js';
import type { Connection } from '../connection/connection.js';
import { databaseFailure } from '../connection/database-failure.js';
import { ClientImportReader } from './client-import.reader.js';
import { RefusedError } from '../command.error.js';
import { Progress } from '../terminal/progress.js';
import { withServices } from '../services/services.js';

/** What is stored at once, by clients and by the characters of their lines. */
const BATCH = 200;
const BATCH_LENGTH = 1_000_000;

/** What became of the lines of an import. */
export interface ImportResult {
  readonly imported: number;
  /** Clients whose id is taken already: by an earlier line, by an import before, or by anybody. */
  readonly existing: number;
  readonly refused: number;
  /** Members of lines that nobody knows here, which were left out. */
  readonly unknown: readonly string[];
}

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

/**
 * Stores clients, a JSON object a line, some at a time; an id that is taken already is passed over, so that an import that was interrupted
 * can be run again.
 * @param file its path, `-` for the standard input
 */
export async function importClients(command: Command, file: string, options: ImportOptions): Promise<ImportResult> {
  return withServices(command, async (services, connection) => {
    const reader = new ClientImportReader(services);
    const batches = new ClientBatches(services(OAuthClientRepository), connection, options);
    const progress = new Progress();
    let line = 0;
    for await (const text of linesOf(file)) {
      line++;
      if (text.trim() === '') continue;
      const client = await reader.read(text).catch((error: unknown) => {
        progress.clear();
        batches.refuse(line, refusalOf(error));
      });
      if (client) await batches.add({ line, client }, text.length);
      progress.show(`${line} lines`);
    }
    await batches.flush();
    progress.clear();
    return { ...batches.result, unknown: reader.unknown };
  });
}

/** Gathers clients and stores them together: a statement for each would take ten times as long. */
class ClientBatches {
  private readonly counts = { imported: 0, existing: 0, refused: 0 };
  private readonly batch = new Map<string, ReadClient>();
  private length = 0;

  constructor(
    private readonly clients: OAuthClientRepository,
    private readonly connection: Connection,
    private readonly options: ImportOptions,
  ) {}

  get result(): Omit<ImportResult, 'unknown'> {
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

/** @throws what is no refusal of the line */
function refusalOf(error: unknown): string {
  const isOfLine =
    error instanceof RefusedError ||
    (error instanceof RegistrationError && !(error instanceof TemporarilyUnavailableError));
  if (!isOfLine) throw error;
  return error.message;
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const input = file === '-' ? process.stdin : createReadStream(file, 'utf8');
  try {
    let isFirst = true;
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      // Editors of Windows begin a file with a byte order mark.
      yield isFirst ? line.replace(/^\uFEFF/, '') : line;
      isFirst = false;
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new RefusedError(`the file cannot be read (${code}): give the path of a file of JSON lines`);
  }
}
