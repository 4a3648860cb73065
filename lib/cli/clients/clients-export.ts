import type { Command } from 'commander';
import { once } from 'node:events';
import { ClientMetadataMapper } from '../../client/client-metadata.mapper.js';
import { ClientAdministrationService } from '../../index.js';
import { boundaryOf } from '../connection/boundary.option.js';
import { jsonText } from '../terminal/json-text.js';
import { storedClientDocument } from './client-document.js';
import { Progress } from '../terminal/progress.js';
import { withServices } from '../services/services.js';

/** Clients that are in memory at a time. */
const PAGE = 500;

/** Writes every client to the standard output, a JSON object a line, in the order of their ids. */
export async function exportClients(command: Command): Promise<void> {
  await withServices(command, async (services) => {
    const administration = services(ClientAdministrationService);
    const mapper = services(ClientMetadataMapper);
    const progress = new Progress();
    let exported = 0;
    for (let after: string | undefined; ;) {
      const page = await administration.list({
        ...boundaryOf(command),
        ...(after !== undefined && { after }),
        limit: PAGE,
      });
      const lines = page.map((client) => jsonText(storedClientDocument(client, mapper), 0));
      await written(lines.join(''));
      exported += page.length;
      if (!process.stdout.isTTY) progress.show(`${exported} clients`);
      after = page.at(-1)?.clientId;
      if (page.length < PAGE) break;
    }
    progress.clear();
  });
}

/** A reader may be slower than the database. */
async function written(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}
