import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';

/** Makes client identifiers: UUIDs, unguessable and in one letter case. Extend it and list it in `providers` for another form. */
@Injectable()
export class ClientIdGenerator {
  generate(): string {
    return randomUUID();
  }
}
