import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import type { RegistrationBounds } from '../../index.js';
import { RefusedError } from '../command.error.js';

/** What an operator says about the clients that register with a token. */
export interface BoundsOptions {
  readonly scopes?: string;
  readonly grantTypes?: readonly string[];
  readonly authMethods?: readonly string[];
  readonly redirectHosts?: readonly string[];
  readonly softwareId?: string;
  readonly defaultMetadata?: string;
}

/** Gives a command the options that bind clients, now and after every update. */
export function withBounds(command: Command): Command {
  return command
    .option('--scopes <scope>', "scopes the clients may have: 'api:read api:write'")
    .option('--grant-types <type...>', 'grant types the clients may have')
    .option('--auth-methods <method...>', 'how the clients may authenticate at the token endpoint')
    .option('--redirect-hosts <host...>', "hosts of their redirect URIs, '*.example.com' for every name below one")
    .option('--software-id <id>', 'the software_id the clients must have')
    .option(
      '--default-metadata <json>',
      'metadata for members that a registration leaves out, @FILE for that of a file',
    );
}

/**
 * @returns undefined where nothing is bound
 * @throws RefusedError for default metadata that cannot be read
 */
export async function boundsOf(options: BoundsOptions): Promise<RegistrationBounds | undefined> {
  const { scopes, grantTypes, authMethods, redirectHosts, softwareId, defaultMetadata } = options;
  const bounds = {
    ...(scopes !== undefined && { scopes: wordsOf(scopes) }),
    ...(grantTypes && { grantTypes: grantTypes.flatMap(wordsOf) }),
    ...(authMethods && { tokenEndpointAuthMethods: authMethods.flatMap(wordsOf) }),
    ...(redirectHosts && { redirectHosts: redirectHosts.flatMap(wordsOf) }),
    ...(softwareId !== undefined && { softwareId }),
    ...(defaultMetadata !== undefined && { defaultMetadata: await metadataOf(defaultMetadata) }),
  };
  return Object.keys(bounds).length === 0 ? undefined : bounds;
}

async function metadataOf(text: string): Promise<object> {
  const isFile = text.startsWith('@');
  const where = isFile ? 'the file of --default-metadata' : '--default-metadata';
  let value: unknown;
  try {
    // Editors of Windows begin a file with a byte order mark.
    value = JSON.parse(isFile ? (await contentOf(text.slice(1))).replace(/^\uFEFF/, '') : text);
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    throw new RefusedError(`${where} is not JSON: give a document such as {"client_name":"Tides"}`);
  }
  // What it may be is said where tokens are issued.
  return value as object;
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new RefusedError(`the file of --default-metadata cannot be read (${code}): give its path after the @`);
  }
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
