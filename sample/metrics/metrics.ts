import { Controller, Get, Header, Injectable, Module } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';

@Injectable()
export class Metrics {
  readonly registry = new Registry();
  readonly events = new Counter({
    name: 'dynamic_registration_events_total',
    help: 'What happened to clients and tokens',
    labelNames: ['event', 'reason'],
    registers: [this.registry],
  });
}

/** Keep it to your network: it says how much is going on. */
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  async read(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}

@Module({ controllers: [MetricsController], providers: [Metrics], exports: [Metrics] })
export class MetricsModule {}
