import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSampleProcess, type SampleProcess } from '../../contract/sample-process.js';
import { signer } from '../../software-statement/statements.js';
import { databases, type CreatedDatabase } from '../../support/databases.js';

const directory = await signer('https://directory.example');
const TOKEN = 'initial-access-token-of-this-test';

describe.each(databases)('software statements of the sample ($name)', (kind) => {
  let folder: string;
  let database: CreatedDatabase;
  let sample: SampleProcess;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dcr-statements-'));
    await writeFile(join(folder, 'keys.json'), JSON.stringify({ keys: [directory.jwk] }));
    database = await kind.create();
    sample = await startSampleProcess({
      DATABASE_URL: database.url,
      INITIAL_ACCESS_TOKEN: TOKEN,
      SOFTWARE_STATEMENT_ISSUER: directory.issuer,
      SOFTWARE_STATEMENT_JWKS: join(folder, 'keys.json'),
    });
  });
  afterAll(async () => {
    await sample?.stop();
    await database?.drop();
    await rm(folder, { recursive: true });
  });

  it('register a client that the provider knows', async () => {
    const statement = await directory.sign({ client_name: 'Stated', grant_types: ['client_credentials'] });
    const registration = await fetch(`${sample.issuer}/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ software_statement: statement, client_name: 'Other', response_types: [] }),
    });
    const client = (await registration.json()) as Record<string, string>;
    expect(client).toMatchObject({ client_name: 'Stated', software_statement: statement });
    const answer = await fetch(`${sample.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client['client_id']}:${client['client_secret']}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'api:read' }),
    });
    expect(answer.status).toBe(200);
  });
});

describe('the environment of the sample', () => {
  it('names an issuer of software statements together with its keys', async () => {
    await expect(startSampleProcess({ SOFTWARE_STATEMENT_ISSUER: directory.issuer })).rejects.toThrow(
      'SOFTWARE_STATEMENT_ISSUER and SOFTWARE_STATEMENT_JWKS belong together',
    );
  });
});
