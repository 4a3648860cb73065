import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistrationModule } from '../../sample/statement-keys/registration.module.js';
import { signer } from '../software-statement/statements.js';
import { platforms } from '../support/start-server.js';
import { startSample, type RunningSample } from './start-sample.js';

const page = readFileSync(new URL('../../sample/statement-keys/README.md', import.meta.url), 'utf8');
const [, statement = ''] = /"software_statement":"([^"]+)"/.exec(page) ?? [];
const redirect_uris = ['https://tides.example/cb'];
const forged = await (await signer('https://apps.acme.example')).sign();

describe.each(platforms)('sample statement-keys ($adapter, $database.name)', (platform) => {
  let sample: RunningSample;
  beforeAll(async () => {
    sample = await startSample(RegistrationModule, platform);
  });
  afterAll(() => sample.close());

  const register = async (software_statement: string | undefined, owner: string) =>
    sample.register({ redirect_uris, software_statement }, await sample.token({ owner }));

  it('registers what the account has signed', async () => {
    const { status, body } = await register(statement, 'acme');
    expect(status).toBe(201);
    expect(body).toMatchObject({ client_name: 'Tide Tables', software_id: 'tides', software_statement: statement });
  });

  it.each([
    ['a statement of another account', statement, 'other', 'unapproved_software_statement'],
    ['what somebody else has signed', forged, 'acme', 'invalid_software_statement'],
    ['no statement', undefined, 'acme', 'invalid_software_statement'],
  ])('refuses %s', async (_, text, owner, error) => {
    const { status, body } = await register(text, owner);
    expect([status, body.error]).toEqual([400, error]);
  });
});
