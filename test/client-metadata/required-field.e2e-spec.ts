import { ClientMetadata, MetadataField } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, invalidMetadata } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

class ExplicitMetadata extends ClientMetadata {
  @MetadataField({ required: true })
  override token_endpoint_auth_method?: string;
}

class NamedMetadata extends ClientMetadata {
  @MetadataField({ required: true })
  override client_name?: string;
}

describe.each(platforms)('a required field that has a default ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { metadata: ExplicitMetadata } });
  });
  afterAll(() => server.close());

  it.each([undefined, null, ''])('must be sent all the same: %j is refused', async (token_endpoint_auth_method) => {
    expectRefusal(
      await server.register(clientMetadata({ token_endpoint_auth_method })),
      invalidMetadata('token_endpoint_auth_method is required'),
    );
  });

  it('registers where it is sent', async () => {
    const { status } = await server.register(clientMetadata({ token_endpoint_auth_method: 'none' }));
    expect(status).toBe(201);
  });
});

describe.each(platforms)('a required field without a default ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { metadata: NamedMetadata } });
  });
  afterAll(() => server.close());

  const REQUIRED = invalidMetadata('client_name is required');

  it.each([undefined, null, ''])('must be sent in a registration: %j is refused', async (client_name) => {
    expectRefusal(await server.register(clientMetadata({ client_name })), REQUIRED);
  });

  it('must be sent without a language tag', async () => {
    expectRefusal(
      await server.register(clientMetadata({ client_name: undefined, 'client_name#en': 'Tide Tables' })),
      REQUIRED,
    );
  });

  it('must be sent in every update, as an update replaces all there is (RFC 7592 section 2.2)', async () => {
    const { status, body } = await server.register(clientMetadata());
    expect(status).toBe(201);
    const update = (client_name: unknown) =>
      server.request('PUT', `/register/${body.client_id}`, {
        token: body.registration_access_token,
        body: clientMetadata({ client_id: body.client_id, client_name }),
      });
    for (const omitted of [undefined, null, '']) expectRefusal(await update(omitted), REQUIRED);
    const renamed = await update('Ebb Tables');
    expect([renamed.status, renamed.body.client_name]).toEqual([200, 'Ebb Tables']);
  });

  it('keeps its own rule', async () => {
    expectRefusal(
      await server.register(clientMetadata({ client_name: 'a\u202eb' })),
      invalidMetadata('client_name must not contain bidirectional formatting characters'),
    );
  });
});
