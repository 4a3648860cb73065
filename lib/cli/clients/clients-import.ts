import type { Command } from 'commander';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { OAuthClientRepository } from '../../client/oauth-client.repository.js';
import { RegistrationError, TemporarilyUnavailableError } from '../../errors/registration.error.js';
import type { OAuthClientRecord } from '../../index.js';
import { DuplicateKeyError } from '../../storage/storage-failure.js';
import { ClientImportReader } from './client-import.reader.js';
import { RefusedError } from '../command.error.js';
import { Progress } from '../terminal/progress.js';
import type { ServiceOptions } from '../services/registration-context.js';
import { withServices } from '../services/services.js';

/** What is stored at once, by clients and by the characters of their lines. */
const BATCH = 200;
const BATCH_LENGTH = 1_000_000;

/** What became of the lines of an import. */
export interface ImportResult {
  imported: number;
  /** Clients whose id is taken already: by an import before, or by anybody. */
  existing: number;
  refused: number;
}

export interface ImportOptions extends ServiceOptions {
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
  return withServices(
    command,
    async (services) => {
      const batches = new ClientBatches(services(OAuthClientRepository), options);
      const reader = new ClientImportReader(services);
      const progress = new Progress();
      let line = 0;
      for await (const text of linesOf(file)) {
        line++;
        if (text.trim() === '') continue;
        try {
          await batches.add({ line, client: await reader.read(text) }, text.length);
        } catch (error) {
          progress.clear();
          batches.refuse(line, refusalOf(error));
        }
        progress.show(`${line} lines`);
      }
      await batches.flush();
      progress.clear();
      return batches.result;
    },
    options,
  );
}

/** Gathers clients and stores them together: a statement for each would take ten times as long. */
class ClientBatches {
  readonly result: ImportResult = { imported: 0, existing: 0, refused: 0 };
  private readonly batch = new Map<string, ReadClient>();
  private length = 0;

  constructor(
    private readonly clients: OAuthClientRepository,
    private readonly options: ImportOptions,
  ) {}

  async add(read: ReadClient, length: number): Promise<void> {
    const { clientId } = read.client;
    if (this.batch.has(clientId)) this.result.existing++;
    else this.batch.set(clientId, read);
    this.length += length;
    if (this.batch.size >= BATCH || this.length >= BATCH_LENGTH) await this.flush();
  }

  async flush(): Promise<void> {
    const gathered = [...this.batch.values()];
    this.batch.clear();
    this.length = 0;
    if (gathered.length === 0) return;
    const taken = new Set(await this.clients.taken(gathered.map(({ client }) => client.clientId)));
    const fresh = gathered.filter(({ client }) => !taken.has(client.clientId));
    this.result.existing += gathered.length - fresh.length;
    if (!this.options.isDryRun) await this.store(fresh);
    else this.result.imported += fresh.length;
  }

  refuse(line: number, reason: string): void {
    this.result.refused++;
    this.options.onRefusal(line, reason);
  }

  private async store(fresh: readonly ReadClient[]): Promise<void> {
    try {
      await this.clients.insertAll(fresh.map(({ client }) => client));
      this.result.imported += fresh.length;
    } catch (error) {
      if (!(error instanceof DuplicateKeyError)) throw error;
      for (const read of fresh) await this.storeOne(read);
    }
  }

  /** Somebody was faster, or the database takes two ids for one: MariaDB ignores case and trailing spaces. */
  private async storeOne({ line, client }: ReadClient): Promise<void> {
    try {
      await this.clients.insertAll([client]);
      this.result.imported++;
    } catch (error) {
      if (!(error instanceof DuplicateKeyError)) throw error;
      if (await this.clients.findByClientId(client.clientId)) this.result.existing++;
      else this.refuse(line, 'this database takes client_id, or another unique value, for one that is there');
    }
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
