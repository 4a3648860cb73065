import type { CanActivate, ExecutionContext, ModuleMetadata, Provider, Type } from '@nestjs/common';
import type { ClientMetadata } from './client-metadata/client-metadata.dto.js';
import type { MetadataLimit } from './client-metadata/metadata-field.decorator.js';
import type { OAuthClientRecord } from './client/oauth-client.record.js';
import type { RegistrationListener } from './client-registration/registration.listener.js';
import type { RegistrationPolicy } from './client-registration/registration.policy.js';
import type { InitialAccessTokenRecord } from './initial-access-token/initial-access-token.record.js';
import type { ServerOptions } from './server.options.js';
import type { SoftwareStatementOptions } from './software-statement/software-statement.options.js';

/** Who may register: holders of an initial access token, everyone, or nobody. */
export type RegistrationAccess = 'initial-access-token' | 'open' | 'disabled';

/** Which redirection URIs are accepted beyond the rules nobody can switch off. */
export interface RedirectUriOptions {
  /** Whether a client of type `web` may have http on a loopback host (RFC 7591 section 5); a native one always may. @default true */
  readonly loopbackHttp?: boolean;
  /** Private-use schemes: any, only those with a period (RFC 8252 section 8.4), or none. @default 'any' */
  readonly privateUseSchemes?: 'any' | 'reverse-domain' | 'none';
  /** Whether a native client may have https URIs (RFC 8252 section 7.2). @default true */
  readonly claimedHttps?: boolean;
  /** Schemes refused beside the built-in ones. @default [] */
  readonly forbiddenSchemes?: readonly string[];
}

/** Bounds of single values, and of the metadata as a whole. */
export type LimitOptions = { readonly [limit in MetadataLimit | 'metadataBytes']?: number };

/** How client secrets are made and kept. */
export interface ClientSecretOptions {
  /** Lifetime of an issued client secret in seconds; 0 means it never expires (RFC 7591 section 3.2.1). @default 0 */
  readonly lifetimeSeconds?: number;
  /** What every generated secret begins with, for secret scanners. @default 'cs_' */
  readonly prefix?: string;
  /** Hash of generated secrets. They have 256 random bits, so SHA-256 is enough; bcrypt costs about 60 ms of CPU a call. @default 'sha256' */
  readonly hash?: 'sha256' | 'bcrypt';
  /** Cost of bcrypt, the binary logarithm of its rounds. @default 10 */
  readonly bcryptCost?: number;
  /**
   * Keys for secrets that are keys themselves (`client_secret_jwt`, HS256, A128KW ...), which the server needs in clear. The first one encrypts,
   * all decrypt. Without any such algorithms cannot be offered. @default []
   */
  readonly encryptionKeys?: readonly EncryptionKey[];
}

/** A key of AES-256-GCM. */
export interface EncryptionKey {
  /** 1 to 64 characters of A-Z a-z 0-9 - _, stored beside what the key has encrypted. */
  readonly id: string;
  /** 32 random octets in base64 or base64url: `openssl rand -base64 32`. */
  readonly key: string;
}

/** Registration access tokens (RFC 7592 section 3). */
export interface RegistrationAccessTokenOptions {
  /** When a registration access token is replaced by a new one: never, or with every update that succeeds. @default 'never' */
  readonly rotation?: 'never' | 'on-update';
  /** How long the one before is good in seconds, unless the new one is used earlier: its answer may have been lost. @default 86400 */
  readonly graceSeconds?: number;
}

/** When a client that registered itself is no longer there; one that was added by hand stays. */
export interface ClientLifetimeOptions {
  /** How long it may go without its first authentication in seconds; 0 means for ever. @default 0 */
  readonly untilFirstUseSeconds?: number;
  /** How long it may go without authenticating again in seconds, longer than refresh tokens live; 0 means for ever. @default 0 */
  readonly sinceLastUseSeconds?: number;
}

/** What holds for registrations without a token. */
export interface OpenRegistrationOptions {
  /** How many clients there may be that registered so and never authenticated; more are answered 429. 0 means any number. @default 50000 */
  readonly maximumUnusedClients?: number;
  /** Whether identical registrations of public clients are one client, which nobody but an operator can change. @default false */
  readonly foldIdentical?: boolean;
}

/** Which operations of RFC 7592 are offered. */
export interface ManagementOptions {
  /** @default true */
  readonly read?: boolean;
  /** @default true */
  readonly update?: boolean;
  /** @default true */
  readonly delete?: boolean;
}

