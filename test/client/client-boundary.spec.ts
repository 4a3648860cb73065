import {
  ClientAdministrationService,
  ClientLifeCycleService,
  ClientPurgeService,
  InitialAccessToken,
  InitialAccessTokenService,
  OAuthClient,
  OAuthClientService,
  type ClientBoundary,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };

/** Somebody else, and what a database might take for the owner or tenant of the client. */
const FOREIGN: readonly ClientBoundary[] = [
  { owner: 'other' },
  { tenant: 'other' },
  { owner: 'acme', tenant: 'other' },
  { owner: 'other', tenant: 'north' },
  { owner: 'ACME' },
  { tenant: 'North' },
  { owner: 'acme ' },
  { owner: 'north', tenant: 'acme' },
  { owner: '' },
  { tenant: null as unknown as string },
  { owner: {} as string },
  { tenant: ['north'] as unknown as string },
];
const OWN: readonly ClientBoundary[] = [{}, { owner: 'acme' }, { tenant: 'north' }, { owner: 'acme', tenant: 'north' }];

interface Services {
  readonly clients: OAuthClientService;
  readonly administration: ClientAdministrationService;
  readonly lifeCycle: ClientLifeCycleService;
  readonly purging: ClientPurgeService;
  readonly tokens: InitialAccessTokenService;
  readonly clientId: string;
  readonly tokenId: string;
}

/** Every method by which somebody sees or changes clients and tokens that are there; what it says where there is none. */
const METHODS: Readonly<
  Record<string, readonly [(it: Services, within: ClientBoundary) => Promise<unknown>, unknown]>
> = {
  'OAuthClientService.find': [({ clients, clientId }, within) => clients.find(clientId, within), undefined],
  list: [({ administration }, within) => administration.list({ ...within, limit: 10 }), []],
  setScope: [({ administration, clientId }, within) => administration.setScope(clientId, undefined, within), undefined],
  rotateSecret: [
    ({ administration, clientId }, within) => administration.rotateSecret(clientId, undefined, {}, within),
    undefined,
  ],
  resetRegistrationAccessToken: [
    ({ administration, clientId }, within) => administration.resetRegistrationAccessToken(clientId, within),
    undefined,
  ],
  reencryptSecret: [({ administration, clientId }, within) => administration.reencryptSecret(clientId, within), false],
  remove: [({ administration, clientId }, within) => administration.remove(clientId, within), false],
  approve: [({ lifeCycle, clientId }, within) => lifeCycle.approve(clientId, { version: 1, ...within }), undefined],
  suspend: [({ lifeCycle, clientId }, within) => lifeCycle.suspend(clientId, within), undefined],
  resume: [({ lifeCycle, clientId }, within) => lifeCycle.resume(clientId, within), undefined],
  purge: [({ purging }, within) => purging.purge(within), { removed: [], kept: [] }],
  'InitialAccessTokenService.list': [({ tokens }, { owner, tenant }) => tokens.list(owner, tenant), []],
  'InitialAccessTokenService.revoke': [({ tokens, tokenId }, within) => tokens.revoke(tokenId, within), false],
};

describe.each(databases)('clients and tokens of an owner or a tenant ($name)', (database) => {
  let server: TestServer;
  let it_: Services;
  beforeAll(async () => {
    server = await startServer({ database });
    const get = <T>(type: abstract new (...args: never[]) => T): T => server.app.get(type, { strict: false });
    const tokens = get(InitialAccessTokenService);
    const { token, record } = await tokens.issue({ owner: 'acme', tenant: 'north' });
    const { body } = await server.register(BODY, token);
    it_ = {
      clients: get(OAuthClientService),
      administration: get(ClientAdministrationService),
      lifeCycle: get(ClientLifeCycleService),
      purging: get(ClientPurgeService),
      tokens,
      clientId: body.client_id,
      tokenId: record.id,
    };
  });
  afterAll(() => server.close());

  const stored = async () => ({
    clients: await server.dataSource.getRepository(OAuthClient).find(),
    tokens: await server.dataSource.getRepository(InitialAccessToken).find(),
  });

  it('land on the client by its token', async () => {
    const { clients } = await stored();
    expect(clients).toMatchObject([{ owner: 'acme', tenant: 'north', initialAccessTokenId: it_.tokenId }]);
  });

  it.each(Object.keys(METHODS))('are not there for anybody else: %s', async (name) => {
    const [call, nothing] = METHODS[name] ?? [];
    const end = (expiresAt: number | null) =>
      server.dataSource
        .createQueryBuilder()
        .update(OAuthClient)
        .set({ expiresAt })
        .where({ clientId: it_.clientId })
        .execute();
    if (name === 'purge') await end(1);
    const before = await stored();
    for (const within of FOREIGN) expect(await call?.(it_, within)).toEqual(nothing);
    expect(await stored()).toEqual(before);
    await end(null);
  });

  it('cover every method of the services that takes a client', () => {
    const own = (type: { readonly prototype: object }) => Object.getOwnPropertyNames(type.prototype).slice(1);
    const called = Object.keys(METHODS);
    expect(called).toEqual(
      expect.arrayContaining(own(ClientAdministrationService).filter((name) => name !== 'change')),
    );
    expect(called).toEqual(expect.arrayContaining(own(ClientLifeCycleService).filter((name) => name !== 'change')));
  });

  it('are there for their own', async () => {
    for (const within of OWN) {
      expect(await it_.clients.find(it_.clientId, within)).toMatchObject({ clientId: it_.clientId });
      expect(await it_.administration.list({ ...within, limit: 10 })).toHaveLength(1);
      expect(await it_.lifeCycle.suspend(it_.clientId, within)).toMatchObject({ status: 'suspended' });
      expect(await it_.lifeCycle.resume(it_.clientId, within)).toMatchObject({ status: 'active' });
      expect(await it_.administration.rotateSecret(it_.clientId, undefined, {}, within)).toBeDefined();
      expect(await it_.tokens.list(within.owner, within.tenant)).toHaveLength(1);
      expect(await it_.tokens.revoke(it_.tokenId, within)).toBe(true);
    }
    expect(await it_.administration.remove(it_.clientId, { owner: 'acme', tenant: 'north' })).toBe(true);
  });
});
