import { HttpException, Injectable, type ExecutionContext } from '@nestjs/common';
import { InitialAccessTokenGuard, RegistrationAccessTokenGuard } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';
import { expectRefusal } from './refusal.js';

@Injectable()
class PatientGuard extends InitialAccessTokenGuard {
  protected override async authenticate(token: string, context: ExecutionContext) {
    if (token === 'slow-down') throw new HttpException('slow down, <b>you</b>', 429);
    if (token === 'broken') throw new Error(`cannot reach the vault of ${token}`);
    return super.authenticate(token, context);
  }

  protected override authorize(_credential: object, context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-tide'] !== 'low';
  }
}

@Injectable()
class ReadOnlyGuard extends RegistrationAccessTokenGuard {
  protected override authorize(_credential: object, context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<{ method: string }>().method === 'GET';
  }
}

describe.each(platforms)('what guards of the host say ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: { guards: { registration: PatientGuard, configuration: ReadOnlyGuard } },
    });
  });
  afterAll(() => server.close());

  it('is answered in the shape of OAuth', async () => {
    const refused = await server.register(clientMetadata(), 'slow-down');
    expectRefusal(refused, { status: 429, error: 'temporarily_unavailable', description: 'too many requests' });
    expect(refused.headers.get('retry-after')).toBe('1');
  });

  it('ends in a 500 with a correlation id where it is unexpected, and tells nothing', async () =>
    expectRefusal(await server.register(clientMetadata(), 'broken'), {
      status: 500,
      error: 'server_error',
      description: /^unexpected error, correlation id [0-9a-f-]{36}$/,
    }));

  it('is 403 insufficient_scope for a genuine credential without the right (RFC 6750 section 3.1)', async () => {
    const refusal = {
      status: 403,
      error: 'insufficient_scope',
      description: 'the credential does not allow this request',
      challenge: 'Bearer error="insufficient_scope"',
    };
    const token = await server.token({ maxUses: 1 });
    const request = { token, body: clientMetadata() };
    expectRefusal(await server.request('POST', '/register', { ...request, headers: { 'x-tide': 'low' } }), refusal);
    const { status, body } = await server.request('POST', '/register', request);
    expect(status).toBe(201);
    const own = { token: body.registration_access_token };
    expect((await server.request('GET', `/register/${body.client_id}`, own)).status).toBe(200);
    expectRefusal(await server.request('DELETE', `/register/${body.client_id}`, own), refusal);
    expect((await server.request('GET', `/register/${body.client_id}`, own)).status).toBe(200);
  });
});
