import type { Command } from 'commander';
import { UndecryptableSecretError } from '../../errors/registration.error.js';
import {
  ClientAdministrationService,
  ClientSecretCipher,
  RegistrationConfiguration,
  type OAuthClientRecord,
} from '../../index.js';
import { boundaryOf } from '../connection/boundary.option.js';
import { RefusedError } from '../command.error.js';
import { withServices } from '../services/services.js';
import { UnknownKeysCipher } from '../services/unknown-keys.cipher.js';
import { Progress } from '../terminal/progress.js';

/** Clients that are in memory at a time. */
const PAGE = 500;

/** What became of the secrets that are encrypted. */
export interface ReencryptCounts {
  reencrypted: number;
  current: number;
  failed: number;
}

/**
 * Encrypts every secret that another key than the first one has encrypted.
 * @param onFailure told of each client whose secret cannot be decrypted; the others are done all the same
 */
export async function reencryptClients(
  command: Command,
  onFailure: (clientId: string) => void,
): Promise<ReencryptCounts> {
  return withServices(command, async (services) => {
    const cipher = services(ClientSecretCipher);
    const { encryptionKeys } = services(RegistrationConfiguration).clientSecret;
    if (cipher instanceof UnknownKeysCipher || encryptionKeys.length === 0) {
      throw new RefusedError(
        'the keys are not known: give --data-source with a module that exports dynamicRegistration, where clientSecret.encryptionKeys are',
      );
    }
    const administration = services(ClientAdministrationService);
    const progress = new Progress();
    const counts: ReencryptCounts = { reencrypted: 0, current: 0, failed: 0 };
    const reencrypt = async ({ clientId, clientSecretEncrypted }: OAuthClientRecord) => {
      if (clientSecretEncrypted === null) return;
      try {
        counts[(await administration.reencryptSecret(clientId, boundaryOf(command))) ? 'reencrypted' : 'current']++;
      } catch (error) {
        // Anything else stops it; what is done is done.
        if (!(error instanceof UndecryptableSecretError)) throw error;
        counts.failed++;
        onFailure(clientId);
      }
    };
    for (let after: string | undefined; ;) {
      const page = await administration.list({
        ...boundaryOf(command),
        ...(after !== undefined && { after }),
        limit: PAGE,
      });
      for (const client of page) await reencrypt(client);
      progress.show(`${counts.reencrypted + counts.current} secrets`);
      after = page.at(-1)?.clientId;
      if (page.length < PAGE) break;
    }
    progress.clear();
    return counts;
  });
}
