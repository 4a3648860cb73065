import type { INestApplicationContext, Type } from '@nestjs/common';
import type { ClientInformation } from './client-registration/client-information.js';
import { ClientRegistrationService } from './client-registration/client-registration.service.js';
import {
  InitialAccessTokenService,
  type InitialAccessTokenOptions,
} from './initial-access-token/initial-access-token.service.js';
import { RegistrationConfiguration } from './registration-configuration.js';

/** The initial access token a test needs, and where. */
export interface TestTokenOptions extends InitialAccessTokenOptions {
  /** Which import of the module is meant, where an application has several. @default the only one */
  readonly issuer?: string;
}

/**
 * Issues an initial access token of an application under test: `await issueInitialAccessToken(app, { owner: 'acme' })`.
 * @returns the token in clear, for the `Authorization` header of a registration
 * @throws Error when the application does not import the module, or imports it several times and `issuer` is none of theirs
 */
export async function issueInitialAccessToken(
  app: INestApplicationContext,
  { issuer, ...options }: TestTokenOptions = {},
): Promise<string> {
  const { token } = await serviceOf(app, InitialAccessTokenService, issuer).issue(options);
  return token;
}

/**
 * Registers a client in an application under test, which need not listen. It goes through every rule, policy and listener, as the request of
 * a caller with a new initial access token would; only the guard of the registration endpoint is not asked.
 * @param metadata client metadata as on the wire (RFC 7591 section 2)
 * @param token the initial access token to register with: its owner lands on the client
 * @returns the client information response, with the client secret and the registration access token in clear (RFC 7591 section 3.2.1)
 * @throws RegistrationError when the metadata is refused
 */
export async function registerClient(
  app: INestApplicationContext,
  metadata: object,
  { issuer, ...options }: TestTokenOptions = {},
): Promise<ClientInformation> {
  const { record } = await serviceOf(app, InitialAccessTokenService, issuer).issue(options);
  const credential = { owner: record.owner, initialAccessToken: record };
  return serviceOf(app, ClientRegistrationService, issuer).register(metadata, credential);
}

/** The service of one import of the module. */
function serviceOf<T>(app: INestApplicationContext, type: Type<T>, issuer: string | undefined): T {
  const each = { strict: false, each: true } as const;
  const issuers = app.get<RegistrationConfiguration>(RegistrationConfiguration, each).map((config) => config.issuer);
  const index = issuer === undefined && issuers.length === 1 ? 0 : issuers.findIndex((one) => one === issuer);
  const service = app.get<T>(type, each)[index];
  if (service === undefined) throw new Error(`name the issuer of one import of the module: ${issuers.join(', ')}`);
  return service;
}
