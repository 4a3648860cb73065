import { InitialAccessTokenService, OAuthClient } from 'nestjs-dynamic-registration';
import type { JsonResponse, TestServer } from '../support/start-server.js';

export const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };

/** A request of a registered client about itself. */
export async function manage(
  server: TestServer,
  method: 'GET' | 'PUT' | 'DELETE',
  { body }: JsonResponse,
  metadata: object = { ...BODY, client_name: 'Renamed' },
): Promise<JsonResponse> {
  return server.request(method, `/register/${body.client_id}`, {
    token: body.registration_access_token,
    ...(method === 'PUT' ? { body: { ...metadata, client_id: body.client_id } } : {}),
  });
}

/** How many uses of a token are counted. */
export async function usesOf(server: TestServer, token: string): Promise<number | undefined> {
  return (await server.app.get(InitialAccessTokenService, { strict: false }).find(token))?.uses;
}

/** How many clients are stored for an owner. */
export async function clientsOf(server: TestServer, owner: string): Promise<number> {
  return server.dataSource.getRepository(OAuthClient).countBy({ owner });
}
