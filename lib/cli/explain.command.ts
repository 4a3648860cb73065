import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { RefusedError } from './command.error.js';
import { jsonText } from './terminal/json-text.js';

/** `dcr explain`: every rule that client metadata violates, without a server and a database. */
export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .description(
      'list every rule that client metadata violates, or show what would be registered; what a server supports is not known here',
    )
    .argument('<file>', 'a JSON document of client metadata, - for the standard input')
    .addHelpText('after', '\nExample:\n  $ dcr explain client.json')
    .action(async (file: string) => {
      const metadata = await readJson(file);
      const { explainMetadata } = await import('./services/any-server.js');
      const { refusals, metadata: registered } = await explainMetadata(metadata);
      process.stdout.write(
        registered === undefined
          ? refusals.map(({ code, message }) => `${code}: ${message}\n`).join('')
          : jsonText(registered, 2),
      );
      if (refusals.length > 0) {
        throw new RefusedError(refusals.length === 1 ? 'a rule is violated' : `${refusals.length} rules are violated`);
      }
    });
}

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await (file === '-' ? textOf(process.stdin) : readFile(file, 'utf8'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new RefusedError(`the file cannot be read (${code}): give the path of a JSON document`);
  }
  try {
    // Editors of Windows begin a file with a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new RefusedError(
      'the file is not JSON: give a document such as {"redirect_uris":["https://client.example/cb"]}',
    );
  }
}
