import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSampleProcess } from '../../contract/sample-process.js';
import { databases, type CreatedDatabase } from '../../support/databases.js';

describe.each(databases)('the signing keys of the sample ($name)', (kind) => {
  let database: CreatedDatabase;
  const keyOfInstances = randomBytes(32).toString('base64');

  beforeAll(async () => {
    database = await kind.create();
  });
  afterAll(async () => database?.drop());

  const start = async (key: string) => startSampleProcess({ DATABASE_URL: database.url, ENCRYPTION_KEY: key });
  const keysAt = async (issuer: string) => (await fetch(`${issuer}/jwks`)).json();

  it('are the same in every instance, and after a restart', async () => {
    const first = await start(keyOfInstances);
    const second = await start(keyOfInstances);
    const keys = await keysAt(first.issuer);
    expect(await keysAt(second.issuer)).toEqual(keys);
    await Promise.all([first.stop(), second.stop()]);
    const later = await start(keyOfInstances);
    expect(await keysAt(later.issuer)).toEqual(keys);
    await later.stop();
  });

  it('stop the start of an instance with another key, which is told what to do', async () => {
    await expect(start(randomBytes(32).toString('base64'))).rejects.toThrow(/start with the ENCRYPTION_KEY/);
  });
});
