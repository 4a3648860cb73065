import type { Command } from 'commander';
import { UndecryptableSecretError } from '../../errors/registration.error.js';
import {
  ClientAdministrationService,
  ClientSecretCipher,
  ClientSecretService,
  RegistrationConfiguration,
  type OAuthClientRecord,
} from '../../index.js';
import { UsageError } from '../command.error.js';
import { withServices, type Services } from '../services/services.js';
import { UnknownKeysCipher } from '../services/unknown-keys.cipher.js';
import { Progress } from '../terminal/progress.js';

/** Clients that are in memory at a time. */
const PAGE = 500;
/** Of clients whose secrets cannot be decrypted, how many are named. */
const MOST_NAMES = 20;

/** A client whose secret cannot be decrypted, and why. */
export interface UnreadableClient {
  readonly clientId: string;
  readonly reason: string;
}

/** What became of the secrets that are encrypted. */
export interface ReencryptResult {
  readonly reencrypted: number;
  readonly current: number;
  readonly failed: number;
  /** The first of those that failed. */
  readonly failures: readonly UnreadableClient[];
}

/**
 * Encrypts every secret that another key than the first one has encrypted, client by client, so that no lock waits for the next one. A secret
 * that cannot be decrypted stays as it is, and the others are done all the same.
 * @param isDryRun whether nothing is stored
 * @throws UsageError where the keys are not known
 */
export async function reencryptClients(command: Command, isDryRun: boolean): Promise<ReencryptResult> {
  if (command.getOptionValue('dataSource') === undefined) throw keysNotKnown();
  return withServices(command, async (services) => {
    requireKeys(services);
    const administration = services(ClientAdministrationService);
    const progress = new Progress();
    const counts = { reencrypted: 0, current: 0, failed: 0 };
    const failures: UnreadableClient[] = [];
    for (let after: string | undefined; ;) {
      const page = await administration.list({ ...(after !== undefined && { after }), limit: PAGE });
      for (const client of page) {
        try {
          const outcome = await reencrypt(client, services, isDryRun);
          if (outcome) counts[outcome]++;
        } catch (error) {
          // Anything else stops it; what is done is done.
          if (!(error instanceof UndecryptableSecretError)) throw error;
          counts.failed++;
          if (failures.length < MOST_NAMES) failures.push({ clientId: client.clientId, reason: reasonOf(error) });
        }
        progress.show(`${counts.reencrypted + counts.current + counts.failed} secrets`);
      }
      after = page.at(-1)?.clientId;
      if (page.length < PAGE) break;
    }
    progress.clear();
    return { ...counts, failures };
  });
}

/**
 * @returns undefined for a client without a secret that is a key
 * @throws UndecryptableSecretError also for a current one that cannot be decrypted: its key may have been replaced under the same id
 */
async function reencrypt(
  client: OAuthClientRecord,
  services: Services,
  isDryRun: boolean,
): Promise<'reencrypted' | 'current' | undefined> {
  const { clientId, clientSecretEncrypted: stored } = client;
  if (stored === null || services(ClientSecretService).keyOf(client) === undefined) return undefined;
  if (services(ClientSecretCipher).isCurrent(stored)) return 'current';
  if (isDryRun) return 'reencrypted';
  const isDone = await services(ClientAdministrationService).reencryptSecret(clientId);
  if (isDone === undefined) return undefined;
  return isDone ? 'reencrypted' : 'current';
}

function requireKeys(services: Services): void {
  if (services(ClientSecretCipher) instanceof UnknownKeysCipher) throw keysNotKnown();
  const { encryptionKeys } = services(RegistrationConfiguration).clientSecret;
  if (encryptionKeys.length === 0) {
    throw new UsageError(
      'dynamicRegistration has no clientSecret.encryptionKeys: give --data-source with the module of a server that has them',
    );
  }
}

function keysNotKnown(): UsageError {
  return new UsageError(
    'the keys are not known: give --data-source with a module that exports dynamicRegistration, where clientSecret.encryptionKeys are',
  );
}

function reasonOf({ cause }: UndecryptableSecretError): string {
  return typeof cause === 'string' ? cause : 'its secret cannot be decrypted';
}
