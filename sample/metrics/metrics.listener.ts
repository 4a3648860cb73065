import { Injectable } from '@nestjs/common';
import {
  auditRecord,
  RegistrationListener,
  type RegistrationEvent,
  type TokenEvent,
} from 'nestjs-dynamic-registration';
import { Metrics } from './metrics.js';

/** Counts what happens by event and reason alone: with ids as labels every client would be a time series of its own. */
@Injectable()
export class MetricsListener extends RegistrationListener {
  constructor(private readonly metrics: Metrics) {
    super();
  }

  override handle(event: RegistrationEvent): void {
    this.count(event);
  }

  override handleToken(event: TokenEvent): void {
    this.count(event);
  }

  private count(told: RegistrationEvent | TokenEvent): void {
    const { event, reason = '' } = auditRecord(told);
    this.metrics.events.inc({ event, reason });
  }
}
