import { Injectable } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import {
  auditRecord,
  RegistrationListener,
  type RegistrationEvent,
  type TokenEvent,
} from 'nestjs-dynamic-registration';

/** Hands every event on to `@OnEvent('client.registered')` and the like, as a record without secrets. */
@Injectable()
export class EventEmitterListener extends RegistrationListener {
  constructor(private readonly events: EventEmitter2) {
    super();
  }

  override handle(event: RegistrationEvent): void {
    const record = auditRecord(event);
    this.events.emit(record.event, record);
  }

  override handleToken(event: TokenEvent): void {
    const record = auditRecord(event);
    this.events.emit(record.event, record);
  }
}
