import { InvalidRedirectUriError, InvalidSoftwareStatementError } from '../../errors/registration.error.js';
import { responseTypeInOrder } from '../response-type.js';
import { withoutUnknownKeys } from '../jwk-set.rules.js';
import { MetadataField } from '../metadata-field.decorator.js';
import {
  IsDisplayText,
  IsDisplayTextList,
  IsHttpsUri,
  IsJwkSet,
  IsRedirectUriList,
  IsScope,
  IsSoftwareStatement,
  IsText,
  IsTextList,
  IsWebUri,
} from '../metadata-rule.decorators.js';
import { scopeTokens, unique } from '../text.rules.js';
import { TEXT, TEXT_LIST, URI, URI_LIST } from './field-options.js';

/** OAuth 2.0 Dynamic Client Registration (RFC 7591 section 2). */
export class OAuthMetadata {
  /** Redirection URIs for redirect-based grants, compared byte for byte (RFC 7591 section 2). */
  @MetadataField({
    spec: 'RFC 7591 section 2',
    ...URI_LIST,
    error: InvalidRedirectUriError,
    default: '`[]`',
    // Strict clients need both lists even when they are empty.
    mayBeEmpty: true,
  })
  @IsRedirectUriList()
  redirect_uris?: string[];

  /** How the client authenticates at the token endpoint (RFC 7591 section 2). */
  @MetadataField({
    spec: 'RFC 7591 section 2',
    ...TEXT,
    prefers: 'client_secret_basic',
    supported: (server) => server.tokenEndpointAuthMethods,
  })
  @IsText()
  token_endpoint_auth_method?: string;

  /** Grant types the client may use at the token endpoint (RFC 7591 section 2). */
  @MetadataField({
    spec: 'RFC 7591 section 2',
    ...TEXT_LIST,
    default: '`["authorization_code"]`, or what `response_types` needs',
  })
  @IsTextList()
  grant_types?: string[];

  /** Response types the client may use at the authorization endpoint; the words of one value are a set (RFC 7591 section 2). */
  @MetadataField({
    spec: 'RFC 7591 section 2',
    ...TEXT_LIST,
    default: '`["code"]` with `authorization_code`, else `[]`',
    mayBeEmpty: true,
    normalize: (types: string[]) => unique(types.map(responseTypeInOrder)),
  })
  @IsTextList()
  response_types?: string[];

  /** Name of the client, shown to the person who consents (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', ...TEXT, languageTags: true })
  @IsDisplayText()
  client_name?: string;

  /** Page about the client (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', ...URI, languageTags: true })
  @IsWebUri()
  client_uri?: string;

  /** Logo of the client; never fetched by this server (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', ...URI, languageTags: true })
  @IsWebUri()
  logo_uri?: string;

  /** Scopes the client may ask for, separated by spaces (RFC 7591 section 2). */
  @MetadataField({
    spec: 'RFC 7591 section 2',
    default: '`server.defaultScopes`',
    limits: { bytes: 'scopeBytes' },
    normalize: (scope: string) => scopeTokens(scope).join(' '),
  })
  @IsScope()
  scope?: string;

  /** Ways to reach the people responsible, typically e-mail addresses (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', ...TEXT_LIST })
  @IsDisplayTextList()
  contacts?: string[];

  /** Terms of service for people (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', ...URI, languageTags: true })
  @IsWebUri()
  tos_uri?: string;

  /** How the client uses personal data, for people (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', ...URI, languageTags: true })
  @IsWebUri()
  policy_uri?: string;

  /** Where the client publishes its public keys; excludes `jwks` (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', ...URI })
  @IsHttpsUri()
  jwks_uri?: string;

  /** The client's public keys by value; excludes `jwks_uri` (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', limits: { bytes: 'jwksBytes' }, normalize: withoutUnknownKeys })
  @IsJwkSet()
  jwks?: object;

  /** The same for all instances and versions of one software (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', ...TEXT })
  @IsText()
  software_id?: string;

  /** Version of the software, compared by equality alone (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', ...TEXT })
  @IsText()
  software_version?: string;

  /**
   * A signed statement about the software. Where `softwareStatements` reads them it is verified, stored and returned; else it is judged by
   * its form and ignored (RFC 7591 section 3.1.1).
   */
  @MetadataField({
    spec: 'RFC 7591 section 3.1.1',
    error: InvalidSoftwareStatementError,
    limits: { bytes: 'softwareStatementBytes' },
    requestOnly: true,
  })
  @IsSoftwareStatement()
  software_statement?: string;
}
