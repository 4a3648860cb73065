import { Injectable } from '@nestjs/common';
import { ClientSecretHasher } from 'nestjs-dynamic-registration';
import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const FORMER = 'pbkdf2:';

/** Verifies the hashes that are there, `pbkdf2:ROUNDS:SALT:HEX`, and replaces each as soon as its client proves itself. */
@Injectable()
export class FormerSecretHasher extends ClientSecretHasher {
  override async verify(secret: string, stored: string): Promise<boolean> {
    if (!stored.startsWith(FORMER)) return super.verify(secret, stored);
    const [, rounds, salt = '', hex = ''] = stored.split(':');
    const expected = Buffer.from(hex, 'hex');
    const found = await promisify(pbkdf2)(secret, salt, Number(rounds), expected.length, 'sha256');
    return expected.length > 0 && timingSafeEqual(found, expected);
  }

  override needsRehash(stored: string): boolean {
    return stored.startsWith(FORMER);
  }
}
