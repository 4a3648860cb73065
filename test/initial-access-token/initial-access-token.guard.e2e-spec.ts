import { Injectable, type ExecutionContext } from '@nestjs/common';
import {
  InitialAccessTokenGuard,
  OAuthClient,
  RegistrationAccessTokenGuard,
  type ConfigurationCredential,
  type RegistrationCredential,
} from 'nestjs-dynamic-registration';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

const BODY = { redirect_uris: ['https://tides.example/cb'] };

/** Holds requests until as many have come as are expected, so that they are judged at the same time. */
class Gathering {
  private arrived = 0;
  private open: () => void = () => {};
  private readonly opened: Promise<void>;

  constructor(private readonly expected: number) {
    this.opened = new Promise((resolve) => (this.open = resolve));
  }

  async wait(): Promise<void> {
    if (++this.arrived === this.expected) this.open();
    await this.opened;
  }
}

let gathering: Gathering | undefined;
afterEach(() => {
  gathering = undefined;
});

@Injectable()
class GatheringRegistrationGuard extends InitialAccessTokenGuard {
  protected override async authenticate(
    token: string,
    context: ExecutionContext,
  ): Promise<RegistrationCredential | undefined> {
    await gathering?.wait();
    return super.authenticate(token, context);
  }
}

@Injectable()
class GatheringConfigurationGuard extends RegistrationAccessTokenGuard {
  protected override async authenticate(
    token: string,
    context: ExecutionContext,
  ): Promise<ConfigurationCredential | undefined> {
    await gathering?.wait();
    return super.authenticate(token, context);
  }
}

describe.each(platforms)('tokens judged at the same time ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: {
        access: 'open',
        guards: { registration: GatheringRegistrationGuard, configuration: GatheringConfigurationGuard },
      },
    });
  });
  afterAll(() => server.close());

  const STRANGER = 'iat_of-nobody-0123456789-0123456789-0123456789';

  it('let in the request of their own and no other one (RFC 7591 section 3)', async () => {
    const owners = Array.from({ length: 5 }, (_, i) => `owner ${i}`);
    const tokens = await Promise.all(owners.map((owner) => server.token({ owner, maxUses: 1 })));
    gathering = new Gathering(10);
    const [good, bad] = await Promise.all([
      Promise.all(tokens.map((token) => server.register(BODY, token))),
      Promise.all(tokens.map((_, i) => server.register(BODY, STRANGER + i))),
    ]);
    expect(bad.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    expect(good.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    const clients = server.dataSource.getRepository(OAuthClient);
    for (const [i, { body }] of good.entries()) {
      const client = await clients.findOneByOrFail({ clientId: body.client_id });
      expect(client).toMatchObject({ owner: owners[i], registeredOpenly: false });
    }
    await expect(clients.countBy({ registeredOpenly: true })).resolves.toBe(0);
  });

  it('show the client of their own and no other one (RFC 7592 section 2.1)', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => server.register(BODY, null)));
    const read = (i: number, token: string) =>
      server.request('GET', `/register/${clients.at(i)?.body.client_id}`, { token });
    gathering = new Gathering(10);
    const [good, bad] = await Promise.all([
      Promise.all(clients.map(({ body }, i) => read(i, body.registration_access_token))),
      Promise.all(clients.map(({ body }, i) => read(i - 1, body.registration_access_token))),
    ]);
    expect(bad.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    expect(good.map(({ status, body }) => [status, body.client_id, body.registration_access_token])).toEqual(
      clients.map(({ body }) => [200, body.client_id, body.registration_access_token]),
    );
  });
});