/** Requests of this server to URLs that clients and their documents name: keys, sector identifiers, client metadata. */
export interface OutboundRequestOptions {
  /** How long one may take in all, from the resolution of the name to the last byte; 60 at most. @default 5 */
  readonly timeoutSeconds?: number;
  /** How many run at once. @default 64 */
  readonly concurrent?: number;
  /** How many of them to one origin; up to 100 more wait for their turn. @default 4 */
  readonly concurrentPerOrigin?: number;
  /** How many documents are kept in memory, 16 MiB at most. @default 1000 */
  readonly cachedDocuments?: number;
  /** How long a document is kept at least, whatever its origin says: with 0 an origin may have it read at every use. @default 0 */
  readonly minimumCacheSeconds?: number;
  /** How long a document is kept at most, whatever its origin allows (RFC 9111). @default 86400 */
  readonly maximumCacheSeconds?: number;
  /** Lets requests go to this very machine, over http too: for development, and refused where `NODE_ENV` is `production`. @default false */
  readonly allowLoopback?: boolean;
}

/** Clients that are known by the URL of their metadata (OAuth Client ID Metadata Document). */
export interface ClientIdMetadataDocumentOptions {
  /** The hosts whose documents are read, `*.example.com` for every name below one; with a port where it is not that of https. @default any */
  readonly hosts?: readonly string[];
}

/** Options that a factory may return: `forRootAsync({ useFactory: () => options })`. */
export interface DynamicRegistrationOptions {
  /** Absolute URL clients know the authorization server by; every URL in an answer is built from it. https, or http on a loopback host. Required. */
  readonly issuer: string;
  /** The registration endpoint is `issuer` + `/` + `path`. @default 'register' */
  readonly path?: string;
  /** The route of the registration endpoint, where a proxy adds or strips a path. @default the path of the registration endpoint's URL */
  readonly mount?: string;
  /** Who may register: a value, or a function of the request that answers one (anything else means `disabled`). @default 'initial-access-token' */
  readonly access?:
    RegistrationAccess | ((context: ExecutionContext) => RegistrationAccess | Promise<RegistrationAccess>);
  /** Grant types of callers without a token while registration is open. @default ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'] */
  readonly openGrantTypes?: readonly string[];
  /** Whether clients manage themselves (RFC 7592). @default true */
  readonly management?: boolean | ManagementOptions;
  /** What the authorization server supports. */
  readonly server?: ServerOptions;
  /** `narrow` keeps the supported part of a list and returns it, `reject` refuses. @default 'narrow' */
  readonly unsupportedMetadata?: 'narrow' | 'reject';
  /** Grant and response types that disagree are refused, or brought into agreement: a missing grant is added, an orphan dropped. @default 'reject' */
  readonly inconsistentTypes?: 'reject' | 'repair';
  /** Which redirection URIs are accepted. */
  readonly redirectUris?: RedirectUriOptions;
  /** Bounds of single values, in bytes or entries. */
  readonly limits?: LimitOptions;
  /**
   * Whether the statements of registration and of look-ups are prepared, on PostgreSQL. A proxy that gives each transaction another connection may not
   * take that. @default true
   */
  readonly preparedStatements?: boolean;
  /** The metadata class; a subclass adds fields. @default ClientMetadata */
  readonly metadata?: Type<ClientMetadata>;
  /** How client secrets are made and kept. */
  readonly clientSecret?: ClientSecretOptions;
  /** Whether software statements are read, and whose. */
  readonly softwareStatements?: SoftwareStatementOptions;
  /** How registration access tokens are kept. */
  readonly registrationAccessToken?: RegistrationAccessTokenOptions;
  /** When a client that registered itself is no longer there. */
  readonly clientLifetime?: ClientLifetimeOptions;
  /** What holds for registrations without a token. */
  readonly openRegistration?: OpenRegistrationOptions;
  /** Clients known by the URL of their metadata document, beside those that register. @default false */
  readonly clientIdMetadataDocuments?: boolean | ClientIdMetadataDocumentOptions;
  /** Requests of this server to URLs that clients and their documents name. */
  readonly outboundRequests?: OutboundRequestOptions;
  /** Browsers of these origins may call the endpoints of this module, without credentials. @default off */
  readonly cors?: { readonly origins: '*' | readonly string[] };
  /** Serves the authorization server metadata document (RFC 8414), with `metadata` merged in. @default false */
  readonly discovery?: boolean | { readonly metadata?: Readonly<Record<string, unknown>> };
}

