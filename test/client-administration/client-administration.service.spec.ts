import { Injectable } from '@nestjs/common';
import {
  AccessDeniedError,
  ClientAdministrationService,
  ClientSecretService,
  InvalidClientMetadataError,
  OAuthClient,
  OAuthClientService,
  RegistrationListener,
  RegistrationPolicy,
  TransactionalRegistrationListener,
  type ClientMetadata,
  type CreatedClient,
  type OAuthClientRecord,
  type RegistrationContext,
  type RegistrationEvent,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { captureLog } from '../support/captured-log.js';
import { databases } from '../support/databases.js';
import { ENCRYPTION_KEYS } from '../support/full-server.js';
import { startServer, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };

/** What the policy was asked. */
const asked: { proposed: ClientMetadata; context: RegistrationContext }[] = [];

/** Refuses the owner `suspended`, takes `tides.admin` from everybody, and gives the owner `generous` a scope that there is not. */
@Injectable()
class ScopePolicy extends RegistrationPolicy {
  review(proposed: ClientMetadata, context: RegistrationContext): ClientMetadata {
    asked.push({ proposed: Object.assign({}, proposed), context });
    if (context.operation !== 'update') return proposed;
    if (context.owner === 'suspended') throw new AccessDeniedError('the owner is suspended');
    if (context.owner === 'generous') return Object.assign(proposed, { scope: 'tides.unheard-of' });
    const scope = proposed.scope
      ?.split(' ')
      .filter((one) => one !== 'tides.admin')
      .join(' ');
    return Object.assign(proposed, { scope: scope === '' ? undefined : scope });
  }
}

/** What listeners were told. */
const told: RegistrationEvent[] = [];

@Injectable()
class Listener extends RegistrationListener {
  handle(event: RegistrationEvent): void {
    told.push(event);
  }
}

let isFailing = false;

@Injectable()
class Ledger extends TransactionalRegistrationListener {
  handle(): void {
    if (isFailing) throw new Error('the ledger is closed');
  }
}

describe.each(databases)('clients that administrators change ($name)', (database) => {
  let server: TestServer;
  let administration: ClientAdministrationService;
  let clients: OAuthClientService;
  beforeAll(async () => {
    server = await startServer({
      database,
      options: {
        policies: [ScopePolicy],
        listeners: [Listener, Ledger],
        server: {
          scopes: ['tides.read', 'tides.write', 'tides.admin'],
          tokenEndpointAuthMethods: ['client_secret_basic', 'client_secret_jwt', 'none'],
        },
        clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
      },
    });
    administration = server.app.get(ClientAdministrationService, { strict: false });
    clients = server.app.get(OAuthClientService, { strict: false });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    isFailing = false;
  });

  const create = async (members: object = {}): Promise<CreatedClient & { readonly id: string }> => {
    const created = await clients.create({ ...BODY, scope: 'tides.read tides.write', ...members });
    asked.length = 0;
    told.length = 0;
    return { ...created, id: created.client.clientId };
  };
  const kept = async (id: string): Promise<OAuthClientRecord> => {
    const client = await clients.find(id);
    if (!client) throw new Error('the client is gone');
    return client;
  };
  const put = async ({ id, registrationAccessToken }: CreatedClient & { readonly id: string }, members: object) =>
    server.request('PUT', `/register/${id}`, {
      token: registrationAccessToken ?? '',
      body: { client_id: id, ...BODY, ...members },
    });

  describe('get other scopes', () => {
    it('in the form in which they are stored, and nothing else changes', async () => {
      const { client, id } = await create({ owner: 'ops' });
      const changed = await administration.setScope(id, '  tides.write tides.read  tides.write ');
      expect(changed).toBeInstanceOf(OAuthClient);
      expect(await kept(id)).toEqual(changed);
      expect(await kept(id)).toEqual(Object.assign(client, { scope: 'tides.write tides.read', version: 2 }));
    });

    it('or none at all', async () => {
      const { id } = await create();
      expect(await administration.setScope(id, undefined)).toMatchObject({ scope: null, version: 2 });
      expect(await kept(id)).toMatchObject({ scope: null, version: 2 });
    });

    it('which are named: an empty text is none, and does not take them away', async () => {
      const { client, id } = await create();
      for (const scope of ['', '  ']) {
        await expect(administration.setScope(id, scope)).rejects.toThrow(
          new InvalidClientMetadataError('scope must name a scope'),
        );
      }
      expect(await kept(id)).toEqual(client);
    });

    it('of those that the server supports, without narrowing', async () => {
      const { client, id } = await create();
      await expect(administration.setScope(id, 'tides.read unheard-of')).rejects.toThrow(InvalidClientMetadataError);
      await expect(administration.setScope(id, 'tides.read unheard-of')).rejects.toThrow(/^scope .*not supported/);
      await expect(administration.setScope(id, 'tides.read "')).rejects.toThrow(
        'scope must be a space-separated list of scope tokens (RFC 6749 section 3.3)',
      );
      expect(await kept(id)).toEqual(client);
      expect(told).toEqual([]);
    });

    it('as the policies judge them, which know the client as it is and as it shall be', async () => {
      const { client, id } = await create({ owner: 'ops' });
      await administration.setScope(id, 'tides.read');
      expect(asked).toEqual([
        {
          proposed: expect.objectContaining({
            ...BODY,
            scope: 'tides.read',
            token_endpoint_auth_method: 'client_secret_basic',
          }),
          context: {
            operation: 'update',
            credential: undefined,
            owner: 'ops',
            tenant: null,
            bounds: null,
            client,
            hold: expect.any(Function),
            limit: expect.any(Function),
          },
        },
      ]);
    });

    it('or narrower ones, where a policy says so', async () => {
      const { id } = await create();
      expect(await administration.setScope(id, 'tides.admin tides.read')).toMatchObject({ scope: 'tides.read' });
      expect(await kept(id)).toMatchObject({ scope: 'tides.read' });
      expect(await administration.setScope(id, 'tides.admin')).toMatchObject({ scope: null });
      expect(await kept(id)).toMatchObject({ scope: null });
    });

    it('or are refused by a policy, and nothing has changed', async () => {
      const { client, id } = await create({ owner: 'suspended' });
      await expect(administration.setScope(id, 'tides.read')).rejects.toThrow(
        new AccessDeniedError('the owner is suspended'),
      );
      await expect(administration.setScope(id, undefined)).rejects.toThrow(AccessDeniedError);
      expect(await kept(id)).toEqual(client);
      expect(told).toEqual([]);
    });

    it('and never one that a policy made up', async () => {
      const { client, id } = await create({ owner: 'generous' });
      await expect(administration.setScope(id, 'tides.read')).rejects.toThrow(/^scope .*not supported/);
      expect(await kept(id)).toEqual(client);
    });

    it('where there is such a client; nobody is asked or told otherwise', async () => {
      const { id } = await create({ clientId: 'spelled' });
      for (const other of ['nobody', 'SPELLED', 'spelled ', '', '\0']) {
        expect(await administration.setScope(other, 'tides.read')).toBeUndefined();
      }
      expect({ asked, told }).toEqual({ asked: [], told: [] });
      expect(await kept(id)).toMatchObject({ version: 1 });
    });
  });

  describe('get another secret', () => {
    it('which alone verifies from then on', async () => {
      const { client, clientSecret, id } = await create();
      const rotated = await administration.rotateSecret(id);
      expect(rotated?.clientSecret).toMatch(/^cs_/);
      const now = await kept(id);
      expect(rotated?.client).toEqual(now);
      expect(now).toEqual(Object.assign(client, { clientSecretHash: now.clientSecretHash, version: 2 }));
      expect(await clients.verifySecret(now, rotated?.clientSecret)).toBe(true);
      expect(await clients.verifySecret(now, clientSecret)).toBe(false);
    });

    it('that a person chose', async () => {
      const { id } = await create();
      expect(await administration.rotateSecret(id, 'open sesame')).toMatchObject({ clientSecret: 'open sesame' });
      expect((await kept(id)).clientSecretHash).toMatch(/^\$2b\$10\$/);
      expect(await clients.verifySecret(await kept(id), 'open sesame')).toBe(true);
    });

    it('that is a key, where theirs is one', async () => {
      const { client, id } = await create({ token_endpoint_auth_method: 'client_secret_jwt' });
      const rotated = await administration.rotateSecret(id);
      const now = await kept(id);
      expect(now.clientSecretEncrypted).not.toBe(client.clientSecretEncrypted);
      expect(server.app.get(ClientSecretService, { strict: false }).keyOf(now)).toBe(rotated?.clientSecret);
      await expect(administration.rotateSecret(id, 'x'.repeat(63))).rejects.toThrow(
        'client_secret must have 64 to 72 printable ASCII characters',
      );
      expect(await kept(id)).toEqual(now);
    });

    it('unless they have no use for one', async () => {
      const { client, id } = await create({ token_endpoint_auth_method: 'none' });
      for (const chosen of [undefined, 'open sesame']) {
        await expect(administration.rotateSecret(id, chosen)).rejects.toThrow(
          new InvalidClientMetadataError('client_secret is of no use with token_endpoint_auth_method none'),
        );
      }
      expect(await kept(id)).toEqual(client);
      expect(await administration.rotateSecret('nobody')).toBeUndefined();
      expect(told).toEqual([]);
    });
  });

  it('have no secret after an update to none, however it meets a rotation (RFC 7591 section 2)', async () => {
    const { client, id, ...created } = await create();
    // Hashed by bcrypt, a secret of a person's gives the update all the time it needs in between.
    const rotation = administration.rotateSecret(id, 'open sesame').catch((error: unknown) => error);
    const updated = await put({ client, id, ...created }, { token_endpoint_auth_method: 'none' });
    expect(updated.status).toBe(200);
    const rotated = await rotation;
    const now = await kept(id);
    expect(now).toMatchObject({
      tokenEndpointAuthMethod: 'none',
      clientSecretHash: null,
      clientSecretExpiresAt: null,
      clientSecretEncrypted: null,
    });
    expect(await clients.verifySecret(now, 'open sesame')).toBe(false);
    expect(rotated).toEqual(
      new InvalidClientMetadataError('client_secret is of no use with token_endpoint_auth_method none'),
    );
  });

  describe('are told to listeners', () => {
    it('as updated, with what they were before', async () => {
      const { client, id } = await create({ owner: 'ops' });
      const scoped = await administration.setScope(id, 'tides.read');
      const rotated = await administration.rotateSecret(id);
      expect(told).toEqual([
        { type: 'updated', reason: 'administered', client: scoped, previous: client, credential: undefined },
        { type: 'updated', reason: 'secret-rotated', client: rotated?.client, previous: scoped, credential: undefined },
      ]);
      expect(JSON.stringify(told)).not.toContain(rotated?.clientSecret);
    });

    it('as deleted, as they last were, once', async () => {
      const { client, id } = await create();
      expect(await administration.remove(id)).toBe(true);
      expect(await administration.remove(id)).toBe(false);
      expect(told).toEqual([
        { type: 'deleted', reason: 'administered', client, previous: undefined, credential: undefined },
      ]);
      expect(await clients.find(id)).toBeUndefined();
    });

    if (database.kind !== 'sqlite') {
      it('in the same transaction, whose failure undoes everything', async () => {
        const { client, id, clientSecret } = await create();
        isFailing = true;
        await expect(administration.setScope(id, 'tides.read')).rejects.toThrow('the ledger is closed');
        await expect(administration.rotateSecret(id)).rejects.toThrow('the ledger is closed');
        await expect(administration.remove(id)).rejects.toThrow('the ledger is closed');
        expect(await kept(id)).toEqual(client);
        expect(await clients.verifySecret(await kept(id), clientSecret)).toBe(true);
        expect(told).toEqual([]);
        isFailing = false;
        expect(await administration.setScope(id, 'tides.read')).toMatchObject({ scope: 'tides.read', version: 2 });
      });
    } else {
      it('after it is stored where there are no transactions for them', async () => {
        const { id } = await create();
        isFailing = true;
        const log = captureLog();
        expect(await administration.setScope(id, 'tides.read')).toMatchObject({ scope: 'tides.read', version: 2 });
        log.stop();
        expect(log.of('error').join('\n')).toMatch(/the listener Ledger failed after a client was updated/);
        expect(await kept(id)).toMatchObject({ scope: 'tides.read' });
        expect(told).toHaveLength(1);
      });
    }
  });

  describe('and change themselves at the same time', () => {
    it('lose nothing of what either did', async () => {
      const created = await create();
      const { id, client } = created;
      let secret: string | undefined;
      const rounds = 4;
      for (let round = 1; round <= rounds; round++) {
        const [scoped, rotated, updated] = await Promise.all([
          administration.setScope(id, 'tides.write'),
          administration.rotateSecret(id),
          put(created, { client_name: `Renamed ${round}`, scope: 'tides.write' }),
        ]);
        expect({ scoped: scoped?.scope, status: updated.status }).toEqual({ scoped: 'tides.write', status: 200 });
        secret = rotated?.clientSecret;
        const now = await kept(id);
        expect(now).toMatchObject({ clientName: `Renamed ${round}`, scope: 'tides.write', version: 1 + 3 * round });
        expect(await clients.verifySecret(now, secret)).toBe(true);
      }
      expect(await clients.verifySecret(await kept(id), created.clientSecret)).toBe(false);
      expect(told).toHaveLength(3 * rounds);
      // Each was told of the client as the one before had left it.
      const versions = told.map((event) => [event.previous?.version, event.client.version]);
      expect(versions.toSorted(([a = 0], [b = 0]) => a - b)).toEqual(
        Array.from({ length: 3 * rounds }, (_, i) => [client.version + i, client.version + i + 1]),
      );
    });

    it('have one secret after several were made', async () => {
      const { id } = await create();
      const rotated = await Promise.all([1, 2, 3].map(() => administration.rotateSecret(id)));
      const now = await kept(id);
      const verified = await Promise.all(rotated.map((one) => clients.verifySecret(now, one?.clientSecret)));
      expect(verified.filter(Boolean)).toHaveLength(1);
      const last = rotated[verified.indexOf(true)];
      expect(last?.client).toEqual(now);
      expect(now.version).toBe(4);
    });

    it('are removed once, whatever is changed meanwhile', async () => {
      const created = await create();
      const { id } = created;
      const [first, second, scoped, updated] = await Promise.all([
        administration.remove(id),
        administration.remove(id),
        administration.setScope(id, 'tides.read'),
        put(created, { client_name: 'Renamed' }),
      ]);
      expect(new Set([first, second])).toEqual(new Set([false, true]));
      expect([undefined, 'tides.read']).toContain(scoped?.scope);
      expect([200, 401]).toContain(updated.status);
      expect(await clients.find(id)).toBeUndefined();
      expect(told.filter(({ type }) => type === 'deleted')).toHaveLength(1);
      expect(told.filter(({ type }) => type === 'updated')).toHaveLength(
        [scoped !== undefined, updated.status === 200].filter(Boolean).length,
      );
    });
  });

  it('are listed by owner and source, in the order of their ids, a page at a time', async () => {
    const ids = ['page-1', 'page-2', 'page-3'];
    for (const clientId of ids) await create({ clientId, owner: 'paging' });
    await create({ clientId: 'page-4', owner: 'PAGING' });
    const list = async (page: object) =>
      (await administration.list({ owner: 'paging', limit: 10, ...page })).map(({ clientId }) => clientId);
    expect(await list({})).toEqual(ids);
    expect(await list({ limit: 2 })).toEqual(ids.slice(0, 2));
    expect(await list({ after: 'page-2' })).toEqual(['page-3']);
    expect(await list({ after: 'page-3' })).toEqual([]);
    expect(await list({ source: 'dynamic' })).toEqual([]);
    expect(await list({ owner: 'PAGING' })).toEqual(['page-4']);
    for (const page of [{ owner: '' }, { owner: 'paging\0' }, { owner: 'paging ' }, { after: '' }, { after: '\0' }]) {
      expect(await list(page)).toEqual([]);
    }
  });
});
