import { describe, expect, it, vi } from 'vitest';
import { RegistrationModule } from '../../sample/metrics/registration.module.js';
import { platformsOnce } from '../support/start-server.js';
import { startSample, TIDE_TABLES } from './start-sample.js';

describe.each(platformsOnce)('sample metrics ($adapter, $database.name)', (platform) => {
  it('counts by event and reason, and a flood of refused tokens in one counter', async () => {
    const sample = await startSample(RegistrationModule, platform);
    const series = async () => {
      const text = await (await fetch(`${sample.url}/metrics`)).text();
      return text.split('\n').filter((line) => line.startsWith('dynamic_registration_events_total{'));
    };
    try {
      expect((await sample.register(TIDE_TABLES, await sample.token())).status).toBe(201);
      for (let i = 0; i < 20; i++) await sample.register(TIDE_TABLES, `iat_${String(i).padStart(43, 'x')}`);
      await vi.waitFor(async () =>
        expect(await series()).toEqual([
          'dynamic_registration_events_total{event="initial-access-token.issued",reason=""} 1',
          'dynamic_registration_events_total{event="client.registered",reason="requested"} 1',
          'dynamic_registration_events_total{event="initial-access-token.used",reason=""} 1',
          'dynamic_registration_events_total{event="initial-access-token.refused",reason="unknown"} 20',
        ]),
      );
    } finally {
      await sample.close();
    }
  });
});
