import {
  InitialAccessToken,
  InitialAccessTokenService,
  OAuthClient,
  RegistrationListener,
  type TokenEvent,
} from 'nestjs-dynamic-registration';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BAD_TOKEN, expectRefusal } from '../errors/refusal.js';
import { platformsInPairs, startServer, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
/** What a caller would learn is refused. */
const WRONG = { ...BODY, redirect_uris: ['https://tides.example/cb#part'] };

const told: TokenEvent[] = [];
class Watching extends RegistrationListener {
  handle(): void {}

  override handleToken(event: TokenEvent): void {
    told.push(event);
  }
}

describe.each(platformsInPairs)('a token that was good a moment ago ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let tokens: InitialAccessTokenService;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { listeners: [Watching] } });
    tokens = server.app.get(InitialAccessTokenService, { strict: false });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await server.dataSource.createQueryBuilder().delete().from(OAuthClient).execute();
    told.length = 0;
  });

  const clients = () => server.dataSource.getRepository(OAuthClient).count();
  /** As another instance does. */
  const revokeElsewhere = async ({ id }: { readonly id: string }) =>
    server.dataSource.getRepository(InitialAccessToken).update({ id }, { revokedAt: 1 });
  const used = async (options = {}) => {
    const issued = await tokens.issue(options);
    expect((await server.register(BODY, issued.token)).status).toBe(201);
    told.length = 0;
    return issued;
  };

  it('registers nobody once another instance has revoked it', async () => {
    const { token, record } = await used();
    await revokeElsewhere(record);
    const answers = await Promise.all(Array.from({ length: 5 }, () => server.register(BODY, token)));
    for (const answer of answers) expectRefusal(answer, BAD_TOKEN);
    await expect(clients()).resolves.toBe(1);
    expect(told).toHaveLength(5);
    for (const event of told)
      expect(event).toMatchObject({ type: 'refused', reason: 'revoked', token: { id: record.id } });
  });

  it('tells nobody what is valid once another instance has revoked it', async () => {
    const { token, record } = await used();
    expect((await server.register(WRONG, token)).status).toBe(400);
    await revokeElsewhere(record);
    for (const body of [WRONG, [], { redirect_uris: 7 }]) expectRefusal(await server.register(body, token), BAD_TOKEN);
    expect(told.at(-1)).toMatchObject({ type: 'refused', reason: 'revoked' });
  });

  it('is gone at once where it is revoked here', async () => {
    const { token, record } = await used();
    await tokens.revoke(record.id);
    await expect(tokens.recognize(token)).resolves.toBeUndefined();
    await expect(tokens.authenticate(token)).resolves.toBeUndefined();
  });

  it('ends with its time', async () => {
    const { token } = await used({ expiresInSeconds: 2 });
    await setTimeout(2_100);
    await expect(tokens.recognize(token)).resolves.toBeUndefined();
    expect(told).toMatchObject([{ type: 'refused', reason: 'expired' }]);
  });

  it('is looked up for whoever asks for something else', async () => {
    const { token, record } = await used();
    await revokeElsewhere(record);
    await expect(tokens.authenticate(token)).resolves.toBeUndefined();
  });
});