/** A class that makes the options: `forRootAsync({ useClass: MyOptions })` or `useExisting`. */
export interface DynamicRegistrationOptionsFactory {
  createDynamicRegistrationOptions(): DynamicRegistrationOptions | Promise<DynamicRegistrationOptions>;
}

/** Options that Nest reads before any factory runs; with `forRootAsync` they stand beside the factory. */
export interface DynamicRegistrationExtras {
  /** Makes the exported services available to every module. @default false */
  isGlobal?: boolean;
  /** Modules whose exports the classes given here inject. @default [] */
  imports?: ModuleMetadata['imports'];
  /** Entity classes. @default OAuthClient and InitialAccessToken */
  entities?: { client?: Type<OAuthClientRecord>; initialAccessToken?: Type<InitialAccessTokenRecord> };
  /** Name of the host's TypeORM data source. @default the default one */
  dataSource?: string;
  /** How a caller proves who it is: subclasses of `InitialAccessTokenGuard` and `RegistrationAccessTokenGuard`. */
  guards?: { registration?: Type<CanActivate>; configuration?: Type<CanActivate> };
  /** What a caller may ask for: classes, run in this order. @default [] */
  policies?: Type<RegistrationPolicy>[];
  /** Classes told of registrations, updates and deletions. @default [] */
  listeners?: Type<RegistrationListener>[];
  /** Providers appended to the module's own; the last one of a token wins. @default [] */
  providers?: Provider[];
  /** Class decorators for the module's controllers, such as `Public()` of the host. @default [] */
  decorators?: ClassDecorator[];
}

/** The static options by name, with their defaults. */
export const EXTRAS: DynamicRegistrationExtras = {
  isGlobal: false,
  imports: undefined,
  entities: undefined,
  dataSource: undefined,
  guards: undefined,
  policies: undefined,
  listeners: undefined,
  providers: undefined,
  decorators: undefined,
};

export const DEFAULT_REDIRECT_URIS = {
  loopbackHttp: true,
  privateUseSchemes: 'any',
  claimedHttps: true,
  forbiddenSchemes: [],
} as const satisfies RedirectUriOptions;

export const DEFAULT_LIMITS = {
  /** Redirection URIs a client may have. */
  redirectUris: 32,
  /** Bytes of one URI. */
  uriBytes: 2048,
  /** Bytes of the scope string. */
  scopeBytes: 4096,
  /** Bytes of any other single string, such as a name. */
  textBytes: 1024,
  /** Entries of any other list, such as contacts. */
  listEntries: 32,
  /** Bytes of `jwks`, as JSON. */
  jwksBytes: 32_768,
  /** Bytes of any other object, as JSON. */
  objectBytes: 8192,
  /** Bytes of a software statement. */
  softwareStatementBytes: 16_384,
  /** Bytes of a whole request, as JSON without white space. */
  metadataBytes: 65_536,
} as const satisfies Required<LimitOptions>;

export const DEFAULT_CLIENT_SECRET = {
  lifetimeSeconds: 0,
  prefix: 'cs_',
  hash: 'sha256',
  bcryptCost: 10,
  encryptionKeys: [],
} as const satisfies ClientSecretOptions;

export const DEFAULT_REGISTRATION_ACCESS_TOKEN = {
  rotation: 'never',
  graceSeconds: 86_400,
} as const satisfies RegistrationAccessTokenOptions;

export const DEFAULT_CLIENT_LIFETIME = {
  untilFirstUseSeconds: 0,
  sinceLastUseSeconds: 0,
} as const satisfies ClientLifetimeOptions;

/** So many rows are some 50 MB. */
export const DEFAULT_OPEN_REGISTRATION = {
  maximumUnusedClients: 50_000,
  foldIdentical: false,
} as const satisfies OpenRegistrationOptions;

/** Requests to URLs of others. */
export const DEFAULT_OUTBOUND_REQUESTS = {
  timeoutSeconds: 5,
  concurrent: 64,
  concurrentPerOrigin: 4,
  cachedDocuments: 1000,
  minimumCacheSeconds: 0,
  maximumCacheSeconds: 86_400,
  allowLoopback: false,
} as const satisfies OutboundRequestOptions;

export const DEFAULT_OPTIONS = {
  path: 'register',
  access: 'initial-access-token',
  openGrantTypes: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  management: true,
  unsupportedMetadata: 'narrow',
  inconsistentTypes: 'reject',
  softwareStatements: { mode: 'ignored' },
  clientIdMetadataDocuments: false,
  discovery: false,
} as const satisfies Partial<DynamicRegistrationOptions>;
