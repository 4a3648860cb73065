import { Injectable, Logger } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import type { AuditRecord } from 'nestjs-dynamic-registration';

/** Stands for whatever of your application wants to know. */
@Injectable()
export class WelcomeService {
  private readonly logger = new Logger(WelcomeService.name);
  /** The records it was given, the latest last. */
  readonly seen: AuditRecord[] = [];

  @OnEvent('client.*')
  onClient(record: AuditRecord): void {
    this.seen.push(record);
    this.logger.log(`${record.event} ${record.clientId} of ${record.owner ?? 'nobody'}`);
  }
}
