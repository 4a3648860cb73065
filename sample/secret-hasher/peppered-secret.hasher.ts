import { Injectable } from '@nestjs/common';
import { ClientSecretHasher } from 'nestjs-dynamic-registration';
import { createHmac, timingSafeEqual } from 'node:crypto';

const SCHEME = '$hmac-sha256$';
const PEPPER = process.env['CLIENT_SECRET_PEPPER'] ?? 'kept outside of the database';

/** Generated secrets are hashed with a key the database does not hold; hashes made before still verify. */
@Injectable()
export class PepperedSecretHasher extends ClientSecretHasher {
  override async hash(secret: string, chosen: boolean): Promise<string> {
    return chosen ? super.hash(secret, chosen) : peppered(secret);
  }

  override async verify(secret: string, stored: string): Promise<boolean> {
    if (!stored.startsWith(SCHEME)) return super.verify(secret, stored);
    const [expected, found] = [Buffer.from(peppered(secret)), Buffer.from(stored)];
    return expected.length === found.length && timingSafeEqual(expected, found);
  }
}

/** A hash names its own scheme, so that verification knows which one to use. */
function peppered(secret: string): string {
  return SCHEME + createHmac('sha256', PEPPER).update(secret).digest('base64url');
}
