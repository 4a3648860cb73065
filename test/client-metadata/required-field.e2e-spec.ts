import { ClientMetadata, MetadataField } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, invalidMetadata } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

class ExplicitMetadata extends ClientMetadata {
  @MetadataField({ required: true })
  override token_endpoint_auth_method?: string;
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
