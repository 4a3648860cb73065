import type { Command } from 'commander';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { OAuthClientRepository } from '../../client/oauth-client.repository.js';
import { RegistrationError, TemporarilyUnavailableError } from '../../errors/registration.error.js';
import { ClientBatches, type ImportCounts, type ImportOptions } from './client-batches.js';
import { ClientImportReader } from './client-import.reader.js';
import { RefusedError } from '../command.error.js';
import { Progress } from '../terminal/progress.js';
import { withServices } from '../services/services.js';

/** What became of an import. */
export interface ImportResult extends Readonly<ImportCounts> {
  /** Members of lines that nobody knows here, which were left out. */
  readonly unknown: readonly string[];
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
