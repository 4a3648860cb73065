import { Injectable } from '@nestjs/common';
import { ClientSecretCipher } from '../../client-secret/client-secret.cipher.js';
import { RefusedError } from '../command.error.js';

/** Of a server whose encryption keys are not known. */
@Injectable()
export class UnknownKeysCipher extends ClientSecretCipher {
  override encrypt(): string {
    throw new RefusedError(
      'the secret of this client is a key, which the server keeps encrypted: give --data-source with a module that exports ' +
        'dynamicRegistration, where clientSecret.encryptionKeys are',
    );
  }
}
