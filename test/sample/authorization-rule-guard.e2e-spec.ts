import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accounts } from '../../sample/authorization-rule-guard/good-standing.guard.js';
import { RegistrationModule } from '../../sample/authorization-rule-guard/registration.module.js';
import { platforms } from '../support/start-server.js';
import { startSample, TIDE_TABLES, type RunningSample } from './start-sample.js';

describe.each(platforms)('sample authorization-rule-guard ($adapter, $database.name)', (platform) => {
  let sample: RunningSample;
  beforeAll(async () => {
    sample = await startSample(RegistrationModule, platform);
  });
  afterAll(() => sample.close());

  it('registers for an account in good standing', async () => {
    const { status, body } = await sample.register(TIDE_TABLES, await sample.token({ owner: 'acme' }));
    expect(status).toBe(201);
    expect(await sample.client(body.client_id)).toMatchObject({ owner: 'acme' });
  });

  it('answers 403 insufficient_scope to a suspended account, and its token keeps its use', async () => {
    const accounts = sample.app.get(Accounts, { strict: false });
    const token = await sample.token({ owner: 'mallory', maxUses: 1 });
    accounts.suspended.add('mallory');
    const { status, headers, body } = await sample.register(TIDE_TABLES, token);
    expect(status).toBe(403);
    expect(headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope"');
    expect(body).toEqual({
      error: 'insufficient_scope',
      error_description: 'the credential does not allow this request',
    });
    accounts.suspended.delete('mallory');
    expect((await sample.register(TIDE_TABLES, token)).status).toBe(201);
  });

  it('still answers 401 to a token that is nobody’s', async () => {
    expect((await sample.register(TIDE_TABLES, 'nobody')).status).toBe(401);
  });
});
