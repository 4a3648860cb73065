import { registerClient } from 'nestjs-dynamic-registration/testing';
import { describe, expect, it } from 'vitest';
import { RegistrationModule } from '../../sample/event-emitter/registration.module.js';
import { WelcomeService } from '../../sample/event-emitter/welcome.service.js';
import { platformsOnce } from '../support/start-server.js';
import { startSample, TIDE_TABLES } from './start-sample.js';

describe.each(platformsOnce)('sample event-emitter ($adapter, $database.name)', (platform) => {
  it('hands events on to the application, without a secret', async () => {
    const sample = await startSample(RegistrationModule, platform);
    try {
      const client = await registerClient(sample.app, TIDE_TABLES, { owner: 'acme' });
      const headers = { authorization: `Bearer ${client.registration_access_token}` };
      expect((await sample.request('DELETE', `/register/${client.client_id}`, undefined, headers)).status).toBe(204);
      const { seen } = sample.app.get(WelcomeService);
      expect(seen).toMatchObject([
        { event: 'client.registered', reason: 'requested', clientId: client.client_id, owner: 'acme' },
        { event: 'client.deleted', reason: 'requested', clientId: client.client_id, owner: 'acme' },
      ]);
      expect(JSON.stringify(seen)).not.toContain(client.client_secret);
      expect(JSON.stringify(seen)).not.toContain(client.registration_access_token);
    } finally {
      await sample.close();
    }
  });
});
