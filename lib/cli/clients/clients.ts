import type { Command } from 'commander';
import { ClientMetadataMapper } from '../../client/client-metadata.mapper.js';
import { ClientMetadataValidator } from '../../client-metadata/client-metadata.validator.js';
import {
  ClientAdministrationService,
  ClientPurgeService,
  OAuthClientService,
  RegistrationConfiguration,
  type ClientPage,
  type PurgedClients,
  type PurgeOptions,
  type SecretRotation,
} from '../../index.js';
import { boundaryOf } from '../connection/boundary.option.js';
import { clientDocument, type ClientDocument } from './client-document.js';
import { RefusedError } from '../command.error.js';
import { AnyServerValidator } from '../services/any-server.validator.js';
import type { ServiceOptions } from '../services/registration-context.js';
import { withServices } from '../services/services.js';

/** A client to add, as an operator describes it. */
export interface ClientToAdd extends ServiceOptions {
  readonly id: string;
  /** A secret of the operator's, `true` for a generated one; without any the client is public. */
  readonly secret: string | true | undefined;
  readonly redirectUris: readonly string[];
  /** Empty for none at all; undefined for what the server gives by default. */
  readonly scope: string | undefined;
  readonly grantTypes: readonly string[];
  readonly owner: string | undefined;
  readonly tenant: string | undefined;
}

/**
 * Adds a client.
 * @returns what was made; with the secret in clear where it was generated, and the registration access token
 */
export async function addClient(command: Command, client: ClientToAdd): Promise<ClientDocument> {
  const { id, secret, redirectUris, scope, grantTypes, owner, tenant, hashRounds } = client;
  return withServices(
    command,
    async (services) => {
      const { server } = services(RegistrationConfiguration);
      if (scope === '' && server.defaultScopes.length > 0) {
        throw new RefusedError(
          'this server gives a client without scopes its default ones: name scopes, or take them away afterwards with clients set-scope --clear',
        );
      }
      const isIdle = redirectUris.length === 0 && grantTypes.length === 0;
      const created = await services(OAuthClientService).create({
        clientId: id,
        ...(typeof secret === 'string' && { clientSecret: secret }),
        ...(owner !== undefined && { owner }),
        ...(tenant !== undefined && { tenant }),
        ...(scope !== undefined && scope !== '' && { scope }),
        redirect_uris: [...redirectUris],
        // Nothing to come back to and no grant type: it is given them later.
        ...((isIdle || grantTypes.length > 0) && { grant_types: [...grantTypes] }),
        token_endpoint_auth_method: secret === undefined ? 'none' : methodFor(server),
      });
      return {
        ...clientDocument(created.client, services(ClientMetadataMapper)),
        ...(secret === true && { client_secret: created.clientSecret }),
        ...(created.registrationAccessToken !== undefined && {
          registration_access_token: created.registrationAccessToken,
        }),
      };
    },
    { hashRounds },
  );
}

/** How a client presents a secret to this server. */
function methodFor({ tokenEndpointAuthMethods }: RegistrationConfiguration['server']): string {
  const methods = ['client_secret_basic', 'client_secret_post'];
  return methods.find((method) => tokenEndpointAuthMethods.includes(method)) ?? 'client_secret_basic';
}

/** Replaces the scope of a client; undefined takes it away. */
export async function setScope(command: Command, id: string, scope: string | undefined): Promise<ClientDocument> {
  return withServices(command, async (services) => {
    const client = await services(ClientAdministrationService).setScope(id, scope, boundaryOf(command));
    return clientDocument(existing(client), services(ClientMetadataMapper));
  });
}

/** A page of the clients, and whether there are more. */
export async function listClients(
  command: Command,
  page: ClientPage,
): Promise<{ readonly clients: readonly ClientDocument[]; readonly hasMore: boolean }> {
  return withServices(command, async (services) => {
    const found = await services(ClientAdministrationService).list({
      ...page,
      ...boundaryOf(command),
      limit: page.limit + 1,
    });
    const mapper = services(ClientMetadataMapper);
    const clients = found.slice(0, page.limit).map((client) => clientDocument(client, mapper));
    return { clients, hasMore: found.length > page.limit };
  });
}

/** One client. */
export async function findClient(command: Command, id: string): Promise<ClientDocument> {
  return withServices(command, async (services) => {
    const client = await services(OAuthClientService).find(id, boundaryOf(command));
    return clientDocument(existing(client), services(ClientMetadataMapper));
  });
}

/**
 * Replaces the secret of a client.
 * @param secret the operator's own; undefined for a generated one, which is returned in clear
 */
export async function rotateSecret(
  command: Command,
  id: string,
  secret: string | undefined,
  { graceSeconds, ...options }: ServiceOptions & Required<SecretRotation>,
): Promise<ClientDocument> {
  return withServices(
    command,
    async (services) => {
      const administration = services(ClientAdministrationService);
      const { client, clientSecret } = existing(
        await administration.rotateSecret(id, secret, { graceSeconds }, boundaryOf(command)),
      );
      return {
        ...clientDocument(client, services(ClientMetadataMapper)),
        ...(secret === undefined && { client_secret: clientSecret }),
      };
    },
    options,
  );
}

/** Replaces the registration access token of a client, and returns the new one in clear. */
export async function resetToken(command: Command, id: string): Promise<ClientDocument> {
  return withServices(command, async (services) => {
    const administration = services(ClientAdministrationService);
    if (!services(RegistrationConfiguration).isManageable) {
      throw new RefusedError(
        'clients of this server do not manage themselves (management): a token would be of no use',
      );
    }
    const { client, registrationAccessToken } = existing(
      await administration.resetRegistrationAccessToken(id, boundaryOf(command)),
    );
    return {
      ...clientDocument(client, services(ClientMetadataMapper)),
      registration_access_token: registrationAccessToken,
    };
  });
}

/** Removes a client. */
export async function removeClient(command: Command, id: string): Promise<void> {
  await withServices(command, async (services) => {
    if (!(await services(ClientAdministrationService).remove(id, boundaryOf(command)))) throw noSuchClient();
  });
}

/**
 * Removes clients whose time is over.
 * @throws RefusedError where the listeners are not known, unless that is meant
 */
export async function purgeClients(
  command: Command,
  { withoutAsking, ...options }: PurgeOptions & { readonly withoutAsking: boolean },
): Promise<PurgedClients> {
  return withServices(command, async (services) => {
    if (!options.isDryRun && !withoutAsking && services(ClientMetadataValidator) instanceof AnyServerValidator) {
      throw new RefusedError(
        'clients with live grants would be removed, too: name your listeners, in the dynamicRegistration of --data-source, or add --without-asking',
      );
    }
    return services(ClientPurgeService).purge({ ...options, ...boundaryOf(command) });
  });
}

/** @throws RefusedError where there is no such client */
export function existing<T>(client: T | undefined): T {
  if (client === undefined) throw noSuchClient();
  return client;
}

function noSuchClient(): RefusedError {
  return new RefusedError('there is no client with this id: dcr clients list shows the ids');
}
