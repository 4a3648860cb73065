import { Injectable } from '@nestjs/common';
import { parseRedirectUri } from '../client-metadata/redirect-uri.rules.js';
import { responseTypeInOrder } from '../client-metadata/response-type.js';
import { unique } from '../client-metadata/text.rules.js';
import { isHeld, isPublicClient, type OAuthClientRecord } from '../client/oauth-client.record.js';
import { OAuthClientRepository } from '../client/oauth-client.repository.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { epochNow } from '../token/clock.js';

/** What a person should know before consenting to a client (RFC 9700 section 4.11.2): everything it says about itself may be a lie. */
export interface ConsentFacts {
  /** The name the client gives itself; text to be escaped. */
  readonly clientName: string | undefined;
  /** Whether it registered itself or is known by its document alone, so that nobody has looked at it. */
  readonly isSelfRegistered: boolean;
  /** The host, with its port, that speaks for a client of a metadata document, the one thing of it that is proven; undefined for any other client. */
  readonly clientIdHost: string | undefined;
  /** When it registered, in seconds since the epoch; of a client of a document, when this process first read it. */
  readonly registeredAt: number;
  /** How long ago that was. */
  readonly ageSeconds: number;
  /** Where the authorization response goes to: the host, or of a private-use URI the scheme (`cursor:`). */
  readonly redirectHost: string | undefined;
  /** What that is: a site, a program on the user's own machine, or an app that has claimed the scheme. */
  readonly redirectKind: 'web' | 'loopback' | 'private-use' | undefined;
  /** The same of all its redirect URIs. */
  readonly redirectHosts: readonly string[];
  /** Whether all of them are on the user's own machine, where any program may be the client (RFC 8252 section 8.6). */
  readonly isLoopbackOnly: boolean;
  /** How many other clients have the same name. */
  readonly othersWithThisName: number;
}

/** What the authorization and token endpoints of the host need to know of a client. */
@Injectable()
export class ClientFactsService {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly clients: OAuthClientRepository,
  ) {}

  /**
   * Whether the client may use a grant type: it has registered it, and the server still supports it. A public client never has client_credentials
   * (RFC 6749 section 4.4), one that registered without a token only what `openGrantTypes` says, and one that is held none.
   */
  isGrantTypeAllowed(client: OAuthClientRecord, grantType: string): boolean {
    const { server, openGrantTypes } = this.config;
    if (isHeld(client) || !client.grantTypes.includes(grantType) || !server.grantTypes.includes(grantType))
      return false;
    if (client.registeredOpenly && !openGrantTypes.includes(grantType)) return false;
    return !(grantType === 'client_credentials' && isPublicClient(client));
  }

  /** Whether the client may use a response type, in whatever order its words are (OAuth 2.0 Multiple Response Types section 3); one that is held none. */
  isResponseTypeAllowed(client: OAuthClientRecord, responseType: string): boolean {
    const type = responseTypeInOrder(responseType);
    return (
      type !== '' &&
      !isHeld(client) &&
      client.responseTypes.map(responseTypeInOrder).includes(type) &&
      this.config.server.responseTypes.includes(type)
    );
  }

  /**
   * The scopes to grant: those requested that the client has registered and the server still supports; all of these where none is requested
   * (RFC 6749 section 3.3). Never more.
   * @returns an empty list where nothing of what is requested may be granted, which is `invalid_scope`
   */
  resolveScopes(client: OAuthClientRecord, requested?: string): string[] {
    const allowed = words(client.scope).filter((scope) => this.config.server.scopes.includes(scope));
    const asked = words(requested);
    return asked.length === 0 ? allowed : asked.filter((scope) => allowed.includes(scope));
  }

  /** Whether the client has to use PKCE: a public one (RFC 9700 section 2.1.1), and any that registered itself. */
  requirePkce(client: OAuthClientRecord): boolean {
    return isPublicClient(client) || client.source !== 'manual';
  }

  /**
   * What a consent page should show.
   * @param redirectUri the one of the authorization request
   * @throws TemporarilyUnavailableError when the database does not answer
   */
  async describeForConsent(client: OAuthClientRecord, redirectUri?: string): Promise<ConsentFacts> {
    const redirectUris = (client.redirectUris ?? []).map((uri) => parseRedirectUri(uri));
    const hosts = (client.redirectUris ?? []).map(destinationOf);
    return {
      clientName: client.clientName ?? undefined,
      isSelfRegistered: client.source !== 'manual',
      clientIdHost: client.source === 'document' ? new URL(client.clientId).host : undefined,
      registeredAt: client.clientIdIssuedAt,
      ageSeconds: Math.max(0, epochNow() - client.clientIdIssuedAt),
      redirectHost: redirectUri === undefined ? undefined : destinationOf(redirectUri),
      redirectKind: redirectUri === undefined ? undefined : kindOf(redirectUri),
      redirectHosts: unique(hosts.filter((host) => host !== undefined)),
      isLoopbackOnly: redirectUris.length > 0 && redirectUris.every((uri) => uri?.kind.endsWith('loopback')),
      othersWithThisName: client.clientName === null ? 0 : await this.clients.countOthersNamed(client),
    };
  }
}

function words(scope: string | null | undefined): readonly string[] {
  return unique((scope ?? '').split(' ').filter(Boolean));
}

function kindOf(uri: string): ConsentFacts['redirectKind'] {
  const kind = parseRedirectUri(uri)?.kind;
  if (kind === undefined || kind === 'private-use') return kind;
  return kind.endsWith('loopback') ? 'loopback' : 'web';
}

function destinationOf(uri: string): string | undefined {
  const parsed = parseRedirectUri(uri);
  if (parsed === undefined) return undefined;
  return parsed.kind === 'private-use' ? `${parsed.scheme}:` : parsed.host;
}
